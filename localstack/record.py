"""The record of what runs, and the end of what a killed supervisor left behind.

A process id alone says little: after a reboot it may be a stranger's. The record holds the time each
process was created too, and only a process that matches both is ever signalled.
"""

import contextlib
import fcntl
import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil

from localstack.errors import StackError

SUPERVISOR = "supervisor"
SECONDS_TO_END = 10
CLOCK_SLACK_SECONDS = 2  # the kernel's start times move a little when the clock is set


class Record:
    """Names of processes with id and creation time, kept in one file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._entries: dict[str, dict[str, float]] = {}

    def add(self, name: str, pid: int) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):  # it ended already; its keeper will see that
            self._entries[name] = {"pid": pid, "created": psutil.Process(pid).create_time()}
            self._save()

    def remove(self, name: str) -> None:
        self._entries.pop(name, None)
        self._save()

    def _save(self) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps(self._entries, indent=2))
        fresh.replace(self._file)


def recorded(file: Path) -> dict[str, psutil.Process]:
    """The recorded processes that still run, under their names."""
    found = {name: _confirmed(entry) for name, entry in _entries(file).items()}
    return {name: process for name, process in found.items() if process is not None}


def end_leftovers(file: Path, root: Path) -> list[str]:
    """End what an earlier supervisor started below `root` and did not stop; returns the names.

    Call only while holding the lock.
    """
    left = {name: _leftovers(entry, root) for name, entry in _entries(file).items() if name != SUPERVISOR}
    everyone = [process for group in left.values() for process in group]
    for process in everyone:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGINT if process.name() == "postgres" else signal.SIGTERM)
    wait_for_end(everyone, SECONDS_TO_END)
    for process in everyone:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    file.unlink(missing_ok=True)
    return [name for name, group in left.items() if group]


def group_members(leader: int) -> list[psutil.Process]:
    """The living processes of the group that `leader` leads or led."""
    members = []
    for process in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == leader and process.info["status"] != psutil.STATUS_ZOMBIE:
                members.append(process)
    return members


def wait_for_end(processes: list[psutil.Process], seconds: float) -> None:
    """Wait until all have ended. One that nobody reaps stays as a zombie, and has ended all the same."""
    deadline = time.monotonic() + seconds
    while (alive := [p for p in processes if _is_alive(p)]) and time.monotonic() < deadline:
        psutil.wait_procs(alive, timeout=0.05)


def _is_alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


def _entries(file: Path) -> dict[str, dict[str, float]]:
    return json.loads(file.read_text()) if file.exists() else {}


def _confirmed(entry: dict[str, float]) -> psutil.Process | None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(int(entry["pid"]))
        is_same = abs(process.create_time() - entry["created"]) < CLOCK_SLACK_SECONDS
        if is_same and _is_alive(process):
            return process
    return None


def _leftovers(entry: dict[str, float], root: Path) -> list[psutil.Process]:
    """The process with its group; of a group whose leader is gone, those that work in this checkout."""
    members = group_members(int(entry["pid"]))
    if _confirmed(entry):
        return members
    return [member for member in members if _works_below(member, root)]


def _works_below(process: psutil.Process, root: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        return Path(process.cwd()).is_relative_to(root)
    return False


@contextlib.contextmanager
def only_supervisor(lock: Path, *, address: str = "") -> Iterator[None]:
    """Hold the lock of this checkout; the kernel lets go of it however we end.

    Raises StackError where another supervisor holds it, whose shop is at `address`.
    """
    with lock.open("a") as stream:
        if not _is_locked_by_us(stream):
            where = f" It is at {address}" if address else ""
            hint = "Show its log-ins with: make card\nStop it with: make stop"
            raise StackError(f"The shop of this checkout runs already.{where}", hint=hint)
        yield


def _is_locked_by_us(stream: IO[str]) -> bool:
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
