from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from core.risks import Risk, register_risks
from orders.providers import CARRIERS, GATEWAYS, MANUAL

STRIPE_TEST_KEYS = ("sk_test_", "rk_test_")


@register(Tags.security)
def check_providers(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a gateway or carrier that is not there: orders would be taken that nobody can charge or send."""
    chosen = {
        "PAYMENT_GATEWAY": (settings.PAYMENT_GATEWAY, GATEWAYS),
        "CARRIER": (settings.CARRIER, [*CARRIERS, MANUAL]),
    }
    return [
        Error(f"{name} is {value!r}, but there is only: {', '.join(known)}", id="orders.E001")
        for name, (value, known) in chosen.items()
        if value not in known
    ]


@register(Tags.security, deploy=True)
def check_gateway(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Ask the chosen gateway whether the settings fit it."""
    chosen = GATEWAYS.get(settings.PAYMENT_GATEWAY)
    return list(chosen.check_settings()) if chosen else []


def provider_risks() -> Iterator[Risk]:
    """Orders that nobody pays for, or that nobody sends."""
    yield Risk(
        "test_payments",
        settings.PAYMENT_GATEWAY == "sandbox",
        "PAYMENT_GATEWAY is sandbox: whoever sends tok_ok has paid",
        "Choose a gateway that takes money (docs/payments.md)",
        "orders.E005",
    )
    yield Risk(
        "test_payments",
        settings.PAYMENT_GATEWAY == "stripe" and settings.STRIPE_SECRET_KEY.startswith(STRIPE_TEST_KEYS),
        "STRIPE_SECRET_KEY is a test key: whoever types a test card has paid",
        "Take the live key of Stripe's dashboard",
        "orders.E006",
    )
    yield Risk(
        "test_carrier",
        settings.CARRIER == "sandbox",
        "CARRIER is sandbox: orders are marked as shipped and nobody sends them",
        "CARRIER=manual has staff tell of every shipment",
        "orders.E007",
    )


register_risks(provider_risks)
