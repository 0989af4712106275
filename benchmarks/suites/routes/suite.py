"""The run: both sides in alternation, route by route, and in the end the rows in both databases."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace

from benchmarks import requirements
from benchmarks.bench import Bench
from benchmarks.harness import Findings, Suite
from benchmarks.measure import measure_idle
from benchmarks.rounds import Plan, Rounds, in_turn
from benchmarks.sides import Side, wait_until_done
from benchmarks.suites.routes import page, tables, verify
from benchmarks.suites.routes.outcome import ROUTES, Outcome
from benchmarks.suites.routes.shop import RouteShop
from benchmarks.suites.routes.verify import RowCounts
from benchmarks.theirs import Theirs


@dataclass(frozen=True, kw_only=True)
class RoutesPlan(Plan):
    routes: Sequence[str] = tuple(ROUTES)


class RoutesSuite(Suite[RoutesPlan]):
    name = "routes"
    summary = "Every route beside the same route of an Express cluster."
    results = "results.md"
    template = page.TEMPLATE
    full = RoutesPlan(rounds=3, seconds=10, connections=32)
    quick = RoutesPlan(rounds=1, seconds=2, connections=32)

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        connections = self.full.connections
        parser.add_argument("--connections", type=int, help=f"kept open by wrk (default {connections})")
        parser.add_argument(
            "--routes", nargs="+", choices=ROUTES, metavar="ROUTE", help=f"of {', '.join(ROUTES)}"
        )
        parser.add_argument("--only", choices=("ours", "theirs"), help="measure one side alone")
        parser.add_argument(
            "--ours", metavar="URL", help="measure a shop that runs already; its processor time is not seen"
        )
        parser.add_argument("--theirs", metavar="URL", help="the same for the Express cluster")

    def plan(self, arguments: argparse.Namespace) -> RoutesPlan:
        plan = super().plan(arguments)
        return replace(plan, routes=[route for route in ROUTES if route in plan.routes])

    def is_whole(self, arguments: argparse.Namespace) -> bool:
        is_all_routes = set(self.plan(arguments).routes) == set(ROUTES)
        return super().is_whole(arguments) and not arguments.only and is_all_routes

    def measure(self, arguments: argparse.Namespace, bench: Bench) -> Findings:
        plan = self.plan(arguments)
        sides = _start(arguments, bench)
        for side in sides:
            _prepare(side, plan)
        before = RowCounts.of(sides)
        outcome = _measure(sides, Rounds(plan, bench.servers))
        checks = verify.check(sides, outcome, before=before, connections=plan.connections)
        return Findings(
            tables=tables.printed(outcome, plan.routes, checks),
            problems=tables.problems(outcome),
            values=page.values(outcome, plan.routes, checks, sides),
            is_right=all(check.is_right for check in checks),
        )


def _start(arguments: argparse.Namespace, bench: Bench) -> list[Side]:
    requirements.require_wrk()
    if arguments.only != "ours" and not arguments.theirs:
        requirements.require_express()
    sides: list[Side] = []
    if arguments.only != "theirs":
        sides.append(RouteShop(arguments.ours) if arguments.ours else bench.start_shop(RouteShop))
    if arguments.only != "ours":
        sides.append(Theirs(arguments.theirs) if arguments.theirs else bench.start_express())
    return sides


def _prepare(side: Side, plan: RoutesPlan) -> None:
    print(f"Preparing users, to-dos and stock of {side.name} at {side.url} ...", flush=True)
    side.prepare()
    for route in plan.routes:
        side.probe(route)
    wait_until_done(side)


def _measure(sides: Sequence[Side], rounds: Rounds[RoutesPlan]) -> Outcome:
    outcome = Outcome(idle_ms={side.name: measure_idle(side, rounds.servers) for side in sides})
    for route in rounds.plan.routes:
        print(f"\n{ROUTES[route]}")
        for side in sides:
            outcome.warm_ups[side.name, route] = [rounds.warm_up(side, route)]
        for number, side in in_turn(sides, rounds.plan.rounds):
            label = f"{number}/{rounds.plan.rounds} {side.name:<8}"
            one = rounds.measure(side, route, label=label)
            outcome.measured.setdefault((side.name, route), []).append(one)
    return outcome
