"""Vouchers as checkout reads them. What limits them is decided when a use is claimed, not here."""

import hashlib
from uuid import UUID

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef

from catalog.models import Category
from orders.models import Voucher, VoucherCategory, VoucherCustomer


def find(code: str) -> Voucher | None:
    """By its code, in whatever case it was typed."""
    return Voucher.objects.filter(code__iexact=code).first()


def counting_categories(voucher_id: int) -> frozenset[int] | None:
    """The categories that the voucher names and all below them; None where it names none, and all count."""
    named = VoucherCategory.objects.filter(voucher_id=voucher_id)
    below = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    branches = named.alias(path=below).filter(path__startswith=F("category__path"))
    found = frozenset(Category.objects.filter(Exists(branches)).values_list("id", flat=True))
    return found or None


def uses_of(*, voucher_id: int, customer_key: str) -> int:
    rows = VoucherCustomer.objects.filter(voucher_id=voucher_id, customer_key=customer_key)
    return rows.values_list("used", flat=True).first() or 0


def customer_key(*, customer_id: UUID | None, email: str) -> str:
    """Whom a limit per customer counts: the account, or for guests the e-mail address, kept as its hash.

    Empty for a guest who has not given one.
    """
    if customer_id is not None:
        return f"customer:{customer_id}"
    address = email.strip().lower()
    return f"guest:{hashlib.sha256(address.encode()).hexdigest()}" if address else ""
