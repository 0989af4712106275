"""Orders and their timelines as lists. Rows are plain dicts, ready to be rendered."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from orders.models import Order, OrderEvent, OrderLine

SUMMARY = (
    "id",
    "number",
    "status",
    "currency",
    "subtotal",
    "discount",
    "shipping",
    "tax",
    "tax_included",
    "total",
    "created_at",
)
EVENT = ("from_status", "to_status", "actor", "reason", "data", "at")


def orders_of(customer_id: UUID, *, status: str | None) -> QuerySet[Order, dict[str, Any]]:
    """The customer's orders as rows of SUMMARY; without a status, those of any."""
    orders = Order.objects.for_customer(customer_id)
    return (orders.filter(status=status) if status else orders).values("pk", *SUMMARY)


def all_orders(
    *,
    status: str | None = None,
    email: str | None = None,
    sku: str | None = None,
    placed_after: datetime | None = None,
    placed_before: datetime | None = None,
) -> QuerySet[Order, dict[str, Any]]:
    """Everybody's orders as rows of SUMMARY, for staff; each filter narrows them, and has an index.

    `placed_after` is part of the time that is asked for, `placed_before` is not: periods fit together. The
    letters of `email` and `sku` may be large or small.
    """
    asked = {
        "status": status,
        "email__iexact": email,
        "created_at__gte": placed_after,
        "created_at__lt": placed_before,
    }
    orders = Order.objects.filter(**{name: value for name, value in asked.items() if value is not None})
    if sku is not None:
        orders = orders.filter(pk__in=OrderLine.objects.filter(sku__iexact=sku).values("order_id"))
    return orders.values("pk", *SUMMARY)


def timeline(order_id: UUID) -> QuerySet[OrderEvent, dict[str, Any]]:
    """The order's timeline as rows of EVENT."""
    return OrderEvent.objects.filter(order_id=order_id).values("pk", *EVENT)
