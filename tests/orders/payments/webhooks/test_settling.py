"""What webhooks do: once each, whatever their order, whoever else is at it."""

import copy
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from core.outbox.models import OutboxMessage
from orders.ledger import checking
from orders.models import OrderEvent, Payment, ProviderEvent, Refund
from orders.payments import refunds, settling, steps
from orders.providers import gateway
from orders.providers.base import StepRefused
from orders.tasks import forget_provider_events

pytestmark = pytest.mark.django_db


@pytest.fixture
def authorise_unnoticed(monkeypatch):
    """Authorise at the provider; the worker dies before it settles that."""

    def run(order):
        with monkeypatch.context() as patch:
            patch.setattr(settling, "settle", lambda **_: None)
            patch.setattr(settling, "settle_declined", lambda **_: None)
            _authorise(order)

    return run


def _authorise(order):
    steps.authorise(order_id=order.pk, now=timezone.now())


def _capture(order):
    steps.capture(order_id=order.pk, now=timezone.now())


def _reasons(order):
    return list(OrderEvent.objects.filter(order=order).order_by("id").values_list("to_status", "reason"))


def _refund(stripe, units):
    (intent,) = stripe.ledger.intents.values()
    stripe.ledger.refund({"payment_intent": intent["id"], "amount": units})
    return stripe.ledger.events[-1]


def test_authorised__worker_died_before_it_settled__webhook_does(
    place, stripe, post, state, authorise_unnoticed
):
    order = place()
    authorise_unnoticed(order)
    assert state(order) == ("pending", "pending")

    post(stripe.ledger.events[0])

    assert state(order) == ("pending", "authorised")
    assert OutboxMessage.objects.filter(handler="orders.capture_payment").count() == 1


def test_each_event__twice__is_kept_and_settled_once(place, stripe, post, state, work):
    order = place()
    work()
    before = _reasons(order)

    answers = [post(event).status_code for event in stripe.ledger.events * 2]

    assert set(answers) == {204}
    assert (ProviderEvent.objects.count(), len(stripe.ledger.events)) == (3, 3)
    assert (state(order), _reasons(order)) == (("shipped", "captured"), before)


def test_events__backwards__end_in_the_same_state(place, stripe, post, state, authorise_unnoticed):
    order = place()
    authorise_unnoticed(order)
    (intent,) = stripe.ledger.intents
    stripe.ledger.capture(intent, {"amount_to_capture": "2990"})

    for event in reversed(stripe.ledger.events):
        post(event)

    assert state(order) == ("paid", "captured")
    assert _reasons(order) == [("pending", ""), ("paid", "")]
    payment = order.payments.get()
    assert (payment.captured, payment.provider_reference) == (order.total, intent)


def test_declined__by_webhook__fails_the_order_once(place, stripe, post, state):
    order = place("pm_card_chargeDeclinedInsufficientFunds")
    _authorise(order)
    before = (state(order), _reasons(order))

    post(stripe.ledger.events[0])

    assert before == (
        ("payment_failed", "declined"),
        [("pending", ""), ("payment_failed", "insufficient_funds")],
    )
    assert (state(order), _reasons(order)) == before


def test_declined__worker_got_no_answer__webhook_fails_the_order(
    place, stripe, post, state, authorise_unnoticed
):
    order = place("pm_card_chargeDeclined")
    authorise_unnoticed(order)

    post(stripe.ledger.events[0])

    assert state(order) == ("payment_failed", "declined")


def test_let_go_by_the_provider__order_fails(place, stripe, post, state):
    order = place()
    _authorise(order)
    stripe.ledger.cancel(next(iter(stripe.ledger.intents)), {})

    post(stripe.ledger.events[-1])

    assert state(order) == ("payment_failed", "abandoned")


def test_let_go_by_the_provider__capture_finds_out(place, stripe, state):
    order = place()
    _authorise(order)
    stripe.ledger.cancel(next(iter(stripe.ledger.intents)), {})

    _capture(order)

    assert state(order) == ("payment_failed", "abandoned")


def test_captured_by_somebody_else__capture_finds_out(place, stripe, state):
    order = place()
    _authorise(order)
    stripe.ledger.capture(next(iter(stripe.ledger.intents)), {"amount_to_capture": "2990"})

    _capture(order)

    assert state(order) == ("paid", "captured")


def test_captured_in_part__order_fails_and_the_part_goes_back(place, stripe, post, state, work):
    order = place()
    _authorise(order)
    stripe.ledger.capture(next(iter(stripe.ledger.intents)), {"amount_to_capture": "1000"})

    post(stripe.ledger.events[-1])
    work()

    assert state(order) == ("payment_failed", "refunded")
    assert [r["amount"] for r in stripe.ledger.refunds.values()] == [1000]


def test_held__order_given_up_meanwhile__is_sent_back(place, stripe, post, work, authorise_unnoticed):
    order = place()
    authorise_unnoticed(order)
    settling.give_up(order_id=order.pk, reason="too late", now=timezone.now())

    post(stripe.ledger.events[0])
    work()

    assert order.payments.get().status == "voided"
    assert [i["status"] for i in stripe.ledger.intents.values()] == ["canceled"]


def test_old_webhook_of_a_hold__after_it_was_voided__changes_nothing_in_the_end(
    place, stripe, post, state, work
):
    order = place()
    _authorise(order)
    settling.give_up(order_id=order.pk, reason="too late", now=timezone.now())
    work()

    post(stripe.ledger.events[0])
    work()

    assert state(order) == ("payment_failed", "voided")
    assert [i["status"] for i in stripe.ledger.intents.values()] == ["canceled"]


def test_old_webhook_of_a_capture__after_it_was_refunded__changes_nothing(place, stripe, post, state, work):
    order = place()
    _authorise(order)
    stripe.ledger.capture(next(iter(stripe.ledger.intents)), {"amount_to_capture": "1000"})
    captured, succeeded = stripe.ledger.events[-2:]
    post(succeeded)
    work()
    before = OutboxMessage.objects.count()

    post(captured)

    assert state(order) == ("payment_failed", "refunded")
    assert OutboxMessage.objects.count() == before


def test_refunded_in_part_in_the_dashboard__is_recorded(place, stripe, post, state, work):
    order = place()
    work()

    post(_refund(stripe, 500))

    assert state(order) == ("partially_refunded", "captured")
    assert str(order.payments.get().refunded) == "5.00"
    assert _reasons(order)[-1] == ("partially_refunded", "5.00 of 29.90 USD refunded")


def test_refunded_wholly_in_the_dashboard__order_is_refunded(place, stripe, post, state, work):
    order = place()
    work()

    post(_refund(stripe, 2990))

    assert state(order) == ("refunded", "refunded")


def test_refunded_wholly_before_it_is_shipped__order_is_cancelled_and_its_stock_freed(
    place, stripe, post, state, work
):
    order = place()
    work(rounds=2)
    assert state(order) == ("paid", "captured")

    post(_refund(stripe, 2990))
    work()

    assert state(order) == ("refunded", "refunded")
    assert order.shipments.count() == 0
    assert len(stripe.ledger.refunds) == 1


def test_refunds__webhooks_out_of_order__the_larger_sum_stays(place, stripe, post, state, work):
    order = place()
    work()
    first, second = _refund(stripe, 500), _refund(stripe, 700)

    post(second)
    post(first)

    assert str(order.payments.get().refunded) == "12.00"


def test_event_of_another_shops_payment__is_not_kept(place, stripe, post, kept):
    order = place()
    _authorise(order)
    event = copy.deepcopy(stripe.ledger.events[0])
    event["data"]["object"]["metadata"] = {}
    event["data"]["object"]["id"] = "pi_99999999999999"

    assert post(event).status_code == 204
    assert kept() == 0


def test_dispute__names_our_payment__is_kept(place, stripe, post, kept, state):
    order = place()
    _authorise(order)
    (intent,) = stripe.ledger.intents
    dispute = {"object": "dispute", "id": "dp_1", "payment_intent": intent}

    post({"id": "evt_d", "object": "event", "type": "charge.dispute.created", "data": {"object": dispute}})

    assert ProviderEvent.objects.get().payment == order.payments.get()
    assert state(order) == ("pending", "authorised")


def test_forget_provider_events__a_month_later__goes_and_is_safe_to_repeat(place, stripe, post, kept):
    order = place()
    _authorise(order)
    post(stripe.ledger.events[0])
    forget_provider_events()
    assert kept() == 1
    ProviderEvent.objects.update(received_at=timezone.now() - timedelta(days=31))

    forget_provider_events()
    forget_provider_events()

    assert kept() == 0


@pytest.fixture
def came_back(place, stripe, work):
    """An order of which our refund of 5.00 was made, some days ago, and then sent back by the bank."""
    order = place()
    work()
    refunds.request(
        order_id=order.pk, amount=Decimal(5), units={}, reason="", actor="staff:a", now=timezone.now()
    )
    work()
    before = timezone.now() - timedelta(days=3)
    Payment.objects.update(updated_at=before, created_at=before)
    stripe.ledger.fail_refund()
    return order


def test_refund_failed__ours__is_still_owed_and_staff_are_notified(came_back, stripe, post, kept):
    answers = [post(stripe.ledger.events[-1]).status_code for _ in range(2)]

    payment = came_back.payments.get()
    sentence = "A refund of 5.00 USD could not be credited: it is to be paid in another way"
    assert (answers, kept()) == ([204, 204], 1)
    assert (payment.refunded, payment.promised) == (5, 5)
    assert [reason for _, reason in _reasons(came_back)].count(sentence) == 1
    assert [what for what, *_ in checking.reconcile(now=timezone.now()).drift] == [
        "payment, by its provider,"
    ]


def test_refund__found_failed_at_the_provider__is_refused(came_back):
    payment, refund = came_back.payments.get(), Refund.objects.get()

    with pytest.raises(StepRefused, match="is failed"):
        gateway("stripe").refund(
            key=refund.idempotency_key,
            reference=payment.provider_reference,
            amount=refund.amount,
            currency="USD",
        )
