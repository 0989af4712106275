"""Stripe's objects, as dictionaries, as the contract's plain values."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from orders.providers.base import Charge, WebhookEvent
from orders.providers.currencies import from_minor_units

KEY = "payment_key"  # metadata of every PaymentIntent and refund that this shop makes
# Statuses of an intent that has, or had, the customer's money; before them nothing was authorised.
MADE = frozenset({"requires_capture", "succeeded", "canceled"})
UNMADE = frozenset({"failed", "canceled"})  # of a refund


def key_of(thing: dict[str, Any]) -> str:
    """The payment key that we gave to a PaymentIntent, its Charge, or a refund; empty for somebody else's."""
    metadata: dict[str, str] = thing.get("metadata") or {}
    return metadata.get(KEY, "")


def charge_of_intent(intent: dict[str, Any]) -> Charge:
    """The charge of a PaymentIntent. What was refunded is 0 unless its `latest_charge` is expanded."""
    charge = intent["latest_charge"]
    return _charge(
        reference=intent["id"],
        currency=intent["currency"],
        amount=intent["amount"],
        captured=intent["amount_received"],
        released_or_refunded=0 if charge is None or isinstance(charge, str) else charge["amount_refunded"],
        is_held=intent["status"] == "requires_capture",
    )


def charge_of_charge(charge: dict[str, Any]) -> Charge:
    """The charge of a Stripe Charge, which a PaymentIntent made."""
    return _charge(
        reference=charge["payment_intent"],
        currency=charge["currency"],
        amount=charge["amount"],
        captured=charge["amount_captured"],
        released_or_refunded=charge["amount_refunded"],
        is_held=not charge["captured"] and not charge["refunded"],
    )


def webhook_event_of(event: dict[str, Any]) -> WebhookEvent:
    """The webhook event of an Event's JSON.

    What was paid aside from this shop, and what is no payment, reports nothing.
    """
    thing: dict[str, Any] = event.get("data", {}).get("object", {})
    kind = thing.get("object")
    key = "" if kind == "refund" else key_of(thing)  # a refund has one of its own
    charge, declined, came_back = None, "", Decimal(0)
    if key and kind == "payment_intent":
        charge = charge_of_intent(thing) if thing["status"] in MADE else None
        declined = reason_of(thing) if event["type"] == "payment_intent.payment_failed" else ""
    elif key and kind == "charge" and thing["status"] == "succeeded":
        charge = charge_of_charge(thing)
    elif event["type"] == "refund.failed":
        came_back = from_minor_units(thing["amount"], thing["currency"].upper())
    return WebhookEvent(
        event_id=event["id"],
        kind=event["type"],
        key=key,
        reference=(thing.get("id") if kind == "payment_intent" else thing.get("payment_intent")) or "",
        charge=charge,
        declined=declined,
        came_back=came_back,
    )


def reason_of(intent: Mapping[str, Any]) -> str:
    """Why a PaymentIntent was not paid: the bank's reason, else Stripe's."""
    if intent["status"] == "requires_action":
        return "authentication_required"
    error = intent.get("last_payment_error") or {}
    return error.get("decline_code") or error.get("code") or "card_declined"


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
