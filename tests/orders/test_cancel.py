"""Calling an order off, at every stage of its way."""

import pytest
from django.utils import timezone

from catalog.models import StockLevel
from orders import cancellation
from orders.checkout import numbers
from orders.events import OrderCancelled, OrderPlaced
from orders.handlers import authorise_payment, cancel_shipments
from orders.models import Order, OrderEvent, Shipment
from orders.payments import steps
from orders.providers import carrier, gateway
from orders.shipments import dispatch
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory
from tests.orders.conftest import Caller
from tests.races import at_once

pytestmark = pytest.mark.django_db
ROUNDS = 25


@pytest.fixture
def place(guest, body):
    def run(token="tok_ok", caller=guest):
        response = caller.order({**body, "payment": {"token": token}})
        assert response.status_code == 201, response.content
        return Order.objects.get(pk=response.json()["id"]), response.json().get("token", "")

    return run


@pytest.fixture
def staff(db):
    return Caller(UserFactory(admin=True, email="staff@shop.test"))


def _cancel(caller, order, token="", **body):
    headers = {"X-Order-Token": token} if token else {}
    url = f"/api/v1/orders/{order.number}/cancel"
    return caller.post(url, body, content_type="application/json", headers=headers)


def _cancelled(order):
    cancellation.cancel(order_id=order.pk, actor="customer", reason="", now=timezone.now())


def _state(order):
    order.refresh_from_db()
    return order.status, order.payments.get().status


def _stock():
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku="MUG")


def test_cancel__pending__lets_go_of_stock_and_money(guest, place, sandbox, work):
    order, token = place()
    work(rounds=1)
    held = [p["status"] for p in sandbox.payments()]

    response = _cancel(guest, order, token, reason="Too late")
    work()

    assert (response.status_code, response.json()["status"]) == (200, "cancelled")
    assert (held, [p["status"] for p in sandbox.payments()]) == (["authorised"], ["voided"])
    assert _state(order) == ("cancelled", "voided")
    assert _stock() == (10, 0)
    event = OrderEvent.objects.get(order=order, to_status="cancelled", from_status="pending")
    assert (event.actor, event.reason) == ("guest", "Too late")


def test_cancel__before_the_provider_was_called__nothing_is_authorised(guest, place, sandbox, work):
    order, token = place()

    _cancel(guest, order, token)
    work()

    assert _state(order) == ("cancelled", "voided")
    assert sandbox.payments() == []
    assert _stock() == (10, 0)


def test_cancel__paid__refunds_and_sends_nothing(alice, place, sandbox, work):
    order, _ = place(caller=alice)
    work(rounds=2)
    assert _state(order) == ("paid", "captured")

    response = _cancel(alice, order)
    work()

    assert response.json()["status"] == "cancelled"
    assert _state(order) == ("refunded", "refunded")
    assert [(p["captured"], p["refunded"]) for p in sandbox.payments()] == [(2990, 2990)]
    assert (sandbox.parcels(), _stock()) == ([], (10, 0))


def test_cancel__staff__any_order_and_the_customer_does_not_see_who(alice, staff, place, sandbox, work):
    order, _ = place(caller=alice)

    response = _cancel(staff, order)
    shown = alice.get(f"/api/v1/orders/{order.number}/events").json()["results"]

    assert response.status_code == 200
    assert OrderEvent.objects.latest("id").actor == "staff:staff@shop.test"
    assert [event["actor"] for event in shown] == ["customer", "staff"]


def test_cancel__shipped__is_409_and_changes_nothing(guest, place, sandbox, work):
    order, token = place()
    work()

    response = _cancel(guest, order, token)

    assert (response.status_code, response.json()["code"]) == (409, "already_shipped")
    assert _state(order) == ("shipped", "captured")


@pytest.mark.parametrize("rounds", [0, 6])
def test_cancel__again__answers_200_and_changes_nothing(guest, place, sandbox, work, rounds):
    order, token = place()
    work(rounds=2)
    _cancel(guest, order, token)
    work(rounds=rounds)
    before = (_state(order), OrderEvent.objects.count())

    again = _cancel(guest, order, token)
    work(rounds=rounds)

    assert again.status_code == 200
    assert (_state(order), OrderEvent.objects.count()) == before


@pytest.mark.parametrize("status", ["payment_failed", "returned", "partially_refunded"])
def test_cancel__order_that_cannot_be__is_409(alice, status):
    order = OrderFactory(customer=alice.user, status=status)

    response = _cancel(alice, order)

    assert (response.status_code, response.json()["code"]) == (409, "order_status")


def test_cancel__stranger__is_404_and_changes_nothing(alice, charlie, guest):
    theirs, guests = OrderFactory(customer=alice.user), OrderFactory(guest=True)

    answers = [
        _cancel(charlie, theirs),
        _cancel(guest, theirs),
        _cancel(charlie, guests),
        _cancel(guest, guests, "another-token"),
        _cancel(guest, Order(number=numbers.new_number())),
    ]

    assert [answer.status_code for answer in answers] == [404] * 5
    assert set(Order.objects.values_list("status", flat=True)) == {"pending"}


@pytest.mark.parametrize("body", [{"reason": "x" * 301}, {"reason": ["x"]}])
def test_cancel__bad_body__is_400_and_changes_nothing(alice, body):
    order = OrderFactory(customer=alice.user)

    response = _cancel(alice, order, **body)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, "reason")
    assert OrderEvent.objects.count() == 1


def test_cancel__capture_under_way__is_refunded(place, sandbox, work, monkeypatch):
    order, _ = place()
    work(rounds=1)
    provider = gateway("sandbox")
    real = provider.capture

    def cancelled_meanwhile(**values):
        charge = real(**values)
        _cancelled(order)
        return charge

    monkeypatch.setattr(provider, "capture", cancelled_meanwhile)
    work()

    assert _state(order) == ("refunded", "refunded")
    assert [(p["captured"], p["refunded"]) for p in sandbox.payments()] == [(2990, 2990)]
    assert (sandbox.parcels(), _stock()) == ([], (10, 0))


@pytest.mark.parametrize("is_before", [True, False])
def test_cancel__carrier_being_called__cancels_the_shipment(place, sandbox, work, monkeypatch, is_before):
    order, _ = place()
    work(rounds=2)
    real = type(carrier("sandbox")).create_parcel

    def cancelled_meanwhile(self, **values):
        if is_before:
            _cancelled(order)
            cancel_shipments(OrderCancelled(order_id=order.pk))
        parcel = real(self, **values)
        _cancelled(order)
        return parcel

    monkeypatch.setattr(type(carrier("sandbox")), "create_parcel", cancelled_meanwhile)
    work()

    assert _state(order) == ("refunded", "refunded")
    assert (sandbox.parcels(), _stock()) == ([], (10, 0))
    assert order.shipments.get().status == "cancelled"


def test_authorised_by_a_worker_that_died__after_the_order_was_cancelled__is_voided(place, sandbox, work):
    order, _ = place()
    payment = order.payments.get()
    _cancelled(order)
    steps.reverse(order_id=order.pk, now=timezone.now())
    assert _state(order) == ("cancelled", "voided")
    gateway("sandbox").authorise(
        key=payment.idempotency_key, order=order.number, token="tok_ok", amount=payment.amount, currency="USD"
    )

    authorise_payment(OrderPlaced(order_id=order.pk))
    work()

    assert [p["status"] for p in sandbox.payments()] == ["voided"]
    assert _state(order) == ("cancelled", "voided")


def test_shipping_given_up__a_parcel_already_sent__leaves_the_rest_to_staff(place, sandbox, work):
    order, _ = place()
    work(rounds=2)
    Shipment.objects.create(
        order=order,
        carrier="post",
        status="shipped",
        lines=[{"sku": "MUG", "quantity": 1}],
        idempotency_key="a",
        shipped_at=timezone.now(),
    )

    cancellation.give_up_shipping(order_id=order.pk, reason="No", now=timezone.now())

    assert _state(order) == ("paid", "captured")
    assert "staff decide" in OrderEvent.objects.latest("id").reason


@pytest.mark.django_db(transaction=True)
@pytest.mark.timeout(180)
@pytest.mark.parametrize("step", ["capture", "ship"])
def test_cancel_and_step_at_once__many_times__one_wins_and_ledgers_agree(
    place, sandbox, work, settings, step
):
    settings.THROTTLE_SCALE = ROUNDS
    StockLevel.objects.update(on_hand=2 * ROUNDS)
    racing = {"capture": steps.capture, "ship": dispatch.ship}
    orders = []
    for _ in range(ROUNDS):
        order, _token = place()
        work(rounds=["capture", "ship"].index(step) + 1)
        at_once(
            lambda order=order: _quietly(order),
            lambda order=order: racing[step](order_id=order.pk, now=timezone.now()),
        )
        orders.append(order)

    work(rounds=10)

    ends = [_state(order) for order in orders]
    assert set(ends) <= {("shipped", "captured"), ("refunded", "refunded"), ("cancelled", "voided")}
    shipped = sum(end[0] == "shipped" for end in ends)
    assert sum(p["captured"] - p["refunded"] for p in sandbox.payments()) == shipped * 2990
    assert len(sandbox.parcels()) == shipped
    assert _stock() == (2 * (ROUNDS - shipped), 0)


def _quietly(order):
    try:
        _cancelled(order)
    except cancellation.AlreadyShipped:
        return False
    return True
