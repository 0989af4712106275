"""Unpaid orders past their hold; payment at the boundary (C7, R14)."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import Reservation, StockLevel
from orders.models import Order, OrderEvent, VoucherUse
from orders.payments import expiry, steps
from orders.tasks import expire_unpaid
from tests.factories.orders import OrderFactory, VoucherFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db
ROUNDS = 25


@pytest.fixture
def place(guest, body, sandbox):
    def run(token="tok_down"):
        return Order.objects.get(pk=guest.order({**body, "payment": {"token": token}}).json()["id"])

    return run


def _age(settings, **order):
    """Make the order, or all, a second older than their hold."""
    placed_at = timezone.now() - timedelta(hours=settings.ORDER_HOLD_HOURS, seconds=1)
    Order.objects.filter(**order).update(created_at=placed_at)


def _state(order):
    order.refresh_from_db()
    return order.status, order.payments.get().status


def _stock():
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku="MUG")


def test_expire__pending_past_its_hold__fails_and_everything_goes_back(place, body, work, settings):
    body["voucher"] = VoucherFactory(max_uses=1).code
    order = place()
    work(rounds=1)
    _age(settings)

    expire_unpaid()
    expire_unpaid()
    work()

    assert _state(order) == ("payment_failed", "voided")
    assert (_stock(), Reservation.objects.count()) == ((10, 0), 0)
    assert VoucherUse.objects.get().released_at
    reasons = OrderEvent.objects.filter(order=order, to_status="payment_failed").order_by("id")
    assert reasons.first().reason == "It was not paid in time"


def test_expire__within_its_hold__is_left_alone(place, settings):
    order = place()
    hold = timedelta(hours=settings.ORDER_HOLD_HOURS)

    count = expiry.expire_unpaid(now=order.created_at + hold)

    assert (count, _state(order)) == (0, ("pending", "pending"))


@pytest.mark.parametrize("status", ["paid", "shipped", "cancelled", "payment_failed"])
def test_expire__not_pending__is_left_alone(settings, status):
    order = OrderFactory(status=status)
    _age(settings)

    assert expiry.expire_unpaid(now=timezone.now()) == 0
    assert OrderEvent.objects.filter(order=order).count() == 1


def test_expire__more_than_a_batch__the_oldest_go_first(settings, monkeypatch):
    monkeypatch.setattr(expiry, "BATCH", 2)
    orders = OrderFactory.create_batch(3)
    _age(settings)
    _age_more(orders[2])

    counts = [expiry.expire_unpaid(now=timezone.now())]
    first = set(Order.objects.filter(status="payment_failed").values_list("pk", flat=True))
    counts += [expiry.expire_unpaid(now=timezone.now()) for _ in range(2)]

    assert counts == [2, 1, 0]
    assert orders[2].pk in first


def _age_more(order):
    Order.objects.filter(pk=order.pk).update(created_at=timezone.now() - timedelta(days=30))


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
def test_expire_and_capture_at_once__many_times__no_unit_both_sold_and_released(
    place, sandbox, work, settings
):
    settings.THROTTLE_SCALE = ROUNDS
    settings.CARRIER = "manual"
    StockLevel.objects.update(on_hand=2 * ROUNDS)
    orders = []
    for _ in range(ROUNDS):
        order = place("tok_ok")
        work(rounds=1)
        _age(settings, pk=order.pk)
        at_once(
            lambda: expiry.expire_unpaid(now=timezone.now()),
            lambda order=order: steps.capture(order_id=order.pk, now=timezone.now()),
        )
        orders.append(order)

    work(rounds=10)

    states = [_state(order) for order in orders]
    paid = states.count(("paid", "captured"))
    assert set(states) <= {("paid", "captured"), ("payment_failed", "voided"), ("payment_failed", "refunded")}
    assert _stock() == (2 * ROUNDS, 2 * paid)
    assert sum(p["captured"] - p["refunded"] for p in sandbox.payments()) == paid * 2990


@pytest.mark.django_db(transaction=True)
def test_expire__somebody_holds_the_lock_of_one__the_others_are_failed(place, settings):
    locked, other = place(), place()
    _age(settings)

    with psycopg.connect(**connection.get_connection_params()) as holder, connection.cursor() as cursor:
        holder.execute("SELECT FROM orders_order WHERE id = %s FOR UPDATE", [locked.pk])
        cursor.execute("SET lock_timeout = '200ms'")
        try:
            expiry.expire_unpaid(now=timezone.now())
        finally:
            cursor.execute("RESET lock_timeout")

    assert (_state(locked)[0], _state(other)[0]) == ("pending", "payment_failed")
