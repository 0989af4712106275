"""Payment gateways and carriers by name, as payments and shipments store it."""

from collections.abc import Callable, Mapping
from functools import cache

from orders.providers.base import Carrier, Gateway
from orders.providers.sandbox import SandboxCarrier, SandboxGateway
from orders.providers.stripe import StripeGateway

GATEWAYS: Mapping[str, type[Gateway]] = {"sandbox": SandboxGateway, "stripe": StripeGateway}
MANUAL = "manual"  # no carrier: staff send every shipment
CARRIERS: Mapping[str, Callable[[], Carrier]] = {"sandbox": SandboxCarrier}


@cache
def gateway(name: str) -> Gateway:
    """The gateway of this name. Raises KeyError for a gateway that this release does not have."""
    return GATEWAYS[name]()


@cache
def carrier(name: str) -> Carrier:
    """The carrier of this name. Raises KeyError for a carrier that this release does not have."""
    return CARRIERS[name]()
