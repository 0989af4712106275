"""An order's way from placed to shipped, against the sandbox over real HTTP, with messages run by hand."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import Reservation, StockLevel
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from orders.events import OrderPaid, OrderPlaced, PaymentAuthorised
from orders.handlers import (
    authorise_payment,
    capture_payment,
    release_holdings,
    reverse_payment,
    ship_order,
)
from orders.models import Order, OrderEvent, Payment, Shipment
from orders.payments import settling
from orders.shipments import dispatch

pytestmark = pytest.mark.django_db
STEPS = {"authorise": authorise_payment, "capture": capture_payment, "ship": ship_order}


@pytest.fixture
def place(guest, body):
    def run(token="tok_ok"):
        response = guest.order({**body, "payment": {"token": token}})
        assert response.status_code == 201, response.content
        return Order.objects.get(pk=response.json()["id"])

    return run


def _state(order):
    order.refresh_from_db()
    payment = order.payments.get()
    return order.status, payment.status


def _stock():
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku="MUG")


def _timeline(order):
    return list(OrderEvent.objects.filter(order=order).order_by("id").values_list("to_status", "reason"))


def test_saga__good_token__is_paid_and_shipped(place, sandbox, work):
    order = place()

    work()

    assert _state(order) == ("shipped", "captured")
    assert _timeline(order) == [
        ("pending", ""),
        ("pending", "Payment authorised"),
        ("paid", ""),
        ("shipped", ""),
    ]
    payment, shipment = order.payments.get(), order.shipments.get()
    assert (payment.captured, payment.refunded) == (order.total, 0)
    assert (shipment.status, shipment.tracking_number) == ("shipped", "SBX0000000001")
    assert shipment.lines == [{"sku": "MUG", "quantity": 2}]
    assert _stock() == (8, 0)
    assert [(p["reference"], p["captured"]) for p in sandbox.payments()] == [(order.number, 2990)]
    assert [p["reference"] for p in sandbox.parcels()] == [order.number]
    assert (
        not OutboxMessage.objects.filter(handled_at__isnull=True).exclude(handler="core.send_mail").exists()
    )


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("tok_declined", "card_declined"),
        ("tok_insufficient", "insufficient_funds"),
        ("tok_unheard_of", "unknown_token"),
    ],
)
def test_saga__payment_declined__fails_the_order_and_releases_its_stock(place, sandbox, work, token, reason):
    order = place(token)
    assert _stock() == (10, 2)

    work()

    assert _state(order) == ("payment_failed", "declined")
    assert _timeline(order)[-1] == ("payment_failed", reason)
    assert _stock() == (10, 0)
    assert (sandbox.payments(), sandbox.parcels()) == ([], [])


def test_saga__answer_lost_after_the_provider_committed__charges_once(place, sandbox, work):
    order = place("tok_timeout")

    work(rounds=1)
    after_time_out = _state(order)
    work()

    assert after_time_out == ("pending", "pending")
    assert _state(order) == ("shipped", "captured")
    assert [p["captured"] for p in sandbox.payments()] == [2990]


def test_saga__flaky_provider__is_tried_again_without_counting_as_failure(place, sandbox, work):
    order = place("tok_flaky")

    work(rounds=2)
    message = OutboxMessage.objects.get(handler="orders.authorise_payment")
    waiting = (_state(order), message.attempts, message.state)
    work()

    assert waiting == (("pending", "pending"), 0, "retrying")
    assert _state(order) == ("shipped", "captured")
    assert len(sandbox.payments()) == 1


def test_saga__provider_down__order_waits_and_others_go_on(place, sandbox, work):
    waiting, other = place("tok_down"), place()

    work(rounds=5)

    assert _state(waiting) == ("pending", "pending")
    assert _state(other) == ("shipped", "captured")
    assert _stock() == (8, 2)


def test_saga__provider_not_listening__order_waits(place, work):
    order = place()

    work(rounds=15)  # the breaker opens on the way

    message = OutboxMessage.objects.get(handler="orders.authorise_payment")
    assert _state(order) == ("pending", "pending")
    assert "sandbox-payments is not being called" in message.error
    assert message.next_attempt_at > timezone.now() + timedelta(seconds=2)


def test_saga__provider_down_for_longer_than_the_hold__order_is_given_up(place, sandbox, work, settings):
    order = place("tok_down")
    settings.ORDER_HOLD_HOURS = 0

    work()

    assert _state(order) == ("payment_failed", "voided")
    assert _stock() == (10, 0)
    assert "could not be reached in time" in _timeline(order)[1][1]


@pytest.mark.parametrize("step", STEPS)
def test_step__run_twice__has_its_effect_once(place, sandbox, work, step):
    order = place()
    events = {"authorise": OrderPlaced, "capture": PaymentAuthorised, "ship": OrderPaid}
    work()
    before = (_state(order), _timeline(order), sandbox.payments(), sandbox.parcels(), _stock())

    STEPS[step](events[step](order_id=order.pk))

    assert (_state(order), _timeline(order), sandbox.payments(), sandbox.parcels(), _stock()) == before


@pytest.mark.parametrize("token", ["tok_ok", "tok_declined"])
@pytest.mark.django_db(transaction=True)
def test_steps__each_run_by_eight_workers_at_once__have_their_effect_once(place, sandbox, token):
    order = place(token)

    with ThreadPoolExecutor(8) as pool:
        for step, event in (
            (authorise_payment, OrderPlaced),
            (capture_payment, PaymentAuthorised),
            (ship_order, OrderPaid),
        ):
            list(pool.map(lambda _, s=step, e=event: _closing(s, e(order_id=order.pk)), range(8)))

    paid = token == "tok_ok"
    assert _state(order) == (("shipped", "captured") if paid else ("payment_failed", "declined"))
    assert len(_timeline(order)) == (4 if paid else 2)
    assert (len(sandbox.payments()), len(sandbox.parcels())) == ((1, 1) if paid else (0, 0))
    assert _stock() == ((8, 0) if paid else (10, 2))
    events = OutboxMessage.objects.filter(handler__startswith="orders.").values_list("handler", flat=True)
    assert sorted(events) == sorted(set(events))


def _closing(step, event):
    try:
        step(event)
    finally:
        connection.close()


def test_crash_between_call_and_outcome__resumes_with_the_same_keys(place, sandbox, work, monkeypatch):
    order = place()

    def crash(**kwargs):
        raise KeyboardInterrupt

    for module, name in (
        (settling, "settle"),
        (settling, "settle"),
        (dispatch, "_record_shipped"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, crash)
            with pytest.raises(KeyboardInterrupt):
                work()
        work(rounds=1)

    work()
    assert _state(order) == ("shipped", "captured")
    assert (len(sandbox.payments()), len(sandbox.parcels())) == (1, 1)
    assert sandbox.payments()[0]["captured"] == 2990


def _dies(message_name, monkeypatch, module, name):
    """Make the step fail for good: it raises each time, and one attempt is all it has."""

    def fail(**kwargs):
        raise RuntimeError("no")

    monkeypatch.setattr(module, name, fail)
    OutboxMessage.objects.filter(handler=message_name).update(attempts=1000)


def _settling_dies(message_name, monkeypatch, when):
    """As `_dies`, for what the gateway's charge says `when` of."""
    real = settling.settle

    def fail(**values):
        if when(values["charge"]):
            raise RuntimeError("no")
        real(**values)

    _dies(message_name, monkeypatch, settling, "settle")
    monkeypatch.setattr(settling, "settle", fail)


def test_authorise_dies__order_fails_and_what_the_provider_holds_is_voided(place, sandbox, work, monkeypatch):
    order = place()
    _settling_dies("orders.authorise_payment", monkeypatch, lambda charge: charge.is_held)

    work()

    assert OutboxMessage.objects.get(handler="orders.authorise_payment").state == "dead"
    assert _state(order) == ("payment_failed", "voided")
    assert [p["status"] for p in sandbox.payments()] == ["voided"]
    assert _stock() == (10, 0)


def test_capture_dies_after_the_provider_captured__money_is_refunded(place, sandbox, work, monkeypatch):
    order = place()
    work(rounds=1)
    _settling_dies("orders.capture_payment", monkeypatch, lambda charge: charge.captured > charge.refunded)

    work()

    assert _state(order) == ("payment_failed", "refunded")
    assert [(p["captured"], p["refunded"]) for p in sandbox.payments()] == [(2990, 2990)]
    assert _stock() == (10, 0)


def test_shipping_dies__order_is_cancelled_and_refunded(place, sandbox, work, monkeypatch):
    order = place()
    work(rounds=2)
    _dies("orders.ship_order", monkeypatch, dispatch, "_record_shipped")

    work()

    assert _state(order) == ("refunded", "refunded")
    assert [status for status, _ in _timeline(order)] == [
        "pending",
        "pending",
        "paid",
        "cancelled",
        "refunded",
    ]
    assert order.shipments.get().status == "cancelled"
    assert [(p["captured"], p["refunded"]) for p in sandbox.payments()] == [(2990, 2990)]
    assert _stock() == (10, 0)


def test_authorisation_arrives_after_the_order_was_given_up__is_voided(place, sandbox, work, monkeypatch):
    order = place()
    real = settling.settle

    def late(**values):
        settling.give_up(order_id=order.pk, reason="too late", now=timezone.now())
        real(**values)

    monkeypatch.setattr(settling, "settle", late)

    work()

    assert _state(order) == ("payment_failed", "voided")
    assert [p["status"] for p in sandbox.payments()] == ["voided"]


def test_capture_arrives_after_the_order_was_given_up__is_refunded(place, sandbox, work, monkeypatch):
    order = place()
    real = settling.settle

    def late(**values):
        if values["charge"].captured:
            settling.give_up(order_id=order.pk, reason="too late", now=timezone.now())
        real(**values)

    monkeypatch.setattr(settling, "settle", late)

    work()

    assert _state(order) == ("payment_failed", "refunded")
    assert [(p["captured"], p["refunded"]) for p in sandbox.payments()] == [(2990, 2990)]


def test_compensation__provider_down__is_tried_until_it_works(place, sandbox, work, settings):
    order = place()
    work(rounds=1)
    up, settings.SANDBOX_URL = settings.SANDBOX_URL, "http://127.0.0.1:1"
    settling.give_up(order_id=order.pk, reason="for the test", now=timezone.now())
    work(rounds=2)
    held = [p["status"] for p in sandbox.payments()]
    settings.SANDBOX_URL = up

    work()

    assert (held, [p["status"] for p in sandbox.payments()]) == (["authorised"], ["voided"])
    assert _state(order) == ("payment_failed", "voided")


def test_compensations__run_twice__have_their_effect_once(place, sandbox, work, monkeypatch):
    order = place()
    work(rounds=2)
    _dies("orders.ship_order", monkeypatch, dispatch, "_record_shipped")
    work()
    before = (_state(order), _timeline(order), sandbox.payments(), _stock())

    reverse_payment(OrderPlaced(order_id=order.pk))
    release_holdings(OrderPlaced(order_id=order.pk))

    assert (_state(order), _timeline(order), sandbox.payments(), _stock()) == before


def test_mails__shipped_order__each_once_with_number_lines_totals_and_tracking(place, sandbox, work):
    order = place()

    work()
    OutboxMessage.objects.filter(handler__startswith="orders.mail").update(handled_at=None)
    work()

    placed, paid, shipped = Mail.objects.order_by("created_at")
    assert [placed.cause, paid.cause, shipped.cause] == [
        f"orders.order_placed:{order.pk}",
        f"orders.order_paid:{order.pk}",
        f"orders.order_shipped:{order.pk}",
    ]
    assert (placed.to, placed.subject) == ("guest@shop.test", f"Your order {order.number}")
    assert shipped.subject == f"Your order {order.number} is on its way"
    for text in (placed.text, placed.html, paid.text, paid.html, shipped.text, shipped.html):
        assert all(part in text for part in (order.number, "Mug", "29.90 USD", "4.99 USD", "SE1 4PG"))
    assert "SBX0000000001" in shipped.text
    assert "SBX0000000001" in shipped.html


def test_mails__names_with_markup__are_escaped_in_html_and_plain_in_text(guest, body, sandbox, work):
    body["shipping_address"]["name"] = "O'Hara & <b>Sons</b>"

    guest.order(body)
    work()

    mail = Mail.objects.order_by("created_at").first()
    assert "Hello O'Hara & <b>Sons</b>," in mail.text
    assert "<b>Sons" not in mail.html


def test_mails__guest__neither_mail_nor_log_shows_the_token(guest, body, sandbox, work, caplog):
    caplog.set_level("DEBUG")
    token = guest.order(body).json()["token"]

    work()

    mails = [mail.text + mail.html + mail.subject for mail in Mail.objects.all()]
    assert len(mails) == 3
    assert not any(token in text for text in [*mails, caplog.text])
    assert not any(token in str(message.payload) for message in OutboxMessage.objects.all())


def test_constraints__payment__never_refunds_more_than_captured(place):
    order = place()

    with pytest.raises(Exception, match="payment_refunded_within_captured_within_amount"):
        Payment.objects.filter(order=order).update(captured=5, refunded=6)


def test_reservation__shipped_order__is_gone(place, sandbox, work):
    order = place()
    held = Reservation.objects.filter(owner=order.pk).count()

    work()

    assert (held, Reservation.objects.filter(owner=order.pk).count()) == (1, 0)
    assert Shipment.objects.count() == 1
