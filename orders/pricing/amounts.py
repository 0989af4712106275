"""Every amount of an order, from its lines and the rates of the day. Pure: no database, no clock.

Decimals throughout. Every amount is rounded half up to its currency's smallest unit (core.money) where it
arises, at the line, and sums are sums of rounded amounts; docs/decisions/0005-money-and-rounding.md says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.money import CENT, rounded

ZERO = Decimal("0.00")
HUNDRED = Decimal(100)


@dataclass(frozen=True, kw_only=True, slots=True)
class Item:
    """A quantity of one variant at the price of the day, in whole units of its currency."""

    sku: str
    unit_price: Decimal
    quantity: int


@dataclass(frozen=True, kw_only=True, slots=True)
class ShippingRate:
    """What a shipping method costs; nothing from `free_over` (goods after discount) on."""

    price: Decimal = ZERO
    free_over: Decimal | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TaxRate:
    """`percent` of goods and shipping, contained in their prices where `inclusive`, else on top."""

    percent: Decimal = ZERO
    inclusive: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Discount:
    """What is taken off the items that count: `percent` of them and `amount`, at most their worth.

    `skus` are the items that count, None means all. Where `free_shipping`, the shipping costs nothing.
    """

    amount: Decimal = ZERO
    percent: Decimal = ZERO
    skus: frozenset[str] | None = None
    free_shipping: bool = False

    def counts(self, sku: str) -> bool:
        return self.skus is None or sku in self.skus


NO_DISCOUNT = Discount()


@dataclass(frozen=True, kw_only=True, slots=True)
class QuotedLine:
    """`total` is price times quantity, `discount` the line's share of the order's, `tax` that on the rest."""

    sku: str
    unit_price: Decimal
    quantity: int
    total: Decimal
    discount: Decimal
    tax: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class Quote:
    """What an order costs: total = subtotal - discount + shipping, plus tax unless it is included."""

    lines: tuple[QuotedLine, ...]
    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    tax_included: bool
    total: Decimal


def quote(
    items: Sequence[Item],
    *,
    shipping: ShippingRate,
    tax: TaxRate,
    discount: Discount = NO_DISCOUNT,
    unit: Decimal = CENT,
) -> Quote:
    """Price `items` in a currency whose smallest amount is `unit`.

    The lines come in the order of the items, which has no influence on any amount.
    """
    totals = {item.sku: item.unit_price * item.quantity for item in items}
    subtotal = sum(totals.values(), ZERO)
    shares = _shares(discount, totals, unit)
    lines = tuple(_line(item, totals[item.sku], shares.get(item.sku, ZERO), tax, unit) for item in items)
    discounted = sum(shares.values(), ZERO)
    shipping_price = ZERO if discount.free_shipping else _shipping(shipping, subtotal - discounted)
    tax_amount = sum((line.tax for line in lines), tax_on(shipping_price, tax, unit))
    return Quote(
        lines=lines,
        subtotal=subtotal,
        discount=discounted,
        shipping=shipping_price,
        tax=tax_amount,
        tax_included=tax.inclusive,
        total=subtotal - discounted + shipping_price + (ZERO if tax.inclusive else tax_amount),
    )


def worth(items: Sequence[Item]) -> Decimal:
    """The subtotal: all items at their prices."""
    return sum((item.unit_price * item.quantity for item in items), ZERO)


def tax_on(amount: Decimal, tax: TaxRate, unit: Decimal = CENT) -> Decimal:
    """The tax contained in `amount`, or due on top of it."""
    base = HUNDRED + tax.percent if tax.inclusive else HUNDRED
    return rounded(amount * tax.percent / base, unit)


def allocate(amount: Decimal, weights: dict[str, Decimal], unit: Decimal = CENT) -> dict[str, Decimal]:
    """Split `amount` in proportion to `weights`, in whole units, none above its weight (largest remainder).

    Expects whole units and `amount` at most the sum of the weights. Equal remainders are decided by the key.
    """
    whole = sum(weights.values(), ZERO)
    if not amount or not whole:
        return dict.fromkeys(weights, ZERO)
    exact = {key: amount * weight / whole for key, weight in weights.items()}
    shares = {key: value // unit * unit for key, value in exact.items()}
    left = int((amount - sum(shares.values(), ZERO)) / unit)
    by_remainder = sorted(exact, key=lambda key: (shares[key] - exact[key], key))
    for key in by_remainder[:left]:
        shares[key] += unit
    return shares


def _shares(discount: Discount, totals: dict[str, Decimal], unit: Decimal) -> dict[str, Decimal]:
    """What each item that counts is cheaper by."""
    counting = {sku: total for sku, total in totals.items() if discount.counts(sku)}
    whole = sum(counting.values(), ZERO)
    amount = discount.amount + rounded(whole * discount.percent / HUNDRED, unit)
    return allocate(min(amount, whole), counting, unit)


def _line(item: Item, total: Decimal, discount: Decimal, tax: TaxRate, unit: Decimal) -> QuotedLine:
    return QuotedLine(
        sku=item.sku,
        unit_price=item.unit_price,
        quantity=item.quantity,
        total=total,
        discount=discount,
        tax=tax_on(total - discount, tax, unit),
    )


def _shipping(rate: ShippingRate, goods: Decimal) -> Decimal:
    is_free = rate.free_over is not None and goods >= rate.free_over
    return ZERO if is_free else rate.price
