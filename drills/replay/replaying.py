"""Shoppers come, perhaps in a storm; then all that they were promised is waited for and checked."""

import contextlib
from collections import Counter
from collections.abc import Sequence

from core.ids import uuid7
from demo import articles, history, source
from drills.chaos import report
from drills.chaos.report import ChaosReport
from drills.chaos.storm import Storm
from drills.replay import checking, ending, plan
from drills.replay.checking import Database, Verdict
from drills.replay.ending import Ended
from drills.replay.http import Shop
from drills.replay.plan import Shopper
from drills.replay.summary import Summary
from drills.replay.tally import Quantiles, Tally
from drills.replay.visiting import Visits, visit_all


def run(
    *,
    base_url: str,
    count: int = 500,
    rate: float = 20.0,
    concurrency: int = 64,
    seed: int = 1,
    patience: float = 60.0,
    end_within: float = 60.0,
    database: Database = Database.AUTO,
    storm: Storm | None = None,
) -> Summary:
    """Send `count` shoppers of the demo data to the shop at `base_url`, `rate` a second; check the outcome.

    At most `concurrency` are under way at once; a request is repeated for `patience` seconds; the workers
    may be idle for `end_within` seconds before what they have not done counts as not done. In a `storm`
    the shop's processes are killed while the shoppers are there, and every answer is kept on disk.
    """
    tally, run_id = Tally(), uuid7().hex[-12:]
    shop = Shop(base_url, tally=tally, patience=patience)
    with contextlib.ExitStack() as resources:
        resources.callback(shop.stopping.set)
        log = resources.enter_context(storm.answer_log(run_id)) if storm else None
        shoppers = _shoppers(count, seed, run_id)
        visits = visit_all(shop, shoppers, rate=rate, concurrency=concurrency, log=log, storm=storm)
        ended = ending.wait(shop, visits.placed, within=end_within)
        verdict = checking.check(
            shop,
            visits.placed,
            ended,
            database=database,
            within=end_within / 2,
            log=log,
            repeats_allowed=storm.mails_cut_off() if storm else 0,
        )
        chaos = report.of(storm, tally.attempts(), log) if storm and log else None
    return _summary(visits, ended, verdict, tally, chaos)


def _shoppers(count: int, seed: int, run_id: str) -> list[Shopper]:
    lines = source.read_lines()
    products = articles.products(lines)
    orders = history.orders(lines, articles.skus(products))
    return plan.draw(orders, products, count=count, seed=seed, run=run_id)


def _summary(
    visits: Visits,
    ended: Sequence[Ended],
    verdict: Verdict,
    tally: Tally,
    chaos: ChaosReport | None,
) -> Summary:
    ends = Counter(each.status for each in ended)
    return Summary(
        visits=visits.count,
        seconds=visits.seconds,
        rate_reached=visits.count / visits.seconds if visits.seconds else 0.0,
        accepted=len(visits.placed),
        shipped=ends["shipped"] + ends["delivered"],
        payment_failed=ends["payment_failed"],
        refused_for_stock=visits.refused_for_stock,
        retried=tally.retried,
        replayed=tally.replayed,
        limited=tally.limited,
        limited_seconds=tally.limited_seconds,
        errors=dict(tally.errors()),
        failed_visits=dict(visits.failed),
        mails=verdict.mails,
        repeated_mails=verdict.repeats,
        latencies=tally.latencies(),
        to_shipped=Quantiles.of(s for each in ended if (s := each.seconds_to_shipped) is not None),
        ledgers={ledger: len(found) for ledger, found in verdict.ledgers.items()},
        discrepancies=[*verdict.discrepancies, *tally.unsound()],
        checked=verdict.checked,
        unchecked=verdict.unchecked,
        chaos=chaos,
    )
