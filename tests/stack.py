"""The whole shop, really running: nginx, gunicorn, worker, beat, relay, PostgreSQL, Valkey, mail inbox.

    def test_order__placed__is_shipped(stack):
        answer = requests.post(f"{stack.url}/api/v1/orders", json=...)

`stack` is started once per test run, from a copy of the checkout at a path with a space in it, with the
demo data, by the same `make run` a person types. All tests that ask for it run on one xdist worker.

    stack.url, stack.environment["DATABASE_URL"]     where it is
    stack.pid("web"), stack.pids()                   its processes by name (web, worker, beat, relay, nginx,
                                                     postgres, valkey, inbox, sandbox, supervisor)
    stack.kill("worker")                             SIGKILL; returns once the supervisor has another running
    stack.signal("worker", SIGSTOP)                  any signal; returns at once
    stack.mails(to="alice@shop.test")                what the inbox received, newest first
    stack.manage("replay_orders", "--count", "20")   a management command against it
    eventually(lambda: stack.mails(to=...))          waits until something is true, and returns it
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil
import requests

from localstack.layout import Layout
from localstack.ports import free_port

CHECKOUT = Path(__file__).resolve().parents[1]
NOT_COPIED = (".git", ".venv", ".local", ".env", ".*_cache", "__pycache__", "node_modules")
# Nothing of the test run's own environment reaches the stack but this.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "TMPDIR")
OPEN = "The shop is open."
START_SECONDS = 240

T = TypeVar("T")


class StackFailed(Exception):
    """The stack ended where it should have opened, or did not open in time."""


class Stack:
    """One checkout with its stack; `output` is what a person would have seen on the terminal."""

    def __init__(self, root: Path) -> None:
        self.layout = Layout(root)
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        self.storefront_port = free_port()  # of the one other origin that pages may call the shop from
        self._output = root / "run.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def output(self) -> str:
        return self._output.read_text()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the stack's processes run with."""
        lines = self.layout.environment.read_text().splitlines()
        added = dict(shlex.split(line)[0].split("=", 1) for line in lines)
        return self._base_environment() | added

    def start(self, **variables: str) -> "Stack":
        """`make run`; returns when the card is shown."""
        self.begin(**variables)
        eventually(self._is_open, seconds=START_SECONDS)
        return self

    def begin(self, **variables: str) -> "subprocess.Popen[bytes]":
        """`make run`, without waiting for anything."""
        if self._process is not None:
            self._process.wait(30)
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                ["make", "--no-print-directory", "run"],
                cwd=self.layout.root,
                env=self._base_environment() | self._own_variables() | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        return self._process

    def _own_variables(self) -> dict[str, str]:
        return {
            "PORT": str(self.port),
            "THROTTLE_SCALE": "1000",
            "CORS_ALLOWED_ORIGINS": f"http://localhost:{self.storefront_port}",
        }

    def make(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._run("make", "--no-print-directory", *arguments)

    def manage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return self._run(".venv/bin/python", "manage.py", *arguments)

    def pids(self) -> dict[str, int]:
        record = json.loads(self.layout.record.read_text())
        return {name: entry["pid"] for name, entry in record.items()}

    def pid(self, name: str) -> int:
        return self.pids()[name]

    def signal(self, name: str, number: signal.Signals) -> None:
        os.kill(self.pid(name), number)

    def kill(self, name: str) -> None:
        """One that is just being replaced is waited for."""
        before = eventually(lambda: self._killed(name))
        eventually(lambda: self.pids().get(name, before) != before)

    def _killed(self, name: str) -> int | None:
        pid = self.pid(name)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return None
        return pid

    def kill_supervisor(self) -> None:
        """As an out-of-memory killer would: nothing else is notified."""
        self.signal("supervisor", signal.SIGKILL)
        if self._process is not None:
            self._process.wait(10)

    def mails(self, *, to: str | None = None) -> list[dict[str, str]]:
        everything = requests.get(f"{self.url}/dev/mail/messages", timeout=10).json()
        return [mail for mail in everything if to is None or mail["to"] == to]

    def is_healthy(self) -> bool:
        try:
            return requests.get(f"{self.url}/health/ready", timeout=5).status_code == 200
        except requests.RequestException:
            return False

    def stop(self) -> None:
        self.make("stop")
        if self._process is not None:
            self._process.wait(30)

    def remove(self) -> None:
        """Stop it and leave nothing, not even what lies outside the checkout where PostgreSQL needs that."""
        self.make("reset", "YES=1")
        if self._process is not None:
            self._process.wait(30)
        shutil.rmtree(self.layout.root)

    def processes(self) -> list[psutil.Process]:
        """Everything that works in this checkout."""
        root = str(self.layout.root)
        return [one for one in psutil.process_iter(["cwd"]) if (one.info["cwd"] or "").startswith(root)]

    def _is_open(self) -> bool:
        if self._process is not None and self._process.poll() is not None:
            raise StackFailed(self.output)
        return OPEN in self.output

    def _run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            command,
            cwd=self.layout.root,
            env=self._base_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=START_SECONDS,
        )

    def _base_environment(self) -> dict[str, str]:
        return {name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ}


def copy_of_checkout(target: Path) -> Path:
    """The files of this checkout at `target`, with the packages of this one."""
    shutil.copytree(CHECKOUT, target, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
    (target / ".venv").symlink_to(CHECKOUT / ".venv")
    return target


def eventually(condition: Callable[[], T], *, seconds: float = 60) -> T:
    """Wait until `condition` gives something true, and return that."""
    deadline = time.monotonic() + seconds
    while not (outcome := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return outcome


def any_order(sku: str, **changes: Any) -> dict[str, Any]:
    """The body of a guest's order for one piece."""
    address = {
        "name": "Charlie",
        "line1": "1 Main Street",
        "city": "Springfield",
        "postal_code": "12345",
        "country": "US",
    }
    order = {
        "items": [{"sku": sku, "quantity": 1}],
        "email": "charlie@example.com",
        "shipping_address": address,
        "payment": {"token": "tok_ok"},
    }
    return order | changes
