"""States of messages, and how far behind the outbox is."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min, Q

from core.outbox.models import OutboxMessage

_OPEN = Q(handled_at__isnull=True, dead_at__isnull=True)
STATES: Mapping[str, Q] = {
    "dead": Q(dead_at__isnull=False),
    "retrying": _OPEN & ~Q(error=""),
    "open": _OPEN,
    "handled": Q(handled_at__isnull=False),
}


@dataclass(frozen=True, kw_only=True)
class Lag:
    """`lag` is for how many seconds the oldest due message has waited for a relay; 0 where none is due.

    `oldest` is the age of the oldest open message: it may be waiting for a worker, or for its next attempt.
    """

    open: int
    due: int
    retrying: int
    dead: int
    lag: float
    oldest: float


def lag(*, now: datetime) -> Lag:
    """The lag, read from small indexes, however many messages are kept."""
    waiting = OutboxMessage.objects.filter(_OPEN)
    is_due = Q(next_attempt_at__lte=now)
    found = waiting.aggregate(
        open=Count("id"),
        due=Count("id", filter=is_due),
        retrying=Count("id", filter=~Q(error="")),
        due_since=Min("next_attempt_at", filter=is_due),
        since=Min("created_at"),
    )
    return Lag(
        open=found["open"],
        due=found["due"],
        retrying=found["retrying"],
        dead=OutboxMessage.objects.filter(dead_at__isnull=False).count(),
        lag=_seconds(found["due_since"], now),
        oldest=_seconds(found["since"], now),
    )


def _seconds(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0.0) if since else 0.0
