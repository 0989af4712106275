"""What a mail about an order shows of it."""

from typing import NamedTuple
from uuid import UUID

from core.rows import Reader, fetch
from orders.models import Order, OrderLine, Shipment


class Shown(NamedTuple):
    order: Order
    lines: list[OrderLine]


_order, _line, _shipment = Reader(Order, alias="o"), Reader(OrderLine, alias="l"), Reader(Shipment)
_SHOWN = f"""
SELECT {_order.columns}, {_line.columns}
FROM orders_order o LEFT JOIN orders_orderline l ON l.order_id = o.id
WHERE o.id = %(order)s ORDER BY l.id
"""  # noqa: S608 - columns of our own
_SENT = f"""
SELECT {_shipment.columns} FROM orders_shipment
WHERE order_id = %(order)s AND shipped_at IS NOT NULL
ORDER BY created_at, id
"""  # noqa: S608


def shown(order_id: UUID) -> Shown:
    """Raises Order.DoesNotExist."""
    found = fetch(_SHOWN, {"order": order_id})
    if not found:
        raise Order.DoesNotExist
    lines = [row[_order.width :] for row in found]
    return Shown(_order.read(found[0]), [_line.read(line) for line in lines if line[0]])


def sent(order_id: UUID) -> list[Shipment]:
    """Its parcels that are on their way, or were."""
    return [_shipment.read(parcel) for parcel in fetch(_SENT, {"order": order_id})]
