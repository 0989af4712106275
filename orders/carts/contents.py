"""What a cart costs now, what has changed in it since, and whether its voucher fits it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import money
from orders.carts import queries
from orders.checkout.guests import customer_key
from orders.models import Cart
from orders.pricing import amounts, offers, vouchers

UNTAXED = amounts.TaxRate()
UNSHIPPED = amounts.ShippingRate()


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What a cart holds and costs.

    `quote` prices the goods that can be bought, without shipping and tax: those take an address.

    `voucher_problem` says why the cart's voucher takes nothing off now.
    """

    lines: Sequence[queries.Line]
    quote: amounts.Quote
    voucher_problem: vouchers.VoucherRejected | None


def inspect(*, cart: Cart, now: datetime) -> Contents:
    """What the cart holds and costs now.

    A voucher that does not fit any more raises nothing: the shopper sees it and decides.
    """
    lines = queries.lines_of(cart)
    discount, problem = amounts.NO_DISCOUNT, None
    if cart.voucher is not None:
        try:
            discount = _apply(cart, lines, cart.voucher.code, now).discount
        except vouchers.VoucherRejected as rejected:
            problem = rejected
    quote = amounts.quote(
        _items(lines), shipping=UNSHIPPED, tax=UNTAXED, discount=discount, unit=money.unit(cart.currency)
    )
    return Contents(lines=lines, quote=quote, voucher_problem=problem)


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
