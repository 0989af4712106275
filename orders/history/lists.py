"""Orders and their timelines as lists. Rows are plain dicts, ready to be rendered."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from orders.models import Order, OrderEvent

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


def timeline(order_id: UUID) -> QuerySet[OrderEvent, dict[str, Any]]:
    """The order's timeline as rows of EVENT."""
    return OrderEvent.objects.filter(order_id=order_id).values("pk", *EVENT)
