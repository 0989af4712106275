"""One run of wrk, and what it says."""

import json
import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.errors import BenchmarkError

SCRIPT = Path(__file__).parent / "wrk" / "requests.lua"
MARK = "UNIQUEPERREQUEST__"  # wrk/requests.lua puts a text of the same length in its place
THREADS = 2
TIMEOUT_SECONDS = 10
PREFIX = "RESULT "


@dataclass(frozen=True)
class Request:
    """A request as wrk sends it, over and over; MARK in it becomes a new text each time."""

    path: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    body: str = ""

    def as_text(self) -> str:
        head = [f"{self.method} {self.path}", *(f"{name}: {value}" for name, value in self.headers.items())]
        return "\n".join(head) + "\n\n" + self.body


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


def post(path: str, body: object, headers: dict[str, str] | None = None) -> Request:
    return Request(path, "POST", {"Content-Type": "application/json"} | (headers or {}), json.dumps(body))


def run_wrk(url: str, requests: Sequence[Request], *, seconds: int, connections: int) -> Load:
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
    """The line that wrk/requests.lua writes at the end."""
    for line in output.splitlines():
        if line.startswith(PREFIX):
            return Load(**json.loads(line.removeprefix(PREFIX)))
    raise BenchmarkError(f"wrk gave no result:\n{output.strip()}")
