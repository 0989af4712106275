"""Shoppers arrive at a given rate, whether the shop keeps up or not."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from demo.progress import bar
from drills.arrivals import at_rate
from drills.chaos.storm import Storm, Strike
from drills.oracle.answers import AnswerLog
from drills.replay import shopping
from drills.replay.http import NotAnswered, Shop
from drills.replay.plan import Shopper
from drills.replay.shopping import Placed, Visit, VisitFailed


@dataclass(kw_only=True)
class Visits:
    """How the visits ended."""

    count: int
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


def visit_all(
    shop: Shop,
    shoppers: Sequence[Shopper],
    *,
    rate: float,
    concurrency: int,
    log: AnswerLog | None,
    storm: Storm | None,
) -> Visits:
    """Each arrives at its own moment; only where `concurrency` is too small does one wait for another."""
    visits = Visits(count=len(shoppers))
    started, under_way = time.monotonic(), list[Future[Visit]]()

    def shown(strike: Strike) -> str:
        done = sum(future.done() for future in under_way)
        return (
            f"  {strike.at - started:6.1f} s  {done:>5} of {len(shoppers)} shoppers done"
            f"  killed: {strike.fault.name} (process {strike.pid})"
        )

    with (
        ThreadPoolExecutor(concurrency) as pool,
        bar(total=len(shoppers), label="Shopping", unit="visits") as progress,
        shop.ended_on_error(),
        _raging(storm, lambda strike: progress.write(shown(strike))),
    ):
        for shopper, _ in at_rate(shoppers, rate=rate, wait=shop.stopping.wait):
            future = pool.submit(shopping.visit, shop, shopper, log)
            future.add_done_callback(lambda _: progress.update())
            under_way.append(future)
        for future in under_way:
            visits.add(future)
        if storm:
            progress.write(
                "  All shoppers are done. What killed workers had taken waits for its lease to end."
            )
        visits.seconds = time.monotonic() - started
    return visits


def _raging(storm: Storm | None, say: Callable[[Strike], None]) -> AbstractContextManager[None]:
    return storm.raging(say) if storm else nullcontext()
