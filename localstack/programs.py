"""Makes the programs of one checkout: they share its directory, its ports and its environment."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from localstack import nginx, ports
from localstack.layout import Layout
from localstack.nginx import Nginx
from localstack.postgres import Postgres
from localstack.stages import Program
from localstack.valkey import Valkey

QUEUES = "orders,mail,webhooks,default"
LATER = ("nice", "-n", "10")
CELERY = ("-m", "celery", "-A", "config")
# Workers share nothing but the queues: asking the others costs a second at each new connection.
WORKER = ("worker", "--without-mingle", "--without-gossip")
BEAT = ("beat", "--pidfile=", "--scheduler", "config.beat:HeartbeatScheduler")


@dataclass(frozen=True)
class Programs:
    layout: Layout
    ports: Mapping[str, int]
    environment: Mapping[str, str]

    def server(self, server: Postgres | Valkey | Nginx, *, cwd: Path) -> Program:
        return Program(
            name=server.name,
            command=server.command(),
            cwd=cwd,
            environment=self.environment,
            is_ready=server.is_ready,
            stop_signal=server.stop_signal,
            account=server.account if isinstance(server, Postgres) else None,
        )

    def manage(self, name: str, *arguments: str, has_terminal: bool = False) -> Program:
        """A management command. Called by module path, as scripts cannot name an interpreter with a space."""
        return self._python(name, "manage.py", *arguments, has_terminal=has_terminal)

    def inbox(self) -> Program:
        port = str(self.ports["inbox"])
        return self._behind("inbox", "-m", "localstack.inbox", port, is_ready=self._listens("inbox"))

    def sandbox(self) -> Program:
        return self._behind(
            "sandbox",
            *("-m", "gunicorn", "--bind", self._address("sandbox"), "--workers", "1"),
            *("--threads", "8", "--no-control-socket"),
            "sandbox.provider:app",
            is_ready=self._listens("sandbox"),
            SANDBOX_LEDGER=str(self.layout.local / "sandbox.sqlite3"),
        )

    def web(self) -> Program:
        return self._python(
            "web",
            *("-m", "gunicorn", "--config", "python:config.gunicorn"),
            is_ready=lambda: nginx.answers(self.ports["web"]),
            BIND=self._address("web"),
            DB_POOL_SIZE=str(int(self.environment["WEB_THREADS"]) + 1),
        )

    def worker(self) -> Program:
        concurrency = self.environment["WEB_CONCURRENCY"]
        return self._behind(
            "worker", *CELERY, *WORKER, "-Q", QUEUES, "-c", concurrency, "-l", "INFO", greets=True
        )

    def beat(self) -> Program:
        return self._behind("beat", *CELERY, *BEAT, "-l", "INFO", greets=True)

    def relay(self) -> Program:
        return self._behind("relay", "manage.py", "relay_outbox")

    def _behind(self, name: str, *arguments: str, **more: Any) -> Program:
        """Work that nobody waits for: where the processor is short, requests are answered first."""
        program = self._python(name, *arguments, **more)
        return replace(program, command=[*LATER, *program.command])

    def _python(
        self,
        name: str,
        *arguments: str,
        is_ready: Callable[[], bool] | None = None,
        has_terminal: bool = False,
        greets: bool = False,
        **more: str,
    ) -> Program:
        return Program(
            name=name,
            command=[sys.executable, *arguments],
            cwd=self.layout.root,
            environment={**self.environment, "PYTHONUNBUFFERED": "1", **more},
            is_ready=is_ready,
            has_terminal=has_terminal,
            greets=greets,
        )

    def _address(self, name: str) -> str:
        return f"{ports.HOST}:{self.ports[name]}"

    def _listens(self, name: str) -> Callable[[], bool]:
        return lambda: ports.accepts(self.ports[name])
