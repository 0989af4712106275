"""How Celery's long-lived processes, workers and beat, hold on to the broker."""

from typing import Any, Self

from celery.app.amqp import AMQP
from kombu import Connection

EVERY_SECOND = {"interval_start": 1, "interval_step": 0, "interval_max": 1}


class SteadyConnection(Connection):
    """Tries to reach a lost broker every second. Kombu waits 2, 4, 6 ... 30 s, and the work waits with it."""

    def ensure_connection(self, *args: Any, **options: Any) -> Self:
        return super().ensure_connection(*args, **{**EVERY_SECOND, **options})

    def maybe_close_channel(self, channel: Any) -> None:
        """A channel that could not be closed because its broker had died, too.

        At the second try Kombu has forgotten the address to which it gives back what was not acknowledged,
        and Celery ends the worker over that.
        """
        transport: Any = channel.connection
        if transport is not None and getattr(transport, "client", self) is None:
            transport.client = self
        super().maybe_close_channel(channel)


class SteadyAMQP(AMQP):
    Connection = SteadyConnection
