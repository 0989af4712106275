"""Money back, in parts or whole."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from core.ids import uuid7
from core.outbox.dead import skip
from core.outbox.models import OutboxMessage
from orders import cancellation
from orders.events import RefundRequested
from orders.handlers import make_refund
from orders.models import Order, OrderEvent, Payment, Refund
from orders.payments import refunds
from orders.providers import gateway
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory
from tests.orders.conftest import Caller
from tests.races import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return Caller(UserFactory(admin=True, email="staff@shop.test"))


@pytest.fixture
def shipped(guest, body, sandbox, work):
    """An order over 29.90, paid and shipped."""
    return _placed(guest, body, work)


def _placed(guest, body, work, rounds=6):
    order = Order.objects.get(pk=guest.order(body).json()["id"])
    work(rounds=rounds)
    order.refresh_from_db()
    return order


def _refund(caller, order, amount="5.00", key=None, **body):
    headers = {"Idempotency-Key": key} if key else {}
    url = f"/api/v1/orders/{order.number}/refunds"
    return caller.post(url, {"amount": amount, **body}, content_type="application/json", headers=headers)


def _state(order):
    order.refresh_from_db()
    payment = order.payments.get()
    return order.status, payment.status, payment.refunded, payment.promised


def _codes(response):
    return response.status_code, response.json()["code"]


def test_refund__lines_null__is_refused_and_promises_nothing(staff, shipped):
    response = _refund(staff, shipped, lines=None)

    assert _codes(response) == (400, "invalid")
    assert [error["field"] for error in response.json()["errors"]] == ["lines"]
    assert not Refund.objects.exists()


def test_refund__part__is_promised_then_made(staff, shipped, sandbox, work):
    lines = [{"sku": "MUG", "quantity": 1}, {"sku": "MUG", "quantity": 1}]
    response = _refund(staff, shipped, reason="Scratched", lines=lines)
    promised = _state(shipped)
    work()

    assert response.status_code == 201
    assert response.json() == {
        "id": str(Refund.objects.get().pk),
        "amount": "5.00",
        "currency": "USD",
        "status": "pending",
        "reason": "Scratched",
        "lines": [{"sku": "MUG", "quantity": 2}],
        "created_at": response.json()["created_at"],
    }
    assert promised == ("shipped", "captured", 0, 5)
    assert _state(shipped) == ("partially_refunded", "captured", 5, 5)
    assert [p["refunded"] for p in sandbox.payments()] == [500]
    refund = Refund.objects.get()
    assert (refund.status, refund.actor, refund.error) == ("succeeded", "staff:staff@shop.test", "")


def test_refund__in_two_parts_to_the_whole__order_is_refunded(staff, shipped, sandbox, work):
    _refund(staff, shipped, "5.00")
    _refund(staff, shipped, "24.90")
    work()

    assert _state(shipped) == ("refunded", "refunded", Decimal("29.90"), Decimal("29.90"))
    assert [p["refunded"] for p in sandbox.payments()] == [2990]


@pytest.mark.parametrize("is_made", [True, False])
def test_refund__more_than_is_left__is_409(staff, shipped, sandbox, work, is_made):
    _refund(staff, shipped, "20.00")
    work(rounds=is_made)

    response = _refund(staff, shipped, "9.91")

    assert _codes(response) == (409, "refund_too_large")
    assert "9.90 USD are left" in response.json()["detail"]
    assert Refund.objects.count() == 1


def test_refund__before_shipping__order_stays_paid_and_is_shipped(staff, guest, body, sandbox, work):
    order = _placed(guest, body, work, rounds=2)
    assert order.status == "paid"

    _refund(staff, order)
    OutboxMessage.objects.filter(handler="orders.ship_order").update(dead_at=timezone.now())
    work()
    assert _state(order)[0] == "paid"
    OutboxMessage.objects.filter(handler="orders.ship_order").update(dead_at=None)
    work()

    assert _state(order) == ("shipped", "captured", 5, 5)


@pytest.mark.parametrize("status", ["pending", "payment_failed", "cancelled", "refunded"])
def test_refund__order_without_money_of_ours__is_409(staff, status):
    assert _codes(_refund(staff, OrderFactory(status=status))) == (409, "not_refundable")


def test_refund__same_key_twice__is_one_refund(staff, shipped, sandbox, work):
    first, again = (_refund(staff, shipped, key="k1") for _ in range(2))
    work()

    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert [p["refunded"] for p in sandbox.payments()] == [500]


def test_refund__not_staff__is_refused(guest, charlie, shipped):
    assert [_refund(caller, shipped).status_code for caller in (guest, charlie)] == [401, 403]
    assert Refund.objects.count() == 0


def test_refund__no_such_order__is_404(staff):
    assert _refund(staff, Order(number="S-00000-00")).status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "0"}, "amount"),
        ({"amount": "-1"}, "amount"),
        ({"amount": "1.005"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": None}, "amount"),
        ({"reason": "x" * 301}, "reason"),
        ({"lines": [{"sku": "MUG"}]}, "lines[0].quantity"),
        ({"lines": [{"sku": "CUP", "quantity": 1}]}, "lines[sku=CUP]"),
    ],
)
def test_refund__bad_body__is_400_naming_the_field(staff, shipped, change, field):
    response = _refund(staff, shipped, **{"amount": "1.00", **change})

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == field
    assert Refund.objects.count() == 0


@pytest.mark.parametrize("amount", ["9999999999999999999999999999.120", "1" + "0" * 400 + ".000"])
def test_refund__more_digits_than_any_amount_has__is_400(staff, shipped, amount):
    answer = _refund(staff, shipped, amount=amount)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "amount")


def test_refund__for_more_units_than_were_ordered__is_400_naming_them(staff, shipped):
    answer = _refund(staff, shipped, lines=[{"sku": "MUG", "quantity": 3}])

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "lines[sku=MUG]")
    assert not Refund.objects.exists()


@pytest.mark.parametrize("other", ["amount", "order"])
def test_refund__id_of_another_refund__is_409(*, staff, shipped, guest, body, work, other):
    asked = {"units": {}, "reason": "", "actor": "staff:a", "now": timezone.now(), "refund_id": uuid7()}
    refunds.request(order_id=shipped.pk, amount=Decimal(5), **asked)
    order = _placed(guest, body, work) if other == "order" else shipped
    amount = Decimal(5) if other == "order" else Decimal(6)

    with pytest.raises(refunds.RefundReused):
        refunds.request(order_id=order.pk, amount=amount, **asked)

    assert Refund.objects.count() == 1


def test_make_refund__dead_and_skipped__amount_can_be_promised_again(staff, shipped, sandbox, work):
    _refund(staff, shipped, "29.90")
    message = OutboxMessage.objects.get(handler="orders.make_refund")
    OutboxMessage.objects.filter(pk=message.pk).update(dead_at=timezone.now())
    refused = _refund(staff, shipped, "5.00")

    skip(message_id=message.pk, reason="The customer keeps it", actor="staff:a")
    skipped = Refund.objects.get()
    after, events = _state(shipped), OrderEvent.objects.filter(order=shipped).order_by("at", "id")
    _refund(staff, shipped, "5.00")
    work()

    assert _codes(refused) == (409, "refund_too_large")
    assert (skipped.status, after) == ("failed", ("shipped", "captured", 0, 0))
    assert "The refund of 29.90 USD was given up" in events.values_list("reason", flat=True)
    assert _state(shipped) == ("partially_refunded", "captured", 5, 5)
    assert [p["refunded"] for p in sandbox.payments()] == [500]


def test_make_refund__answer_lost__is_made_once(staff, shipped, sandbox, work, monkeypatch):
    _refund(staff, shipped)
    with monkeypatch.context() as patch:
        patch.setattr(refunds, "_settle", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            work()
    assert _state(shipped) == ("shipped", "captured", 0, 5)

    work()
    make_refund(RefundRequested(order_id=shipped.pk, refund_id=Refund.objects.get().pk))

    assert [p["refunded"] for p in sandbox.payments()] == [500]
    assert _state(shipped) == ("partially_refunded", "captured", 5, 5)


def test_make_refund__provider_down__waits(staff, shipped, sandbox, work, settings):
    _refund(staff, shipped)
    up, settings.SANDBOX_URL = settings.SANDBOX_URL, "http://127.0.0.1:1"
    work(rounds=2)
    waiting = Refund.objects.get().status
    settings.SANDBOX_URL = up

    work()

    assert (waiting, Refund.objects.get().status) == ("pending", "succeeded")


def test_make_refund__refunded_in_the_dashboard_meanwhile__fails_and_frees_its_promise(
    staff, shipped, sandbox, work
):
    _refund(staff, shipped, "20.00")
    payment = shipped.payments.get()
    gateway("sandbox").refund(
        key="dashboard", reference=payment.provider_reference, amount=Decimal("20.00"), currency="USD"
    )

    work()

    refund = Refund.objects.get()
    assert refund.status == "failed"
    assert "not_possible" in refund.error
    assert _state(shipped)[3] == 0
    assert "was refused" in OrderEvent.objects.latest("id").reason


def test_refund_and_cancellation__both_under_way__refund_the_whole_once(staff, guest, body, sandbox, work):
    order = _placed(guest, body, work, rounds=2)
    _refund(staff, order)
    cancellation.cancel(order_id=order.pk, actor="guest", reason="", now=timezone.now())

    work()

    assert [(p["captured"], p["refunded"]) for p in sandbox.payments()] == [(2990, 2990)]
    assert _state(order)[:3] == ("refunded", "refunded", Decimal("29.90"))


def test_promised__above_captured__is_refused_by_the_database(shipped):
    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.update(promised=F("captured") + 1)


@pytest.mark.django_db(transaction=True)
def test_refunds__ten_at_once__never_more_than_was_captured(staff, shipped, sandbox, work):
    answers = at_once(*[lambda: _refund(Caller(staff.user), shipped, "7.00").status_code] * 10)
    work()

    assert sorted(answers) == [201] * 4 + [409] * 6
    assert [p["refunded"] for p in sandbox.payments()] == [2800]
    assert _state(shipped) == ("partially_refunded", "captured", 28, 28)
