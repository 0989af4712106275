"""How Celery's long-lived processes, workers and beat, hold on to the broker."""

from typing import Any, Self

from celery.app.amqp import AMQP
from kombu import Connection

EVERY_SECOND = {"interval_start": 1, "interval_step": 0, "interval_max": 1}


class SteadyConnection(Connection):
    """Looks for a lost broker every second. Kombu waits 2, 4, 6 ... 30 s, and the work waits with it."""

    def ensure_connection(self, *args: Any, **options: Any) -> Self:
        return super().ensure_connection(*args, **{**EVERY_SECOND, **options})


class SteadyAMQP(AMQP):
    Connection = SteadyConnection
