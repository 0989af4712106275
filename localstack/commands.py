"""What `make run`, `make card`, `make stop` and `make reset` do."""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping

import environ
import psutil

from core.locks import is_held
from localstack import nginx, postgres
from localstack.account import server_account
from localstack.banner import address, banner
from localstack.entrance import require_port
from localstack.environment import public_port, read_environment_file, write_environment_file
from localstack.errors import StackError
from localstack.layout import Layout
from localstack.plan import plan
from localstack.record import SUPERVISOR, Record, end_leftovers, only_supervisor, recorded
from localstack.supervisor import Supervisor
from localstack.terminal import Terminal

STOP_SECONDS = 60


def run(layout: Layout) -> None:
    """Run the shop until Ctrl-C or SIGTERM."""
    layout.make_directories()
    if environ.Env().bool("READ_ENV_FILES", default=True):
        environ.Env.read_env(layout.root / ".env")
    given = dict(os.environ)
    port = public_port(given)
    with only_supervisor(layout.lock, address=_running_at(layout)):
        layout.environment.unlink(missing_ok=True)  # of a supervisor that was killed
        if left := end_leftovers(layout.record, layout.root):
            print(f"Ended what an interrupted run had left: {', '.join(left)}")
        require_port(port)
        try:
            _supervise(layout, given)
        finally:
            layout.environment.unlink(missing_ok=True)
            layout.record.unlink(missing_ok=True)


def _running_at(layout: Layout) -> str:
    """The address of the shop that runs in this checkout already; empty where none does, or not yet."""
    environment = read_environment_file(layout.environment) if is_held(layout.lock) else {}
    return address(public_port(environment)) if environment else ""


def _supervise(layout: Layout, given: Mapping[str, str]) -> None:
    with contextlib.closing(Terminal(layout.logs)) as terminal:
        terminal.say(f"Starting the shop in {layout.root}")
        stack = plan(layout, given)
        write_environment_file(layout.environment, stack.environment, given)
        supervisor = Supervisor(stack.stages, record=Record(layout.record), terminal=terminal)
        asyncio.run(supervisor.run(when_up=lambda: terminal.say(banner(stack.port, stack.environment))))


def card(layout: Layout) -> None:
    """Show the addresses and log-ins of the running shop again."""
    environment = read_environment_file(layout.environment) if is_held(layout.lock) else {}
    if not environment:
        raise StackError("The shop of this checkout is not running.", hint="Start it with: make run")
    port = public_port(environment)
    if not nginx.answers(port):
        raise StackError("The shop is still starting.", hint="Ask again once make run says that it is open.")
    print(banner(port, environment))


def stop(layout: Layout) -> None:
    """Stop the shop of this checkout, and what a killed supervisor has left."""
    if not layout.local.exists():
        print("The shop is not running.")
        return
    supervisor = recorded(layout.record).get(SUPERVISOR)
    if is_held(layout.lock) and supervisor is not None:
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
