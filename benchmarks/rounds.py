"""Everything is measured several times and in turn, so that all of it meets the same machine."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks.measure import Measurement, measure
from benchmarks.servers import Servers
from benchmarks.sides import Side

WARM_UP_SECONDS = 1
MIN_SHOWN_SHARE = 0.05  # of the machine
Taker = TypeVar("Taker")
PlanT = TypeVar("PlanT", bound="Plan")


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Each measurement is made `rounds` times, for `seconds`, over as many `connections`, never idle."""

    rounds: int
    seconds: int
    connections: int


@dataclass(frozen=True)
class Rounds(Generic[PlanT]):
    """The measurements of one run, all made by the same plan on the same servers."""

    plan: PlanT
    servers: Servers | None

    def warm_up(self, side: Side, route: str) -> Measurement:
        """A short one that is not shown."""
        return self._measure(side, route, seconds=WARM_UP_SECONDS)

    def measure(self, side: Side, route: str, *, label: str, until_done: bool = True) -> Measurement:
        """One that is shown behind `label`; `until_done` as in `measure.measure`."""
        print(f"  {label}", end=" ", flush=True)
        one = self._measure(side, route, seconds=self.plan.seconds, until_done=until_done)
        print(shown(one), flush=True)
        return one

    def _measure(self, side: Side, route: str, *, seconds: int, until_done: bool = True) -> Measurement:
        return measure(
            side,
            route,
            servers=self.servers,
            seconds=seconds,
            connections=self.plan.connections,
            until_done=until_done,
        )


def in_turn(takers: Sequence[Taker], rounds: int) -> Iterator[tuple[int, Taker]]:
    """Each taker with the number of its round, from 1: A B, A B, and not A A, B B."""
    return ((number, taker) for number in range(1, rounds + 1) for taker in takers)


def shown(one: Measurement) -> str:
    parts = [
        f"{one.load.per_second:9.1f}/s",
        f"p50 {one.load.p50_ms:8.1f} ms",
        f"p99 {one.load.p99_ms:8.1f} ms",
        "" if one.cpu_ms is None else f"{one.cpu_ms:8.2f} ms CPU",
        f"others took {one.others_share:.0%}" if one.others_share > MIN_SHOWN_SHARE else "",
        f"NOT COUNTED: {one.problem}" if one.problem else "",
    ]
    return "  ".join(part for part in parts if part)
