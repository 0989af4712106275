"""Webhook and worker at once: real threads, a real server, a real Stripe of our own (R10)."""

from contextlib import suppress
from functools import partial

import pytest
from django.utils import timezone

from catalog.services import stock
from core.outbox.models import OutboxMessage
from orders.models import Order, OrderEvent, Payment, ProviderEvent
from orders.payments import steps
from orders.providers.base import ProviderUnavailable
from tests.races import at_once
from tests.torture.scale import scale

pytestmark = pytest.mark.django_db(transaction=True)
ROUNDS = scale(100, 1000)


@pytest.fixture
def plenty(variant, settings):
    """Stock and leave for as many orders as the rounds need."""
    settings.THROTTLE_SCALE = ROUNDS
    stock.adjust(sku="MUG", change=2 * ROUNDS, reason="received", actor="test", now=timezone.now())


@pytest.fixture
def webhook_url(live_server, stripe):
    stripe.webhook_url = f"{live_server.url}/api/v1/payments/webhooks/stripe"
    return stripe.webhook_url


@pytest.mark.torture
@pytest.mark.timeout(scale(300, 3600))
def test_webhook_and_worker_at_once__again_and_again__one_capture_each(plenty, place, stripe, webhook_url):
    url, stripe.webhook_url = webhook_url, ""
    for _ in range(ROUNDS):
        order, before = place(), len(stripe.ledger.events)
        now = timezone.now()
        steps.authorise(order_id=order.pk, now=now)
        payment = order.payments.get()
        stripe.ledger.capture(payment.provider_reference, {"amount_to_capture": "2990"})
        stripe.webhook_url = url
        events = stripe.ledger.events[before:]
        answers = at_once(
            lambda now=now, order=order: steps.capture(order_id=order.pk, now=now),
            lambda events=events: stripe.send(events[-1]),
            lambda events=events: stripe.send(events[0]),
        )
        stripe.webhook_url = ""
        assert answers == [None, [204], [204]]

    _assert_settled_once(stripe)


def test_webhook_before_and_twice_while_the_worker_waits__one_capture(place, stripe, webhook_url):
    stripe.copies = 2
    order = place()

    for step in (steps.authorise, steps.capture):
        at_once(*[partial(_as_a_worker, step, order)] * 3)

    _assert_settled_once(stripe)


def test_one_event_ten_times_at_once__is_kept_once(place, stripe, webhook_url):
    url, stripe.webhook_url = webhook_url, ""
    order = place()
    steps.authorise(order_id=order.pk, now=timezone.now())
    stripe.webhook_url = url

    answers = at_once(*[lambda: stripe.send(stripe.ledger.events[0])] * 10)

    assert answers == [[204]] * 10
    assert ProviderEvent.objects.count() == 1


def _as_a_worker(step, order):
    with suppress(ProviderUnavailable):  # another worker's request is under way
        step(order_id=order.pk, now=timezone.now())


def _assert_settled_once(stripe):
    orders = Order.objects.count()
    assert set(Order.objects.values_list("status", flat=True)) == {"paid"}
    assert [c["amount_captured"] for c in stripe.ledger.charges.values()] == [2990] * orders
    assert {str(p.captured) for p in Payment.objects.all()} == {"29.90"}
    for handler in ("orders.capture_payment", "orders.ship_order"):
        assert OutboxMessage.objects.filter(handler=handler).count() == orders
    assert OrderEvent.objects.filter(to_status="paid").count() == orders
    assert not OutboxMessage.objects.filter(handler="orders.give_back_orphaned").exists()
