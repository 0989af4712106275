"""The check of the ledgers passes over an order that is under way, and no other."""

from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from core.outbox import handles, registry
from core.outbox.publishing import publish
from core.outbox.registry import all_handlers
from orders.events import OrderFact
from orders.ledger import checking, discrepancies
from orders.models import Order, Payment

pytestmark = pytest.mark.django_db


class OrderNoticed(OrderFact, name="tests.order_noticed"):
    """Something about the order for a handler that has not run yet."""


@pytest.fixture
def wait_for(guest, body, sandbox, work, monkeypatch):
    """The number of a shipped order that a message waits for: `wait_for("orders.notify_in_test")`."""
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))

    def run(handler, **options):
        order = Order.objects.get(pk=guest.order(body).json()["id"])
        work()
        handles(OrderNoticed, name=handler, **options)(print)
        with transaction.atomic():
            publish(OrderNoticed(order_id=order.pk))
        return order.number

    return run


telling = pytest.mark.parametrize("options", [{}, {"queue": "orders"}], ids=["default", "orders"])


@telling
def test_discrepancies__somebody_is_still_to_be_notified__are_found(wait_for, options):
    number = wait_for("orders.notify_in_test", **options)

    Payment.objects.update(captured=Decimal("20.00"))

    assert {(each.what, each.subject) for each in discrepancies.find()} == {("money taken", number)}


def test_discrepancies__a_step_of_the_order_waits__are_none_yet(wait_for):
    wait_for("orders.weigh_goods", is_saga_step=True)

    Payment.objects.update(captured=Decimal("20.00"))

    assert discrepancies.find() == []


@telling
def test_check__provider_differs_and_somebody_is_still_to_be_notified__is_found(wait_for, sandbox, options):
    number = wait_for("orders.notify_in_test", **options)
    sandbox.ledger.rows("UPDATE payment SET refunded = 700")

    check = checking.reconcile(now=timezone.now())

    assert [subject for _, subject, *_ in check.drift] == [number]


def test_check__provider_differs_and_a_step_of_the_order_waits__is_no_difference_yet(wait_for, sandbox):
    wait_for("orders.weigh_goods", is_saga_step=True)
    sandbox.ledger.rows("UPDATE payment SET refunded = 700")

    check = checking.reconcile(now=timezone.now())

    assert check.drift == []


def test_handlers__of_the_orders_queue__are_the_steps_of_an_order():
    assert {h.name for h in all_handlers() if h.is_saga_step} == {
        h.name for h in all_handlers() if h.queue == "orders"
    }
