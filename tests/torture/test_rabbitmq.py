"""F4: what RabbitMQ is asked for. How it fails is in test_broker_outages."""

import signal

import pytest
from django.conf import settings
from django.utils import timezone

from config.celery import app
from core.outbox import queries
from core.outbox.models import OutboxMessage
from core.outbox.registry import handler_named
from core.outbox.tasks import handle_messages
from drills.oracle import comparison
from orders.models import Order, Status
from tests.faults.buyers import Buyers
from tests.stack import eventually

pytestmark = [
    pytest.mark.xdist_group("torture"),
    pytest.mark.parametrize("own_broker", ["rabbitmq"], indirect=True),
]

QUEUES = {queue.name for queue in settings.CELERY_TASK_QUEUES}
CHILDREN = 2  # of the worker
TASKS = 20


def test_queues__all__are_quorum_queues_and_none_is_there_that_nobody_needs(own_broker, shop_on_own_broker):
    ours = own_broker.queues("type", "durable")
    events_and_control = {name for name in ours if "celeryev" in name or "pidbox" in name}

    assert {name: ours[name] for name in QUEUES} == {name: ["quorum", "true"] for name in QUEUES}
    assert ours.keys() == QUEUES | events_and_control


def test_worker__busy__takes_one_task_for_each_child_and_leaves_them_when_killed(
    own_broker, shop_on_own_broker
):
    worker = shop_on_own_broker["worker"]
    for child in worker.children():
        child.send_signal(signal.SIGSTOP)
    _send_tasks(shop_on_own_broker)

    def waiting():
        return own_broker.queues("messages_ready", "messages_unacknowledged")["orders"]

    eventually(lambda: waiting() == [str(TASKS - CHILDREN), str(CHILDREN)])
    worker.kill()

    eventually(lambda: waiting() == ["0", "0"])


def test_broker__killed_with_messages__has_kept_all_that_it_confirmed(own_broker, shop_on_own_broker):
    shop_on_own_broker["worker"].kill_for_good()
    _send_tasks(shop_on_own_broker)

    own_broker.process.kill()
    eventually(lambda: own_broker.process.deaths)
    own_broker.process.wait_until_ready()

    eventually(lambda: own_broker.queues("messages")["orders"] == [str(TASKS)])
    shop_on_own_broker["worker"].revive()
    eventually(lambda: own_broker.queues("messages")["orders"] == ["0"])


def test_queue__deleted__its_messages_count_as_unsent_until_it_is_there_again(
    own_broker, shop_on_own_broker, goods, log
):
    buyers = Buyers(shop_on_own_broker.url, log)
    (sku,) = goods()
    buyers.order(buyers.body(sku))
    shop_on_own_broker.wait_until_quiet()
    shop_on_own_broker["worker"].kill_for_good()
    own_broker.control("delete_queue", "orders")

    buyers.order(buyers.body(sku))

    eventually(lambda: own_broker.queues("messages").get("orders") == ["1"])
    shop_on_own_broker["worker"].revive()
    ids = [order.id for order in log.orders()]
    eventually(
        lambda: set(Order.objects.filter(pk__in=ids).values_list("status", flat=True)) == {Status.SHIPPED}
    )


def test_queue__full__the_others_go_on_and_its_messages_wait(own_broker, shop_on_own_broker, goods, log):
    shop, buyers, (sku,) = shop_on_own_broker, Buyers(shop_on_own_broker.url, log), goods()
    shop["worker"].kill_for_good()
    own_broker.control("set_policy", "full", "^mail$", '{"max-length": 1, "overflow": "reject-publish"}')
    deaths = shop["relay"].deaths

    for _ in range(6):
        buyers.order(buyers.body(sku))
        eventually(lambda: not _unsent(log, queue="orders"))
    mails, seconds_since = _unsent(log, queue="mail"), queries.lag(now=timezone.now()).lag
    own_broker.control("clear_policy", "full")
    shop["worker"].revive()
    shop.wait_until_quiet()

    assert 1 <= mails <= 5
    assert seconds_since > 0
    assert shop["relay"].deaths == deaths
    assert comparison.discrepancies(log, ledger=shop.ledger(), inbox=shop.mails()) == []


def _unsent(log, *, queue):
    """Messages of the queue that the broker has never taken."""
    orders = [str(order.id) for order in log.orders()]
    waiting = OutboxMessage.objects.filter(aggregate__in=orders, publications=0, handled_at=None)
    return sum(handler_named(name).queue == queue for name in waiting.values_list("handler", flat=True))


def _send_tasks(shop):
    """For messages that nobody knows: they have no effect."""
    confirmed = {"confirm_publish": True}
    with app.connection_for_write(shop.broker_url, transport_options=confirmed) as broker:
        for _ in range(TASKS):
            task = {"message_ids": [0]}
            handle_messages.apply_async(kwargs=task, queue="orders", declare=[], connection=broker)
