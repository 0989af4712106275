"""All that speaks to the broker. Only the relay uses it: a request that did would fail with the broker."""

from functools import cache
from typing import Any

from amqp.exceptions import ChannelError, MessageNacked
from celery import current_app
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerDown

from core.outbox.tasks import handle_messages

# RabbitMQ refuses what no queue takes, and has so many seconds to say that a message is on its disk.
CONFIRMED: dict[str, Any] = {"mandatory": True, "confirm_timeout": 5}


class QueueRefused(Exception):
    """The broker takes nothing for this queue now, but perhaps for another: it is full, or it is gone."""


@cache
def connection() -> Connection:
    """The relay's own connection; it opens when it is used, and again after `disconnect`."""
    return current_app.connection_for_write()


def connect() -> None:
    """Connect to the broker. Raises one of `errors` where the broker is away."""
    connection().ensure_connection(max_retries=0)


def disconnect() -> None:
    connection().collect()


def send(message_ids: list[int], queue: str) -> None:
    """Send one task that handles the messages; returns once the broker has it.

    Raises QueueRefused, or one of `errors` where the broker is away.
    """
    producer = current_app.amqp.Producer(connection(), auto_declare=False)
    try:
        handle_messages.apply_async(
            kwargs={"message_ids": message_ids}, queue=queue, producer=producer, retry=False, **CONFIRMED
        )
    except (BrokerDown, ChannelError) as error:
        cause = error.__cause__ or error  # Kombu takes a refusal for a lost connection
        if not isinstance(cause, (MessageNacked, ChannelError)):
            raise
        disconnect()  # what it still holds must not be taken for the next message's answer
        raise QueueRefused(repr(cause)) from error


def errors() -> tuple[type[BaseException], ...]:
    """What is raised where the broker cannot be reached, or does not answer in time."""
    return (BrokerDown, *connection().connection_errors, *connection().channel_errors)
