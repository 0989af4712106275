"""R6, R13: a provider that loses answers or is slow costs time, and neither money nor locks."""

import threading
import time
from typing import NamedTuple

import pytest
from django.db import connection

from drills.oracle import comparison
from orders.models import Order, Status
from tests.faults.proxy import Fate, first_of_each
from tests.stack import eventually
from tests.torture.scale import scale

pytestmark = pytest.mark.xdist_group("torture")

ORDERS = scale(4, 300)
BUYERS, SLOWNESS = 20, scale(2.0, 5.0)  # seconds the provider takes
MAX_TRANSACTION = 0.5  # seconds


@pytest.mark.parametrize(
    ("fate", "path"),
    [
        pytest.param(Fate.LOST_ANSWER, b"", id="every first answer reset"),
        pytest.param(Fate.LOST_REQUEST, b"", id="every first request reset"),
        pytest.param(Fate.HANG, b"/capture", id="first captures hang"),
    ],
)
def test_provider__answers_lost__one_charge_and_one_parcel_each(*, fate, path, shop, buyers, goods, log):
    shop.provider.judge = first_of_each(fate, path=path)
    shop.webhooks.cut()  # its webhooks would report what its answers did not
    skus = goods(2)

    buyers.order_all(buyers.body(*skus) for _ in range(ORDERS))

    eventually(lambda: _statuses(log) == {Status.SHIPPED}, seconds=scale(90, 1800))
    shop.wait_until_quiet()
    assert comparison.discrepancies(log, ledger=shop.ledger(), inbox=shop.mails()) == []


def test_provider__commits_and_hangs__one_charge_each(shop, buyers, goods, log):
    skus = goods(1)

    buyers.order_all(buyers.body(*skus, token="tok_timeout") for _ in range(scale(2, 50)))

    eventually(lambda: _statuses(log) == {Status.SHIPPED}, seconds=scale(60, 600))
    shop.wait_until_quiet()
    assert comparison.discrepancies(log, ledger=shop.ledger(), inbox=shop.mails()) == []


def test_provider__takes_seconds__no_transaction_waits_for_it(shop, buyers, goods, log):
    (sku,) = goods(stock=2 * BUYERS)
    with _Watch() as usual:
        buyers.order_all((buyers.body(sku) for _ in range(BUYERS)), at_once=BUYERS)
    shop.wait_until_quiet()
    # In full the promise itself, on a quiet machine; on any other what the provider adds to the usual.
    allowed = MAX_TRANSACTION + scale(usual.longest.seconds, 0)
    shop.provider.delay = SLOWNESS

    with _Watch() as watch:
        buyers.order_all((buyers.body(sku) for _ in range(BUYERS)), at_once=BUYERS)
        eventually(lambda: _with_worker(log) >= 1)
        time.sleep(scale(2, 60))  # the time that the provider has its callers wait
    shop.provider.delay = 0

    assert watch.samples > 20
    assert watch.longest.seconds < allowed, watch.longest
    eventually(lambda: _statuses(log) == {Status.SHIPPED}, seconds=90)


def _statuses(log):
    ids = [order.id for order in log.orders()]
    return set(Order.objects.filter(pk__in=ids).values_list("status", flat=True))


def _with_worker(log):
    """Orders whose authorisation is being asked for or was answered too late."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM core_outboxmessage WHERE handler = 'orders.authorise_payment'"
            " AND aggregate = ANY(%s) AND (publications > 0 OR error <> '')",
            [[str(order.id) for order in log.orders()]],
        )
        return cursor.fetchone()[0]


class _Transaction(NamedTuple):
    seconds: float
    state: str
    waits_for: str
    statement: str


_OLDEST = """
SELECT extract(epoch FROM clock_timestamp() - xact_start)::float, state, coalesce(wait_event_type, ''),
       left(query, 300)
FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
  AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 1
"""


class _Watch:
    """Looks for the oldest open transaction of this database, about fifty times a second.

    Whatever that does: waits for its client, for a lock that another holds, or works.
    """

    def __init__(self) -> None:
        self.samples = 0
        self.longest = _Transaction(0.0, "", "", "")
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> "_Watch":
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        with connection.cursor() as cursor:
            while not self._over.wait(0.02):
                cursor.execute(_OLDEST)
                self.samples += 1
                self.longest = max([self.longest, *(_Transaction(*row) for row in cursor.fetchall())])
        connection.close()
