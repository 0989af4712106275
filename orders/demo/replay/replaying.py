"""Shoppers arrive at a given rate, whether the shop keeps up or not; then all is waited for and checked."""

import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from core.ids import uuid7
from orders.demo import articles, history, source
from orders.demo.progress import bar
from orders.demo.replay import checking, plan, settling, shopping
from orders.demo.replay.checking import Database, Verdict
from orders.demo.replay.http import NotAnswered, Shop
from orders.demo.replay.plan import Shopper
from orders.demo.replay.settling import Settled
from orders.demo.replay.shopping import Placed, Visit, VisitFailed
from orders.demo.replay.summary import Summary
from orders.demo.replay.tally import Quantiles, Tally


@dataclass(kw_only=True)
class Visits:
    """How the visits ended."""

    placed: list[Placed] = field(default_factory=list)
    refused_for_stock: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, done: "Future[Visit]") -> None:
        """Raises what no shop can cause: a fault of the replay itself."""
        try:
            visit = done.result()
        except (VisitFailed, NotAnswered) as failed:
            self.failed[str(failed)] += 1
            return
        if visit.placed:
            self.placed.append(visit.placed)
        else:
            self.refused_for_stock += 1


def run(
    *,
    base_url: str,
    count: int = 500,
    rate: float = 20.0,
    concurrency: int = 64,
    seed: int = 1,
    patience: float = 60.0,
    settle_within: float = 60.0,
    database: Database = Database.AUTO,
) -> Summary:
    """Send `count` shoppers of the demo data to the shop at `base_url`, `rate` a second; check the outcome.

    At most `concurrency` are under way at once; a request is repeated for `patience` seconds; the workers
    may be idle for `settle_within` seconds before what they have not done counts as not done.
    """
    tally = Tally()
    shop = Shop(base_url, tally=tally, patience=patience)
    try:
        visits = _visit_all(shop, _shoppers(count, seed), rate=rate, concurrency=concurrency)
        settled = settling.wait(shop, visits.placed, within=settle_within)
        verdict = checking.check(shop, visits.placed, settled, database=database, within=settle_within / 2)
    finally:
        shop.stopping.set()
    return _summary(count, visits, settled, verdict, tally)


def _shoppers(count: int, seed: int) -> list[Shopper]:
    lines = source.read_lines()
    products = articles.products(lines)
    orders = history.orders(lines, articles.skus(products))
    return plan.draw(orders, products, count=count, seed=seed, run=uuid7().hex[-12:])


def _visit_all(shop: Shop, shoppers: Sequence[Shopper], *, rate: float, concurrency: int) -> Visits:
    """Each arrives at its own moment; only where `concurrency` is too small does one wait for another."""
    visits = Visits()
    started = time.monotonic()
    with (
        ThreadPoolExecutor(concurrency) as pool,
        bar(total=len(shoppers), label="Shopping", unit="visits") as progress,
        shop.called_off_on_error(),
    ):
        under_way: list[Future[Visit]] = []
        for number, shopper in enumerate(shoppers):
            shop.stopping.wait(max(0.0, started + number / rate - time.monotonic()))
            future = pool.submit(shopping.visit, shop, shopper)
            future.add_done_callback(lambda _: progress.update())
            under_way.append(future)
        for future in under_way:
            visits.add(future)
    visits.seconds = time.monotonic() - started
    return visits


def _summary(
    count: int, visits: Visits, settled: Sequence[Settled], verdict: Verdict, tally: Tally
) -> Summary:
    ends = Counter(each.status for each in settled)
    return Summary(
        visits=count,
        seconds=visits.seconds,
        rate_reached=count / visits.seconds if visits.seconds else 0.0,
        accepted=len(visits.placed),
        shipped=ends["shipped"] + ends["delivered"],
        payment_failed=ends["payment_failed"],
        refused_for_stock=visits.refused_for_stock,
        retried=tally.retried,
        replayed=tally.replayed,
        limited=tally.limited,
        limited_seconds=tally.limited_seconds,
        errors=dict(tally.errors),
        failed_visits=dict(visits.failed),
        mails=verdict.mails,
        latencies=tally.latencies(),
        to_shipped=Quantiles.of(s for each in settled if (s := each.seconds_to_shipped) is not None),
        disagreements=verdict.disagreements,
        checked=verdict.checked,
        unchecked=verdict.unchecked,
    )
