"""R4, R5 in the running shop: whichever process dies at whichever step, all orders end within a minute."""

from itertools import product
from uuid import uuid4

import pytest

from drills.crash_points.names import all_names
from drills.oracle import comparison
from orders.models import Order, Status
from tests.factories.accounts import UserFactory
from tests.faults.buyers import together
from tests.faults.children import SHIPPING, skip_dead
from tests.faults.lives import LIVES, Town
from tests.stack import eventually
from tests.torture.scale import FULL, scale

pytestmark = pytest.mark.xdist_group("torture")

ROUNDS = scale(1, 50)
TRIES = 3
LOST_WORKERS = 10
SECONDS = 60
NOT_HERE = (
    "core.send_mail.after_call",  # SMTP has taken the mail, and nobody has written that down: it is repeated
    # Where the sandbox's carrier is at work there is nothing left for staff to send, or to send no more of:
    "orders.send_shipment.",
    "orders.give_up_shipping.",
    "orders.close.",
)
SAMPLE = [
    "core.idempotency.after_commit",
    "core.relay.after_send",
    "core.work.before_mark",
    "orders.authorise.after_call",
    "orders.ship.after_call",
    "orders.receive_webhook.before_commit",
    "orders.cancel.after_commit",
    "orders.refund.after_call",
]
STEPS = scale(SAMPLE, [step for step in all_names() if not step.startswith(NOT_HERE)])
LED = [
    life
    for life in LIVES.values()
    if FULL or not life.steps or any(step.startswith(life.steps) for step in STEPS)
    for _ in range(life.times)
]


@pytest.fixture
def town(shop, buyers, goods, settings):
    settings.SANDBOX_URL = shop.sandbox_url
    staff = UserFactory(staff=True, email=f"{uuid4().hex}@shop.test")
    return Town(shop=shop, buyers=buyers, skus=goods(2), staff=staff)


def test_shop__killed_at_every_step_of_every_process__all_orders_end_within_a_minute(town, shop, log):
    for _ in range(ROUNDS):
        with shop.crashing(*STEPS):
            _lead(LED, town, shop)
            for _ in range(TRIES):
                _lead(_lives_of(set(STEPS) - shop.crashed()), town, shop)

    skip_dead(SHIPPING)
    found = comparison.discrepancies(
        log,
        ledger=shop.ledger(),
        inbox=shop.mails(),
        refunds=town.refunds,
        repeats=len(STEPS) * ROUNDS,
    )
    assert found == []


@pytest.mark.skipif(not FULL, reason="waits for real leases: make torture")
def test_shop__whole_worker_killed_while_it_waits_for_the_provider__all_orders_end_within_a_minute(
    town, shop, log
):
    """What it had taken is lost until somebody misses it: webhooks would carry the orders on meanwhile."""
    shop.webhooks.cut()
    for _, reached in product(range(LOST_WORKERS // 2), ("authorised", "captured")):
        shop.provider.delay = 2
        orders = together(lambda _: town.place(), range(8), at_once=8)
        eventually(lambda reached=reached, orders=orders: reached in _at_the_provider(shop, orders))
        shop["worker"].kill_all()
        shop.provider.delay = 0

        meant = {order["id"]: Status.SHIPPED for order in orders}
        eventually(lambda meant=meant: not _unfinished(meant), seconds=SECONDS)

    shop.wait_until_quiet()
    found = comparison.discrepancies(log, ledger=shop.ledger(), inbox=shop.mails(), repeats=LOST_WORKERS)
    assert found == []


def _lead(lives, town, shop):
    if lives:
        meant = dict(together(lambda life: life.lead(town), lives, at_once=len(lives)))
        eventually(lambda: not _unfinished(meant), seconds=SECONDS)
        shop.wait_until_quiet()


def _lives_of(steps):
    """Lives that come by them once more: a process may die of another's step just before its own."""
    return [life for life in LIVES.values() if any(step.startswith(life.steps) for step in steps)]


def _at_the_provider(shop, orders):
    """What has become of their charges, while the worker still waits for an answer."""
    numbers = {order["number"] for order in orders}
    return {charge["status"] for charge in shop.ledger()["payments"] if charge["reference"] in numbers}


def _unfinished(meant):
    now = dict(Order.objects.filter(pk__in=meant).values_list("pk", "status"))
    return {pk: status for pk, status in now.items() if status != meant[str(pk)]}
