"""The tables of a run, for the terminal and for orders.md."""

from collections.abc import Mapping, Sequence

from benchmarks.figures import markdown_table, ratio, summarise
from benchmarks.report import NOTHING, SERVERS, TREES, by_program, each, each_ms, number, times
from benchmarks.suites.orders.measures import Flow, Shipping
from benchmarks.suites.orders.outcome import ALONE, EXPRESS, ORDERS, READS, OrdersPlan, Outcome
from benchmarks.suites.orders.shop import KINDS

MAX_GROWTH = 1.2  # what has grown by more than a fifth is marked
SHIPPING = "shipped by one process"
KIND_NAMES = {**KINDS, EXPRESS: "Express: insert and enqueue"}


def of(outcome: Outcome, plan: OrdersPlan) -> dict[str, str]:
    """All of them, by the name under which the page's template knows them."""
    return {
        "accepted": accepted(outcome),
        "programs": accepted_by_program(outcome),
        "round_trips": round_trips(outcome),
        "shipped": shipped(outcome.shipped),
        "flows": flows(outcome.flows),
        "growth": growth(outcome, plan),
        "by_program": grown_by_program(outcome, plan),
        "checks": checks(outcome),
    }


def accepted(outcome: Outcome) -> str:
    """By kind: orders a second, times, processor time, and each of them beside Express."""
    theirs = summarise(outcome.accepted.get(EXPRESS, []))
    header = [
        "orders of three lines",
        "accepted/s",
        "beside Express",
        "p50 ms",
        "p99 ms",
        "CPU ms",
        "beside Express",
    ]
    rows = []
    for kind in _kinds(outcome):
        ours = summarise(outcome.accepted[kind])
        rows.append(
            [
                KIND_NAMES[kind],
                number(ours.per_second),
                times(ratio(ours.per_second, theirs.per_second)),
                number(ours.p50_ms),
                number(ours.p99_ms),
                number(ours.cpu_ms, digits=2),
                times(ratio(ours.cpu_ms, theirs.cpu_ms)),
            ]
        )
    return markdown_table(header, rows)


def accepted_by_program(outcome: Outcome) -> str:
    """Milliseconds of processor time for one accepted order, until it is shipped and its mails are sent."""
    rounds = {KIND_NAMES[kind]: outcome.accepted[kind] for kind in _kinds(outcome)}
    return by_program("CPU ms for one order", rounds, trees=TREES, without_programs=[KIND_NAMES[EXPRESS]])


def round_trips(outcome: Outcome) -> str:
    rows = [[way, str(count)] for way, count in outcome.round_trips.items()]
    return markdown_table(["an order of three lines", "round trips to PostgreSQL"], rows)


def flows(found: Sequence[Flow]) -> str:
    header = [
        "orders a second",
        "kept up",
        "shipped",
        "paid p50 s",
        "p99 s",
        "shipped p50 s",
        "p99 s",
        "last after s",
    ]
    return markdown_table(header, [_flow_row(one) for one in found])


def _flow_row(one: Flow) -> list[str]:
    moments = one.moments
    return [
        f"{one.rate} for {one.seconds} s",
        "yes" if one.is_sustained else "NO",
        f"{moments.shipped:,} of {one.rate * one.seconds:,}",
        *(f"{seconds:.2f}" for seconds in (*moments.to_paid, *moments.to_shipped)),
        f"{moments.after_last:.1f}",
    ]


def shipped(found: Mapping[int, Shipping]) -> str:
    """By size: orders a second by one worker process, and milliseconds of processor time for each."""
    names = sorted({name for one in found.values() for name in one.programs})
    header = ["orders there", "waiting", "shipped/s", "CPU ms", *SERVERS, *names]
    rows = [
        [
            f"{size:,}",
            f"{one.orders:,}",
            f"{one.per_second:.1f}",
            f"{one.cpu_ms:.2f}",
            *(_each_shipped(one, name) for name in (*SERVERS, *names)),
        ]
        for size, one in found.items()
    ]
    return markdown_table(header, rows)


def growth(outcome: Outcome, plan: OrdersPlan) -> str:
    """Each size beside the smallest, from medians; marked where it is more than a fifth dearer."""
    header = ["what", "orders there", "per s", "p50 ms", "ratio", "CPU ms", "ratio", "PostgreSQL ms", "ratio"]
    rows = [row for kind in ("spread", *READS) for row in _growth_rows(outcome, plan, kind)]
    return markdown_table(header, rows + _shipping_rows(outcome.shipped))


def _growth_rows(outcome: Outcome, plan: OrdersPlan, kind: str) -> list[list[str]]:
    rows, base = [], outcome.grown.get((plan.sizes[0], kind), [])
    at_first = summarise(base)
    for size in plan.sizes:
        made = outcome.grown.get((size, kind), [])
        now = summarise(made)
        rows.append(
            [
                KINDS[kind],
                f"{size:,}",
                number(now.per_second),
                number(now.p50_ms),
                _marked(ratio(now.p50_ms, at_first.p50_ms)),
                number(now.cpu_ms, digits=3),
                _marked(ratio(now.cpu_ms, at_first.cpu_ms)),
                each(made, "PostgreSQL"),
                _marked(_ratio(each_ms(made, "PostgreSQL"), each_ms(base, "PostgreSQL"))),
            ]
        )
    return rows


def _shipping_rows(found: Mapping[int, Shipping]) -> list[list[str]]:
    rows, base = [], next(iter(found.values()), None)
    for size, one in found.items():
        ours, first = (one.cpu_seconds["PostgreSQL"] / one.orders, one.cpu_ms), base or one
        rows.append(
            [
                SHIPPING,
                f"{size:,}",
                f"{one.per_second:.1f}",
                NOTHING,
                NOTHING,
                f"{one.cpu_ms:.3f}",
                _marked(_ratio(one.cpu_ms, first.cpu_ms)),
                f"{ours[0] * 1000:.3f}",
                _marked(_ratio(ours[0], first.cpu_seconds["PostgreSQL"] / first.orders)),
            ]
        )
    return rows


def grown_by_program(outcome: Outcome, plan: OrdersPlan) -> str:
    """Of one accepted order, by size."""
    rounds = {f"{size:,}": outcome.grown.get((size, "spread"), []) for size in plan.sizes}
    return by_program("orders there", rounds, trees=TREES)


def checks(outcome: Outcome) -> str:
    rows = [
        [f"{size:,}", f"{one.seconds:.1f}", str(one.discrepancies)] for size, one in outcome.checks.items()
    ]
    return markdown_table(["orders there", "verify_ledger s", "discrepancies"], rows)


def others(outcome: Outcome) -> str:
    """The largest part of the machine that programs outside the run took in any round."""
    rounds = [one for made in (*outcome.accepted.values(), *outcome.grown.values()) for one in made]
    return f"{max((one.others_share for one in rounds), default=0.0):.0%}"


def _kinds(outcome: Outcome) -> list[str]:
    return [kind for kind in (*ORDERS, ALONE, EXPRESS) if kind in outcome.accepted]


def _each_shipped(one: Shipping, name: str) -> str:
    return f"{(one.cpu_seconds | one.programs).get(name, 0.0) * 1000 / one.orders:.2f}"


def _ratio(now: float | None, first: float | None) -> float | None:
    return now / first if now is not None and first else None


def _marked(value: float | None) -> str:
    return times(value) + (" (!)" if value is not None and value > MAX_GROWTH else "")
