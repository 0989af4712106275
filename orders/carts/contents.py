"""What a cart costs now, what has changed in it since, and whether its voucher fits it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core import money
from orders.carts import queries
from orders.checkout.guests import customer_key
from orders.models import Cart
from orders.pricing import amounts, availability, offers, vouchers

UNTAXED = amounts.TaxRate()
UNSHIPPED = amounts.ShippingRate()


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What a cart holds and costs.

    `quote` prices the goods that are for sale, without shipping and tax: those take an address. `available`
    prices those of their units that could be bought now.

    `voucher_problem` says why the cart's voucher takes nothing off now.
    """

    lines: Sequence[queries.Line]
    quote: amounts.Quote
    available: amounts.Quote
    voucher_problem: vouchers.VoucherRejected | None


def inspect(*, cart: Cart, now: datetime) -> Contents:
    """What the cart holds and costs now.

    A voucher that does not fit any more raises nothing: the shopper sees it and decides.
    """
    lines = queries.lines_of(cart)
    voucher, problem = None, None
    if cart.voucher is not None:
        try:
            voucher = _apply(cart, lines, cart.voucher.code, now)
        except vouchers.VoucherRejected as rejected:
            problem = rejected
    return Contents(
        lines=lines,
        quote=_quote(cart, _items(lines), voucher),
        available=_quote(cart, _available_items(lines), voucher),
        voucher_problem=problem,
    )


def _quote(cart: Cart, items: Sequence[amounts.Item], voucher: vouchers.Applied | None) -> amounts.Quote:
    has_discount = voucher is not None and amounts.worth(items) >= voucher.minimum
    discount = voucher.discount if voucher and has_discount else amounts.NO_DISCOUNT
    return amounts.quote(
        items, shipping=UNSHIPPED, tax=UNTAXED, discount=discount, unit=money.unit(cart.currency)
    )


def fitting_voucher(*, cart: Cart, code: str, now: datetime) -> vouchers.Applied:
    """The voucher, if it fits the cart as it is now. Raises VoucherRejected."""
    return _apply(cart, queries.lines_of(cart), code, now)


def _apply(cart: Cart, lines: Sequence[queries.Line], code: str, now: datetime) -> vouchers.Applied:
    return vouchers.apply(
        code=code,
        items=_items(lines),
        variants={line.sku: line.variant for line in lines if line.variant},
        currency=cart.currency,
        customer_key=customer_key(customer_id=cart.customer_id, email=None),
        now=now,
    )


def _items(lines: Sequence[queries.Line]) -> list[amounts.Item]:
    return offers.items_of(
        {line.sku: line.quantity for line in lines if line.variant},
        {line.sku: line.variant for line in lines if line.variant},
    )


def _available_items(lines: Sequence[queries.Line]) -> list[amounts.Item]:
    """The items with as many of their units as could be bought now."""
    there = {line.sku: availability.units_of(line.variant) for line in lines if line.variant}
    available = [replace(item, quantity=min(item.quantity, there[item.sku])) for item in _items(lines)]
    return [item for item in available if item.quantity]
