"""The order of a run: beside Express first, then how soon, then the same again in an ever older shop."""

import time
from collections.abc import Callable, Sequence

from benchmarks.measure import Measurement
from benchmarks.rounds import Rounds, in_turn
from benchmarks.servers import Servers
from benchmarks.sides import Side, wait_until_done
from benchmarks.suites.orders.measures import flow, reconcile, ship_backlog
from benchmarks.suites.orders.outcome import ALONE, EXPRESS, ORDERS, READS, SLOWER_RATE, OrdersPlan, Outcome
from benchmarks.suites.orders.pausing import paused
from benchmarks.suites.orders.shop import KINDS, OrderShop


class Run:
    def __init__(
        self, shop: OrderShop, express: Side | None, servers: Servers, rounds: Rounds[OrdersPlan]
    ) -> None:
        self.shop, self.express, self.servers, self.rounds = shop, express, servers, rounds
        self.plan, self.outcome = rounds.plan, Outcome()

    def all(self) -> Outcome:
        first, *larger = self.plan.sizes
        self._grow(first)
        self.outcome.round_trips = self.shop.round_trips()
        self._beside_express()
        self._flows()
        self._age(first, READS)
        for size in larger:
            self._grow(size)
            self._age(size, ("spread", *READS))
        return self.outcome

    def _beside_express(self) -> None:
        for side, kind in self._loads().values():
            self.rounds.warm_up(side, kind)
        takers = self._takers()
        for _, name in in_turn(list(takers), self.plan.rounds):
            self.outcome.accepted.setdefault(name, []).append(takers[name]())
        self.outcome.grown[self.plan.sizes[0], "spread"] = self.outcome.accepted["spread"]

    def _loads(self) -> dict[str, tuple[Side, str]]:
        """Side and route by the name under which their measurements are kept."""
        ours: dict[str, tuple[Side, str]] = {kind: (self.shop, kind) for kind in ORDERS}
        return ours | {EXPRESS: (self.express, "order")} if self.express else ours

    def _takers(self) -> dict[str, Callable[[], Measurement]]:
        return {name: self._measuring(name, *load) for name, load in self._loads().items()} | {
            ALONE: self._alone
        }

    def _measuring(self, name: str, side: Side, kind: str) -> Callable[[], Measurement]:
        return lambda: self.rounds.measure(side, kind, label=_label(name))

    def _alone(self) -> Measurement:
        """What accepting costs by itself: worker and relay are held, and do their work afterwards."""
        programs = self.shop.programs()
        with paused(programs["worker"], programs["relay"]):
            one = self.rounds.measure(self.shop, ALONE, label=_label(ALONE), until_done=False)
        wait_until_done(self.shop)
        return one

    def _flows(self) -> None:
        for rate in (self.plan.rate, SLOWER_RATE):
            print(f"  {rate} orders a second for {self.plan.flow_seconds} s ...", flush=True)
            one = flow(self.shop, self.servers, rate=rate, seconds=self.plan.flow_seconds)
            self.outcome.flows.append(one)
            if one.is_sustained or rate <= SLOWER_RATE:
                return

    def _age(self, size: int, kinds: Sequence[str]) -> None:
        for kind in kinds:
            self.rounds.warm_up(self.shop, kind)
            self.outcome.grown[size, kind] = [
                self.rounds.measure(self.shop, kind, label=_label(kind)) for _ in range(self.plan.rounds)
            ]
        print(f"  {self.plan.backlog} orders for one worker process ...", end=" ", flush=True)
        one = ship_backlog(self.shop, self.servers, count=self.plan.backlog)
        print(f"{one.per_second:.1f}/s  {one.cpu_ms:.2f} ms CPU  {one.problem}", flush=True)
        self.outcome.shipped[size] = one
        self.outcome.checks[size] = reconcile(str(self.shop.database))

    def _grow(self, size: int) -> None:
        print(f"\n{size:,} orders of the past ...", end=" ", flush=True)
        began = time.monotonic()
        self.shop.grow_to(size)
        print(f"made in {time.monotonic() - began:.0f} s", flush=True)


def _label(name: str) -> str:
    return f"{KINDS.get(name, name):<34}"
