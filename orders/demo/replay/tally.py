"""What the shoppers saw, counted from many threads."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Seconds, nearest rank."""

    count: int
    p50: float
    p95: float
    p99: float
    max: float

    @classmethod
    def of(cls, seconds: Iterable[float]) -> "Quantiles | None":
        """None where nothing was measured."""
        ranked = sorted(seconds)
        if not ranked:
            return None
        p50, p95, p99 = (ranked[math.ceil(len(ranked) * share) - 1] for share in (0.50, 0.95, 0.99))
        return cls(count=len(ranked), p50=p50, p95=p95, p99=p99, max=ranked[-1])


class Tally:
    """Durations by route, failures by kind, and how long rate limits kept shoppers waiting."""

    def __init__(self) -> None:
        self.errors: Counter[str] = Counter()
        self.retried = 0
        self.replayed = 0
        self.limited = 0
        self.limited_seconds = 0.0
        self._durations: dict[str, list[float]] = defaultdict(list)
        self._lock = Lock()

    def answered(self, route: str, seconds: float, *, is_replay: bool = False) -> None:
        with self._lock:
            self._durations[route].append(seconds)
            self.replayed += is_replay

    def failed(self, route: str, kind: str) -> None:
        with self._lock:
            self.errors[f"{route}: {kind}"] += 1

    def held_back(self, seconds: float) -> None:
        """A 429 asked for so many seconds of patience."""
        with self._lock:
            self.limited += 1
            self.limited_seconds += seconds

    def tried_again(self) -> None:
        with self._lock:
            self.retried += 1

    def latencies(self) -> dict[str, Quantiles]:
        """By route, the busiest first."""
        with self._lock:
            measured = {route: Quantiles.of(seconds) for route, seconds in self._durations.items()}
        busiest = sorted(measured.items(), key=lambda item: -(item[1].count if item[1] else 0))
        return {route: quantiles for route, quantiles in busiest if quantiles}
