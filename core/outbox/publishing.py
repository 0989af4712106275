"""Recording events: each is inserted once for every handler, in the transaction of what it reports."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from core import rows
from core.ids import uuid7
from core.json import dumps
from core.observability import request_id
from core.outbox import inline
from core.outbox.events import Event
from core.outbox.inline import InlineQueue
from core.outbox.registry import handlers_of
from core.outbox.work_sql import Message
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


class _NewMessage(NamedTuple):
    """One message to insert. `is_inline`: this thread runs it once it is committed."""

    event_id: UUID
    event: str
    handler: str
    aggregate: str
    payload: dict[str, Any]
    text: str
    is_inline: bool


def publish(*events: Event) -> None:
    """Record the events in the caller's transaction: they are delivered if and only if it commits.

    One INSERT, however many events and handlers. Raises TransactionManagementError outside a transaction.
    """
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Publish events inside the transaction they report")
    follow_ups, now = inline.current(), timezone.now()
    messages = [message for event in events for message in _messages(event, follow_ups)]
    if not messages:
        return
    if follow_ups and any(message.is_inline for message in messages):
        inserted = rows.fetch(_INSERT, _values(messages, now))
        ids = {(event_id, handler): pk for pk, event_id, handler in inserted}
        _follow_up(follow_ups, messages, ids, now)
    else:
        rows.change(_INSERT, _values(messages, now))


def _messages(event: Event, follow_ups: InlineQueue | None) -> list[_NewMessage]:
    """One message for each handler."""
    event_id, payload, queue = uuid7(), event.payload(), follow_ups and follow_ups.queue
    text = dumps(payload).decode()
    return [
        _NewMessage(
            event_id, event.name, handler.name, event.aggregate(), payload, text, handler.queue == queue
        )
        for handler in handlers_of(type(event))
    ]


def _values(messages: list[_NewMessage], now: datetime) -> dict[str, Any]:
    return {
        "event_ids": array(message.event_id for message in messages),
        "events": array(message.event for message in messages),
        "handlers": array(message.handler for message in messages),
        "aggregates": array(message.aggregate for message in messages),
        "payloads": array(message.text for message in messages),
        "due": array(now + inline.LEASE if message.is_inline else now for message in messages),
        "request_id": request_id.current(),
        "now": now,
    }


def _follow_up(
    follow_ups: InlineQueue, published: list[_NewMessage], ids: dict[tuple[UUID, str], int], now: datetime
) -> None:
    """Hand the inline ones to their thread once they are committed, and only then."""
    messages = [
        Message(
            ids[new.event_id, new.handler],
            new.handler,
            new.aggregate,
            new.payload,
            request_id.current(),
            0,
            now,
        )
        for new in published
        if new.is_inline
    ]
    transaction.on_commit(lambda: follow_ups.messages.extend(messages))
