from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from core.http.renderers import dumps
from core.ids import uuid7
from core.observability import request_id
from core.outbox import carrying
from core.outbox.carrying import Carrier
from core.outbox.events import Event
from core.outbox.messages import Message
from core.outbox.registry import handlers_of
from core.rows import array

# By hand: every write publishes, and building model instances costs four times the statement itself.
_INSERT = """
INSERT INTO core_outboxmessage (
    event_id, event, handler, aggregate, payload, request_id, created_at, next_attempt_at, publications,
    attempts, error
)
SELECT m.event_id, m.event, m.handler, m.aggregate, m.payload::jsonb, %(request_id)s, %(now)s, m.due, 0,
    0, ''
FROM unnest(
    %(event_ids)s::uuid[], %(events)s::text[], %(handlers)s::text[], %(aggregates)s::text[],
    %(payloads)s::text[], %(due)s::timestamptz[]
) AS m (event_id, event, handler, aggregate, payload, due)
RETURNING id, event_id, handler
"""


class _Row(NamedTuple):
    """One message. `is_carried`: this thread runs it once it is committed."""

    event_id: UUID
    event: str
    handler: str
    aggregate: str
    payload: dict[str, Any]
    text: str
    is_carried: bool


def publish(*events: Event) -> None:
    """Record the events in the caller's transaction: they are delivered if and only if it commits.

    One INSERT, however many events and handlers. Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Publish events inside the transaction they tell of")
    carrier, now = carrying.current(), timezone.now()
    rows = [row for event in events for row in _rows(event, carrier)]
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, _values(rows, now))
        if carrier and any(row.is_carried for row in rows):
            ids = {(event_id, handler): pk for pk, event_id, handler in cursor.fetchall()}
            _carry_on(carrier, rows, ids, now)


def _rows(event: Event, carrier: Carrier | None) -> list[_Row]:
    """One message for each handler."""
    event_id, payload, queue = uuid7(), event.payload(), carrier and carrier.queue
    text = dumps(payload).decode()
    return [
        _Row(event_id, event.name, handler.name, event.aggregate(), payload, text, handler.queue == queue)
        for handler in handlers_of(type(event))
    ]


def _values(rows: list[_Row], now: datetime) -> dict[str, Any]:
    return {
        "event_ids": array(row.event_id for row in rows),
        "events": array(row.event for row in rows),
        "handlers": array(row.handler for row in rows),
        "aggregates": array(row.aggregate for row in rows),
        "payloads": array(row.text for row in rows),
        "due": array(now + carrying.LEASE if row.is_carried else now for row in rows),
        "request_id": request_id.current(),
        "now": now,
    }


def _carry_on(carrier: Carrier, rows: list[_Row], ids: dict[tuple[UUID, str], int], now: datetime) -> None:
    """Once this is committed, and only then."""
    messages = [
        Message(
            ids[row.event_id, row.handler],
            row.handler,
            row.aggregate,
            row.payload,
            request_id.current(),
            0,
            now,
        )
        for row in rows
        if row.is_carried
    ]
    transaction.on_commit(lambda: carrier.messages.extend(messages))
