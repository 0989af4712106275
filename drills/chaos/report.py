"""What the faults did to the shoppers, fault by fault."""

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from drills.chaos import work
from drills.chaos.storm import Storm, Strike
from drills.oracle.answers import AnswerLog
from drills.replay.tally import Attempt

ORDERING = "POST /orders"


@dataclass(kw_only=True)
class Outcome:
    """Of all strikes of one fault.

    `to_order`: longest time from a strike to the answer of the first order that was sent after it and
    accepted; `to_work`: to the first message that workers finished. Until an order is accepted again, failed
    requests count for the strike with which that began, and of strikes meanwhile no time is taken. None where
    there is no time.
    """

    fault: str
    times: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    to_order: float | None = None
    to_work: float | None = None


@dataclass(frozen=True, kw_only=True)
class ChaosReport:
    """`sent_again` of the `messages` about the orders went to the workers more than once."""

    seed: int
    outcomes: list[Outcome]
    messages: int
    sent_again: int
    answers: str

    def lines(self) -> Iterator[str]:
        yield f"  {'killed':<14}{'times':>6}  {'to next order':>14}{'to next work':>14}  failed requests"
        for each in self.outcomes:
            failed = ", ".join(f"{count} x {kind}" for kind, count in sorted(each.failures.items())) or "none"
            times = f"{_seconds(each.to_order):>14}{_seconds(each.to_work):>14}"
            yield f"  {each.fault:<14}{each.times:>6}  {times}  {failed}"
        yield f"  {self.messages} messages to workers, {self.sent_again} of them sent more than once"
        yield f"  Each acknowledged order was written to {self.answers} at once (--seed {self.seed})"


def of(storm: Storm, attempts: Sequence[Attempt], log: AnswerLog) -> ChaosReport:
    """Looks into the outbox, so the storm has to be over and the database back."""
    messages, sent_again = work.sent([order.id for order in log.orders()])
    return ChaosReport(
        seed=storm.seed,
        outcomes=outcomes(storm.strikes, attempts, work.seconds_to_next(storm.strikes)),
        messages=messages,
        sent_again=sent_again,
        answers=str(log.file),
    )


def outcomes(
    strikes: Sequence[Strike], attempts: Sequence[Attempt], to_work: Mapping[Strike, float]
) -> list[Outcome]:
    """One for each fault, by name; `to_work`: seconds from a strike to the first work done after it."""
    found = {strike.fault.name: Outcome(fault=strike.fault.name) for strike in strikes}
    for strike in strikes:
        found[strike.fault.name].times += 1
    to_order = _outages(strikes, attempts)
    for strike, seconds in to_order.items():
        outcome = found[strike.fault.name]
        outcome.to_order = _longer(outcome.to_order, seconds)
        outcome.to_work = _longer(outcome.to_work, to_work.get(strike))
    for strike, failures in _failures(list(to_order), attempts).items():
        found[strike.fault.name].failures += failures
    return [found[name] for name in sorted(found, key=str.lower)]


def _outages(strikes: Sequence[Strike], attempts: Sequence[Attempt]) -> dict[Strike, float | None]:
    """Seconds to the next order for each strike that did not come before the next order of another."""
    accepted = [a for a in attempts if a.route == ORDERING and not a.failure]
    found: dict[Strike, float | None] = {}
    over_at = 0.0
    for strike in strikes:
        if strike.at >= over_at:
            over_at = min((a.ended for a in accepted if a.began > strike.at), default=strike.at)
            found[strike] = over_at - strike.at or None
    return found


def _failures(strikes: Sequence[Strike], attempts: Sequence[Attempt]) -> dict[Strike, Counter[str]]:
    moments = [strike.at for strike in strikes]
    found: dict[Strike, Counter[str]] = defaultdict(Counter)
    for attempt in attempts:
        before = bisect_right(moments, attempt.ended)
        if attempt.failure and before:
            found[strikes[before - 1]][attempt.failure] += 1
    return found


def _longer(known: float | None, seconds: float | None) -> float | None:
    return max((s for s in (known, seconds) if s is not None), default=None)


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f} s"
