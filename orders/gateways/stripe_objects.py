"""Stripe's objects as the contract's plain values."""

from typing import Any

from orders.gateways.base import Charge
from orders.gateways.currencies import from_minor_units

KEY = "payment_key"  # metadata of every PaymentIntent and refund that this shop makes
# Statuses of an intent that has, or had, the customer's money; before them nothing was authorised.
MADE = frozenset({"requires_capture", "succeeded", "canceled"})


def key_of(thing: Any) -> str:
    """The payment key that we gave to a PaymentIntent, its Charge, or a refund; empty for somebody else's."""
    metadata = thing["metadata"]
    return metadata[KEY] if metadata and KEY in metadata else ""


def charge_of_intent(intent: Any) -> Charge:
    """Of a PaymentIntent. What was refunded is 0 unless its `latest_charge` is expanded."""
    charge = intent["latest_charge"]
    return _charge(
        reference=intent["id"],
        currency=intent["currency"],
        amount=intent["amount"],
        captured=intent["amount_received"],
        released_or_refunded=0 if charge is None or isinstance(charge, str) else charge["amount_refunded"],
        is_held=intent["status"] == "requires_capture",
    )


def charge_of_charge(charge: Any) -> Charge:
    """Of a Charge, which a PaymentIntent made."""
    return _charge(
        reference=charge["payment_intent"],
        currency=charge["currency"],
        amount=charge["amount"],
        captured=charge["amount_captured"],
        released_or_refunded=charge["amount_refunded"],
        is_held=not charge["captured"] and not charge["refunded"],
    )


def _charge(
    *, reference: str, currency: str, amount: int, captured: int, released_or_refunded: int, is_held: bool
) -> Charge:
    currency = currency.upper()
    # Stripe counts what it let go uncaptured as refunded too.
    refunded = max(0, released_or_refunded - (0 if is_held else amount - captured))
    return Charge(
        reference=reference,
        currency=currency,
        amount=from_minor_units(amount, currency),
        captured=from_minor_units(captured, currency),
        refunded=from_minor_units(refunded, currency),
        is_held=is_held,
    )
