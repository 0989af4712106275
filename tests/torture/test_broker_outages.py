"""R7, R8, R21: the broker is killed, frozen, filled or lost without a word, be it Valkey or RabbitMQ."""

import logging
import random
import time
from contextlib import contextmanager
from statistics import quantiles

import pytest
from django.utils import timezone

from config.celery import app
from core.mail.models import Mail
from core.outbox import queries
from core.outbox.models import OutboxMessage
from core.outbox.tasks import handle_messages
from drills.oracle import comparison
from orders.models import Order, Status
from tests.faults import children as child
from tests.faults.buyers import together
from tests.stack import eventually
from tests.torture.scale import FULL, scale

pytestmark = pytest.mark.xdist_group("torture")

OUTAGE, RATE = scale((5, 4), (60, 30))  # seconds, orders a second
figures = logging.getLogger(__name__)  # pytest shows them with -rP
CALM = scale(2, 20)  # seconds of the same with a broker
MAX_LAG = 10  # seconds after the recovery
SLOWEST = 0.3  # seconds; of the 99th of 100 answers, where the machine has nothing else to do
BATCH = scale(6, 40)


@pytest.fixture
def shop(shop_on_own_broker):
    return shop_on_own_broker


@pytest.fixture
def skus(buyers, goods):
    """Two that are for sale, in a shop whose processes have all met the broker."""
    skus = goods(2)
    buyers.order_all(buyers.body(*skus) for _ in range(4))
    return skus


@contextmanager
def _away(broker, how):
    """Without a broker; at the end there is one again."""
    if how == "killed":
        broker.process.kill_for_good()
        try:
            yield
        finally:
            broker.process.revive()
            broker.process.wait_until_ready()
    else:
        with broker.process.frozen() if how == "frozen" else broker.full():
            yield


@pytest.mark.parametrize("how", ["killed", "frozen", "full"])
def test_broker__away_for_long__orders_accepted_at_once_and_handled_soon(how, own_broker, shop, buyers, skus):
    usual = _order_steadily(buyers, skus, seconds=CALM)
    shop.wait_until_quiet(seconds=scale(60, 900))
    with _away(own_broker, how):
        answers = _order_steadily(buyers, skus, seconds=OUTAGE)
        eventually(lambda: _lag() > OUTAGE - 1, seconds=15)  # what outbox_status shows
    recovered_at, began = timezone.now(), time.monotonic()
    eventually(lambda: _first_messages(buyers).filter(handled_at__gt=recovered_at).exists())
    idle = time.monotonic() - began
    eventually(lambda: not _first_messages(buyers).filter(publications=0, handled_at=None, error="").exists())
    lag = time.monotonic() - began

    figures.warning("p99 %.2f, away %.2f; idle %.1f, lag %.1f s", _p99(usual), _p99(answers), idle, lag)
    _all_shipped(shop, buyers)  # and the next test finds no work
    assert {status for status, _ in answers} == {201}
    assert _lag() < 1
    if FULL:  # how long it may take is for a machine that has nothing else to do
        assert _p99(answers) < max(SLOWEST, 2 * _p99(usual))
        assert max(idle, lag) < MAX_LAG


def test_connections__silently_dead__relay_and_worker_find_new_ones(shop, buyers, skus):
    shop.broker.silence()
    silent_since = timezone.now()

    def is_handled():
        buyers.order(buyers.body(*skus))
        time.sleep(0.5)  # the pace of the customers
        return _first_messages(buyers).filter(handled_at__gt=silent_since).exists()

    # What the broker gave to the dead connection waits for its lease; what came after does not.
    eventually(is_handled, seconds=40)
    _all_shipped(shop, buyers)


def test_messages__worker_killed_and_each_repeated_and_shuffled__one_effect_each(shop, buyers, skus):
    buyers.order_all(buyers.body(*skus) for _ in range(BATCH))
    shop["worker"].kill()
    buyers.order_all(buyers.body(*skus) for _ in range(BATCH))
    _repeat(shop, buyers)
    eventually(lambda: _statuses(buyers) == {Status.SHIPPED}, seconds=90)
    _repeat(shop, buyers)

    _all_shipped(shop, buyers)


def _order_steadily(buyers, skus, *, seconds):
    """RATE orders a second for so many seconds, whatever becomes of them: (status, seconds) of each."""
    began = time.monotonic()

    def order(number):
        time.sleep(max(0, began + number / RATE - time.monotonic()))
        asked_at = time.monotonic()
        answer = buyers.post(buyers.body(*skus), key=f"outage-{began}-{number}")
        return answer.status, time.monotonic() - asked_at

    return together(order, range(seconds * RATE), at_once=24 if FULL else 8)


def _p99(answers):
    return quantiles((seconds for _, seconds in answers), n=100)[-1]


def _lag():
    return queries.lag(now=timezone.now()).lag


def _repeat(shop, buyers):
    """Send every message about the orders and their mails again, one to five times, in any order."""
    acknowledged = buyers.log.orders()
    mails = Mail.objects.filter(to__in=[order.email for order in acknowledged])
    about = [str(pk) for pk in (*(order.id for order in acknowledged), *mails.values_list("pk", flat=True))]
    ids = list(OutboxMessage.objects.filter(aggregate__in=about).values_list("pk", flat=True))
    again = [pk for pk in ids for _ in range(random.randint(1, 5))]
    random.shuffle(again)
    with app.connection_for_write(shop.broker_url) as broker:
        for pk in again:
            message = {"message_ids": [pk]}
            handle_messages.apply_async(kwargs=message, queue="orders", declare=[], connection=broker)


def _first_messages(buyers):
    orders = [str(order.id) for order in buyers.log.orders()]
    return OutboxMessage.objects.filter(aggregate__in=orders, handler=child.AUTHORISING)


def _statuses(buyers):
    ids = [order.id for order in buyers.log.orders()]
    return set(Order.objects.filter(pk__in=ids).values_list("status", flat=True))


def _all_shipped(shop, buyers):
    shop.wait_until_quiet(seconds=scale(60, 900))
    assert _statuses(buyers) == {Status.SHIPPED}
    assert comparison.discrepancies(buyers.log, ledger=shop.ledger(), inbox=shop.mails()) == []
