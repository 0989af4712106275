"""Who changes a cart, or orders it, locks its row first: one request at a time."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from core.errors import Conflict
from orders.carts.queries import CartNotFound, Holder
from orders.checkout.guests import token_hash
from orders.models import Cart


class CartOrdered(Conflict):
    code = "cart_ordered"
    title = "The cart has been ordered"


def lock(*, cart_id: UUID, holder: Holder, now: datetime) -> Cart:
    """Lock the holder's open cart for this transaction alone. Raises CartNotFound, CartOrdered."""
    carts = Cart.objects.live(now=now).select_for_update(of=("self",))
    cart = carts.filter(holder.owns(), pk=cart_id).first()
    if cart is None:
        raise CartNotFound(f"There is no cart {cart_id} of yours")
    if cart.ordered_at:
        raise CartOrdered("Start a new one")
    return cart


def lock_guest_cart(*, token: str, now: datetime) -> Cart:
    """Lock the open cart of a guest's token.

    Whoever locks a customer's cart too has done so before. Raises CartNotFound, CartOrdered.
    """
    carts = Cart.objects.filter(customer=None, token_hash=token_hash(token))
    cart_id = carts.values_list("pk", flat=True).first()
    if cart_id is None:
        raise CartNotFound("X-Cart-Token belongs to no cart")
    return lock(cart_id=cart_id, holder=Holder(customer_id=None, token=token), now=now)


def save_change(cart: Cart, *, now: datetime) -> None:
    """Write the cart's row; it is kept from now on."""
    cart.updated_at, cart.expires_at = now, now + settings.CART_KEPT
    cart.save(update_fields=["currency", "voucher", "updated_at", "expires_at"])
