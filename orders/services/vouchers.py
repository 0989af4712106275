"""Vouchers: what one takes off a basket, and its uses, claimed with the order and given back with its end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from catalog.queries.sale import VariantForSale
from core.errors import DomainError, FieldError
from orders import pricing
from orders.models import Voucher
from orders.queries import vouchers as queries


class VoucherRejected(DomainError):
    """The order would be fine without the voucher."""

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
    """A voucher that fits a basket. `code` is as staff wrote it."""

    voucher_id: int
    code: str
    discount: pricing.Discount


def apply(
    *,
    code: str,
    items: Sequence[pricing.Item],
    variants: Mapping[str, VariantForSale],
    currency: str,
    customer_key: str,
    now: datetime,
) -> Applied:
    """What the voucher takes off. Raises VoucherRejected with its reason; claims nothing.

    Without a `customer_key` the limit per customer is not looked at.
    """
    voucher = _valid(code, now)
    _check_limits(voucher, customer_key)
    _check_worth(voucher, pricing.worth(items), currency)
    skus = _counting(voucher, variants)
    return Applied(voucher_id=voucher.pk, code=voucher.code, discount=_discount(voucher, skus))


_CLAIM = """
WITH claimed AS (
    UPDATE orders_voucher SET used = used + 1
    WHERE id = %(voucher)s AND is_active AND (max_uses IS NULL OR used < max_uses)
    RETURNING id, max_uses_per_customer AS most
), counted AS (
    INSERT INTO orders_vouchercustomer AS c (voucher_id, customer_key, used)
    SELECT id, %(customer)s, 1 FROM claimed WHERE most IS NULL OR most > 0
    ON CONFLICT (voucher_id, customer_key) DO UPDATE SET used = c.used + 1
    WHERE (SELECT most IS NULL OR c.used < most FROM claimed)
    RETURNING voucher_id
), noted AS (
    INSERT INTO orders_voucheruse (voucher_id, order_id, customer_key, used_at)
    SELECT voucher_id, %(order)s, %(customer)s, %(now)s FROM counted
)
SELECT EXISTS (SELECT FROM claimed), EXISTS (SELECT FROM counted)
"""

# Locks in the order in which a claim does: the voucher, then its customer's row.
_GIVE_BACK = """
WITH released AS (
    UPDATE orders_voucheruse SET released_at = %(now)s
    WHERE order_id = %(order)s AND released_at IS NULL
    RETURNING voucher_id, customer_key
), returned AS (
    UPDATE orders_voucher v SET used = v.used - 1 FROM released r WHERE v.id = r.voucher_id
    RETURNING v.id, r.customer_key
)
UPDATE orders_vouchercustomer c SET used = c.used - 1
FROM returned r WHERE c.voucher_id = r.id AND c.customer_key = r.customer_key
"""


def claim(*, voucher: Applied, order_id: UUID, customer_key: str, now: datetime) -> None:
    """Use the voucher for the order, inside its transaction: one statement.

    It waits for others who claim the same voucher, and then decides on what they committed. Raises
    VoucherExhausted, with which the caller's transaction has to end.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _CLAIM,
            {"voucher": voucher.voucher_id, "order": order_id, "customer": customer_key, "now": now},
        )
        is_claimed, is_counted = cursor.fetchone()
    if not is_claimed:
        raise VoucherExhausted(f"{voucher.code} has been used up")
    if not is_counted:
        raise VoucherExhausted(f"You have used {voucher.code} as often as you can")


def give_back(*, order_id: UUID, now: datetime) -> None:
    """The order's use, if it had one, may be made by another. A second call changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute(_GIVE_BACK, {"order": order_id, "now": now})


def _valid(code: str, now: datetime) -> Voucher:
    """One that is not on yet is not there: codes are announced when they start."""
    voucher = queries.find(code)
    if voucher is None or not voucher.is_active or voucher.starts_at > now:
        raise VoucherUnknown(f"There is no voucher {code}")
    if voucher.ends_at is not None and voucher.ends_at <= now:
        raise VoucherExpired(f"{voucher.code} was valid until {voucher.ends_at:%Y-%m-%d}")
    return voucher


def _check_limits(voucher: Voucher, customer_key: str) -> None:
    if voucher.max_uses is not None and voucher.used >= voucher.max_uses:
        raise VoucherExhausted(f"{voucher.code} has been used up")
    most = voucher.max_uses_per_customer
    if most is None or not customer_key:
        return
    if queries.uses_of(voucher_id=voucher.pk, customer_key=customer_key) >= most:
        raise VoucherExhausted(f"You have used {voucher.code} as often as you can")


def _check_worth(voucher: Voucher, worth: Decimal, currency: str) -> None:
    if voucher.currency and voucher.currency != currency:
        raise VoucherNotApplicable(f"{voucher.code} is for orders in {voucher.currency}")
    if worth < voucher.minimum:
        raise VoucherMinimum(f"{voucher.code} is for orders from {voucher.minimum} {voucher.currency} on")


def _counting(voucher: Voucher, variants: Mapping[str, VariantForSale]) -> frozenset[str] | None:
    categories = queries.counting_categories(voucher.pk)
    if categories is None:
        return None
    skus = frozenset(sku for sku, variant in variants.items() if variant.category_id in categories)
    if not skus:
        raise VoucherNotApplicable(f"{voucher.code} is for other goods")
    return skus


def _discount(voucher: Voucher, skus: frozenset[str] | None) -> pricing.Discount:
    match voucher.kind:
        case Voucher.Kind.PERCENTAGE:
            return pricing.Discount(percent=voucher.value, skus=skus)
        case Voucher.Kind.AMOUNT:
            return pricing.Discount(amount=voucher.value, skus=skus)
        case _:
            return pricing.Discount(free_shipping=True)
