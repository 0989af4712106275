"""The order of a run: beside Express first, then how soon, then the same again in an ever older shop."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.measure import Measurement, measure
from benchmarks.orders.measures import BooksCheck, Flow, Shipping, check_books, flow, ship_backlog
from benchmarks.orders.pausing import paused
from benchmarks.orders.shop import KINDS, OrderShop
from benchmarks.rounds import WARM_UP_SECONDS, show
from benchmarks.servers import Servers
from benchmarks.sides import Side, settle

EXPRESS = "Express"
ORDERS, READS = ("hot", "spread", "keyed"), ("list", "detail", "cart")
ALONE = "alone"
SLOWER_RATE = 20


@dataclass(frozen=True)
class Plan:
    """`sizes`: orders of the past. `backlog`: orders for one process. `rate`: orders a second that come."""

    sizes: Sequence[int]
    rounds: int
    seconds: int
    connections: int
    backlog: int
    rate: int
    flow_seconds: int


@dataclass
class Outcome:
    accepted: dict[str, list[Measurement]] = field(default_factory=dict)  # by kind, and Express
    crossings: dict[str, int] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    grown: dict[tuple[int, str], list[Measurement]] = field(default_factory=dict)  # by size and kind
    shipped: dict[int, Shipping] = field(default_factory=dict)
    checks: dict[int, BooksCheck] = field(default_factory=dict)

    def problems(self) -> list[str]:
        rounds = [(kind, one.problem) for kind, made in self.accepted.items() for one in made]
        rounds += [
            (f"{kind} at {size:,}", one.problem) for (size, kind), made in self.grown.items() for one in made
        ]
        rounds += [(f"{one.rate} a second", one.problem) for one in self.flows]
        rounds += [(f"shipping at {size:,}", one.problem) for size, one in self.shipped.items()]
        rounds += [(f"at {size:,}", one.problem) for size, one in self.checks.items()]
        return [f"{what}: {problem}" for what, problem in rounds if problem]


class Run:
    def __init__(self, shop: OrderShop, theirs: Side | None, servers: Servers, plan: Plan) -> None:
        self.shop, self.theirs, self.servers, self.plan = shop, theirs, servers, plan
        self.outcome = Outcome()

    def all(self) -> Outcome:
        first, *larger = self.plan.sizes
        self._grow(first)
        self.outcome.crossings = self.shop.crossings()
        self._beside_express()
        self._flows()
        self._age(first, READS)
        for size in larger:
            self._grow(size)
            self._age(size, ("spread", *READS))
        return self.outcome

    def _beside_express(self) -> None:
        for side, kind in self._takers():
            self._measure(side, kind, seconds=WARM_UP_SECONDS)
        for _ in range(self.plan.rounds):
            for side, kind in self._takers():
                name = EXPRESS if side is self.theirs else kind
                one = self._measure(side, kind, name=name)
                self.outcome.accepted.setdefault(name, []).append(one)
            self.outcome.accepted.setdefault(ALONE, []).append(self._alone())
        self.outcome.grown[self.plan.sizes[0], "spread"] = self.outcome.accepted["spread"]

    def _takers(self) -> list[tuple[Side, str]]:
        ours: list[tuple[Side, str]] = [(self.shop, kind) for kind in ORDERS]
        return [*ours, (self.theirs, "order")] if self.theirs else ours

    def _alone(self) -> Measurement:
        """What accepting costs by itself: worker and relay are held, and do their work afterwards."""
        programs = self.shop.programs()
        with paused(programs["worker"], programs["relay"]):
            one = self._measure(self.shop, ALONE, is_settled=False)
        settle(self.shop)
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
            self._measure(self.shop, kind, seconds=WARM_UP_SECONDS)
            rounds = [self._measure(self.shop, kind) for _ in range(self.plan.rounds)]
            self.outcome.grown[size, kind] = rounds
        print(f"  {self.plan.backlog} orders for one worker process ...", end=" ", flush=True)
        one = ship_backlog(self.shop, self.servers, count=self.plan.backlog)
        print(f"{one.per_second:.1f}/s  {one.cpu_ms:.2f} ms CPU  {one.problem}", flush=True)
        self.outcome.shipped[size] = one
        self.outcome.checks[size] = check_books(str(self.shop.database))

    def _grow(self, size: int) -> None:
        print(f"\n{size:,} orders of the past ...", end=" ", flush=True)
        began = time.monotonic()
        self.shop.grow_to(size)
        print(f"made in {time.monotonic() - began:.0f} s", flush=True)

    def _measure(
        self, side: Side, kind: str, *, name: str = "", seconds: int = 0, is_settled: bool = True
    ) -> Measurement:
        """One round; a warm-up, which has `seconds` of its own, is not shown."""
        one = measure(
            side,
            kind,
            servers=self.servers,
            seconds=seconds or self.plan.seconds,
            connections=self.plan.connections,
            is_settled=is_settled,
        )
        if not seconds:
            print(f"  {KINDS.get(name or kind, name):<34}", end=" ", flush=True)
            show(one)
        return one
