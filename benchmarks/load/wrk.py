"""One run of wrk, and what it says."""

import json
import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.errors import BenchmarkError
from benchmarks.load.request import Request

SCRIPT = Path(__file__).with_name("requests.lua")
THREADS = 2
TIMEOUT_SECONDS = 10
PREFIX = "RESULT "


@dataclass(frozen=True)
class Load:
    requests: int
    seconds: float
    bytes: int
    p50_ms: float
    p99_ms: float
    bad_status: int
    socket_errors: int
    timeouts: int

    @property
    def accepted(self) -> int:
        return self.requests - self.bad_status

    @property
    def errors(self) -> int:
        return self.bad_status + self.socket_errors + self.timeouts

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


def run(url: str, requests: Sequence[Request], *, seconds: int, connections: int) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("\n%%\n".join(request.as_text() for request in requests))
        file.flush()
        command = [
            "wrk",
            f"-t{THREADS}",
            f"-c{connections}",
            f"-d{seconds}s",
            f"--timeout={TIMEOUT_SECONDS}s",
        ]
        command += ["-s", str(SCRIPT), url, "--", file.name, secrets.token_hex(4)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchmarkError(f"wrk failed: {done.stderr.strip() or done.stdout.strip()}")
    return parse(done.stdout)


def parse(output: str) -> Load:
    """The line that requests.lua writes at the end."""
    for line in output.splitlines():
        if line.startswith(PREFIX):
            return Load(**json.loads(line.removeprefix(PREFIX)))
    raise BenchmarkError(f"wrk gave no result:\n{output.strip()}")
