"""Who buys: an account, or a guest who is known by an e-mail address and holds a token."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from core import emails


@dataclass(frozen=True, kw_only=True, slots=True)
class Buyer:
    """Who orders: an account, or (`customer_id` None) a guest. `language` is that of the mails."""

    customer_id: UUID | None
    email: str
    language: str

    @property
    def key(self) -> str:
        """Whom a limit per customer counts."""
        return _key_of_guest(self.email) if self.customer_id is None else _key_of_account(self.customer_id)

    @property
    def address_key(self) -> str:
        """For whom an account's use counts as well: a guest with its address. Empty for guests."""
        return _key_of_guest(self.email) if self.customer_id else ""


def token_hash(token: str) -> str:
    """What is stored of a guest's token: nobody who reads the database can use it."""
    return hashlib.sha256(token.encode()).hexdigest()


def customer_key(*, customer_id: UUID | None, email: str | None) -> str | None:
    """Whom a limit per customer counts: the account, or for guests the e-mail address, kept as its hash.

    None for a guest who has not given one.
    """
    if customer_id is not None:
        return _key_of_account(customer_id)
    return _key_of_guest(email) if email else None


def _key_of_account(customer_id: UUID) -> str:
    return f"customer:{customer_id}"


def _key_of_guest(email: str) -> str:
    return f"guest:{hashlib.sha256(emails.comparable(email).encode()).hexdigest()}"
