"""What a mail about an order shows of it."""

from typing import NamedTuple
from uuid import UUID

from core.rows import Reader, fetch, fetch_one
from orders.models import Order, OrderLine, Shipment


class Shown(NamedTuple):
    order: Order
    lines: list[OrderLine]
    shipments: list[Shipment]


_order, _line, _shipment = Reader(Order), Reader(OrderLine), Reader(Shipment)
_ORDER = f"SELECT {_order.columns} FROM orders_order WHERE id = %(order)s"  # noqa: S608 - columns of our own
_LINES = f"SELECT {_line.columns} FROM orders_orderline WHERE order_id = %(order)s ORDER BY id"  # noqa: S608
_SHIPMENTS = f"""
SELECT {_shipment.columns} FROM orders_shipment WHERE order_id = %(order)s ORDER BY created_at, id
"""  # noqa: S608


def shown(order_id: UUID) -> Shown:
    """Raises Order.DoesNotExist."""
    values = {"order": order_id}
    row = fetch_one(_ORDER, values)
    if row is None:
        raise Order.DoesNotExist
    lines = [_line.read(line) for line in fetch(_LINES, values)]
    return Shown(_order.read(row), lines, [_shipment.read(parcel) for parcel in fetch(_SHIPMENTS, values)])
