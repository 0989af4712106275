"""R7, R8, R9: a committed event is handled, once, whoever dies, and an uncommitted one never leaves."""

import random
import time

import pytest
from django.conf import settings
from django.db import transaction

from config.celery import app
from core.mail import services as mail
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from core.outbox.tasks import handle_messages
from drills.oracle import comparison
from orders.models import Order, Status
from tests.faults import children as child
from tests.stack import eventually
from tests.torture.scale import scale

pytestmark = pytest.mark.xdist_group("torture")

OUTAGE, RATE = scale((3, 6), (60, 30))  # seconds, orders a second
MAX_LAG = 10  # seconds after the recovery
ROUNDS = scale(1, 100)
BATCH = scale(8, 40)


def test_broker__away_and_back__all_orders_accepted_and_handled_soon(shop, buyers, goods, log):
    skus = goods(2)
    shop.broker.cut()
    slowest = 0.0

    for _ in range(OUTAGE * RATE):
        began = time.monotonic()
        assert buyers.post(buyers.body(*skus), key=f"outage-{time.time_ns()}").status == 201
        took = time.monotonic() - began
        slowest = max(slowest, took)
        time.sleep(max(0, 1 / RATE - took))
    shop.broker.mend()
    recovered_at = time.monotonic()
    eventually(lambda: not _unsent(log), seconds=scale(60, 120))
    lag = time.monotonic() - recovered_at

    # Without the help of a lease: what was never sent must be known as such.
    eventually(lambda: not _first_messages(log).filter(handled_at=None).exists(), seconds=scale(30, 300))

    assert slowest < 5
    assert lag < MAX_LAG
    _all_shipped(shop, log)


@pytest.mark.parametrize("victim", ["relay", "web", "worker", "worker's children"])
def test_kill__again_and_again_under_orders__nothing_lost_or_doubled(victim, shop, buyers, goods, log):
    skus = goods(2)
    name, _, children = victim.partition("'s ")
    process = shop[name]

    for _ in range(ROUNDS):
        _order_while(process.kill_children if children else process.kill, buyers, skus)

    _all_shipped(shop, log, repeats=ROUNDS * settings.WORKER_THREADS if name == "worker" else 0)


def test_smtp__frozen__orders_are_shipped_and_mails_go_out_later(shop, buyers, goods, log):
    skus, before = goods(2), len(shop.mails())

    with shop["inbox"].frozen():
        buyers.order_all(buyers.body(*skus) for _ in range(BATCH))
        eventually(lambda: _statuses(log) == {Status.SHIPPED}, seconds=60)
        mailed_meanwhile = len(shop.mails()) - before

    assert mailed_meanwhile == 0
    _all_shipped(shop, log)


def test_orders__nothing_goes_wrong__every_message_is_sent_at_most_once_and_run_once(
    shop, buyers, goods, log
):
    skus = goods(2)

    buyers.order_all(buyers.body(*skus) for _ in range(BATCH))
    _all_shipped(shop, log)

    about = [str(order.id) for order in log.orders()]
    messages = OutboxMessage.objects.filter(aggregate__in=about)
    assert set(messages.values_list("attempts", flat=True)) == {1}
    assert set(messages.values_list("publications", flat=True)) <= {0, 1}  # 0: carried on in place


def test_broker__forgets_everything__messages_are_sent_again(shop, buyers, goods, log):
    skus = goods(2)
    shop["worker"].kill_for_good()
    buyers.order_all(buyers.body(*skus) for _ in range(BATCH))
    eventually(lambda: not _unsent(log))

    _purge(shop)
    shop["worker"].revive()

    shop.let_leases_end()
    _all_shipped(shop, log)


def test_messages__each_several_times_and_shuffled__one_effect_each(shop, buyers, goods, log):
    skus = goods(2)
    buyers.order_all(buyers.body(*skus) for _ in range(BATCH))

    while _statuses(log) != {Status.SHIPPED}:
        _wait_until_handled(_repeat(shop, log))
    _repeat(shop, log)

    _all_shipped(shop, log)


def test_event__transaction_rolled_back__is_never_sent(children):
    before = OutboxMessage.objects.count()

    with transaction.atomic():
        mail.queue(to="nobody@shop.test", subject="Never", text="")
        transaction.set_rollback(True)

    assert OutboxMessage.objects.count() == before
    with pytest.raises(transaction.TransactionManagementError):
        mail.publish(mail.MailQueued(mail_id=None))


def test_event__process_killed_before_the_commit__leaves_no_order_and_no_event(children, guests, goods):
    (sku,) = goods()
    before = OutboxMessage.objects.count()

    died = children.run(child.place, guests.body(sku), "k", crash_at="core.idempotency.before_commit")

    assert died == child.KILLED
    assert OutboxMessage.objects.count() == before


def _order_while(strike, buyers, skus):
    """Half of the orders before the blow, half after it, the last before all is well again."""
    buyers.order_all(buyers.body(*skus) for _ in range(BATCH // 2))
    strike()
    buyers.order_all(buyers.body(*skus) for _ in range(BATCH // 2))


def _repeat(shop, log):
    """Send every message about the orders and their mails again, one to five times, in any order."""
    mails = Mail.objects.filter(to__in=[order.email for order in log.orders()])
    about = [str(pk) for pk in (*(order.id for order in log.orders()), *mails.values_list("pk", flat=True))]
    ids = list(OutboxMessage.objects.filter(aggregate__in=about).values_list("pk", flat=True))
    again = [pk for pk in ids for _ in range(random.randint(1, 5))]
    random.shuffle(again)
    with app.connection_for_write(shop.broker_url) as broker:
        for pk in again:
            message = {"message_ids": [pk]}
            handle_messages.apply_async(kwargs=message, queue="orders", declare=[], connection=broker)
    return ids


def _wait_until_handled(ids):
    eventually(lambda: not OutboxMessage.objects.filter(pk__in=ids, handled_at=None).exists(), seconds=60)


def _purge(shop):
    """What a broker does that restarts without its data."""
    with app.connection_for_write(shop.broker_url) as broker:
        for queue in app.conf.task_queues:
            broker.default_channel.queue_purge(queue.name)


def _unsent(log):
    """Of the orders' first messages, those that the broker has never had."""
    return _first_messages(log).filter(publications=0, handled_at=None, error="").count()


def _first_messages(log):
    orders = [str(order.id) for order in log.orders()]
    return OutboxMessage.objects.filter(aggregate__in=orders, handler=child.AUTHORISING)


def _statuses(log):
    ids = [order.id for order in log.orders()]
    return set(Order.objects.filter(pk__in=ids).values_list("status", flat=True))


def _all_shipped(shop, log, *, repeats=0):
    """`repeats`: how many mails killed workers may have sent and not marked as sent."""
    shop.wait_until_quiet(seconds=scale(60, 600))
    assert _statuses(log) == {Status.SHIPPED}
    assert comparison.discrepancies(log, ledger=shop.ledger(), inbox=shop.mails(), repeats=repeats) == []
