"""What is measured of orders, by kind and by the size of the shop."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.measure import Measurement
from benchmarks.rounds import Plan
from benchmarks.suites.orders.measures import Flow, Reconciliation, Shipping

EXPRESS = "Express"
ORDERS, READS = ("hot", "spread", "keyed"), ("list", "detail", "cart")
ALONE = "alone"
SLOWER_RATE = 20


@dataclass(frozen=True, kw_only=True)
class OrdersPlan(Plan):
    """`sizes`: orders of the past. `backlog`: orders for one process. `rate`: orders a second that come."""

    sizes: Sequence[int]
    backlog: int
    rate: int
    flow_seconds: int


@dataclass
class Outcome:
    accepted: dict[str, list[Measurement]] = field(default_factory=dict)  # by kind, and Express
    round_trips: dict[str, int] = field(default_factory=dict)
    flows: list[Flow] = field(default_factory=list)
    grown: dict[tuple[int, str], list[Measurement]] = field(default_factory=dict)  # by size and kind
    shipped: dict[int, Shipping] = field(default_factory=dict)
    checks: dict[int, Reconciliation] = field(default_factory=dict)

    def problems(self) -> list[str]:
        rounds = [(kind, one.problem) for kind, made in self.accepted.items() for one in made]
        rounds += [
            (f"{kind} at {size:,}", one.problem) for (size, kind), made in self.grown.items() for one in made
        ]
        rounds += [(f"{one.rate} a second", one.problem) for one in self.flows]
        rounds += [(f"shipping at {size:,}", one.problem) for size, one in self.shipped.items()]
        rounds += [(f"at {size:,}", one.problem) for size, one in self.checks.items()]
        return [f"{what}: {problem}" for what, problem in rounds if problem]
