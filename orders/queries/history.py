"""Orders as their owners read them. Rows are plain dicts, ready to be rendered."""

import hashlib
import secrets
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from accounts.models import User
from orders import numbers
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
    """Rows of SUMMARY; without a status, those of any."""
    orders = Order.objects.for_customer(customer_id)
    return (orders.filter(status=status) if status else orders).values("pk", *SUMMARY)


def find(*, number: str, customer_id: UUID | None, token: str) -> UUID | None:
    """The order's id, for its customer or whoever holds its guest token; None for everybody else."""
    stored = numbers.normalise(number)
    if stored is None:
        return None
    found = Order.objects.filter(number=stored).values_list("id", "customer_id", "token_hash").first()
    if found is None:
        return None
    order_id, owner, expected = found
    return order_id if may_read(owner, expected, customer_id=customer_id, token=token) else None


def may_read(owner: UUID | None, expected: str, *, customer_id: UUID | None, token: str) -> bool:
    """Whether an order of `owner` is the customer's, or the token the one whose hash is `expected`."""
    return (owner is not None and owner == customer_id) or _is_token(token, expected)


def id_of(number: str) -> UUID | None:
    """For staff, who may see every order."""
    stored = numbers.normalise(number)
    return Order.objects.filter(number=stored).values_list("pk", flat=True).first() if stored else None


def timeline(order_id: UUID) -> QuerySet[OrderEvent, dict[str, Any]]:
    return OrderEvent.objects.filter(order_id=order_id).values("pk", *EVENT)


def email_of(customer_id: UUID) -> str | None:
    """Where an active customer's mails go."""
    active = User.objects.filter(pk=customer_id, is_active=True)
    return active.values_list("email", flat=True).first()


def token_hash(token: str) -> str:
    """What is stored of a guest's token: nobody who reads the database can use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def _is_token(token: str, expected: str) -> bool:
    return bool(token and expected) and secrets.compare_digest(token_hash(token), expected)
