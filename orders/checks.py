from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from orders.providers import CARRIERS, GATEWAYS, MANUAL

STRIPE_KEY_HOURS = 24  # how long Stripe remembers an idempotency key


@register()
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
def check_stripe(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    return list(_stripe_errors()) if settings.PAYMENT_GATEWAY == "stripe" else []


def _stripe_errors() -> Iterator[CheckMessage]:
    for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"):
        if not getattr(settings, name):
            yield Error(f"PAYMENT_GATEWAY is stripe, but {name} is empty", id="orders.E002")
    if not settings.STRIPE_API_BASE.startswith("https://"):
        yield Error("STRIPE_API_BASE is not HTTPS: the secret key would travel in clear", id="orders.E003")
    if settings.ORDER_HOLD_HOURS > STRIPE_KEY_HOURS:
        hint = "A payment that is tried again after that may be made twice"
        yield Error(
            f"ORDER_HOLD_HOURS is above {STRIPE_KEY_HOURS}, for which Stripe remembers an idempotency key",
            hint=hint,
            id="orders.E004",
        )
