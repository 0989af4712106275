from django.db import transaction
from django.utils import timezone

from core.http.renderers import dumps
from core.ids import uuid7
from core.observability import request_id
from core.outbox.registry import Event, handlers_of

# By hand: every write publishes, and building model instances costs four times the statement itself.
_INSERT = """
INSERT INTO core_outboxmessage (
    event_id, event, handler, aggregate, payload, request_id, created_at, next_attempt_at, publications,
    attempts, error
)
SELECT m.event_id, m.event, m.handler, m.aggregate, m.payload::jsonb, %(request_id)s, %(now)s, %(now)s, 0,
    0, ''
FROM unnest(
    %(event_ids)s::uuid[], %(events)s::text[], %(handlers)s::text[], %(aggregates)s::text[],
    %(payloads)s::text[]
) AS m (event_id, event, handler, aggregate, payload)
"""


def publish(*events: Event) -> None:
    """Record the events in the caller's transaction: they are delivered if and only if it commits.

    One INSERT, however many events and handlers. Raises TransactionManagementError outside a transaction.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Publish events inside the transaction they tell of")
    rows = [row for event in events for row in _rows(event)]
    if not rows:
        return
    event_ids, names, handlers, aggregates, payloads = (list(column) for column in zip(*rows, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            {
                "event_ids": event_ids,
                "events": names,
                "handlers": handlers,
                "aggregates": aggregates,
                "payloads": payloads,
                "request_id": request_id.current(),
                "now": timezone.now(),
            },
        )


def _rows(event: Event) -> list[tuple[object, ...]]:
    """One message for each handler."""
    event_id, payload = uuid7(), dumps(event.payload()).decode()
    return [
        (event_id, event.name, handler.name, event.aggregate(), payload)
        for handler in handlers_of(type(event))
    ]
