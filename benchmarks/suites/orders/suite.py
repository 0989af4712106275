"""The run: a shop without demo data and Express beside it, measured by `run` and written into orders.md."""

import argparse
from dataclasses import replace

from benchmarks import requirements
from benchmarks.bench import Bench
from benchmarks.harness import Findings, Suite
from benchmarks.rounds import Rounds
from benchmarks.sides import Side
from benchmarks.suites.orders import page, tables
from benchmarks.suites.orders.outcome import SLOWER_RATE, OrdersPlan
from benchmarks.suites.orders.run import Run
from benchmarks.suites.orders.shop import OrderShop

MIN_SIZE = 200  # orders of the past: there have to be some of guests to be read


class OrdersSuite(Suite[OrdersPlan]):
    name = "orders"
    summary = "Accepting, shipping and reading orders, and the same in ever older shops."
    results = "orders.md"
    template = page.TEMPLATE
    full = OrdersPlan(
        sizes=(1_000, 100_000, 1_000_000),
        rounds=2,
        seconds=3,
        connections=32,
        backlog=500,
        rate=50,
        flow_seconds=30,
    )
    quick = OrdersPlan(
        sizes=(1_000, 5_000),
        rounds=1,
        seconds=1,
        connections=32,
        backlog=50,
        rate=SLOWER_RATE,
        flow_seconds=5,
    )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        full = self.full
        parser.add_argument(
            "--orders",
            type=_size,
            nargs="+",
            dest="sizes",
            metavar="N",
            help=f"how many orders of the past there are, one size after the other (default {_text(full)}, "
            f"with --quick {_text(self.quick)})",
        )
        parser.add_argument(
            "--backlog", type=int, help=f"orders for one worker process (default {full.backlog})"
        )
        parser.add_argument("--rate", type=int, help=f"orders a second that come (default {full.rate})")
        parser.add_argument("--no-express", action="store_true", help="without Express beside it")

    def plan(self, arguments: argparse.Namespace) -> OrdersPlan:
        plan = super().plan(arguments)
        return replace(plan, sizes=tuple(sorted(set(plan.sizes))))

    def is_whole(self, arguments: argparse.Namespace) -> bool:
        return super().is_whole(arguments) and not (arguments.no_express or arguments.sizes)

    def measure(self, arguments: argparse.Namespace, bench: Bench) -> Findings:
        requirements.require_wrk()
        if not arguments.no_express:
            requirements.require_express()
        plan, servers = self.plan(arguments), bench.start_servers()
        shop = bench.start_shop(OrderShop, DEMO_DATA="no")
        shop.prepare()
        express = None if arguments.no_express else _express(bench)
        outcome = Run(shop, express, servers, Rounds(plan, servers)).all()
        found = tables.of(outcome, plan)
        return Findings(
            tables=list(found.values()),
            problems=outcome.problems(),
            values=found | page.values(outcome, plan),
        )


def _express(bench: Bench) -> Side:
    side = bench.start_express()
    side.prepare()
    side.probe("order")
    return side


def _size(text: str) -> int:
    size = int(text)
    if size < MIN_SIZE:
        raise argparse.ArgumentTypeError(f"at least {MIN_SIZE}")
    return size


def _text(plan: OrdersPlan) -> str:
    return " ".join(map(str, plan.sizes))
