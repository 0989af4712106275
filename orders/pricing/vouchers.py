"""Vouchers: what one takes off a basket. Limits are decided where a use is claimed: checkout.voucher_uses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import CharField, Exists, ExpressionWrapper, F, OuterRef

from catalog.models import Category
from catalog.queries.sale import VariantForSale
from core.errors import DomainError, FieldError
from orders.models import Voucher, VoucherCategory, VoucherCustomer
from orders.pricing import amounts


class VoucherRejected(DomainError):
    """The voucher is refused; the order would be fine without it."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError(field="voucher", code=self.code, detail=detail)])


class VoucherUnknown(VoucherRejected):
    code = "voucher_unknown"
    title = "No such voucher"


class VoucherMinimum(VoucherRejected):
    code = "voucher_minimum"
    title = "The order is too small for this voucher"


class VoucherNotApplicable(VoucherRejected):
    code = "voucher_not_applicable"
    title = "The voucher is for something else"


class VoucherExpired(VoucherRejected):
    code = "voucher_expired"
    title = "The voucher is no longer valid"
    status = 409


class VoucherExhausted(VoucherRejected):
    code = "voucher_exhausted"
    title = "The voucher has been used up"
    status = 409


@dataclass(frozen=True, kw_only=True, slots=True)
class Applied:
    """A voucher that fits a basket worth `minimum` or more. `code` is as staff wrote it."""

    voucher_id: int
    code: str
    minimum: Decimal
    discount: amounts.Discount


def apply(
    *,
    code: str,
    items: Sequence[amounts.Item],
    variants: Mapping[str, VariantForSale],
    currency: str,
    customer_key: str | None,
    now: datetime,
) -> Applied:
    """What the voucher takes off. Raises VoucherRejected with its reason; claims nothing.

    Without a `customer_key` the limit per customer is not checked.
    """
    voucher = _valid(code, now)
    _check_limits(voucher, customer_key)
    _check_worth(voucher, amounts.worth(items), currency)
    skus = _counting(voucher, variants)
    return Applied(
        voucher_id=voucher.pk,
        code=voucher.code,
        minimum=voucher.minimum,
        discount=_discount(voucher, skus),
    )


def _valid(code: str, now: datetime) -> Voucher:
    """The voucher, if it is on now.

    One that is not on yet is unknown: codes are announced when they start.
    """
    voucher = _find(code)
    if voucher is None or not voucher.is_active or voucher.starts_at > now:
        raise VoucherUnknown(f"There is no voucher {code}")
    if voucher.ends_at is not None and voucher.ends_at <= now:
        raise VoucherExpired(f"{voucher.code} was valid until {voucher.ends_at:%Y-%m-%d}")
    return voucher


def _check_limits(voucher: Voucher, customer_key: str | None) -> None:
    if voucher.max_uses is not None and voucher.used >= voucher.max_uses:
        raise VoucherExhausted(f"{voucher.code} has been used up")
    most = voucher.max_uses_per_customer
    if most is None or customer_key is None:
        return
    if _uses_of(voucher_id=voucher.pk, customer_key=customer_key) >= most:
        raise VoucherExhausted(f"You have used {voucher.code} as often as you can")


def _check_worth(voucher: Voucher, worth: Decimal, currency: str) -> None:
    if voucher.currency and voucher.currency != currency:
        raise VoucherNotApplicable(f"{voucher.code} is for orders in {voucher.currency}")
    if worth < voucher.minimum:
        raise VoucherMinimum(f"{voucher.code} is for orders from {voucher.minimum} {voucher.currency} on")


def _counting(voucher: Voucher, variants: Mapping[str, VariantForSale]) -> frozenset[str] | None:
    categories = _counting_categories(voucher.pk)
    if categories is None:
        return None
    skus = frozenset(sku for sku, variant in variants.items() if variant.category_id in categories)
    if not skus:
        raise VoucherNotApplicable(f"{voucher.code} is for other goods")
    return skus


def _discount(voucher: Voucher, skus: frozenset[str] | None) -> amounts.Discount:
    match voucher.kind:
        case Voucher.Kind.PERCENTAGE:
            return amounts.Discount(percent=voucher.value, skus=skus)
        case Voucher.Kind.AMOUNT:
            return amounts.Discount(amount=voucher.value, skus=skus)
        case _:
            return amounts.Discount(free_shipping=True)


def _find(code: str) -> Voucher | None:
    """The voucher with this code, in whatever case it was typed."""
    return Voucher.objects.filter(code__iexact=code).first()


def _counting_categories(voucher_id: int) -> frozenset[int] | None:
    """The categories that the voucher names and all below them; None where it names none, and all count."""
    named = VoucherCategory.objects.filter(voucher_id=voucher_id)
    below = ExpressionWrapper(OuterRef("path"), output_field=CharField())
    branches = named.alias(path=below).filter(path__startswith=F("category__path"))
    found = frozenset(Category.objects.filter(Exists(branches)).values_list("id", flat=True))
    return found or None


def _uses_of(*, voucher_id: int, customer_key: str) -> int:
    rows = VoucherCustomer.objects.filter(voucher_id=voucher_id, customer_key=customer_key)
    return rows.values_list("used", flat=True).first() or 0
