"""The tables of a run, for the terminal and for results.md."""

from collections.abc import Sequence

from benchmarks.figures import Summary, markdown_table, ratio, summarise
from benchmarks.ours import Ours
from benchmarks.report import NOTHING, TREES, by_program, each, number, programs_of, times
from benchmarks.suites.routes.outcome import ROUTES, Outcome
from benchmarks.suites.routes.verify import Check
from benchmarks.theirs import Theirs

OURS, THEIRS = Ours.name, Theirs.name


def printed(outcome: Outcome, routes: Sequence[str], found: Sequence[Check]) -> list[str]:
    tables = [make(outcome, routes) for make in (comparison, spread, programs)]
    return [*tables, resting(outcome), checks(found)]


def comparison(outcome: Outcome, routes: Sequence[str]) -> str:
    """Medians of both sides and ours divided by theirs."""
    header = ["route", "ours/s", "theirs/s", "ratio", "p50 ms", "theirs", "p99 ms", "theirs"]
    header += ["CPU ms", "theirs", "ratio"]
    return markdown_table(header, [_comparison_row(outcome, route) for route in routes])


def _comparison_row(outcome: Outcome, route: str) -> list[str]:
    ours, theirs = (summarise(outcome.rounds_of(side, route)) for side in (OURS, THEIRS))
    return [
        ROUTES[route],
        _mark(ours) + number(ours.per_second),
        _mark(theirs) + number(theirs.per_second),
        times(ratio(ours.per_second, theirs.per_second)),
        number(ours.p50_ms),
        number(theirs.p50_ms),
        number(ours.p99_ms),
        number(theirs.p99_ms),
        number(ours.cpu_ms, digits=3),
        number(theirs.cpu_ms, digits=3),
        times(ratio(ours.cpu_ms, theirs.cpu_ms)),
    ]


def spread(outcome: Outcome, routes: Sequence[str]) -> str:
    """Lowest and highest round, where the processor time went, and how big an answer was."""
    header = [
        "route",
        "side",
        "rounds/s",
        "CPU ms own",
        "PostgreSQL",
        "Valkey",
        "MB",
        "bytes",
        "done after s",
        "others %",
    ]
    sides = sorted({side for side, _ in outcome.measured})
    return markdown_table(header, [_spread_row(outcome, side, route) for route in routes for side in sides])


def _spread_row(outcome: Outcome, side: str, route: str) -> list[str]:
    rounds = outcome.rounds_of(side, route)
    summary = summarise(rounds)
    per_second = summary.per_second
    return [
        ROUTES[route],
        side,
        f"{per_second.lowest:,.0f} to {per_second.highest:,.0f}" if per_second else NOTHING,
        *(each(rounds, tree) for tree in TREES),
        number(summary.memory_mb, digits=0),
        number(summary.bytes_each, digits=0),
        number(summary.finished_after),
        number(summary.others_percent, digits=0),
    ]


def programs(outcome: Outcome, routes: Sequence[str]) -> str:
    """Our own processor time for one request, by program; empty where it was not seen."""
    rounds = {ROUTES[route]: outcome.rounds_of(OURS, route) for route in routes}
    is_seen = any(programs_of(made) for made in rounds.values())
    return by_program("route", rounds) if is_seen else ""


def problems(outcome: Outcome) -> list[str]:
    return [
        f"{side}, {ROUTES[route]}, {problem}"
        for (side, route), rounds in outcome.measured.items()
        for problem in summarise(rounds).problems
    ]


def resting(outcome: Outcome) -> str:
    rows = [[side, f"{milliseconds:.0f}"] for side, milliseconds in outcome.idle_ms.items()]
    return markdown_table(["at rest", "CPU ms per s, with the servers"], rows)


def checks(found: Sequence[Check]) -> str:
    return (
        "\n".join(f"- {check}" for check in found)
        or "- Nothing to check: no route that writes was measured, or the database is not known."
    )


def _mark(summary: Summary) -> str:
    return "(!) " if summary.problems else ""
