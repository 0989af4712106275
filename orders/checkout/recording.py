"""Writing a new order: order, lines, first timeline entry and payment, in one statement."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from core import rows
from core.ids import uuid7
from orders import actors
from orders.checkout import numbers
from orders.checkout.guests import Buyer, token_hash
from orders.models import Payment, Status
from orders.pricing.amounts import Quote, QuotedLine
from orders.pricing.offers import Basket, Offer, name_of

NUMBER_TRIES = 10  # of 887 million numbers: with ten million orders a draw is taken once in ninety


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderDetails:
    """What its buyer says of an order beside the basket: nothing that a price depends on."""

    payment_token: str


@dataclass(frozen=True, kw_only=True, slots=True)
class NewLine:
    """One line of a new order, priced, with the variant that it sells."""

    variant_id: UUID
    name: str
    priced: QuotedLine


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOrder:
    """What was asked for, and what checkout has decided. `guest_token` is None for customers."""

    id: UUID
    buyer: Buyer
    guest_token: str | None
    basket: Basket
    offer: Offer
    lines: tuple[NewLine, ...]
    details: OrderDetails
    now: datetime

    @property
    def currency(self) -> str:
        return self.offer.currency

    @property
    def quote(self) -> Quote:
        return self.offer.quote

    def units_by_variant(self) -> dict[UUID, int]:
        return {line.variant_id: line.priced.quantity for line in self.lines}


# The columns of a new order beside its number, each with its value: a new field of an order is one line here.
_ORDER: Mapping[str, Callable[[NewOrder], Any]] = {
    "id": lambda order: order.id,
    "customer_id": lambda order: order.buyer.customer_id,
    "email": lambda order: order.buyer.email,
    "token_hash": lambda order: token_hash(order.guest_token) if order.guest_token else "",
    "language": lambda order: order.buyer.language,
    "status": lambda order: Status.PENDING.value,
    "currency": lambda order: order.offer.currency,
    "subtotal": lambda order: order.offer.quote.subtotal,
    "discount": lambda order: order.offer.quote.discount,
    "shipping": lambda order: order.offer.quote.shipping,
    "tax": lambda order: order.offer.quote.tax,
    "tax_included": lambda order: order.offer.quote.tax_included,
    "total": lambda order: order.offer.quote.total,
    "shipping_address": lambda order: orjson.dumps(order.basket.shipping_address).decode(),
    "shipping_method": lambda order: order.offer.shipping_method or "",
    "created_at": lambda order: order.now,
    "updated_at": lambda order: order.now,
}

# Likewise those of a line: each with its type, because all lines are written from one array a column.
_LINE: Mapping[str, tuple[str, Callable[[NewLine], object]]] = {
    "variant_id": ("uuid", lambda line: line.variant_id),
    "sku": ("text", lambda line: line.priced.sku),
    "name": ("text", lambda line: line.name),
    "unit_price": ("numeric", lambda line: line.priced.unit_price),
    "quantity": ("int", lambda line: line.priced.quantity),
    "total": ("numeric", lambda line: line.priced.total),
    "discount": ("numeric", lambda line: line.priced.discount),
    "tax": ("numeric", lambda line: line.priced.tax),
}

_ARRAYS = ", ".join(f"%(line.{name})s::{kind}[]" for name, (kind, _) in _LINE.items())
_RECORD = f"""
WITH placed AS (
    INSERT INTO orders_order (number, {", ".join(_ORDER)})
    VALUES (%(number)s, {", ".join(f"%({name})s" for name in _ORDER)})
    ON CONFLICT (number) DO NOTHING RETURNING id, status, currency, total, created_at
), lines AS (
    INSERT INTO orders_orderline (order_id, {", ".join(_LINE)})
    SELECT placed.id, line.* FROM placed, unnest({_ARRAYS}) AS line
), timeline AS (
    INSERT INTO orders_orderevent (order_id, from_status, to_status, actor, reason, data, at)
    SELECT id, '', status, %(actor)s, '', '{{}}'::jsonb, created_at FROM placed
), paying AS (
    INSERT INTO orders_payment (
        id, order_id, gateway, token, amount, currency, status, idempotency_key, provider_reference, captured,
        refunded, error, created_at, updated_at
    )
    SELECT %(payment.id)s, id, %(payment.gateway)s, %(payment.token)s, total, currency, %(payment.status)s,
        %(payment.key)s, '', 0, 0, '', created_at, created_at FROM placed
)
SELECT id FROM placed
"""  # noqa: S608 - columns of our own


def lines_of(offer: Offer) -> tuple[NewLine, ...]:
    """The lines of an order that takes up the offer."""
    return tuple(
        NewLine(variant_id=variant.variant_id, name=name_of(variant), priced=line)
        for line in offer.quote.lines
        for variant in [offer.variants[line.sku]]
    )


def record(order: NewOrder, *, gateway: str) -> str:
    """Insert the order as pending, with its payment to be made; returns its number. One round trip."""
    values = {
        **{column: value(order) for column, value in _ORDER.items()},
        **{f"line.{column}": rows.array(map(value, order.lines)) for column, (_, value) in _LINE.items()},
        **_payment(order, gateway),
        "actor": actors.buyer(order.buyer.customer_id),
    }
    for _ in range(NUMBER_TRIES):
        number = numbers.new_number()
        if rows.fetch_one(_RECORD, {**values, "number": number}):
            return number
    raise RuntimeError("No free order number was found")


def _payment(order: NewOrder, gateway: str) -> dict[str, Any]:
    return {
        "payment.id": uuid7(),
        "payment.gateway": gateway,
        "payment.token": order.details.payment_token,
        "payment.status": Payment.Status.PENDING.value,
        "payment.key": f"{order.id}:payment:1",
    }
