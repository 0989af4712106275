"""What `make run`, `make stop` and `make reset` do."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping

import environ
import psutil

from localstack import ports, postgres
from localstack.account import server_account
from localstack.banner import banner
from localstack.environment import public_port, write_environment_file
from localstack.errors import StackError
from localstack.layout import Layout
from localstack.plan import plan
from localstack.record import SUPERVISOR, Record, end_leftovers, is_running, only_supervisor, recorded
from localstack.supervisor import Supervisor
from localstack.terminal import Terminal

STOP_SECONDS = 60


def run(layout: Layout) -> None:
    """Run the shop until Ctrl-C or SIGTERM."""
    layout.make_directories()
    environ.Env.read_env(layout.root / ".env")
    given = dict(os.environ)
    with only_supervisor(layout.lock):
        if left := end_leftovers(layout.record, layout.root):
            print(f"Ended what an interrupted run had left: {', '.join(left)}")
        _require_port(public_port(given))
        try:
            _supervise(layout, given)
        finally:
            layout.environment.unlink(missing_ok=True)
            layout.record.unlink(missing_ok=True)


def _supervise(layout: Layout, given: Mapping[str, str]) -> None:
    with contextlib.closing(Terminal(layout.logs)) as terminal:
        terminal.say(f"Starting the shop in {layout.root} (logs: .local/logs)")
        stack = plan(layout, given)
        write_environment_file(layout.environment, stack.environment, given)
        supervisor = Supervisor(stack.stages, record=Record(layout.record), terminal=terminal)
        asyncio.run(supervisor.run(when_up=lambda: terminal.say(banner(stack.port, stack.environment))))


def _require_port(port: int) -> None:
    if ports.is_free(port):
        return
    raise StackError(
        f"Port {port} is taken{_holder(port)}.",
        hint=f"Choose another: PORT={port + 1000} make run",
    )


def _holder(port: int) -> str:
    """Who listens on the port, as far as we are allowed to know."""
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        pid = next(c.pid for c in listening if c.laddr and c.laddr.port == port)
        return f" by {psutil.Process(pid).name()} (process {pid})"
    except (psutil.Error, StopIteration):
        return ""


def stop(layout: Layout) -> None:
    """Stop the shop of this checkout, and what a killed supervisor has left."""
    if not layout.local.exists():
        return
    supervisor = recorded(layout.record).get(SUPERVISOR)
    if is_running(layout.lock) and supervisor is not None:
        supervisor.send_signal(signal.SIGTERM)
        psutil.wait_procs([supervisor], timeout=STOP_SECONDS)
    with only_supervisor(layout.lock):
        end_leftovers(layout.record, layout.root)
        layout.environment.unlink(missing_ok=True)
    print("The shop is stopped.")


def reset(layout: Layout) -> None:
    """Stop, and forget all data. Asks first, unless YES=1."""
    if not layout.local.exists():
        print("There is nothing to delete.")
        return
    if os.environ.get("YES") != "1" and not _agrees("Delete every order, product and mail in .local?"):
        print("Nothing was deleted.")
        return
    stop(layout)
    home = postgres.find_home(layout.local, server_account())
    for directory in {home, layout.local}:
        shutil.rmtree(directory)
    print("All data is deleted; make run starts afresh.")


def _agrees(question: str) -> bool:
    try:
        return input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}
    except EOFError as nobody_there:
        hint = "To delete without a question: YES=1 make reset"
        raise StackError("Nobody is there to ask.", hint=hint) from nobody_there
