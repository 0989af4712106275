"""Changing a cart. Each raises CartNotFound and CartOrdered, besides what it names."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.errors import NotFound
from orders.carts import contents, items, locks, queries
from orders.carts.queries import Holder
from orders.models import Cart

BATCH = 500  # carts deleted in one transaction


class NotInCart(NotFound):
    title = "The cart holds nothing of that SKU"


@transaction.atomic
def add(*, cart_id: UUID, holder: Holder, quantities: Mapping[str, int], now: datetime) -> None:
    """Put more in, by SKU. Raises CartFull, UnknownSku, MixedCurrencies."""
    cart = locks.lock(cart_id=cart_id, holder=holder, now=now)
    items.put_in(cart, quantities)
    locks.save_change(cart, now=now)


@transaction.atomic
def set_quantity(*, cart_id: UUID, holder: Holder, sku: str, quantity: int, now: datetime) -> None:
    """Have the cart hold `quantity` units of the SKU, of what is on offer where it is. Raises NotInCart."""
    cart = locks.lock(cart_id=cart_id, holder=holder, now=now)
    called = queries.items_called(cart, sku)
    on_offer = called.filter(variant__withdrawn_at=None)
    if not (on_offer.update(quantity=quantity) or called.update(quantity=quantity)):
        raise NotInCart(f"{sku} is not in the cart")
    locks.save_change(cart, now=now)


@transaction.atomic
def take_out(*, cart_id: UUID, holder: Holder, sku: str, now: datetime) -> None:
    """Take all units of the SKU out. Raises NotInCart."""
    cart = locks.lock(cart_id=cart_id, holder=holder, now=now)
    if not queries.items_called(cart, sku).delete()[0]:
        raise NotInCart(f"{sku} is not in the cart")
    locks.save_change(cart, now=now)


@transaction.atomic
def discard(*, cart_id: UUID, holder: Holder, now: datetime) -> None:
    """Delete the cart with all that is in it."""
    locks.lock(cart_id=cart_id, holder=holder, now=now).delete()


@transaction.atomic
def set_voucher(*, cart_id: UUID, holder: Holder, code: str | None, now: datetime) -> None:
    """Have the cart ordered with this voucher; without a `code` it is taken off. Raises VoucherRejected.

    Nothing is claimed before the order.
    """
    cart = locks.lock(cart_id=cart_id, holder=holder, now=now)
    applied = contents.fitting_voucher(cart=cart, code=code, now=now) if code is not None else None
    cart.voucher_id = applied.voucher_id if applied else None
    locks.save_change(cart, now=now)


def forget_expired(*, now: datetime) -> int:
    """Delete carts that nobody came back to; returns how many."""
    total = 0
    while forgotten := _forget_batch(now):
        total += forgotten
    return total


@transaction.atomic
def _forget_batch(now: datetime) -> int:
    """Delete one batch, passing by carts that are being changed: after that they are not expired."""
    expired = (
        Cart.objects.filter(expires_at__lte=now).order_by("expires_at").select_for_update(skip_locked=True)
    )
    carts = list(expired.values_list("pk", flat=True)[:BATCH])
    Cart.objects.filter(pk__in=carts).delete()
    return len(carts)
