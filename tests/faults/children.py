"""Short-lived processes that do one thing with the shop's own code, and may be told to die at a crash point.

They are forked from a process that has loaded Django, so that one costs some hundredths of a second.
"""

import multiprocessing
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import orjson
from django.conf import settings
from django.test import Client
from django.utils import timezone

from core.outbox import handling
from core.outbox.models import OutboxMessage
from core.outbox.relay import publish_batch
from tests.faults.databases import using_database

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.faults.child_setup"])
SECONDS = 60


@dataclass(frozen=True, kw_only=True)
class Children:
    """What every child works with. A run returns what the child returned, or KILLED."""

    database: str
    sandbox_url: str

    def run(self, act: Callable[..., Any], *arguments: Any, crash_at: str = "") -> Any:
        here, there = _forks.Pipe(duplex=False)
        changed = {"SANDBOX_URL": self.sandbox_url, "CRASH_AT": frozenset({crash_at} - {""})}
        child = _forks.Process(target=_main, args=(there, self.database, changed, act, arguments))
        child.start()
        there.close()
        child.join(SECONDS)
        assert child.exitcode is not None, f"{act.__name__} still runs after {SECONDS} s"
        if child.exitcode == -signal.SIGKILL:
            return KILLED
        assert child.exitcode == 0, f"{act.__name__} ended with {child.exitcode}"
        return here.recv()


KILLED = "killed"


def _main(
    pipe: Connection, database: str, changed: Mapping[str, Any], act: Callable[..., Any], arguments: Any
) -> None:
    mail = "django.core.mail.backends.locmem.EmailBackend"
    for name, value in {**changed, "EMAIL_BACKEND": mail, "THROTTLE_SCALE": 100_000}.items():
        setattr(settings, name, value)
    with using_database(database):
        pipe.send(act(*arguments))


def place(body: Mapping[str, Any], key: str) -> tuple[int, str]:
    """POST /orders; status and body."""
    answer = Client(raise_request_exception=False).post(
        "/api/v1/orders",
        orjson.dumps(body),
        content_type="application/json",
        headers={"Idempotency-Key": key},
    )
    return answer.status_code, answer.content.decode()


def work() -> None:
    """Relay and worker in one, until nothing is open: time passes, so that leases end and retries are due."""
    for _ in range(60):
        still_open = OutboxMessage.objects.filter(handled_at=None, dead_at=None)
        still_open.update(next_attempt_at=timezone.now())
        if not publish_batch(lambda message_id, queue: handling.handle(message_id)):
            return
    raise RuntimeError("Messages are left open")
