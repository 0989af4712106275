import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core.errors import DomainError
from orders.carts import items, locks
from orders.carts.queries import Holder
from orders.checkout.guests import token_hash
from orders.models import Cart
from orders.pricing.offers import MixedCurrencies


@dataclass(frozen=True, kw_only=True, slots=True)
class KeptCart:
    """A guest's cart that stays beside the customer's, and why."""

    cart_id: UUID
    currency: str
    hindrance: DomainError


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenedCart:
    """The cart that was opened. `token` opens a guest's new cart, and only its hash is stored; else None.

    `kept` is a guest's cart that could not be taken over, and stays as it was.
    """

    cart_id: UUID
    token: str | None
    is_new: bool
    kept: KeptCart | None = None


@transaction.atomic
def open_cart(*, holder: Holder, quantities: Mapping[str, int], now: datetime) -> OpenedCart:
    """Open a guest's new cart, or the customer's one open cart, with `quantities` (by SKU) put in.

    A customer who brings a guest's token gets what is in that cart too, and the guest's cart is gone; one
    that does not fit (another currency, too many SKUs) is kept. Raises CartNotFound for a guest's cart,
    CartOrdered, and for `quantities` CartFull, UnknownSku, MixedCurrencies.
    """
    token, kept = None, None
    if holder.customer_id is None:
        cart, token = _guest_cart(now)
        is_new = True
    else:
        cart, is_new = _customer_cart(holder.customer_id, now)
        if holder.token is not None:
            kept = _take_over(cart, locks.lock_guest_cart(token=holder.token, now=now))
    if quantities:
        items.put_in(cart, quantities)
    locks.save_change(cart, now=now)
    return OpenedCart(cart_id=cart.pk, token=token, is_new=is_new, kept=kept)


def _take_over(cart: Cart, other: Cart) -> KeptCart | None:
    """Nobody is kept from their own cart by what is in another."""
    try:
        items.take_over(cart, other)
    except (items.CartFull, MixedCurrencies) as hindrance:
        return KeptCart(cart_id=other.pk, currency=other.currency, hindrance=hindrance)
    return None


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
