"""Parts of the running shop held still, and the worker made as small as it can be."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil

from benchmarks.errors import BenchmarkError
from benchmarks.ours import ROOT

MAX_RESIZE_SECONDS = 30


@contextlib.contextmanager
def paused(*programs: psutil.Process) -> Iterator[None]:
    """Hold the programs, each with its process group, where they are; they go on after the block.

    Call only when they rest: what they are in the middle of keeps its locks.
    """
    try:
        for program in programs:
            os.killpg(program.pid, signal.SIGSTOP)
        yield
    finally:
        for program in programs:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGCONT)


@contextlib.contextmanager
def one_process(worker: psutil.Process) -> Iterator[None]:
    """Have the worker run its tasks in one process instead of one for each core."""
    surplus = len(worker.children()) - 1
    if surplus:
        _resize(worker, "pool_shrink", surplus, processes=1)
    try:
        yield
    finally:
        if surplus:
            _resize(worker, "pool_grow", surplus, processes=1 + surplus)


def _resize(worker: psutil.Process, verb: str, by: int, *, processes: int) -> None:
    command = [sys.executable, "-m", "celery", "-A", "config", "control", verb, str(by)]
    done = subprocess.run(
        command, cwd=ROOT, env=worker.environ(), capture_output=True, text=True, check=False
    )
    deadline = time.monotonic() + MAX_RESIZE_SECONDS
    while len(worker.children()) != processes:
        if time.monotonic() > deadline:
            raise BenchmarkError(
                f"The worker did not come to {processes} processes:\n{done.stdout}{done.stderr}"
            )
        time.sleep(0.1)
