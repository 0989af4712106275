"""Real processes that may be killed, frozen and started anew, by their ids."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from pathlib import Path

import psutil

from localstack.record import group_members, wait_for_end
from localstack.servers import end_with_parent
from localstack.stages import Program

START_SECONDS = 60
ORPHAN_SECONDS = 3  # what a killed main process leaves is asked to end for so long


class Process:
    """One program under a small supervisor: a thread that starts it again whenever it ends."""

    def __init__(self, program: Program, logs: Path) -> None:
        self.program = program
        self.deaths = 0
        self._log = logs / f"{program.name}.log"
        self._popen: subprocess.Popen[bytes] | None = None
        self._is_wanted = True
        self._may_start = threading.Event()
        self._may_start.set()
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def start(self) -> None:
        self._keeper.start()

    def wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not (self._popen and (self.program.is_ready is None or self.program.is_ready())):
            assert time.monotonic() < deadline, f"{self.program.name}:\n{self._log.read_text()[-3000:]}"
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self._popen is not None
        return self._popen.pid

    def children(self) -> list[psutil.Process]:
        with contextlib.suppress(psutil.NoSuchProcess):
            return psutil.Process(self.pid).children(recursive=True)
        return []

    def kill(self) -> None:
        """SIGKILL to the main process; its supervisor starts another."""
        self._signal(self.pid, signal.SIGKILL)

    def kill_all(self) -> None:
        """SIGKILL to the main process and its children at once, as where their machine is lost."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def kill_children(self) -> None:
        for child in self.children():
            self._signal(child.pid, signal.SIGKILL)

    def kill_for_good(self) -> None:
        """SIGKILL, and no new start before `revive`."""
        self._may_start.clear()
        self.kill()

    def revive(self) -> None:
        self._may_start.set()

    @contextlib.contextmanager
    def frozen(self):
        """SIGSTOP for all of its group, SIGCONT at the end."""
        os.killpg(self.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        """End it and whatever it started, at once: nobody needs its state any more."""
        self._is_wanted = False
        self._may_start.set()
        if self._popen is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
        self._keeper.join()

    def _keep(self) -> None:
        while self._is_wanted:
            with self._log.open("ab") as output:
                self._popen = subprocess.Popen(
                    self.program.command,
                    cwd=self.program.cwd,
                    env=dict(self.program.environment),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=end_with_parent(signal.SIGKILL),  # noqa: PLW1509 - one system call, no locks
                )
            self._popen.wait()
            self._end_orphans()
            self.deaths += self._is_wanted
            self._may_start.wait()

    def _end_orphans(self) -> None:
        """The children of a killed main process hold its port and its connections."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if members := group_members(self.pid):
                for member in members:
                    self._signal(member.pid, number)
                wait_for_end(members, ORPHAN_SECONDS)

    @staticmethod
    def _signal(pid: int, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
