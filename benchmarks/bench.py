"""Starts what a suite measures, one line in the terminal for each, and stops it when the run is over."""

import contextlib
from pathlib import Path

from benchmarks import ours, theirs
from benchmarks.ours import ShopT
from benchmarks.servers import Servers, only_run, shared_servers
from benchmarks.theirs import Theirs


class Bench:
    """`local` takes data and logs. `servers` is None until they are started."""

    def __init__(self, running: contextlib.ExitStack, local: Path) -> None:
        self.servers: Servers | None = None
        self._running = running
        self._local = local

    def start_servers(self) -> Servers:
        """PostgreSQL and Valkey for all sides, once for a run."""
        if self.servers is None:
            print("Starting PostgreSQL and Valkey ...", flush=True)
            self._local.mkdir(exist_ok=True)
            self._running.enter_context(only_run(self._local / "benchmark.lock"))
            self.servers = self._running.enter_context(shared_servers(self._local))
        return self.servers

    def start_shop(self, kind: type[ShopT], **variables: str) -> ShopT:
        """The local stack, with `variables` in its environment."""
        servers = self.start_servers()
        print(f"Starting {kind.name} ...", flush=True)
        return self._running.enter_context(ours.started(kind, servers, self._local, **variables))

    def start_express(self) -> Theirs:
        servers = self.start_servers()
        print(f"Starting {Theirs.name} ...", flush=True)
        return self._running.enter_context(theirs.started(servers, self._local))
