"""What a signed webhook may say: values that fit the columns which keep them, and amounts that are possible.

A provider repeats what we answer with a 5xx for days, so that everything that no row of ours can hold is
refused here, before it is looked up or stored.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import cast

from django.core.exceptions import ValidationError
from django.db.models import CharField

from core import money
from core.errors import Invalid
from orders.models import Payment, ProviderEvent
from orders.providers.base import Charge, WebhookEvent


class WebhookNotUnderstood(Invalid):
    code = "webhook_not_understood"
    title = "The webhook is signed correctly but its content is not understood"


def check(event: WebhookEvent) -> None:
    """Refuse what our columns cannot hold. Raises WebhookNotUnderstood, naming the value."""
    for name, limit, value in _texts(event):
        if not (isinstance(value, str) and value.isprintable() and len(value) <= limit):
            raise WebhookNotUnderstood(f"The event's {name} is no text of at most {limit} characters")
    if not (event.event_id and event.kind):
        raise WebhookNotUnderstood("The event has no id or no type")
    for name, amount in _amounts(event):
        if not _is_amount(amount):
            raise WebhookNotUnderstood(f"The event's {name} is no amount")


def check_against(event: WebhookEvent, payment: Payment) -> None:
    """Refuse what cannot be true of the event's payment. Raises WebhookNotUnderstood."""
    if event.charge and not _is_possible(event.charge, payment):
        raise WebhookNotUnderstood(
            "Another currency, more than was asked for, or more refunded than captured"
        )
    if event.came_back > payment.amount:
        raise WebhookNotUnderstood("More came back than was asked for")


def _texts(event: WebhookEvent) -> Iterator[tuple[str, int, object]]:
    """Every text of the event that is stored or looked up, with its name and its limit."""
    yield "id", _limit(ProviderEvent, "event_id"), event.event_id
    yield "type", _limit(ProviderEvent, "kind"), event.kind
    yield "key", _limit(Payment, "idempotency_key"), event.key
    yield "reference", _limit(Payment, "provider_reference"), event.reference
    yield "reason", _limit(Payment, "error"), event.declined
    if event.charge:
        yield "charge", _limit(Payment, "provider_reference"), event.charge.reference
        yield "currency", _limit(Payment, "currency"), event.charge.currency


def _amounts(event: WebhookEvent) -> Iterator[tuple[str, Decimal]]:
    yield "amount that came back", event.came_back
    if event.charge:
        yield "amount", event.charge.amount
        yield "captured amount", event.charge.captured
        yield "refunded amount", event.charge.refunded


def _limit(model: type[Payment | ProviderEvent], column: str) -> int:
    field = cast("CharField[str, str]", model._meta.get_field(column))
    return field.max_length or 0


def _is_amount(amount: Decimal) -> bool:
    try:
        Payment._meta.get_field("amount").run_validators(amount)
    except ValidationError:
        return False
    return amount >= 0


def _is_possible(charge: Charge, payment: Payment) -> bool:
    return (
        charge.currency == payment.currency
        and charge.refunded <= charge.captured <= payment.amount
        and all(money.fits(amount, charge.currency) for amount in (charge.captured, charge.refunded))
    )
