"""Nothing is sent whose money goes back, and what the provider has refunded is known, whoever asked."""

from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.outbox.dead import skip
from core.outbox.models import OutboxMessage
from orders import cancellation
from orders.ledger import checking, discrepancies
from orders.models import Order, Payment, Refund
from orders.payments import refunds, settling
from orders.providers import carrier, gateway
from orders.providers.base import ProviderUnavailable
from orders.shipments import by_staff, dispatch

pytestmark = pytest.mark.django_db
GATEWAY, CARRIER = type(gateway("sandbox")), type(carrier("sandbox"))


@pytest.fixture
def place(guest, body, sandbox, work):
    """An order over 29.90."""

    def run(rounds=6):
        order = Order.objects.get(pk=guest.order(body).json()["id"])
        work(rounds=rounds)
        return order

    return run


def _days_pass():
    """No nightly check would ask for the payments any more."""
    before = timezone.now() - timedelta(days=3)
    Payment.objects.update(updated_at=before, created_at=before)


def _refund(order, amount):
    return refunds.request(
        order_id=order.pk, amount=Decimal(amount), units={}, reason="", actor="staff:a", now=timezone.now()
    )


def _skip():
    """Staff give up the refund, whose step is dead."""
    messages = OutboxMessage.objects.filter(handler="orders.make_refund")
    messages.update(dead_at=timezone.now(), handled_at=None)
    assert skip(message_id=messages.get().pk, reason="Not made", actor="staff:a")


def _refund_in_the_dashboard(order, amount, *, is_received=True, key="dashboard"):
    payment = order.payments.get()
    charge = gateway("sandbox").refund(
        key=key, reference=payment.provider_reference, amount=Decimal(amount), currency="USD"
    )
    if is_received:
        settling.settle(payment=payment, charge=charge, now=timezone.now())


def _send(order, units=None):
    number = {"carrier": "post", "tracking_number": "RR1"}
    return by_staff.send(order_id=order.pk, units=units, actor="staff:a", now=timezone.now(), **number)


def _ship(order):
    with suppress(ProviderUnavailable):
        dispatch.ship(order_id=order.pk, now=timezone.now())


def _refunded(order):
    return order.payments.get().refunded


def test_skip__a_worker_is_at_the_provider__what_it_refunded_is_known(place, sandbox, monkeypatch):
    order = place()
    refund = _refund(order, "10.00")
    make = GATEWAY.refund
    monkeypatch.setattr(GATEWAY, "refund", lambda *args, **call: _skip() or make(*args, **call))

    refunds.carry_out(refund_id=refund.pk, now=timezone.now())

    assert (_refunded(order), [p["refunded"] for p in sandbox.payments()]) == (10, [1000])
    assert discrepancies.find() == []


def test_skip__made_and_its_answer_lost__the_nightly_check_finds_it(place, monkeypatch):
    order, make = place(), GATEWAY.refund
    refund = _refund(order, "10.00")

    def lose(*args, **call):
        make(*args, **call)
        raise ProviderUnavailable("lost")

    with monkeypatch.context() as patch:
        patch.setattr(GATEWAY, "refund", lose)
        with pytest.raises(ProviderUnavailable):
            refunds.carry_out(refund_id=refund.pk, now=timezone.now())
    _days_pass()
    _skip()
    check = checking.reconcile(now=timezone.now())

    found = [what for what, *_ in check.drift]
    assert (check.payments_compared, found) == (1, ["payment, by its provider,"])


def test_refund__refused_because_of_the_dashboard__what_was_refunded_there_is_known(place, work):
    order = place()
    _days_pass()
    _refund_in_the_dashboard(order, "20.00", is_received=False)
    _refund(order, "15.00")
    work()

    assert (Refund.objects.get().status, _refunded(order)) == ("failed", 20)
    assert (discrepancies.find(), checking.reconcile(now=timezone.now()).drift) == ([], [])


@pytest.mark.parametrize("how", ["in the dashboard", "by a refund that was skipped"])
def test_send__rest_of_the_money_is_promised__is_refused(place, settings, how):
    settings.CARRIER = "manual"
    order = place()
    if how == "in the dashboard":
        _refund_in_the_dashboard(order, "10.00")
    else:
        refund = _refund(order, "10.00")
        _refund_in_the_dashboard(order, "10.00", key=refund.idempotency_key)
        _skip()
    _refund(order, "19.90")

    with pytest.raises(by_staff.NotToBeSent, match="being refunded"):
        _send(order)


def _assert_cancelled(order, sandbox):
    order.refresh_from_db()
    assert (order.status, [shipment.status for shipment in order.shipments.all()]) == (
        "refunded",
        ["cancelled"],
    )
    assert (sandbox.parcels(), _refunded(order), discrepancies.find()) == ([], Decimal("29.90"), [])


def test_ship__all_money_promised_while_the_shipment_waits_for_the_carrier__it_is_given_none(
    place, sandbox, work, monkeypatch
):
    order, asked = place(rounds=2), []

    def away(*args, **parcel):
        asked.append(parcel)
        raise ProviderUnavailable("away")

    with monkeypatch.context() as patch:
        patch.setattr(CARRIER, "create_parcel", away)
        _ship(order)
        _refund(order, "29.90")
        _ship(order)
    work()

    assert len(asked) == 1
    _assert_cancelled(order, sandbox)


def test_ship__all_money_promised_while_the_carrier_is_called__the_shipment_is_cancelled(
    place, sandbox, work, monkeypatch
):
    order, create = place(rounds=2), CARRIER.create_parcel

    def book(*args, **parcel):
        _refund(order, "29.90")
        return create(*args, **parcel)

    with monkeypatch.context() as patch:
        patch.setattr(CARRIER, "create_parcel", book)
        _ship(order)
    booked = len(sandbox.parcels())
    work()

    assert booked == 1
    _assert_cancelled(order, sandbox)


def test_ship__promise_of_all_money_is_skipped__is_sent(place, sandbox, work, monkeypatch):
    order, create = place(rounds=2), CARRIER.create_parcel
    with monkeypatch.context() as patch:
        patch.setattr(
            CARRIER, "create_parcel", lambda *a, **parcel: _refund(order, "29.90") and create(*a, **parcel)
        )
        _ship(order)
    order.refresh_from_db()
    before = order.status

    _skip()
    _ship(order)

    order.refresh_from_db()
    assert (before, order.status, len(sandbox.parcels())) == ("paid", "shipped", 1)


def test_close__part_sent_and_rest_refunded_in_the_dashboard__is_closed(place, settings):
    settings.CARRIER = "manual"
    order = place()
    _send(order, {"MUG": 1})
    _refund_in_the_dashboard(order, "12.50")

    cancellation.close(order_id=order.pk, actor="staff:a", reason="", now=timezone.now())

    order.refresh_from_db()
    assert order.status == "partially_refunded"
