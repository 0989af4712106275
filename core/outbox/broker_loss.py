"""Notices that a Redis broker has lost what it held, and has all of it sent again at once.

A mark lies in the broker. Where it is missing the broker was emptied, or restarted without its data; what
the relays had given it would else wait for the ends of its leases.
"""

import time
from typing import Any

import redis
import structlog
from django.conf import settings
from django.utils import timezone
from redis.exceptions import RedisError

from core.outbox.models import OutboxMessage

log = structlog.get_logger(__name__)

MARK = "shop:broker:known"
SECONDS_BETWEEN_INSPECTIONS = 1.0
ANSWER_SECONDS = 1.0
REDIS_SCHEMES = ("redis://", "rediss://", "unix://")


class BrokerLoss:
    """One relay's watch. Where several notice, messages are sent more than once, which is harmless."""

    def __init__(self) -> None:
        self._next_inspection = 0.0
        self._client: Any = None
        # RabbitMQ keeps its messages on disk.
        if settings.BROKER_URL.startswith(REDIS_SCHEMES):
            self._client = redis.Redis.from_url(
                settings.BROKER_URL, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS
            )

    def inspect(self) -> None:
        """Send again what the broker has lost. Cheap to call often; nothing is raised where it is away."""
        if self._client is None or time.monotonic() < self._next_inspection:
            return
        self._next_inspection = time.monotonic() + SECONDS_BETWEEN_INSPECTIONS
        try:
            if not self._client.exists(MARK):
                log.warning("broker_was_empty", sent_again=send_again())
                # Last: whoever dies before it leaves the work to the next inspection.
                self._client.set(MARK, "1")
        except RedisError as error:
            log.info("broker_not_inspected", error=str(error))


def send_again() -> int:
    """Make every message due that was given to the broker and is not done; returns how many."""
    given = OutboxMessage.objects.filter(
        handled_at__isnull=True, dead_at__isnull=True, publications__gt=0, next_attempt_at__gt=timezone.now()
    )
    return given.update(next_attempt_at=timezone.now())
