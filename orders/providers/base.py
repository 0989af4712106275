"""What the shop expects of a payment gateway and of a carrier, in plain values.

Every step takes an idempotency key: calling again with the same key and the same values is the same step,
whether the first call arrived or not. Any call may raise ProviderUnavailable, and then nobody knows
whether it had its effect; call again with the same key, or `fetch`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from django.core.checks import CheckMessage

from core.errors import DomainError


class ProviderUnavailable(Exception):
    """The provider is down, refuses for now, or its answer was lost: try again with the same key."""


class Declined(Exception):
    """The refusal is final: this means of payment will not pay this. `code` is the provider's reason."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class StepRefused(Exception):
    """The payment's state at the provider does not allow this step; `fetch` answers the state."""


class SignatureInvalid(DomainError):
    code = "signature_invalid"
    title = "This is not signed by the provider, or too long ago"


@dataclass(frozen=True, kw_only=True, slots=True)
class Charge:
    """A payment as the provider knows it. `is_held`: authorised, and neither captured nor voided."""

    reference: str
    amount: Decimal
    currency: str
    captured: Decimal
    refunded: Decimal
    is_held: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class WebhookEvent:
    """What a webhook reports. It may come early, late, twice, or before something older.

    `key` is that of the authorisation, `reference` that of the charge; either may be empty. For an event that
    changes nothing of the payment `charge` is None and `declined` (the provider's reason) empty. `came_back`
    is what of a refund could not be brought to the customer, and is the shop's again.
    """

    event_id: str
    kind: str
    key: str
    reference: str
    charge: Charge | None
    declined: str = ""
    came_back: Decimal = Decimal(0)


class Gateway(Protocol):
    """A payment provider. Amounts are decimals with their currency."""

    def authorise(self, *, key: str, order: str, token: str, amount: Decimal, currency: str) -> Charge:
        """Hold `amount` on the means of payment behind `token`. Raises Declined."""

    def capture(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Charge:
        """Take `amount` of what is held; the rest is let go. Raises StepRefused."""

    def void(self, *, key: str, reference: str) -> Charge:
        """Let go of what is held. Raises StepRefused where it was captured."""

    def refund(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Charge:
        """Refund `amount` of what was captured. Raises StepRefused where that is more than is left."""

    def fetch(self, *, key: str, reference: str = "") -> Charge | None:
        """The payment authorised under `key` as it is now; None where the provider has never made one.

        `reference`, where it is known, finds it faster.
        """

    @staticmethod
    def check_settings() -> Iterable[CheckMessage]:
        """Why the settings do not fit this gateway, for `manage.py check --deploy`."""

    def read_webhook(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        """Verify and read; `headers` ignore case. Raises SignatureInvalid."""


class Carrier(Protocol):
    """The company that carries parcels. What the shop calls a shipment is a parcel to it."""

    def create_parcel(
        self, *, key: str, order: str, address: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
    ) -> str:
        """Hand over a parcel with `lines` ({"sku", "quantity"}) for `address`; its tracking number.

        Raises StepRefused where the parcel has been cancelled.
        """

    def cancel_parcel(self, *, key: str) -> None:
        """Cancel the parcel of `key`: it is not sent, and one that comes later under it is refused."""
