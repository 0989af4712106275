"""Which orders somebody may read: their own, or the one whose guest token they hold; staff, every one."""

import secrets
from uuid import UUID

from orders.checkout import numbers
from orders.checkout.guests import token_hash
from orders.models import Order


def find(*, number: str, customer_id: UUID | None, token: str | None) -> UUID | None:
    """The order's id, for its customer or whoever holds its guest token; None for everybody else."""
    stored = numbers.normalise(number)
    if stored is None:
        return None
    found = Order.objects.filter(number=stored).values_list("id", "customer_id", "token_hash").first()
    if found is None:
        return None
    order_id, owner, expected = found
    return order_id if may_read(owner, expected, customer_id=customer_id, token=token) else None


def may_read(owner: UUID | None, expected: str, *, customer_id: UUID | None, token: str | None) -> bool:
    """Whether an order of `owner` is the customer's, or the token the one whose hash is `expected`."""
    return (owner is not None and owner == customer_id) or _is_token(token, expected)


def id_of(number: str) -> UUID | None:
    """The order's id for staff, who may see every order; None where there is none."""
    stored = numbers.normalise(number)
    return Order.objects.filter(number=stored).values_list("pk", flat=True).first() if stored else None


def _is_token(token: str | None, expected: str) -> bool:
    if not token or not expected:
        return False
    return secrets.compare_digest(token_hash(token), expected)
