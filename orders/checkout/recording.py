"""Writing a new order: order, lines, first timeline entry and payment, in one statement."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from core.ids import uuid7
from core.rows import array
from orders.checkout import numbers
from orders.models import Payment, Status
from orders.pricing.amounts import Quote, QuotedLine

NUMBER_TRIES = 10  # of 887 million numbers: with ten million orders a draw is taken once in ninety


@dataclass(frozen=True, kw_only=True, slots=True)
class NewLine:
    variant_id: UUID
    name: str
    priced: QuotedLine


@dataclass(frozen=True, kw_only=True, slots=True)
class NewOrder:
    """What checkout has decided. `token_hash` is empty for customers."""

    id: UUID
    customer_id: UUID | None
    email: str
    token_hash: str
    language: str
    currency: str
    quote: Quote
    lines: tuple[NewLine, ...]
    shipping_address: Mapping[str, str]
    shipping_method: str
    payment_token: str
    now: datetime

    def units_by_variant(self) -> dict[UUID, int]:
        return {line.variant_id: line.priced.quantity for line in self.lines}


_RECORD = """
WITH placed AS (
    INSERT INTO orders_order (
        id, number, customer_id, email, token_hash, language, status, currency, subtotal, discount, shipping,
        tax, tax_included, total, shipping_address, shipping_method, created_at, updated_at
    ) VALUES (
        %(id)s, %(number)s, %(customer)s, %(email)s, %(token_hash)s, %(language)s, %(status)s, %(currency)s,
        %(subtotal)s, %(discount)s, %(shipping)s, %(tax)s, %(tax_included)s, %(total)s,
        %(address)s::jsonb, %(method)s, %(now)s, %(now)s
    ) ON CONFLICT (number) DO NOTHING RETURNING id
), lines AS (
    INSERT INTO orders_orderline (order_id, variant_id, sku, name, unit_price, quantity, total, discount, tax)
    SELECT placed.id, l.* FROM placed, unnest(
        %(variants)s::uuid[], %(skus)s::text[], %(names)s::text[], %(prices)s::numeric[],
        %(quantities)s::int[], %(totals)s::numeric[], %(discounts)s::numeric[], %(taxes)s::numeric[]
    ) AS l
), noted AS (
    INSERT INTO orders_orderevent (order_id, from_status, to_status, actor, reason, data, at)
    SELECT id, '', %(status)s, %(actor)s, '', '{}'::jsonb, %(now)s FROM placed
), paying AS (
    INSERT INTO orders_payment (
        id, order_id, gateway, token, amount, currency, status, idempotency_key, provider_reference, captured,
        refunded, error, created_at, updated_at
    )
    SELECT %(payment_id)s, id, %(gateway)s, %(payment_token)s, %(total)s, %(currency)s, %(payment_status)s,
        %(payment_key)s, '', 0, 0, '', %(now)s, %(now)s FROM placed
)
SELECT id FROM placed
"""


def record(order: NewOrder, *, gateway: str) -> str:
    """Insert the order as pending, with its payment to be made; returns its number. One round trip."""
    values = {**_order(order), **_lines(order.lines), **_payment(order, gateway)}
    with connection.cursor() as cursor:
        for _ in range(NUMBER_TRIES):
            number = numbers.new_number()
            cursor.execute(_RECORD, {**values, "number": number})
            if cursor.fetchone():
                return number
    raise RuntimeError("No free order number was found")


def _order(order: NewOrder) -> dict[str, Any]:
    return {
        "id": order.id,
        "customer": order.customer_id,
        "email": order.email,
        "token_hash": order.token_hash,
        "language": order.language,
        "status": Status.PENDING.value,
        "currency": order.currency,
        "subtotal": order.quote.subtotal,
        "discount": order.quote.discount,
        "shipping": order.quote.shipping,
        "tax": order.quote.tax,
        "tax_included": order.quote.tax_included,
        "total": order.quote.total,
        "address": orjson.dumps(order.shipping_address).decode(),
        "method": order.shipping_method,
        "actor": "customer" if order.customer_id else "guest",
        "now": order.now,
    }


def _lines(lines: tuple[NewLine, ...]) -> dict[str, str]:
    return {
        "variants": array(line.variant_id for line in lines),
        "names": array(line.name for line in lines),
        "skus": array(line.priced.sku for line in lines),
        "prices": array(line.priced.unit_price for line in lines),
        "quantities": array(line.priced.quantity for line in lines),
        "totals": array(line.priced.total for line in lines),
        "discounts": array(line.priced.discount for line in lines),
        "taxes": array(line.priced.tax for line in lines),
    }


def _payment(order: NewOrder, gateway: str) -> dict[str, Any]:
    return {
        "payment_id": uuid7(),
        "gateway": gateway,
        "payment_token": order.payment_token,
        "payment_status": Payment.Status.PENDING.value,
        "payment_key": f"{order.id}:payment:1",
    }
