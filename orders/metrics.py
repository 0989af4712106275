"""The last check of the ledgers for Prometheus; none where they were never checked."""

from collections.abc import Iterator

from prometheus_client import Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.observability.metrics import registry
from orders.models import LedgerCheck

DIFFERENCES = "Differences that the last check of the ledgers found (manage.py verify_ledger names them)."
CHECKED = "When the ledgers were last checked, in seconds since 1970."
COMPARED = "Payments that the last check compared with what their provider says."


def register() -> None:
    registry.register(LedgerCollector())


class LedgerCollector(Collector):
    def collect(self) -> Iterator[Metric]:
        check = LedgerCheck.objects.order_by("-at").only("at", "count", "payments_compared").first()
        if check is None:
            return
        yield GaugeMetricFamily("shop_ledger_differences", DIFFERENCES, value=check.count)
        yield GaugeMetricFamily("shop_ledger_checked_timestamp_seconds", CHECKED, value=check.at.timestamp())
        yield GaugeMetricFamily("shop_ledger_payments_compared", COMPARED, value=check.payments_compared)
