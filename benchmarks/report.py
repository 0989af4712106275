"""The tables of a run, for the terminal and for results.md."""

from collections.abc import Sequence

from benchmarks.figures import Figure, Summary, markdown_table, ratio, summarise
from benchmarks.measure import OWN, Measurement
from benchmarks.rounds import Outcome
from benchmarks.sides import ROUTES
from benchmarks.verify import Check

OURS, THEIRS = "Django", "Express"
NOTHING = "-"


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
        _ratio(ours.per_second, theirs.per_second),
        number(ours.p50_ms),
        number(theirs.p50_ms),
        number(ours.p99_ms),
        number(theirs.p99_ms),
        number(ours.cpu_ms, digits=3),
        number(theirs.cpu_ms, digits=3),
        _ratio(ours.cpu_ms, theirs.cpu_ms),
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
        *(each(rounds, tree) for tree in (OWN, "PostgreSQL", "Valkey")),
        number(summary.memory_mb, digits=0),
        number(summary.bytes_each, digits=0),
        number(summary.finished_after),
        number(summary.others_percent, digits=0),
    ]


def programs(outcome: Outcome, routes: Sequence[str]) -> str:
    """Our own processor time for one request, by program."""
    rounds = {route: outcome.rounds_of(OURS, route) for route in routes}
    names = sorted({name for route in routes for one in rounds[route] for name in one.programs})
    rows = [[ROUTES[route], *(each(rounds[route], name) for name in names)] for route in routes]
    return markdown_table(["route", *names], rows) if names else ""


def each(rounds: Sequence[Measurement], name: str) -> str:
    """Milliseconds per request of one tree or program, over all clean rounds."""
    clean = [one for one in rounds if not one.problem]
    seconds = sum((one.cpu_seconds | one.programs).get(name, 0.0) for one in clean)
    served = sum(one.served for one in clean)
    return f"{seconds * 1000 / served:.3f}" if served else NOTHING


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


def _ratio(ours: Figure | None, theirs: Figure | None) -> str:
    value = ratio(ours, theirs)
    return NOTHING if value is None else f"{value:.2f}"


def number(figure: Figure | None, *, digits: int = 1) -> str:
    return NOTHING if figure is None else f"{figure.median:,.{digits}f}"
