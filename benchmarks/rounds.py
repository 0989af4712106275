"""The order of a run: both sides in alternation, route by route, so that both meet the same machine."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from benchmarks.measure import Measurement, measure, measure_idle
from benchmarks.servers import Servers
from benchmarks.sides import ROUTES, Side

WARM_UP_SECONDS = 1
WORTH_TELLING = 0.05  # of the machine


@dataclass(frozen=True)
class Plan:
    routes: Sequence[str]
    rounds: int
    seconds: int
    connections: int


@dataclass
class Outcome:
    """What was measured, by side and route; warm-ups are kept apart and count only as work done."""

    measured: dict[tuple[str, str], list[Measurement]] = field(default_factory=dict)
    warm_ups: dict[tuple[str, str], list[Measurement]] = field(default_factory=dict)
    idle_ms: dict[str, float] = field(default_factory=dict)

    def rounds_of(self, side: str, route: str) -> list[Measurement]:
        return self.measured.get((side, route), [])

    def all_of(self, side: str, route: str) -> list[Measurement]:
        return self.warm_ups.get((side, route), []) + self.rounds_of(side, route)

    @property
    def has_problems(self) -> bool:
        return any(m.problem for measurements in self.measured.values() for m in measurements)


def run(sides: Sequence[Side], servers: Servers | None, plan: Plan) -> Outcome:
    outcome = Outcome()
    for side in sides:
        outcome.idle_ms[side.name] = measure_idle(side, servers)
    for route in plan.routes:
        print(f"\n{ROUTES[route]}")
        for side in sides:
            warm_up = measure(
                side, route, servers=servers, seconds=WARM_UP_SECONDS, connections=plan.connections
            )
            outcome.warm_ups[side.name, route] = [warm_up]
        for number in range(1, plan.rounds + 1):
            for side in sides:
                _show_start(side, number, plan)
                one = measure(
                    side, route, servers=servers, seconds=plan.seconds, connections=plan.connections
                )
                outcome.measured.setdefault((side.name, route), []).append(one)
                show(one)
    return outcome


def _show_start(side: Side, number: int, plan: Plan) -> None:
    print(f"  {number}/{plan.rounds} {side.name:<8}", end=" ", flush=True)


def show(one: Measurement) -> None:
    parts = [
        f"{one.load.per_second:9.1f}/s",
        f"p50 {one.load.p50_ms:8.1f} ms",
        f"p99 {one.load.p99_ms:8.1f} ms",
        "" if one.cpu_ms is None else f"{one.cpu_ms:8.2f} ms CPU",
        f"others took {one.others_share:.0%}" if one.others_share > WORTH_TELLING else "",
        f"NOT COUNTED: {one.problem}" if one.problem else "",
    ]
    print("  ".join(part for part in parts if part), flush=True)
