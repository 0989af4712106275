"""The payment that an order's saga works with."""

from uuid import UUID

from core.rows import Reader, fetch_one
from orders.models import Order, Payment

LIVE = (Payment.Status.PENDING, Payment.Status.AUTHORISED, Payment.Status.CAPTURED)

_payment = Reader(Payment, alias="p")
_order = Reader(Order, "id", "number", "status", alias="o")

_LIVE = f"""
SELECT {_payment.columns}, {_order.columns}
FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.order_id = %(order)s AND p.status = ANY(%(live)s::text[])
"""  # noqa: S608 - columns of our own

# The order's row is locked first. A payment that changed while we waited for that is read as it is now.
_LOCK = f"""
WITH o AS (SELECT id, status FROM orders_order WHERE id = %(order)s FOR UPDATE)
SELECT {_payment.columns}, o.status
FROM o JOIN orders_payment p ON p.order_id = o.id WHERE p.id = %(payment)s FOR UPDATE OF p
"""  # noqa: S608


def live(order_id: UUID) -> Payment | None:
    """The payment that may still bring the order its money; its order has number and status."""
    row = fetch_one(_LIVE, {"order": order_id, "live": [status.value for status in LIVE]})
    if row is None:
        return None
    payment = _payment.read(row)
    payment.order = _order.read(row[_payment.width :])
    return payment


def locked(payment: Payment) -> tuple[Payment, str]:
    """The payment and its order's status, as they are now and stay until the transaction ends."""
    row = fetch_one(_LOCK, {"order": payment.order_id, "payment": payment.pk})
    if row is None:
        raise Payment.DoesNotExist
    return _payment.read(row), str(row[_payment.width])
