"""Which orders somebody may read: their own, or the one whose guest token they hold; staff, every one."""

import secrets
from dataclasses import dataclass
from uuid import UUID

from orders.checkout import numbers
from orders.checkout.guests import token_hash
from orders.models import Order


@dataclass(frozen=True, kw_only=True, slots=True)
class Reader:
    """Who asks: the account, if any, the guest token that came along, if any, and whether they are staff."""

    customer_id: UUID | None
    token: str | None
    is_staff: bool = False

    def may_read(self, owner: UUID | None, token_hash: str) -> bool:
        """Whether an order of `owner`, whose guest token has the hash `token_hash`, is theirs to read."""
        is_own = owner is not None and owner == self.customer_id
        return self.is_staff or is_own or _is_token(self.token, token_hash)


def find(*, number: str, reader: Reader) -> UUID | None:
    """The order's id, for whoever may read it; None for everybody else."""
    stored = numbers.normalise(number)
    if stored is None:
        return None
    found = Order.objects.filter(number=stored).values_list("id", "customer_id", "token_hash").first()
    if found is None:
        return None
    order_id, owner, expected = found
    return order_id if reader.may_read(owner, expected) else None


def id_of(number: str) -> UUID | None:
    """The order's id for staff, who may see every order; None where there is none."""
    stored = numbers.normalise(number)
    return Order.objects.filter(number=stored).values_list("pk", flat=True).first() if stored else None


def _is_token(token: str | None, expected: str) -> bool:
    if not token or not expected:
        return False
    return secrets.compare_digest(token_hash(token), expected)
