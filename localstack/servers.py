"""Servers as children of this process, for as long as a `with` block lasts: the pair that a test run uses."""

import contextlib
import ctypes
import fcntl
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from localstack import ports, postgres
from localstack.account import Account, Credentials, credentials, make_private_directory, server_account
from localstack.errors import StackError
from localstack.postgres import Postgres
from localstack.valkey import Valkey

START_SECONDS = 30
STOP_SECONDS = 15
POLL_SECONDS = 0.02
PR_SET_PDEATHSIG = 1


class Server(Protocol):
    """What a server declares about itself, whoever starts it."""

    name: str
    stop_signal: signal.Signals

    def command(self) -> list[str]: ...

    def is_ready(self) -> bool: ...


@dataclass(frozen=True)
class ServerPair:
    postgres: Postgres
    valkey: Valkey


@contextlib.contextmanager
def throwaway_servers(local: Path) -> Iterator[ServerPair]:
    """A PostgreSQL and a Valkey that keep nothing, stopped and removed at the end."""
    account = server_account()
    reachable = postgres.find_home(local, account)
    with _throwaway_home(reachable, account) as home:
        pair = _throwaway_pair(home, postgres.find_programs(reachable, account), account)
        pair.postgres.prepare()
        pair.valkey.prepare()
        with (
            running(pair.postgres, log=home / "postgres.log", switch=credentials(account)),
            running(pair.valkey, log=home / "valkey.log"),
        ):
            yield pair


def _throwaway_pair(home: Path, programs: Path, account: Account | None) -> ServerPair:
    return ServerPair(
        Postgres(
            programs=programs,
            home=home / "postgres",
            port=ports.free_port(),
            password=secrets.token_urlsafe(24),
            account=account,
            is_durable=False,
        ),
        Valkey(home / "valkey", ports.free_port(), secrets.token_urlsafe(24), databases=256),
    )


@contextlib.contextmanager
def _throwaway_home(parent: Path, account: Account | None) -> Iterator[Path]:
    """A directory that goes with its `with` block, or, after a kill -9, with the next one that begins."""
    for lock in parent.glob("throwaway-*.lock"):
        with lock.open("w") as left_behind, contextlib.suppress(BlockingIOError):
            fcntl.flock(left_behind, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(lock)
    lock = parent / f"throwaway-{secrets.token_hex(4)}.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        make_private_directory(lock.with_suffix(""), account)
        try:
            yield lock.with_suffix("")
        finally:
            _remove(lock)


def _remove(lock: Path) -> None:
    shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
    lock.unlink(missing_ok=True)


@contextlib.contextmanager
def running(
    server: Server, *, log: Path, switch: Credentials | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Start the server, wait until it answers, stop it at the end.

    It has a process group of its own, so that Ctrl-C reaches it only through us, and ends when we are killed.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            server.command(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            process_group=0,
            preexec_fn=end_with_parent(server.stop_signal),  # noqa: PLW1509 - one system call, no locks
            **(switch or {}),
        )
    try:
        _wait_until_ready(server, process, log)
        yield process
    finally:
        _stop(process, server.stop_signal)


def end_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """A preexec_fn that has the kernel send `stop_signal` to the child when its parent dies (Linux)."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, stop_signal)


def _wait_until_ready(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not server.is_ready():
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(POLL_SECONDS)
            raise StackError(f"{server.name} stopped at its start:\n{log.read_text()}")
        if time.monotonic() > deadline:
            raise StackError(f"{server.name} did not answer within {START_SECONDS} s:\n{log.read_text()}")


def _stop(process: subprocess.Popen[bytes], stop_signal: signal.Signals) -> None:
    if process.poll() is not None:
        return
    process.send_signal(stop_signal)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
