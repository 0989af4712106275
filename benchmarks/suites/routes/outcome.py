"""What is measured of each route on each side, and the names of the routes."""

from dataclasses import dataclass, field

from benchmarks.measure import Measurement

ROUTES = {
    "health": "GET health",
    "hello": "GET hello, through Redis",
    "products": "GET product list, 20 rows",
    "product": "GET product detail",
    "todos": "GET to-dos, 20 rows",
    "todo": "POST to-do",
    "order": "POST order",
    "login": "POST log in",
    "register": "POST register",
}


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
