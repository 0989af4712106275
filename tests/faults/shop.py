"""The shop as real processes, without demo data, made to be broken.

nginx, gunicorn, Celery worker, relay, mail inbox and the sandbox provider run the commands of the local
stack (localstack/programs.py) on a database of their own in the test run's PostgreSQL, and Valkey
databases of their own. Between client and nginx, shop and provider (and back: its webhooks), and shop and
broker stand proxies. Every crash point is armed and held back: `crash(...)` lets some of them kill once.
"""

import base64
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from email.parser import BytesHeaderParser
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis
import requests
from django.db.models import F

from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from drills.crash_points.names import all_names
from localstack.layout import Layout
from localstack.nginx import Nginx
from localstack.ports import HOST, free_port
from localstack.programs import Programs
from tests.faults.databases import using_database
from tests.faults.processes import Process
from tests.faults.proxy import Proxy
from tests.faults.waits import MAX_WAIT
from tests.stack import eventually

CHECKOUT = Path(__file__).resolve().parents[2]
WEBHOOK_SECRET = "whsec_" + base64.b64encode(b"a secret between sandbox and shop").decode()
STILL = 4  # seconds without any progress after which nobody is at work
PORTS = ("inbox", "sandbox", "web", "nginx")
# Of the run's Valkey, for each xdist worker its own; the tests themselves use the first 128.
CACHE, LIMITS, BROKER = (
    128 + 4 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + n for n in range(3)
)


@dataclass(frozen=True)
class Elsewhere(Layout):
    """A checkout whose state lies in another directory than its own."""

    state: Path = Path()

    @property
    def local(self) -> Path:
        return self.state


class Sandbox:
    """The provider and carrier alone, behind a proxy, for tests that play the shop's parts themselves."""

    def __init__(self, directory: Path) -> None:
        layout = Elsewhere(CHECKOUT, directory)
        layout.make_directories()
        port = free_port()
        program = Programs(layout, {"sandbox": port}, os.environ | {"SANDBOX_HANG_SECONDS": "4"}).sandbox()
        self._direct = f"http://{HOST}:{port}"
        self._process, self.proxy = Process(program, layout.logs), Proxy(port)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.proxy.port}"

    def ledger(self) -> dict[str, Any]:
        return requests.get(f"{self._direct}/ledger", timeout=10).json()

    def __enter__(self) -> "Sandbox":
        self.proxy.__enter__()
        self._process.start()
        self._process.wait_until_ready()
        return self

    def __exit__(self, *raised: object) -> None:
        self._process.stop()
        self.proxy.__exit__()


class Shop:
    """`url` is where clients go: through `front` to nginx. `in_use` makes its database Django's default."""

    def __init__(self, directory: Path, *, database_url: str, redis_url: str, broker_url: str = "") -> None:
        self.layout = Elsewhere(CHECKOUT, directory)
        self.layout.make_directories()
        self.database = urlsplit(database_url).path[1:]
        self._redis_url, self.broker_url = redis_url, broker_url or f"{redis_url}/{BROKER}"
        self._database_url = database_url
        self._held_back = directory / "crash-points-held-back"
        self._resources = ExitStack()
        self.processes: dict[str, Process] = {}

    def start(self, **environment: str) -> "Shop":
        self._hold_back(all_names())
        ports = {name: free_port() for name in PORTS}
        self.front, self.webhooks, self.provider, self.broker = (
            self._resources.enter_context(Proxy(port))
            for port in (
                ports["nginx"],
                ports["nginx"],
                ports["sandbox"],
                urlsplit(self.broker_url).port or 5672,
            )
        )
        self.url = f"http://{HOST}:{self.front.port}"
        shop = Programs(self.layout, ports, self._environment(ports) | environment)
        nginx = Nginx(
            template=CHECKOUT / "deploy" / "nginx" / "nginx.conf.template",
            state=self.layout.nginx,
            access_log=self.layout.logs / "requests.log",
            port=ports["nginx"],
            web_port=ports["web"],
            static=self.layout.static,
            media=self.layout.media,
        )
        nginx.prepare()
        programs = [shop.sandbox(), shop.inbox(), shop.web(), shop.worker(), shop.relay()]
        programs.append(shop.server(nginx, cwd=CHECKOUT))
        self.processes = {program.name: Process(program, self.layout.logs) for program in programs}
        for process in self.processes.values():
            process.start()
        for process in self.processes.values():
            process.wait_until_ready()
        self.sandbox_url = f"http://{HOST}:{ports['sandbox']}"
        return self

    def stop(self) -> None:
        for process in reversed(self.processes.values()):
            process.stop()
        self._resources.close()
        with redis.Redis.from_url(self._redis_url) as server:
            for number in (CACHE, LIMITS, BROKER):
                server.select(number)
                server.flushdb()

    def __getitem__(self, name: str) -> Process:
        return self.processes[name]

    @contextmanager
    def in_use(self) -> Iterator["Shop"]:
        with using_database(self.database):
            yield self
            self.mend()

    def mend(self) -> None:
        for proxy in (self.front, self.webhooks, self.provider, self.broker):
            proxy.mend()
        self._hold_back(all_names())

    @contextmanager
    def crashing(self, *steps: str) -> Iterator[None]:
        """Each of the steps kills the process that first comes by; at the end all of them have."""
        self._hold_back([name for name in all_names() if name not in steps])
        yield
        survived = set(steps) - self.crashed()
        self._hold_back(all_names())
        assert not survived, f"No process came by {sorted(survived)}"

    def crashed(self) -> set[str]:
        return set(self._held_back.read_text().split())

    def let_leases_end(self) -> None:
        """As if the longest lease, claim or pause had passed for what was sent and is not handled."""
        waiting = OutboxMessage.objects.filter(handled_at=None, dead_at=None)
        waiting.update(next_attempt_at=F("next_attempt_at") - MAX_WAIT)
        claimed = Mail.objects.filter(claimed_until__isnull=False)
        claimed.update(claimed_until=F("claimed_until") - MAX_WAIT)

    def open_messages(self) -> int:
        return OutboxMessage.objects.filter(handled_at=None, dead_at=None).count()

    def wait_until_quiet(self, *, seconds: float = 60) -> None:
        """Until every message is handled (or dead). Where nothing moves, leases and claims are let end.

        Fails after `seconds` in which nothing has moved.
        """
        handled, idle = self._handled_messages(), 0
        while not self._is_quiet_within(STILL):
            before, handled = handled, self._handled_messages()
            idle = 0 if handled > before else idle + STILL
            assert idle <= seconds, f"{self.open_messages()} messages stay open"
            if idle:
                self.let_leases_end()

    def _is_quiet_within(self, seconds: float) -> bool:
        try:
            eventually(lambda: not self.open_messages(), seconds=seconds)
        except AssertionError:
            return False
        return True

    def _handled_messages(self) -> int:
        return OutboxMessage.objects.exclude(handled_at=None).count()

    def ledger(self) -> dict[str, Any]:
        """The provider's and carrier's own ledger."""
        return requests.get(f"{self.sandbox_url}/ledger", timeout=10).json()

    def mails(self) -> Counter[str]:
        """How often each mail, by its id, has arrived."""
        files = (self.layout.mail / "new").glob("*")
        return Counter(BytesHeaderParser().parsebytes(file.read_bytes())["X-Mail-ID"] for file in files)

    def _hold_back(self, names: list[str]) -> None:
        self._held_back.write_text("".join(f"{name}\n" for name in names))

    def _environment(self, ports: Mapping[str, int]) -> dict[str, str]:
        broker = urlsplit(self.broker_url)
        proxied = broker._replace(netloc=broker.netloc.rsplit("@", 1)[0] + f"@{HOST}:{self.broker.port}")
        return os.environ | {
            "DATABASE_URL": self._database_url,
            "CACHE_URL": f"{self._redis_url}/{CACHE}",
            "LIMITS_URL": f"{self._redis_url}/{LIMITS}",
            "BROKER_URL": urlunsplit(proxied),
            "EMAIL_URL": f"smtp://{HOST}:{ports['inbox']}",
            "SANDBOX_URL": f"http://{HOST}:{self.provider.port}",
            "SANDBOX_HANG_SECONDS": "4",
            "SANDBOX_WEBHOOK_URL": f"http://{HOST}:{self.webhooks.port}/api/v1/payments/webhooks/sandbox",
            "SANDBOX_WEBHOOK_SECRET": WEBHOOK_SECRET,
            "MAIL_INBOX_DIR": str(self.layout.mail),
            "ALLOWED_HOSTS": f"{HOST},localhost",
            "THROTTLE_SCALE": "100000",
            "WEB_CONCURRENCY": "2",
            "WEB_THREADS": "4",
            "CRASH_AT": ",".join(all_names()),
            "CRASH_ONCE_FILE": str(self._held_back),
        }
