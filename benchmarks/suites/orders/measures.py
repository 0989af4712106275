"""What is measured beside wrk's rounds: a backlog shipped by one process, and orders that come at a rate."""

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg

from benchmarks import meter
from benchmarks.load.sending import Sent, send
from benchmarks.measure import roots_of, wait_until_quiet
from benchmarks.servers import Servers
from benchmarks.sides import wait_until_done
from benchmarks.suites.orders.pausing import one_process, paused
from benchmarks.suites.orders.shop import OrderShop
from orders.ledger.discrepancies import MAX_OF_A_KIND
from orders.ledger.questions import LEDGER_QUESTIONS

MAX_SECONDS_AFTER_LAST = 3  # a shop that keeps up has shipped the last order so soon after it came
MAX_SECONDS_LATE = 0.5  # and had its client send every order in time

_MOMENTS = """
WITH moments AS (
    SELECT min(at) FILTER (WHERE to_status = 'pending') AS placed,
           min(at) FILTER (WHERE to_status = 'paid') AS paid,
           min(at) FILTER (WHERE to_status = 'shipped') AS shipped
    FROM orders_orderevent WHERE order_id IN (SELECT id FROM orders_order WHERE created_at >= %(since)s)
    GROUP BY order_id
)
SELECT count(shipped), max(shipped), extract(epoch FROM max(shipped) - max(placed))::float,
       percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM paid - placed)::float),
       percentile_disc(ARRAY[0.5, 0.99]) WITHIN GROUP (ORDER BY extract(epoch FROM shipped - placed)::float)
FROM moments
"""


@dataclass(frozen=True)
class Moments:
    """Of orders placed since some time, by their timelines; p50 and p99 in seconds."""

    shipped: int
    last_shipped: datetime | None
    after_last: float  # seconds from the last order placed to the last one shipped
    to_paid: tuple[float, float]
    to_shipped: tuple[float, float]

    @classmethod
    def since(cls, database: str, began: datetime) -> "Moments":
        with psycopg.connect(database) as connection:
            row = connection.execute(_MOMENTS.encode(), {"since": began}).fetchone()
        shipped, last, after, paid, sent = row or (0, None, None, None, None)
        return cls(shipped, last, after or 0.0, _pair(paid), _pair(sent))


@dataclass(frozen=True)
class Shipping:
    """`orders` that waited, and `seconds` until the last was shipped; CPU until the last mail was sent."""

    orders: int
    seconds: float
    cpu_seconds: dict[str, float]
    programs: dict[str, float]
    problem: str = ""

    @property
    def per_second(self) -> float:
        return self.orders / self.seconds if self.seconds else 0.0

    @property
    def cpu_ms(self) -> float:
        return sum(self.cpu_seconds.values()) * 1000 / self.orders


@dataclass(frozen=True)
class Flow:
    """Orders that came at `rate` a second for `seconds`."""

    rate: int
    seconds: int
    sent: Sent
    moments: Moments

    @property
    def is_sustained(self) -> bool:
        return not self.problem and (
            self.moments.after_last <= MAX_SECONDS_AFTER_LAST and self.sent.latest <= MAX_SECONDS_LATE
        )

    @property
    def problem(self) -> str:
        return _problem(self.sent.refused, self.sent.accepted - self.moments.shipped)


@dataclass(frozen=True)
class Reconciliation:
    """How long it took to reconcile the ledgers, and how many discrepancies there were."""

    seconds: float
    discrepancies: int

    @property
    def problem(self) -> str:
        return f"{self.discrepancies} discrepancies in the ledgers" if self.discrepancies else ""


def ship_backlog(shop: OrderShop, servers: Servers, *, count: int) -> Shipping:
    """Accept `count` orders while worker and relay are held, then let one worker process ship them."""
    programs, roots, began = shop.programs(), roots_of(shop, servers), datetime.now(UTC)
    wait_until_done(shop)
    wait_until_quiet(roots)
    with one_process(programs["worker"]):
        with paused(programs["worker"], programs["relay"]):
            sent = send(shop, shop.orders(), count=count)
            wait_until_quiet(roots)
            before, released = meter.cpu_seconds(roots | programs), datetime.now(UTC)
        unfinished = wait_until_done(shop)
        wait_until_quiet(roots)
        after = meter.cpu_seconds(roots | programs)
    moments = Moments.since(str(shop.database), began)
    took = (moments.last_shipped - released).total_seconds() if moments.last_shipped else 0.0
    return Shipping(
        orders=count,
        seconds=took,
        cpu_seconds={name: after[name] - before[name] for name in roots},
        programs={name: after[name] - before[name] for name in programs},
        problem=_problem(sent.refused, unfinished or sent.accepted - moments.shipped),
    )


def flow(shop: OrderShop, servers: Servers, *, rate: int, seconds: int) -> Flow:
    wait_until_done(shop)
    wait_until_quiet(roots_of(shop, servers))
    began = datetime.now(UTC)
    sent = send(shop, shop.orders(), count=rate * seconds, rate=rate)
    wait_until_done(shop)
    return Flow(rate, seconds, sent, Moments.since(str(shop.database), began))


def reconcile(database: str) -> Reconciliation:
    """Ask what verify_ledger asks, once all work is done: no order is passed over as under way."""
    began = time.monotonic()
    with psycopg.connect(database) as connection:
        found = [
            row
            for question in LEDGER_QUESTIONS
            for row in connection.execute(question.statement.encode(), {"saga_steps": []}).fetchmany(
                MAX_OF_A_KIND
            )
        ]
    return Reconciliation(time.monotonic() - began, len(found))


def _pair(values: list[float | None] | None) -> tuple[float, float]:
    p50, p99 = values or (None, None)
    return p50 or 0.0, p99 or 0.0


def _problem(refused: Counter[str], unfinished: int) -> str:
    found = {**refused, "not shipped": unfinished}
    return ", ".join(f"{count} x {what}" for what, count in found.items() if count)
