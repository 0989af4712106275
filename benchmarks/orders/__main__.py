"""python -m benchmarks.orders: measure accepting, shipping and reading orders; print and write it."""

import argparse
import contextlib
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import ours, requirements, theirs
from benchmarks.errors import BenchmarkError
from benchmarks.orders import document, report
from benchmarks.orders.rounds import SLOWER_RATE, Outcome, Plan, Run
from benchmarks.orders.shop import OrderShop
from benchmarks.servers import Servers, shared_servers
from benchmarks.sides import Side
from localstack.errors import StackError

ROOT = Path(__file__).parents[2]
RESULTS = ROOT / "benchmarks" / "orders.md"
FULL = Plan(
    sizes=(1_000, 100_000, 1_000_000),
    rounds=2,
    seconds=3,
    connections=32,
    backlog=500,
    rate=50,
    flow_seconds=30,
)
QUICK = Plan(
    sizes=(1_000, 5_000), rounds=1, seconds=1, connections=32, backlog=50, rate=SLOWER_RATE, flow_seconds=5
)
SMALLEST = 200  # orders: there have to be some of guests to be read
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
    parser = argparse.ArgumentParser(prog="python -m benchmarks.orders", description=__doc__)
    parser.add_argument("--seconds", type=int, help=f"of each round (default {FULL.seconds})")
    parser.add_argument("--rounds", type=int, help=f"of each kind (default {FULL.rounds})")
    parser.add_argument(
        "--orders",
        type=int,
        nargs="+",
        metavar="N",
        help=f"how many orders of the past there are, one size after the other (default {_sizes(FULL)})",
    )
    parser.add_argument("--backlog", type=int, help=f"orders for one worker process (default {FULL.backlog})")
    parser.add_argument("--rate", type=int, help=f"orders a second that come (default {FULL.rate})")
    parser.add_argument("--no-express", action="store_true", help="without Express beside it")
    parser.add_argument("--quick", action="store_true", help=f"one round of each, sizes {_sizes(QUICK)}")
    parser.add_argument("--output", type=Path, help="where to write (a full run writes benchmarks/orders.md)")
    arguments = parser.parse_args(argv)
    if any(size < SMALLEST for size in arguments.orders or ()):
        parser.error(f"--orders: at least {SMALLEST}")
    return arguments


def _sizes(plan: Plan) -> str:
    return " ".join(map(str, plan.sizes))


def plan_of(arguments: argparse.Namespace) -> Plan:
    base = QUICK if arguments.quick else FULL
    return Plan(
        sizes=tuple(sorted(set(arguments.orders or base.sizes))),
        rounds=arguments.rounds or base.rounds,
        seconds=arguments.seconds or base.seconds,
        connections=base.connections,
        backlog=arguments.backlog or base.backlog,
        rate=arguments.rate or base.rate,
        flow_seconds=base.flow_seconds,
    )


def _run(arguments: argparse.Namespace) -> int:
    requirements.require_wrk()
    if not arguments.no_express:
        requirements.require_express()
    plan = plan_of(arguments)
    local = ROOT / ".local"
    local.mkdir(exist_ok=True)
    with contextlib.ExitStack() as running:
        print("Starting PostgreSQL and Valkey ...", flush=True)
        servers = running.enter_context(shared_servers(local))
        print("Starting the shop ...", flush=True)
        shop = running.enter_context(ours.started_as(OrderShop, servers, local, DEMO_DATA="no"))
        shop.prepare()
        express = None if arguments.no_express else _express(running, servers, local)
        outcome = Run(shop, express, servers, plan).all()
        _tell(outcome, plan, servers, _output(arguments))
    return 1 if outcome.problems() else 0


def _express(running: contextlib.ExitStack, servers: Servers, local: Path) -> Side:
    print("Starting Express ...", flush=True)
    side = running.enter_context(theirs.started(servers, local))
    side.prepare()
    side.probe("order")
    return side


def _output(arguments: argparse.Namespace) -> Path | None:
    """A run of a part does not replace the results of a whole one."""
    is_whole = not (arguments.quick or arguments.no_express or arguments.orders)
    return arguments.output or (RESULTS if is_whole else None)


def _tell(outcome: Outcome, plan: Plan, servers: Servers, output: Path | None) -> None:
    parts = [
        report.accepted(outcome),
        report.accepted_by_program(outcome),
        report.crossings(outcome),
        report.shipped(outcome.shipped),
        report.flows(outcome.flows),
        report.growth(outcome, plan),
        report.by_program(outcome, plan),
        report.checks(outcome),
        "\n".join(f"PROBLEM: {problem}" for problem in outcome.problems()),
    ]
    print("\n" + "\n\n".join(part for part in parts if part))
    if output:
        document.write(output, outcome=outcome, plan=plan, servers=servers, now=datetime.now(UTC))
        print(f"\nWritten: {output}")


if __name__ == "__main__":
    sys.exit(main())
