"""R14: holds that end. The sweeper dies midway; money comes at the last moment, by worker and by webhook."""

from contextlib import suppress
from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from django.conf import settings
from django.db.models import F
from django.utils import timezone

from catalog.models import StockLevel
from drills.oracle import comparison
from drills.oracle.answers import Answer
from orders.models import Order, Payment, Status
from orders.payments import steps
from orders.providers.base import ProviderUnavailable
from tests.factories.orders import VoucherFactory
from tests.faults import children as child
from tests.faults.buyers import together
from tests.faults.shop import WEBHOOK_SECRET
from tests.faults.stories import CAPTURING, Scene, notify
from tests.torture.scale import scale

pytestmark = pytest.mark.xdist_group("torture")

UNITS = scale(4, 6)  # of the one SKU that all want
ROUNDS = scale(1, 200)
OUT_OF_STOCK = 409


@pytest.fixture
def place(children, sandbox, guests, log):
    """One unit, with a voucher that goes once, for somebody new; None where there is none left."""
    children.changed["SANDBOX_WEBHOOK_SECRET"] = WEBHOOK_SECRET

    def order(sku):
        voucher = VoucherFactory(code=uuid4().hex[:12], max_uses=1).code
        key, body = str(uuid4()), guests.body(sku, voucher=voucher)
        status, text = child.place(body, key)
        log.write(answer := Answer(key=key, email=body["email"], status=status, body=text))
        if status == OUT_OF_STOCK:
            return None
        return Scene(children=children, sandbox=sandbox, placed=answer.document, staff={})

    return order


def test_sweeper__killed_after_each_order__every_hold_ends_once(children, place, goods, log, sandbox):
    for _ in range(ROUNDS):
        (sku,) = goods(stock=UNITS)
        for number in range(UNITS):
            _charge_unnoticed(children.run(place, sku), number % 3)
        _let_holds_end(log)

        while children.run(child.expire, crash_at="orders.give_up.after_commit") == child.KILLED:
            children.run(child.work, crash_at="orders.release.after_stock")
        children.run(child.work)

        assert _levels(sku) == (UNITS, 0)
        assert [children.run(place, sku) is None for _ in range(UNITS + 1)] == [False] * UNITS + [True]
        children.run(child.work)
        assert _levels(sku) == (0, 0)

    assert sorted(_statuses(log)) == sorted([Status.PAYMENT_FAILED, Status.SHIPPED] * UNITS * ROUNDS)
    assert comparison.discrepancies(log, ledger=sandbox.ledger()) == []


def test_payment__at_the_boundary__each_unit_is_sold_or_free(children, place, goods, log, sandbox):
    """At once: the sweeper, the workers' captures, the provider's webhooks, and buyers of what gets free."""
    for _ in range(ROUNDS):
        (sku,) = goods(stock=UNITS)
        scenes = [children.run(place, sku) for _ in range(UNITS)]
        children.run(child.work, skip_handler=CAPTURING)
        webhooks = [_captured(scene) for scene in scenes[: UNITS // 2]]
        _let_holds_end(log)

        workers = [partial(_capture, scene.placed["id"]) for scene in scenes[:-1]]  # one comes too late
        buyers = [partial(place, sku)] * 3
        children.run(_all_at_once, [child.expire, *workers, *webhooks, *buyers, child.expire])
        children.run(child.work)

        sold = _shipped(sku)
        assert _levels(sku) == (UNITS - sold, 0)
        assert len([place for _ in range(UNITS) if children.run(place, sku)]) == UNITS - sold
        children.run(child.work)
        assert (_shipped(sku), _levels(sku)) == (UNITS, (0, 0))

    assert set(_statuses(log)) <= {Status.SHIPPED, Status.PAYMENT_FAILED}
    assert comparison.discrepancies(log, ledger=sandbox.ledger()) == []


def _charge_unnoticed(scene, steps):
    """The provider was not asked (0), holds the money (1) or has taken it (2), and we do not know."""
    if steps:
        scene.children.run(child.charge_unnoticed, scene.placed["id"], captures=steps == 2)


def _captured(scene):
    """The provider has taken the money; its webhook, to be sent."""
    scene.children.run(child.charge_unnoticed, scene.placed["id"], captures=True)
    return notify(scene)


def _let_holds_end(log):
    """Of all that are still pending."""
    passed = timedelta(hours=settings.ORDER_HOLD_HOURS, seconds=1)
    held = Order.objects.filter(pk__in=[order.id for order in log.orders()], status=Status.PENDING)
    Payment.objects.filter(order__in=held).update(created_at=F("created_at") - passed)
    held.update(created_at=F("created_at") - passed)


def _capture(order_id):
    with suppress(ProviderUnavailable):  # another time, says the worker then
        steps.capture(order_id=order_id, now=timezone.now())


def _all_at_once(acts):
    together(lambda act: act(), acts, at_once=len(acts))


def _statuses(log):
    ids = [order.id for order in log.orders()]
    return list(Order.objects.filter(pk__in=ids).values_list("status", flat=True))


def _shipped(sku):
    return Order.objects.filter(lines__sku=sku, status=Status.SHIPPED).count()


def _levels(sku):
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku=sku)
