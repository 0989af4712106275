"""How a relay takes due messages for a short time, and records what became of them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from django.utils import timezone

from core import rows
from core.outbox.registry import all_handlers, handler_named

CLAIM = timedelta(seconds=5)
# Leases double so that what waits in a long queue, or kills its worker each time, is not sent again
# and again; no further than this, so that an order whose worker was killed several times does not wait for an
# hour. 100,000 messages that wait in queues are then 21 tasks a second.
MAX_LEASE_SECONDS = 300


class Claimed(NamedTuple):
    """A message that this relay has taken. `due_at` is when it was due before."""

    pk: int
    handler: str
    publications: int
    due_at: datetime


_CLAIM = """
WITH due AS (
    SELECT id, next_attempt_at FROM core_outboxmessage
    WHERE handled_at IS NULL AND dead_at IS NULL AND next_attempt_at <= %(now)s
      AND handler <> ALL(%(skipped)s::text[])
    ORDER BY next_attempt_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE core_outboxmessage m SET next_attempt_at = %(until)s
FROM due WHERE m.id = due.id
RETURNING m.id, m.handler, m.publications, due.next_attempt_at
"""


def claim(*, until: datetime, limit: int, skip_queues: Collection[str]) -> list[Claimed]:
    """Take up to `limit` due messages until then, none for `skip_queues`; in the order of their ids."""
    skipped = [handler.name for handler in all_handlers() if handler.queue in skip_queues]
    values = {"now": timezone.now(), "limit": limit, "until": until, "skipped": skipped}
    return sorted(Claimed(*row) for row in rows.fetch(_CLAIM, values))


def leased_until(message: Claimed) -> datetime:
    """When to send it again unless its handler is done by then."""
    seconds = handler_named(message.handler).lease * 2**message.publications
    return timezone.now() + timedelta(seconds=min(seconds, MAX_LEASE_SECONDS))


# A row that its worker is handling now, or has put off meanwhile, is left as the worker wants it.
_RECORD = """
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


def record(*, sent: Mapping[int, datetime], unsent: Mapping[int, datetime], claimed_until: datetime) -> None:
    """End the claims: by id, when each message is due again that was sent, and each that was not."""
    values = {
        "ids": [*sent, *unsent],
        "due": [*sent.values(), *unsent.values()],
        "sent": [1] * len(sent) + [0] * len(unsent),
        "claimed_until": claimed_until,
    }
    rows.change(_RECORD, values)
