"""What every gateway promises (orders/providers/base.py), held against each provider's own ledger."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from uuid import uuid4

import pytest

from orders.providers.base import Declined, ProviderUnavailable, StepRefused

TWENTY = Decimal("20.00")


@pytest.fixture
def key():
    """No two payments of a ledger share one."""
    return f"{uuid4()}:1"


@pytest.fixture
def authorise(world, key):
    def call(token="good", amount=TWENTY):
        return world.gateway.authorise(
            key=key, order="S-TEST", token=world.tokens[token], amount=amount, currency="EUR"
        )

    return call


@pytest.fixture
def capture(world, key):
    def call(charge, amount=TWENTY):
        return world.gateway.capture(
            key=f"{key}:capture", reference=charge.reference, amount=amount, currency="EUR"
        )

    return call


@pytest.fixture
def refund(world, key):
    def call(charge, amount, number=1):
        return world.gateway.refund(
            key=f"{key}:refund:{number}", reference=charge.reference, amount=amount, currency="EUR"
        )

    return call


@pytest.fixture
def truth(world, key):
    """The provider's own rows for this payment: (captured, refunded) each."""
    return lambda: [(c.captured, c.refunded) for c in world.charges() if c.key == key]


def _amounts(charge):
    return charge.amount, charge.captured, charge.refunded, charge.is_held


def test_authorise__good_token__holds_and_takes_nothing(authorise, truth):
    charge = authorise()

    assert (_amounts(charge), charge.currency) == ((TWENTY, 0, 0, True), "EUR")
    assert truth() == [(0, 0)]


@pytest.mark.parametrize("token", ["declined", "insufficient"])
def test_authorise__declined__says_why_and_holds_nothing(world, authorise, truth, key, token):
    with pytest.raises(Declined) as refused:
        authorise(token)
    with pytest.raises(Declined):
        authorise(token)

    assert refused.value.code == {"declined": world.declined, "insufficient": "insufficient_funds"}[token]
    assert (truth(), world.gateway.fetch(key=key)) == ([], None)


def test_authorise__token_that_nobody_issued__is_declined(world, key):
    with pytest.raises(Declined):
        world.gateway.authorise(key=key, order="S-TEST", token="pm_nobodys", amount=TWENTY, currency="EUR")


def test_authorise__same_key_again__is_the_same_charge(authorise, truth):
    first, second = authorise(), authorise()

    assert first == second
    assert truth() == [(0, 0)]


def test_authorise__key_with_another_amount__is_refused(authorise, truth):
    authorise()

    with pytest.raises(Exception, match=r"idempoten|422"):
        authorise(amount=Decimal("19.00"))

    assert truth() == [(0, 0)]


def test_authorise__answer_lost__repeat_makes_one_charge(world, authorise, truth):
    world.lose_next_answer()
    with pytest.raises(ProviderUnavailable):
        authorise()

    charge = authorise()

    assert (charge.is_held, truth()) == (True, [(0, 0)])


def test_authorise__twenty_at_once_with_one_key__one_charge(authorise, truth):
    def attempt(_):
        try:
            return authorise().reference
        except ProviderUnavailable:  # "another one is running": as the contract has it, try again
            return None

    with ThreadPoolExecutor(20) as pool:
        references = set(pool.map(attempt, range(20))) - {None}

    assert references == {authorise().reference}
    assert len(truth()) == 1


def test_capture__whole_amount__takes_it(authorise, capture, truth):
    captured = capture(authorise())

    assert _amounts(captured) == (TWENTY, TWENTY, 0, False)
    assert truth() == [(TWENTY, 0)]


def test_capture__part__takes_it_and_lets_the_rest_go(world, key, authorise, capture, truth):
    captured = capture(authorise(), Decimal("12.34"))

    assert _amounts(captured) == (TWENTY, Decimal("12.34"), 0, False)
    assert (world.gateway.fetch(key=key), truth()) == (captured, [(Decimal("12.34"), 0)])


def test_capture__more_than_is_held__is_refused(authorise, capture, truth):
    with pytest.raises(StepRefused):
        capture(authorise(), Decimal("20.01"))

    assert truth() == [(0, 0)]


def test_capture__answer_lost__repeat_takes_once(world, authorise, capture, truth):
    charge = authorise()
    world.lose_next_answer()
    with pytest.raises(ProviderUnavailable):
        capture(charge)

    captured = capture(charge)

    assert (captured.captured, truth()) == (TWENTY, [(TWENTY, 0)])


def test_void__held__lets_go(world, key, authorise, capture, truth):
    charge = authorise()

    voided = world.gateway.void(key=f"{key}:void", reference=charge.reference)

    assert _amounts(voided) == (TWENTY, 0, 0, False)
    assert voided == world.gateway.void(key=f"{key}:void", reference=charge.reference)
    with pytest.raises(StepRefused):
        capture(charge)
    assert truth() == [(0, 0)]


def test_void__captured__is_refused(world, key, authorise, capture, truth):
    charge = authorise()
    capture(charge)

    with pytest.raises(StepRefused):
        world.gateway.void(key=f"{key}:void", reference=charge.reference)

    assert truth() == [(TWENTY, 0)]


def test_refund__in_parts__adds_up_and_stops_at_what_was_captured(authorise, capture, refund, truth):
    charge = authorise()
    capture(charge)

    first, second = refund(charge, Decimal("5.00"), 1), refund(charge, Decimal("15.00"), 2)

    assert (first.refunded, second.refunded) == (Decimal("5.00"), TWENTY)
    with pytest.raises(StepRefused):
        refund(charge, Decimal("0.01"), 3)
    assert truth() == [(TWENTY, TWENTY)]


def test_refund__more_than_a_partial_capture__is_refused(authorise, capture, refund, truth):
    charge = authorise()
    capture(charge, Decimal("8.00"))

    with pytest.raises(StepRefused):
        refund(charge, Decimal("8.01"))

    assert truth() == [(Decimal("8.00"), 0)]


def test_refund__nothing_captured__is_refused(authorise, refund, truth):
    with pytest.raises(StepRefused):
        refund(authorise(), Decimal("1.00"))

    assert truth() == [(0, 0)]


def test_refund__answer_lost__repeat_refunds_once(world, authorise, capture, refund, truth):
    charge = authorise()
    capture(charge)
    world.lose_next_answer()
    with pytest.raises(ProviderUnavailable):
        refund(charge, Decimal("5.00"))

    refunded = refund(charge, Decimal("5.00"))

    assert (refunded.refunded, truth()) == (Decimal("5.00"), [(TWENTY, Decimal("5.00"))])


def test_fetch__key_never_used__none(world, key):
    assert world.gateway.fetch(key=key) is None


def test_fetch__after_each_step__answers_the_state(world, key, authorise, capture, refund):
    charge = authorise()
    held = world.gateway.fetch(key=key)
    capture(charge)
    captured = world.gateway.fetch(key=key, reference=charge.reference)
    refund(charge, Decimal("5.00"))
    refunded = world.gateway.fetch(key=key)

    assert held == charge
    assert _amounts(captured) == (TWENTY, TWENTY, 0, False)
    assert _amounts(refunded) == (TWENTY, TWENTY, Decimal("5.00"), False)
