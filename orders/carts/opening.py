import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from orders.carts import items, locks
from orders.carts.queries import Holder
from orders.checkout.guests import token_hash
from orders.models import Cart


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedCart:
    """The cart that was opened. `token` opens a guest's new cart, and only its hash is stored; else None."""

    cart_id: UUID
    token: str | None
    is_new: bool


@transaction.atomic
def open_cart(*, holder: Holder, quantities: Mapping[str, int], now: datetime) -> OpenedCart:
    """Open a guest's new cart, or the customer's one open cart, with `quantities` (by SKU) put in.

    A customer who brings a guest's token gets what is in that cart too, and the guest's cart is gone. Raises
    CartNotFound for that one, CartOrdered, CartFull, UnknownSku, MixedCurrencies.
    """
    token = None
    if holder.customer_id is None:
        cart, token = _guest_cart(now)
        is_new = True
    else:
        cart, is_new = _customer_cart(holder.customer_id, now)
        if holder.token is not None:
            items.take_over(cart, locks.lock_guest_cart(token=holder.token, now=now))
    if quantities:
        items.put_in(cart, quantities)
    locks.save_change(cart, now=now)
    return OpenedCart(cart_id=cart.pk, token=token, is_new=is_new)


def _guest_cart(now: datetime) -> tuple[Cart, str]:
    token = secrets.token_urlsafe(24)
    expires_at = now + settings.CART_KEPT
    return Cart.objects.create(token_hash=token_hash(token), created_at=now, expires_at=expires_at), token


def _customer_cart(customer_id: UUID, now: datetime) -> tuple[Cart, bool]:
    """The customer's open cart, locked.

    The constraint lets one of two that come at once make the cart; the other waits, and finds it.
    """
    mine = Cart.objects.filter(customer_id=customer_id, ordered_at=None)
    expired = mine.filter(expires_at__lte=now).select_for_update(of=("self",)).first()
    if expired:  # still, after whoever changed it in time
        expired.delete()
    fresh = Cart(customer_id=customer_id, created_at=now, expires_at=now + settings.CART_KEPT)
    Cart.objects.bulk_create([fresh], ignore_conflicts=True)
    cart = mine.select_for_update(of=("self",)).first()
    if cart is None:
        raise locks.CartOrdered("It was ordered a moment ago; repeat this for a new one")
    return cart, cart.pk == fresh.pk
