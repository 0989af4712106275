"""python -m benchmarks: start both designs, measure them in alternation, print and write what was found."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import document, ours, report, requirements, rounds, theirs, verify
from benchmarks.errors import BenchmarkError
from benchmarks.rounds import Outcome, Plan
from benchmarks.servers import Servers, shared_servers
from benchmarks.sides import ROUTES, Side, settle
from localstack.errors import StackError

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results.md"
FULL_ROUNDS, FULL_SECONDS = 3, 10
QUICK_ROUNDS, QUICK_SECONDS = 1, 2
INTERRUPTED = 130


def main() -> int:
    arguments = _parse(sys.argv[1:])
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        print("\nStopped; nothing was written.", file=sys.stderr)
        return INTERRUPTED
    except BenchmarkError as error:
        print(f"\n{error}", file=sys.stderr)
        return 2
    except StackError as error:
        print(f"\n{error}\n{error.hint}", file=sys.stderr)
        return 2


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--seconds", type=int, help=f"of each measurement (default {FULL_SECONDS})")
    parser.add_argument(
        "--rounds", type=int, help=f"measurements of each side and route (default {FULL_ROUNDS})"
    )
    parser.add_argument("--connections", type=int, default=32, help="kept open by wrk (default 32)")
    parser.add_argument(
        "--routes",
        nargs="+",
        choices=ROUTES,
        default=list(ROUTES),
        metavar="ROUTE",
        help=f"of {', '.join(ROUTES)}",
    )
    parser.add_argument("--only", choices=("ours", "theirs"), help="measure one side alone")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_ROUNDS} round of {QUICK_SECONDS} s")
    parser.add_argument(
        "--ours", metavar="URL", help="measure a shop that runs already; its processor time is not seen"
    )
    parser.add_argument("--theirs", metavar="URL", help="the same for the Express cluster")
    parser.add_argument(
        "--output", type=Path, help="where to write the results (a full run writes benchmarks/results.md)"
    )
    return parser.parse_args(argv)


def _run(arguments: argparse.Namespace) -> int:
    requirements.require_wrk()
    if arguments.only != "ours" and not arguments.theirs:
        requirements.require_express()
    plan = _plan(arguments)
    with contextlib.ExitStack() as running:
        servers, sides = _start(arguments, running)
        return _measure(sides, servers, plan, _output(arguments))


def _plan(arguments: argparse.Namespace) -> Plan:
    return Plan(
        routes=[route for route in ROUTES if route in arguments.routes],
        rounds=arguments.rounds or (QUICK_ROUNDS if arguments.quick else FULL_ROUNDS),
        seconds=arguments.seconds or (QUICK_SECONDS if arguments.quick else FULL_SECONDS),
        connections=arguments.connections,
    )


def _output(arguments: argparse.Namespace) -> Path | None:
    """A run of a part does not replace the results of a whole one."""
    is_whole = not (arguments.quick or arguments.only) and set(arguments.routes) == set(ROUTES)
    return arguments.output or (RESULTS if is_whole else None)


def _start(arguments: argparse.Namespace, running: contextlib.ExitStack) -> tuple[Servers | None, list[Side]]:
    local = ROOT / ".local"
    local.mkdir(exist_ok=True)
    wanted = [name for name in ("ours", "theirs") if arguments.only in (None, name)]
    servers = None
    if any(getattr(arguments, name) is None for name in wanted):
        print("Starting PostgreSQL and Valkey ...", flush=True)
        servers = running.enter_context(shared_servers(local))
    sides: list[Side] = []
    for name, module, known in (("ours", ours, ours.Ours), ("theirs", theirs, theirs.Theirs)):
        if name not in wanted:
            continue
        print(f"Starting {known.name} ...", flush=True)
        url = getattr(arguments, name)
        sides.append(known(url) if url else running.enter_context(module.started(servers, local)))
    return servers, sides


def _measure(sides: Sequence[Side], servers: Servers | None, plan: Plan, output: Path | None) -> int:
    for side in sides:
        print(f"Preparing users, to-dos and stock of {side.name} at {side.url} ...", flush=True)
        side.prepare()
        for route in plan.routes:
            side.probe(route)
        settle(side)
    ledger = verify.Ledger.of(sides)
    outcome = rounds.run(sides, servers, plan)
    checks = verify.check(sides, outcome, ledger=ledger, connections=plan.connections)
    _print(outcome, plan, checks)
    if output:
        now = datetime.now(UTC)
        document.write(
            output, outcome=outcome, plan=plan, checks=checks, sides=sides, servers=servers, now=now
        )
        print(f"\nWritten: {output}")
    return 1 if outcome.has_problems or not all(check.is_right for check in checks) else 0


def _print(outcome: Outcome, plan: Plan, checks: Sequence[verify.Check]) -> None:
    tables = [make(outcome, plan.routes) for make in (report.comparison, report.spread, report.programs)]
    problems = [f"PROBLEM: {problem}" for problem in report.problems(outcome)]
    parts = [*tables, report.resting(outcome), "\n".join(problems), report.checks(checks)]
    print("\n" + "\n\n".join(part for part in parts if part))


if __name__ == "__main__":
    sys.exit(main())
