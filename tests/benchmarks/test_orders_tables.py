from collections import Counter
from datetime import UTC, datetime

import pytest

from benchmarks import harness
from benchmarks.load.sending import Sent
from benchmarks.load.wrk import Load
from benchmarks.measure import OWN, Measurement
from benchmarks.suites.orders import tables
from benchmarks.suites.orders.measures import Flow, Moments, Reconciliation, Shipping
from benchmarks.suites.orders.outcome import EXPRESS, OrdersPlan, Outcome
from benchmarks.suites.orders.suite import OrdersSuite

AT = datetime(2026, 5, 1, tzinfo=UTC)


def plan_of(*arguments: str) -> OrdersPlan:
    suite, parsed = harness.parse([OrdersSuite()], arguments)
    return suite.plan(parsed)


PLAN = plan_of("--orders", "5000", "1000")


def measurement(*, requests: int = 100, cpu: float = 1.0, bad_status: int = 0) -> Measurement:
    return Measurement(
        served=requests,
        load=Load(requests, 2.0, requests * 100, 4.0, 9.0, bad_status, 0, 0),
        cpu_seconds={OWN: cpu * 0.75, "PostgreSQL": cpu * 0.25, "Valkey": 0.0},
        programs={"web": cpu * 0.5, "worker": cpu * 0.25},
        memory_mb=200.0,
        others_share=0.0,
        finished_after_seconds=0.5,
        unfinished=0,
    )


def shipping(*, seconds: float = 5.0, cpu: float = 1.0, problem: str = "") -> Shipping:
    return Shipping(100, seconds, {OWN: cpu * 0.75, "PostgreSQL": cpu * 0.25}, {"worker": cpu * 0.5}, problem)


def flow(*, after_last: float = 1.0, latest: float = 0.0, shipped: int = 100, refused: int = 0) -> Flow:
    sent = Sent(100 - refused, Counter({"status 409": refused}), 5.0, latest)
    return Flow(20, 5, sent, Moments(shipped, AT, after_last, (0.1, 0.2), (0.3, 0.4)))


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_accepted__beside_express__divides_ours_by_theirs():
    outcome = Outcome(
        accepted={"spread": [measurement(requests=100)], EXPRESS: [measurement(requests=400, cpu=0.8)]}
    )

    ours, theirs = map(cells, tables.accepted(outcome).splitlines()[-2:])

    assert ours == ["many SKUs", "50.0", "0.25", "4.0", "9.0", "10.00", "5.00"]
    assert theirs[2] == theirs[-1] == "1.00"


def test_accepted_by_program__express__has_only_its_trees():
    outcome = Outcome(accepted={"hot": [measurement()], EXPRESS: [measurement()]})

    header, _, ours, theirs = map(cells, tables.accepted_by_program(outcome).splitlines())

    assert header[1:] == ["web", "worker", "application", "PostgreSQL", "Valkey"]
    assert ours[1:] == ["5.000", "2.500", "7.500", "2.500", "0.000"]
    assert theirs[1:4] == ["-", "-", "7.500"]


def test_growth__dearer_by_more_than_a_fifth__is_marked():
    outcome = Outcome(
        grown={
            (1000, "spread"): [measurement()],
            (5000, "spread"): [measurement(cpu=1.5)],
            (1000, "cart"): [measurement()],
            (5000, "cart"): [measurement(cpu=1.1)],
        },
        shipped={1000: shipping(), 5000: shipping(cpu=2.0)},
    )

    rows = [cells(line) for line in tables.growth(outcome, PLAN).splitlines()[2:]]
    ratios = {(row[0], row[1]): row[6] for row in rows}

    assert ratios["many SKUs", "1,000"] == "1.00"
    assert ratios["many SKUs", "5,000"] == "1.50 (!)"
    assert ratios["GET a cart, 3 lines", "5,000"] == "1.10"
    assert ratios[tables.SHIPPING, "5,000"] == "2.00 (!)"


def test_shipped__backlog__gives_orders_a_second_and_milliseconds_of_each():
    row = cells(tables.shipped({1000: shipping(seconds=4.0)}).splitlines()[-1])

    assert row == ["1,000", "100", "25.0", "10.00", "2.50", "0.00", "5.00"]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (flow(), True),
        (flow(after_last=3.5), False),
        (flow(latest=0.6), False),
        (flow(shipped=99), False),
        (flow(shipped=99, refused=1), False),
    ],
)
def test_flow__last_order_late_or_lost__has_not_kept_up(found, expected):
    assert found.is_sustained is expected
    assert (" NO " in tables.flows([found])) is not expected


def test_problems__refused_and_unshipped__are_named_with_their_place():
    outcome = Outcome(
        accepted={"hot": [measurement(bad_status=3)]},
        grown={(5000, "list"): [measurement(), measurement(bad_status=1)]},
        flows=[flow(shipped=98, refused=1)],
        shipped={1000: shipping(), 5000: shipping(problem="2 x not shipped")},
        checks={1000: Reconciliation(1.0, 0), 5000: Reconciliation(1.0, 4)},
    )

    assert outcome.problems() == [
        "hot: 3 answers that were not 2xx",
        "list at 5,000: 1 answers that were not 2xx",
        "20 a second: 1 x status 409, 1 x not shipped",
        "shipping at 5,000: 2 x not shipped",
        "at 5,000: 4 discrepancies in the ledgers",
    ]


def test_plan__sizes__ascend_and_the_rest_is_the_default():
    assert PLAN.sizes == (1000, 5000)
    assert (PLAN.rounds, PLAN.seconds) == (OrdersSuite.full.rounds, OrdersSuite.full.seconds)
    assert plan_of("--quick").sizes == OrdersSuite.quick.sizes
