"""Publishes committed outbox messages to Celery until stopped. Several may run."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, connection
from kombu.exceptions import OperationalError as BrokerDown

from core.observability import heartbeat
from core.outbox.relay import publish_batch
from core.tasks import handle_message

log = structlog.get_logger(__name__)

SHORTEST_POLL, LONGEST_POLL = 0.02, 0.25  # seconds between looks at an idle outbox
OUTAGE_PAUSE = 1.0  # seconds before another try where broker or database are away


class Command(BaseCommand):
    help = "Publish committed events to the workers (several may run)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="publish what is due, then end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        pause = 0.0
        while not stopping.wait(pause):
            sent = publish_due()
            heartbeat.touch()
            if once and not sent:
                return
            pause = _next_pause(sent, pause)


def publish_due() -> int | None:
    """How many messages were sent; None where the database or the broker is away."""
    try:
        return publish_batch(_send)
    except (BrokerDown, ConnectionError, TimeoutError) as error:
        log.warning("broker_unavailable", error=str(error))
    except (OperationalError, InterfaceError) as error:
        log.warning("database_unavailable", error=str(error))
        connection.close()
    return None


def _send(message_id: int, queue: str) -> None:
    handle_message.apply_async(kwargs={"message_id": message_id}, queue=queue, retry=False)


def _next_pause(sent: int | None, pause: float) -> float:
    if sent is None:
        return OUTAGE_PAUSE
    return 0.0 if sent else min(max(pause * 1.5, SHORTEST_POLL), LONGEST_POLL)
