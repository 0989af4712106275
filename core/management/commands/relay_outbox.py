"""Publishes committed outbox messages to Celery until stopped. Several may run."""

import signal
import threading
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from functools import cache
from typing import Any

import structlog
from amqp.exceptions import ChannelError, MessageNacked
from celery import current_app
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection
from kombu import Connection
from kombu.exceptions import OperationalError as BrokerDown

from core.observability import heartbeat
from core.outbox.broker_loss import BrokerLoss
from core.outbox.relay import BATCH, QueueRefused, QueuesRefused, publish_batch
from core.tasks import handle_messages

log = structlog.get_logger(__name__)

# Seconds between looks. What comes meanwhile is sent together, which costs workers less:
# with 0.05 s two cores did not keep up with 50 orders a second.
POLL = 0.2
OUTAGE_PAUSE = 1.0  # seconds before another try where broker, queue or database are away
# RabbitMQ refuses what no queue takes, and has so many seconds to say that a message is on its disk.
CONFIRMED: dict[str, Any] = {"mandatory": True, "confirm_timeout": 5}


class Command(BaseCommand):
    help = "Publish committed events to the workers (several may run)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="publish what is due, then end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        pause, loss, refusals = 0.0, BrokerLoss(), Refusals()
        while not stopping.wait(pause):
            refused = refusals.queues()
            sent = publish_due(loss, refusals)
            heartbeat.touch()
            if once and not sent and refusals.queues() == refused:
                return
            pause = _next_pause(sent)


class Refusals:
    """The queues for which the broker took nothing a moment ago: their messages must not stop the others."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def add(self, queues: Iterable[str]) -> None:
        self._until |= dict.fromkeys(queues, time.monotonic() + OUTAGE_PAUSE)

    def queues(self) -> list[str]:
        return [queue for queue, until in self._until.items() if until > time.monotonic()]


def publish_due(loss: BrokerLoss | None = None, refusals: Refusals | None = None) -> int | None:
    """How many messages were sent; None where the database or the broker is away."""
    refusals = refusals or Refusals()
    try:
        link().ensure_connection(max_retries=0)  # claims nothing that it cannot send
        if loss:
            loss.look()
        return publish_batch(_send, but=refusals.queues())
    except QueuesRefused as refused:
        refusals.add(refused.queues)
        return refused.sent
    except _broker_errors() as error:
        log.warning("broker_unavailable", error=repr(error))
        link().collect()
    except (OperationalError, InterfaceError) as error:
        log.warning("database_unavailable", error=str(error))
        connection.close()
    return None


def _broker_errors() -> tuple[type[BaseException], ...]:
    return (BrokerDown, *link().connection_errors, *link().channel_errors)


def _send(message_ids: list[int], queue: str) -> None:
    """Returns once the broker has them. Raises QueueRefused where RabbitMQ's queue is full, or is gone."""
    producer = current_app.amqp.Producer(link(), auto_declare=False)
    try:
        handle_messages.apply_async(
            kwargs={"message_ids": message_ids}, queue=queue, producer=producer, retry=False, **CONFIRMED
        )
    except (BrokerDown, ChannelError) as error:
        cause = error.__cause__ or error  # Kombu takes a refusal for a lost connection
        if not isinstance(cause, (MessageNacked, ChannelError)):
            raise
        link().collect()  # what it still holds must not be taken for the next message's answer
        raise QueueRefused(repr(cause)) from error


@cache
def link() -> Connection:
    """The relay's own connection to the broker; it opens when it is used, and again after `collect`."""
    return current_app.connection_for_write()


def _next_pause(sent: int | None) -> float:
    if sent is None:
        return OUTAGE_PAUSE
    return 0.0 if sent == BATCH else POLL
