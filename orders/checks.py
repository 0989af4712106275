from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from orders.providers import CARRIERS, GATEWAYS, MANUAL


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
def check_gateway(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Ask the chosen gateway whether the settings fit it."""
    chosen = GATEWAYS.get(settings.PAYMENT_GATEWAY)
    return list(chosen.check_settings()) if chosen else []
