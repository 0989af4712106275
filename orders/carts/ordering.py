"""A cart as a basket: to be quoted, and to be ordered once."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.errors import FieldError, Invalid
from orders.carts import locks, queries
from orders.carts.queries import CartNotFound, Holder
from orders.checkout import guests, place
from orders.checkout.recording import OrderDetails
from orders.models import Cart
from orders.pricing.offers import Basket


class UnknownCart(Invalid):
    code = "unknown_cart"
    title = "No such cart of yours"

    def __init__(self, detail: str) -> None:
        super().__init__(detail, errors=[FieldError(field="cart", code="unknown", detail=detail)])


class CartEmpty(Invalid):
    code = "cart_empty"
    title = "The cart is empty"


@transaction.atomic
def place_order(
    *,
    cart_id: UUID,
    holder: Holder,
    buyer: guests.Buyer,
    basket: Basket,
    details: OrderDetails,
    now: datetime,
) -> place.PlacedOrder:
    """Order what is in the cart, at the prices of now; `basket` says the rest.

    Of two that order one cart at once the second waits, and finds it ordered. Raises UnknownCart, CartEmpty,
    CartOrdered, and what place.place_order raises.
    """
    try:
        cart = locks.lock(cart_id=cart_id, holder=holder, now=now)
    except CartNotFound as error:
        raise UnknownCart(error.detail) from error
    placed = place.place_order(buyer=buyer, basket=_filled(basket, cart), details=details, now=now)
    _close(cart, order_id=placed.order.id, now=now)
    return placed


def basket_of(*, cart_id: UUID, holder: Holder, basket: Basket, now: datetime) -> Basket:
    """`basket` with what is in the cart, to be quoted. Raises UnknownCart, CartEmpty."""
    try:
        cart = queries.find(cart_id=cart_id, holder=holder, now=now)
    except CartNotFound as error:
        raise UnknownCart(error.detail) from error
    return _filled(basket, cart)


def _close(cart: Cart, *, order_id: UUID, now: datetime) -> None:
    open_cart = Cart.objects.filter(pk=cart.pk, order=None)
    if not open_cart.update(order_id=order_id, ordered_at=now, updated_at=now):
        raise locks.CartOrdered("Start a new one")


def _filled(basket: Basket, cart: Cart) -> Basket:
    """`basket` with the cart's content. A voucher named with the order counts before the cart's own."""
    quantities, withdrawn = queries.quantities_of(cart)
    if not (quantities or withdrawn):
        raise CartEmpty.at("cart", "Put something in first")
    voucher = basket.voucher
    if voucher is None and cart.voucher is not None:
        voucher = cart.voucher.code
    return replace(
        basket,
        quantities=quantities,
        withdrawn=withdrawn,
        voucher=voucher,
        currency=cart.currency or None,
    )
