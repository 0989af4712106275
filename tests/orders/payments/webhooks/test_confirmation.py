"""The bank wants the customer to confirm (3-D Secure), who has left: never charged twice, never stuck."""

import pytest
from django.utils import timezone

from catalog.models import StockLevel
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from orders.models import OrderEvent
from orders.payments import settling, steps

pytestmark = pytest.mark.django_db
TOKEN = "pm_card_threeDSecure2Required"


@pytest.fixture
def asking(stripe):
    """Stripe, answering `requires_action` although we said that it must not."""
    stripe.ledger.asks_whatever_is_said = True
    return stripe


def _authorise(order):
    steps.authorise(order_id=order.pk, now=timezone.now())


def _end(order):
    return OrderEvent.objects.filter(order=order).order_by("-id").values_list("to_status", "reason").first()


def _money(stripe):
    """Of each charge: what was taken and not refunded, and what is held."""
    intents = stripe.ledger.intents
    return [
        (charge["amount_captured"], intents[charge["payment_intent"]]["amount_capturable"])
        for charge in stripe.ledger.charges.values()
    ]


def test_confirmation_wanted__order_fails_with_the_reason(place, stripe, state, work):
    order = place(TOKEN)

    work()

    assert state(order) == ("payment_failed", "declined")
    assert _end(order) == ("payment_failed", "authentication_required")
    assert _money(stripe) == []
    assert StockLevel.objects.values_list("on_hand", "reserved").get() == (10, 0)
    assert Mail.objects.filter(cause__startswith="orders.payment_failed").count() == 1


def test_confirmation_wanted__each_message_again__asks_stripe_once(place, stripe, state, work):
    order = place(TOKEN)
    work()
    OutboxMessage.objects.filter(handler="orders.authorise_payment").update(handled_at=None)
    work()

    assert state(order) == ("payment_failed", "declined")
    assert (len(stripe.ledger.intents), stripe.calls("/v1/payment_intents")) == (1, 1)


@pytest.mark.parametrize("is_late", [False, True])
def test_confirmation_wanted__reported_by_webhooks_too__changes_nothing(
    place, asking, post, state, work, *, is_late
):
    order = place(TOKEN)
    if is_late:
        work()
    else:
        _authorise(order)

    answers = [post(event).status_code for event in [*asking.ledger.events, *reversed(asking.ledger.events)]]
    work()

    assert set(answers) == {204}
    assert state(order) == ("payment_failed", "declined")
    assert _end(order) == ("payment_failed", "authentication_required")
    assert _money(asking) == []


def test_requires_action__in_spite_of_us__is_voided_for_good(place, asking, state, work):
    order = place(TOKEN)

    work()

    (intent,) = asking.ledger.intents.values()
    assert intent["status"] == "canceled"  # nobody can confirm it any more
    assert state(order) == ("payment_failed", "declined")
    assert _end(order) == ("payment_failed", "authentication_required")


def test_requires_action__voiding_fails__is_done_by_the_next_try(place, asking, state, work):
    order = place(TOKEN)
    asking.fail("lose", on="/cancel")

    work()

    assert len(asking.ledger.intents) == 1
    assert state(order) == ("payment_failed", "declined")


def test_requires_action__confirmed_before_it_is_voided__is_paid_once(place, asking, state, work, post):
    order = place(TOKEN)
    asking.fail("down", on="/cancel")
    work(rounds=1)
    waiting = state(order)
    (intent,) = asking.ledger.intents
    asking.ledger.confirm(intent)

    for event in asking.ledger.events:
        post(event)
    work()

    assert waiting == ("pending", "pending")
    assert (len(asking.ledger.intents), len(asking.ledger.charges)) == (1, 1)
    assert state(order) == ("shipped", "captured")
    assert _money(asking) == [(2990, 0)]


def test_requires_action__confirmed_after_the_order_was_given_up__is_let_go(place, asking, state, work, post):
    order = place(TOKEN)
    asking.fail("down", on="/cancel", times=99)
    work(rounds=1)
    settling.give_up(order_id=order.pk, reason="It was not paid in time", now=timezone.now())
    work()
    (intent,) = asking.ledger.intents
    asking.ledger.confirm(intent)
    asking.stop_failing()

    post(asking.ledger.events[-1])
    work()

    assert state(order) == ("payment_failed", "voided")
    assert _money(asking) == [(0, 0)]
