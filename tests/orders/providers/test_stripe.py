"""What is Stripe's own: its errors, its kept answers, its search, its currencies."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from stripe import IdempotencyError

from core.resilience.breaker import BreakerOpen
from orders.providers import stripe as stripe_gateway
from orders.providers.base import Declined, ProviderUnavailable, StepRefused
from orders.providers.stripe import StripeGateway

KEY = "0199-order:1"
TEN = Decimal("10.00")


@pytest.fixture
def authorise(stripe):
    def call(token="pm_card_visa", amount=TEN, currency="EUR", key=KEY):
        return stripe.gateway.authorise(key=key, order="S-1", token=token, amount=amount, currency=currency)

    return call


@pytest.mark.parametrize("fault", ["reset", "down", "limit", "lose"])
def test_authorise__stripe_fails__is_unavailable_and_a_repeat_makes_one_charge(stripe, authorise, fault):
    stripe.fake.fail(fault)
    with pytest.raises(ProviderUnavailable):
        authorise()

    charge = authorise()

    assert (charge.is_held, len(stripe.fake.ledger.charges)) == (True, 1)


def test_authorise__stripe_fails__is_not_retried_behind_our_back(stripe, authorise):
    stripe.fake.fail("down", times=5)

    with pytest.raises(ProviderUnavailable):
        authorise()

    assert stripe.fake.calls("/v1/payment_intents") == 1


def test_authorise__stripe_hangs__gives_up_in_time(stripe, authorise, monkeypatch):
    monkeypatch.setattr(stripe_gateway, "TIMEOUTS", (0.2, 0.2))
    stripe.fake.fail("hang")

    with pytest.raises(ProviderUnavailable):
        StripeGateway().authorise(key=KEY, order="S-1", token="pm_card_visa", amount=TEN, currency="EUR")

    assert max(stripe_gateway.TIMEOUTS) <= 3
    assert authorise().is_held
    assert len(stripe.fake.ledger.charges) == 1


def test_authorise__first_request_still_runs__second_is_unavailable(stripe, authorise):
    stripe.fake.fail("delay")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(authorise)
        assert stripe.fake.is_delaying.wait(5)
        with pytest.raises(ProviderUnavailable, match="in_use"):
            authorise()
        stripe.fake.let_go.set()

    assert first.result() == authorise()
    assert len(stripe.fake.ledger.charges) == 1


def test_authorise__stripe_keeps_its_failure__the_charge_it_made_is_found(stripe, authorise):
    stripe.fake.fail("kept_500")
    with pytest.raises(ProviderUnavailable):
        authorise()

    charge = authorise()

    assert (charge.is_held, len(stripe.fake.ledger.charges)) == (True, 1)


def test_authorise__other_values_under_the_key__is_our_fault(authorise):
    authorise()

    with pytest.raises(IdempotencyError):
        authorise(amount=Decimal("11.00"))


def test_authorise__bank_asks_for_the_customer__is_declined(authorise):
    with pytest.raises(Declined) as refused:
        authorise("pm_card_authenticationRequired")

    assert refused.value.code == "authentication_required"


def test_authorise__amount_that_stripe_does_not_take__is_declined(authorise):
    with pytest.raises(Declined) as refused:
        authorise(amount=Decimal("0.00"))

    assert refused.value.code == "amount_too_small"


def test_authorise__key_withdrawn__orders_wait(stripe, settings):
    settings.STRIPE_SECRET_KEY = "sk_test_withdrawn"

    with pytest.raises(ProviderUnavailable):
        StripeGateway().authorise(key=KEY, order="S-1", token="pm_card_visa", amount=TEN, currency="EUR")


@pytest.mark.parametrize("token", ["pm_card_visa", "tok_visa", "ctoken_visa"])
def test_authorise__each_kind_of_token__holds(authorise, token):
    assert authorise(token).is_held


@pytest.mark.parametrize(
    ("currency", "amount", "units"),
    [("EUR", "10.50", 1050), ("JPY", "1050.00", 1050), ("KWD", "1.05", 1050), ("UGX", "10.00", 1000)],
)
def test_steps__currency__is_counted_in_its_own_units(stripe, authorise, currency, amount, units):
    charge = authorise(currency=currency, amount=Decimal(amount))

    captured = stripe.gateway.capture(
        key="c", reference=charge.reference, amount=Decimal(amount), currency=currency
    )
    refunded = stripe.gateway.refund(
        key="r", reference=charge.reference, amount=Decimal(amount), currency=currency
    )

    (kept,) = stripe.fake.ledger.charges.values()
    assert (kept["amount"], kept["currency"]) == (units, currency.lower())
    assert (captured.captured, refunded.refunded) == (Decimal(amount), Decimal(amount))


def test_authorise__half_a_yen__never_leaves_the_house(stripe, authorise):
    with pytest.raises(ValueError, match="finer than JPY"):
        authorise(currency="JPY", amount=Decimal("10.50"))

    assert stripe.fake.requests == []


def test_refund__key_forgotten_by_stripe__is_still_refunded_once(stripe, authorise):
    charge = authorise()
    stripe.gateway.capture(key="c", reference=charge.reference, amount=TEN, currency="EUR")
    values = {"key": "r", "reference": charge.reference, "amount": Decimal("4.00"), "currency": "EUR"}
    stripe.gateway.refund(**values)
    stripe.fake.forget_keys()

    again = stripe.gateway.refund(**values)

    assert (again.refunded, len(stripe.fake.ledger.refunds)) == (Decimal("4.00"), 1)


def test_capture__key_forgotten_by_stripe__is_refused_rather_than_repeated(stripe, authorise):
    charge = authorise()
    values = {"key": "c", "reference": charge.reference, "amount": TEN, "currency": "EUR"}
    stripe.gateway.capture(**values)
    stripe.fake.forget_keys()

    with pytest.raises(StepRefused):
        stripe.gateway.capture(**values)


def test_fetch__search_lags__the_list_knows(stripe, authorise):
    stripe.fake.ledger.search_lag = 60
    charge = authorise()

    assert stripe.gateway.fetch(key=KEY) == charge


def test_fetch__more_new_payments_than_a_page__finds_the_oldest(stripe, authorise, monkeypatch):
    monkeypatch.setattr(stripe_gateway, "PAGE", 2)
    stripe.fake.ledger.search_lag = 60
    charge = authorise()
    for number in range(4):
        authorise(key=f"another:{number}")

    assert stripe.gateway.fetch(key=KEY) == charge


def test_fetch__more_new_payments_than_can_be_read__does_not_claim_there_is_none(
    stripe, authorise, monkeypatch
):
    monkeypatch.setattr(stripe_gateway, "PAGE", 1)
    monkeypatch.setattr(stripe_gateway, "MAX_PAGES", 2)
    for number in range(4):
        authorise(key=f"another:{number}")

    with pytest.raises(ProviderUnavailable):
        stripe.gateway.fetch(key=KEY)


def test_breaker__ten_failures_in_a_row__stripe_is_left_alone(stripe, authorise):
    stripe.fake.fail("down", times=10)
    for _ in range(10):
        with pytest.raises(ProviderUnavailable):
            authorise()

    with pytest.raises(BreakerOpen):
        authorise()

    assert stripe.fake.calls("/v1/payment_intents") == 10


def test_breaker__declined_cards__are_no_failures_of_stripe(stripe, authorise):
    stripe.fake.fail("down", times=9)
    for _ in range(9):
        with pytest.raises(ProviderUnavailable):
            authorise()
    with pytest.raises(Declined):
        authorise("pm_card_chargeDeclined", key="another")

    stripe.fake.fail("down")
    with pytest.raises(ProviderUnavailable):
        authorise()

    assert authorise().is_held
