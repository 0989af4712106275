"""What manage.py check refuses before the shop takes an order that it cannot charge."""

import pytest

from orders.checks import check_gateway, check_providers


@pytest.fixture
def stripe(settings):
    """A shop that may take payments through Stripe."""
    settings.PAYMENT_GATEWAY = "stripe"
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = "sk_live_x", "whsec_x"
    settings.STRIPE_API_BASE, settings.ORDER_HOLD_HOURS = "https://api.stripe.com", 24
    return settings


def _ids(errors):
    return [error.id for error in errors]


def test_check_gateway__stripe_fits__passes(stripe):
    assert check_gateway(None) == []


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("STRIPE_SECRET_KEY", "", "orders.E002"),
        ("STRIPE_WEBHOOK_SECRET", "", "orders.E002"),
        ("STRIPE_API_BASE", "http://api.stripe.com", "orders.E003"),
        ("ORDER_HOLD_HOURS", 25, "orders.E004"),
    ],
)
def test_check_gateway__stripe_unfit__is_refused(stripe, name, value, error):
    setattr(stripe, name, value)

    assert _ids(check_gateway(None)) == [error]


def test_check_gateway__sandbox__needs_no_keys(settings):
    settings.PAYMENT_GATEWAY = "sandbox"

    assert check_gateway(None) == []


@pytest.mark.parametrize("name", ["PAYMENT_GATEWAY", "CARRIER"])
def test_check_providers__unknown__is_refused(settings, name):
    setattr(settings, name, "paypal")

    assert _ids(check_providers(None)) == ["orders.E001"]
