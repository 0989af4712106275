"""The outbox for Prometheus."""

from collections.abc import Iterator

from django.utils import timezone
from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.observability.metrics import registry
from core.outbox.queries import lag

MESSAGES = "Messages of the outbox by state: open (not handled), of these due and retrying; and dead."
LAG = "For how many seconds the oldest due message has waited for a relay; 0 where none is due."
AGE = "Age of the oldest open message in seconds: it waits for a worker, or for its next attempt."


def register() -> None:
    registry.register(OutboxCollector())


class OutboxCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        known = lag(now=timezone.now())
        messages = GaugeMetricFamily("shop_outbox_messages", MESSAGES, labels=["state"])
        for state in ("open", "due", "retrying", "dead"):
            messages.add_metric([state], getattr(known, state))
        yield messages
        yield GaugeMetricFamily("shop_outbox_lag_seconds", LAG, value=known.lag)
        yield GaugeMetricFamily("shop_outbox_oldest_age_seconds", AGE, value=known.oldest)
