"""The programs of a side: started in a session of their own, so that Ctrl-C reaches them only through us."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import requests

from benchmarks.errors import BenchmarkError
from localstack.servers import end_with_parent

POLL_SECONDS = 0.1
STOP_SECONDS = 70  # the supervisor lets requests and tasks end
LOG_LINES_SHOWN = 30


@contextlib.contextmanager
def running(
    command: list[str], *, cwd: Path, env: Mapping[str, str], log: Path, ready_url: str, start_seconds: float
) -> Iterator[psutil.Process]:
    """Start `command`, wait until `ready_url` answers 200, and stop its whole tree at the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**os.environ, "READ_ENV_FILES": "false", **env},  # measured alike in every checkout
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=end_with_parent(signal.SIGTERM),  # noqa: PLW1509 - this program has one thread
        )
    root = psutil.Process(process.pid)
    try:
        _wait_until_ready(process, ready_url, log, start_seconds)
        yield root
    finally:
        _stop(process, root)


def _wait_until_ready(process: subprocess.Popen[bytes], url: str, log: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not _answers(url):
        if process.poll() is not None:
            raise BenchmarkError(f"{log.stem} stopped at its start:\n{_tail(log)}")
        if time.monotonic() > deadline:
            raise BenchmarkError(f"{url} did not answer 200 within {seconds:.0f} s:\n{_tail(log)}")
        time.sleep(POLL_SECONDS)


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).status_code == 200
    except requests.RequestException:
        return False


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:])


def _stop(process: subprocess.Popen[bytes], root: psutil.Process) -> None:
    """Ask the root to stop the others; what has not gone in time is killed."""
    tree = tree_of(root)
    process.terminate()
    _, alive = psutil.wait_procs(tree, timeout=STOP_SECONDS)
    for survivor in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            survivor.kill()
    process.wait()


def tree_of(root: psutil.Process) -> list[psutil.Process]:
    """The process and all below it, children before their parents; empty once the root has gone."""
    try:
        return [*reversed(root.children(recursive=True)), root]
    except psutil.NoSuchProcess:
        return []
