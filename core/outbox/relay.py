"""From PostgreSQL to the broker: committed messages, those whose retry is due, and those that got lost.

Several relays may run: each takes rows that no other holds. A crash in mid-batch rolls the marks back,
so messages already sent are sent again; handlers make that harmless.
"""

from collections.abc import Callable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from core.outbox.models import OutboxMessage
from core.outbox.registry import handler_named

BATCH = 200
LONGEST_LEASE = 3600  # seconds

Send = Callable[[int, str], None]


@transaction.atomic
def publish_batch(send: Send) -> int:
    """Send up to BATCH due messages with `send(message_id, queue)`; how many.

    Whatever `send` raises leaves every message of the batch due.
    """
    now = timezone.now()
    due = OutboxMessage.objects.filter(
        handled_at__isnull=True, dead_at__isnull=True, next_attempt_at__lte=now
    )
    messages = list(due.order_by("next_attempt_at").select_for_update(skip_locked=True)[:BATCH])
    for message in messages:
        handler = handler_named(message.handler)
        send(message.pk, handler.queue)
        lease = min(handler.lease * 2**message.publications, LONGEST_LEASE)
        message.publications += 1
        message.next_attempt_at = now + timedelta(seconds=lease)
    OutboxMessage.objects.bulk_update(messages, ["publications", "next_attempt_at"])
    return len(messages)
