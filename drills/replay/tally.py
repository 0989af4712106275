"""What the shoppers saw, counted from many threads."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

# The answer does not say that the client may come back, or when.
UNSOUND = ("500", "without Retry-After")


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One request that was sent; times by the monotonic clock. `failure` is its kind, or empty."""

    route: str
    began: float
    ended: float
    failure: str = ""


class Tally:
    """Every attempt, and how long rate limits kept shoppers waiting."""

    def __init__(self) -> None:
        self.retried = 0
        self.replayed = 0
        self.limited = 0
        self.limited_seconds = 0.0
        self._attempts: list[Attempt] = []
        self._lock = Lock()

    def add(self, attempt: Attempt, *, is_replay: bool = False) -> None:
        with self._lock:
            self._attempts.append(attempt)
            self.replayed += is_replay

    def held_back(self, seconds: float) -> None:
        """A 429 asked for so many seconds of patience."""
        with self._lock:
            self.limited += 1
            self.limited_seconds += seconds

    def tried_again(self) -> None:
        with self._lock:
            self.retried += 1

    def attempts(self) -> list[Attempt]:
        with self._lock:
            return list(self._attempts)

    def errors(self) -> Counter[str]:
        """Failed attempts by route and kind."""
        return Counter(f"{a.route}: {a.failure}" for a in self.attempts() if a.failure)

    def unsound(self) -> list[str]:
        """One sentence for each kind of failure that no shop should answer with, whatever dies."""
        kinds = self.errors().items()
        return [f"{count} x {kind}" for kind, count in kinds if kind.endswith(UNSOUND)]

    def latencies(self) -> dict[str, Quantiles]:
        """Of answered attempts by route, the busiest first."""
        durations: dict[str, list[float]] = defaultdict(list)
        for attempt in self.attempts():
            if not attempt.failure:
                durations[attempt.route].append(attempt.ended - attempt.began)
        busiest = sorted(durations.items(), key=lambda item: -len(item[1]))
        return {route: quantiles for route, seconds in busiest if (quantiles := Quantiles.of(seconds))}
