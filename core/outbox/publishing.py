from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from core.ids import uuid7
from core.observability import request_id
from core.outbox.models import OutboxMessage
from core.outbox.registry import Event, Handler, handlers_of


def publish(*events: Event) -> None:
    """Record the events in the caller's transaction: they are delivered if and only if it commits.

    One INSERT, however many events and handlers. Raises TransactionManagementError outside a transaction.
    """
    connection = transaction.get_connection()
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("Publish events inside the transaction they tell of")
    now = timezone.now()
    OutboxMessage.objects.bulk_create(message for event in events for message in _messages(event, now))


def _messages(event: Event, now: datetime) -> list[OutboxMessage]:
    event_id = uuid7()
    return [_message(event, event_id, handler, now) for handler in handlers_of(type(event))]


def _message(event: Event, event_id: UUID, handler: Handler, now: datetime) -> OutboxMessage:
    return OutboxMessage(
        event_id=event_id,
        event=event.name,
        handler=handler.name,
        aggregate=event.aggregate(),
        payload=event.payload(),
        request_id=request_id.current(),
        created_at=now,
        next_attempt_at=now,
    )
