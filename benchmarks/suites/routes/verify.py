"""Whether the work was real: the rows that both databases hold against the answers that wrk counted.

wrk stops without reading the answers to requests under way, at most one for each connection of each
run, so the database may hold that many rows more than were acknowledged. It may never hold fewer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.sides import Side
from benchmarks.suites.routes.outcome import ROUTES, Outcome


@dataclass(frozen=True)
class Check:
    side: str
    what: str
    acknowledged: int
    found: int
    allowance: int

    @property
    def is_right(self) -> bool:
        return self.acknowledged <= self.found <= self.acknowledged + self.allowance

    def __str__(self) -> str:
        verdict = "as it should be" if self.is_right else "WRONG"
        under_way = self.found - self.acknowledged
        return (
            f"{self.side}: {self.what}: {self.acknowledged} acknowledged, {self.found} found "
            f"({under_way} under way when wrk stopped, at most {self.allowance}): {verdict}"
        )


@dataclass(frozen=True)
class RowCounts:
    """What the databases held before the first request, by side."""

    rows: Mapping[str, Mapping[str, int]]
    finished_orders: Mapping[str, int]

    @classmethod
    def of(cls, sides: Sequence[Side]) -> "RowCounts":
        seen = [side for side in sides if side.database]
        return cls(
            {side.name: side.rows() for side in seen}, {side.name: side.finished_orders() for side in seen}
        )


def check(sides: Sequence[Side], outcome: Outcome, *, before: RowCounts, connections: int) -> list[Check]:
    checks = []
    for side in sides:
        for route, rows in side.rows().items():
            runs = outcome.all_of(side.name, route)
            if not runs:
                continue
            acknowledged, allowance = sum(run.load.accepted for run in runs), connections * len(runs)
            made = rows - before.rows[side.name][route]
            checks.append(Check(side.name, f"rows made by {ROUTES[route]}", acknowledged, made, allowance))
            if route == "order":
                finished = side.finished_orders() - before.finished_orders[side.name]
                checks.append(Check(side.name, "orders finished", acknowledged, finished, allowance))
    return checks
