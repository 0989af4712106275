"""What a replay has found out, and the lines that show it."""

from collections.abc import Iterator
from dataclasses import dataclass

from drills.chaos.report import ChaosReport
from drills.replay.tally import Quantiles

MAX_SHOWN = 30  # discrepancies


@dataclass(frozen=True, kw_only=True)
class Summary:
    """`is_well` is whether every visit went as it should and everything that could be checked agrees."""

    visits: int
    seconds: float
    rate_reached: float
    accepted: int
    shipped: int
    payment_failed: int
    refused_for_stock: int
    retried: int
    replayed: int
    limited: int
    limited_seconds: float
    errors: dict[str, int]
    failed_visits: dict[str, int]
    mails: int | None
    repeated_mails: int
    latencies: dict[str, Quantiles]
    to_shipped: Quantiles | None
    ledgers: dict[str, int]
    discrepancies: list[str]
    checked: list[str]
    unchecked: list[str]
    chaos: ChaosReport | None = None

    @property
    def is_well(self) -> bool:
        return not (self.discrepancies or self.failed_visits)

    def text(self) -> str:
        """For a terminal."""
        chaos = [*self.chaos.lines(), ""] if self.chaos else []
        parts = [*self._counts(), "", *self._times(), "", *chaos, *self._troubles(), "", *self._verdict()]
        return "\n".join(parts)

    def _counts(self) -> Iterator[str]:
        yield f"{self.visits} shoppers in {self.seconds:.1f} s ({self.rate_reached:.1f} a second)"
        counts = {
            "accepted": self.accepted,
            "shipped": self.shipped,
            "payment failed": self.payment_failed,
            "refused for stock": self.refused_for_stock,
            "requests sent again": self.retried,
            "answers replayed": self.replayed,
            "mails seen in the inbox": "no inbox" if self.mails is None else self.mails,
            "mails that came twice": self.repeated_mails,
        }
        yield from (f"  {name:<26}{count:>9}" for name, count in counts.items())

    def _times(self) -> Iterator[str]:
        yield f"  {'request (ms)':<26}{'count':>9}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}"
        for route, seconds in self.latencies.items():
            yield _row(route, seconds, unit=0.001)
        if self.to_shipped:
            yield f"  {'order to shipped (s)':<26}{'count':>9}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}"
            yield _row("", self.to_shipped, unit=1)

    def _troubles(self) -> Iterator[str]:
        for kind, count in self.errors.items():
            yield f"  {count:>6} x {kind}"
        for kind, count in self.failed_visits.items():
            yield f"  {count:>6} visits failed: {kind}"
        if self.limited:
            yield (
                f"  Rate limits put shoppers off {self.limited} times, {self.limited_seconds:.0f} s in all:"
                " the figures are the limits', not the shop's (hint: THROTTLE_SCALE=1000 make run)."
            )

    def _verdict(self) -> Iterator[str]:
        yield f"  {'ledger':<26}{'wrong':>9}"
        yield from (f"  {ledger:<26}{wrong:>9}" for ledger, wrong in self.ledgers.items())
        for sentence in self.discrepancies[:MAX_SHOWN]:
            yield f"  DISCREPANCY: {sentence}"
        if len(self.discrepancies) > MAX_SHOWN:
            yield f"  and {len(self.discrepancies) - MAX_SHOWN} more"
        yield f"Checked: {'; '.join(self.checked)}."
        if self.unchecked:
            yield f"Not checked: {'; '.join(self.unchecked)}."
        yield "All of it agrees." if self.is_well else "It does NOT agree."


def _row(name: str, seconds: Quantiles, *, unit: float) -> str:
    figures = (seconds.p50, seconds.p95, seconds.p99, seconds.max)
    return f"  {name:<26}{seconds.count:>9}" + "".join(f"{figure / unit:>9.1f}" for figure in figures)
