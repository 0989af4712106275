"""An order whole, in one statement: customers read it again and again while it is on its way."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

from core.rows import fetch_one
from orders.checkout import numbers
from orders.history.access import Reader
from orders.history.lists import SUMMARY
from orders.models import Order

_OWN = (*SUMMARY, "email", "shipping_address", "shipping_method", "updated_at")
_FIELDS = (*_OWN, "voucher", "refunded", "lines", "shipments", "refunds")
_JSON = ("shipping_address", "lines", "shipments", "refunds")


def _rows(table: str, *columns: str, by: str) -> str:
    """The order's rows of `table` as JSON. Money is cast to text: it keeps its cents."""
    pairs = ", ".join(f"'{column.removesuffix('::text')}', {column}" for column in columns)
    rows = f"SELECT json_agg(json_build_object({pairs}) ORDER BY {by}) FROM {table} WHERE order_id = o.id"  # noqa: S608
    return f"coalesce(({rows})::text, '[]')"


_LINES = _rows(
    "orders_orderline",
    *("sku", "name", "unit_price::text", "quantity", "total::text", "discount::text", "tax::text"),
    by="id",
)
_SHIPMENTS = _rows(
    "orders_shipment",
    *("carrier", "tracking_number", "status", "lines", "shipped_at"),
    by="created_at, id",
)
_REFUNDS = _rows(
    "orders_refund", *("amount::text", "status", "lines", "created_at", "settled_at"), by="created_at, id"
)
_SELECT = f"""
SELECT o.customer_id, o.token_hash, {", ".join(f"o.{name}" for name in _OWN)},
       (SELECT v.code FROM orders_voucheruse u JOIN orders_voucher v ON v.id = u.voucher_id
        WHERE u.order_id = o.id),
       coalesce((SELECT sum(refunded) FROM orders_payment WHERE order_id = o.id), 0.00),
       {_LINES}, {_SHIPMENTS}, {_REFUNDS}
FROM orders_order o
"""  # noqa: S608 - columns of our own
_BY_NUMBER = f"{_SELECT} WHERE o.number = %(number)s"
_BY_ID = f"{_SELECT} WHERE o.id = %(id)s"


def order_of(*, number: str, reader: Reader) -> dict[str, Any] | None:
    """The order whole, for whoever may read it; None for everybody else."""
    stored = numbers.normalise(number)
    found = fetch_one(_BY_NUMBER, {"number": stored}) if stored else None
    if found is None or not reader.may_read(*found[:2]):
        return None
    return _document(found)


def order_with(order_id: UUID) -> dict[str, Any]:
    """The order whole, for whoever has been let in. Raises Order.DoesNotExist."""
    found = fetch_one(_BY_ID, {"id": order_id})
    if found is None:
        raise Order.DoesNotExist
    return _document(found)


def _document(found: tuple[Any, ...]) -> dict[str, Any]:
    document = dict(zip(_FIELDS, found[2:], strict=True))
    document |= {name: orjson.loads(document[name]) for name in _JSON}
    for row in (*document["shipments"], *document["refunds"]):
        row |= {name: _time(value) for name, value in row.items() if name.endswith("_at")}
    return document


def _time(text: str | None) -> datetime | None:
    """The moment that a text of PostgreSQL names, which leaves out the zeros at the end of a fraction."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None
