"""What the outbox remembers of how the workers got through the faults."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import Count, Min, Q

from core.outbox.models import OutboxMessage
from drills.chaos.storm import Strike


def seconds_to_next(strikes: Sequence[Strike]) -> dict[Strike, float]:
    """From each strike to the first message handled after it; without those that none came after."""
    found = {}
    for strike in strikes:
        after = OutboxMessage.objects.filter(handled_at__gt=strike.time)
        first = after.aggregate(first=Min("handled_at"))["first"]
        if first is not None:
            found[strike] = (first - strike.time).total_seconds()
    return found


def sent(order_ids: Collection[UUID]) -> tuple[int, int]:
    """How many messages there are about the orders, and how many of them went out more than once."""
    about = OutboxMessage.objects.filter(aggregate__in=[str(each) for each in order_ids])
    counts = about.aggregate(all=Count("id"), again=Count("id", filter=Q(publications__gt=1)))
    return counts["all"], counts["again"]
