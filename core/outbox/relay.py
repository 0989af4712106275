"""From PostgreSQL to the broker: committed messages, those whose retry is due, and those that got lost.

Messages are claimed for a short time in one transaction, sent outside any, and then leased: a frozen
broker holds no lock, and several relays never claim the same message. What a killed relay had claimed is
due again when the claim ends; what had been sent by then is sent twice, which handlers make harmless.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.utils import timezone

from core.crash_points import crash_point
from core.outbox.models import OutboxMessage
from core.outbox.registry import handler_named

log = structlog.get_logger(__name__)

BATCH = 200
CLAIM = timedelta(seconds=5)
LONGEST_LEASE = 3600  # seconds
UNKNOWN_HANDLER_PAUSE = timedelta(seconds=60)

Send = Callable[[int, str], None]


def publish_batch(send: Send) -> int:
    """Send up to BATCH due messages with `send(message_id, queue)`; how many.

    Whatever `send` raises is raised; the messages not sent by then are due at once.
    """
    messages, claimed_until = _claim()
    leases: dict[int, datetime] = {}
    try:
        for message in messages:
            leases[message.pk] = _send(message, send)
    finally:
        if messages:
            unsent = [m.pk for m in messages if m.pk not in leases]
            _settle(leases, unsent, claimed_until)
            crash_point("core.relay.after_settle")
    return len(messages)


@transaction.atomic
def _claim() -> tuple[list[OutboxMessage], datetime]:
    now = timezone.now()
    due = OutboxMessage.objects.filter(
        handled_at__isnull=True, dead_at__isnull=True, next_attempt_at__lte=now
    )
    due = due.only("id", "handler", "publications").order_by("next_attempt_at")
    messages = list(due.select_for_update(skip_locked=True)[:BATCH])
    if messages:
        OutboxMessage.objects.filter(pk__in=[m.pk for m in messages]).update(next_attempt_at=now + CLAIM)
    return messages, now + CLAIM


def _send(message: OutboxMessage, send: Send) -> datetime:
    """Send one message; when to send it again unless its handler has settled it by then."""
    try:
        handler = handler_named(message.handler)
    except KeyError:  # written by a newer release, or its handler was removed
        log.error("no_such_handler", handler=message.handler, message_id=message.pk)
        return timezone.now() + UNKNOWN_HANDLER_PAUSE
    crash_point("core.relay.before_send")
    send(message.pk, handler.queue)
    crash_point("core.relay.after_send")
    return timezone.now() + timedelta(seconds=min(handler.lease * 2**message.publications, LONGEST_LEASE))


# A row that its worker is handling now, or has put off meanwhile, is left as the worker wants it.
_SETTLE = """
WITH mine AS (
    SELECT id FROM core_outboxmessage
    WHERE id = ANY(%(ids)s) AND next_attempt_at = %(claimed_until)s AND handled_at IS NULL
    FOR UPDATE SKIP LOCKED
)
UPDATE core_outboxmessage m
SET next_attempt_at = s.due, publications = m.publications + s.sent
FROM mine
JOIN unnest(%(ids)s::bigint[], %(due)s::timestamptz[], %(sent)s::int[]) AS s (id, due, sent) USING (id)
WHERE m.id = mine.id
"""


def _settle(leases: dict[int, datetime], unsent: list[int], claimed_until: datetime) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "ids": [*leases, *unsent],
                "due": [*leases.values(), *[now] * len(unsent)],
                "sent": [1] * len(leases) + [0] * len(unsent),
                "claimed_until": claimed_until,
            },
        )
