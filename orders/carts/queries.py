"""Whose cart it is, and what lies in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from catalog.queries.sale import VariantForSale, variants_for_sale
from core.errors import NotFound
from orders.checkout.guests import token_hash
from orders.models import Cart, CartItem

LINE = ("variant__sku", "variant__product__name", "variant__product__slug", "quantity", "price_when_added")


class CartNotFound(NotFound):
    code = "cart_not_found"
    title = "No such cart of yours"


@dataclass(frozen=True, kw_only=True, slots=True)
class Holder:
    """Who asks for a cart: the account, if any, and the guest token that came along, if any."""

    customer_id: UUID | None
    token: str | None = None

    def owns(self) -> Q:
        """The carts that are the holder's."""
        none = Q(pk__in=[])
        by_token = none if self.token is None else Q(customer_id=None, token_hash=token_hash(self.token))
        return by_token | Q(customer_id=self.customer_id) if self.customer_id else by_token


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One item. `variant` is None where it cannot be bought now, or not in the cart's currency."""

    sku: str
    name: str
    product: str
    quantity: int
    price_when_added: Decimal
    variant: VariantForSale | None


def find(*, cart_id: UUID, holder: Holder, now: datetime) -> Cart:
    """The cart with its voucher and order.

    Raises CartNotFound, also for somebody else's and for an expired one.
    """
    carts = Cart.objects.live(now=now).select_related("voucher", "order")
    cart = carts.filter(holder.owns(), pk=cart_id).first()
    if cart is None:
        raise CartNotFound(f"There is no cart {cart_id} of yours")
    return cart


def quantities_of(cart: Cart) -> dict[str, int]:
    """Units by SKU, in the order in which they were put in."""
    return dict(_items(cart).values_list("variant__sku", "quantity"))


def lines_of(cart: Cart) -> list[Line]:
    """The cart's lines in the order in which they were put in. At most two queries."""
    rows = list(_items(cart).values_list(*LINE))
    variants = variants_for_sale([row[0] for row in rows]) if rows else {}
    return [
        Line(
            sku=sku,
            name=name,
            product=slug,
            quantity=units,
            price_when_added=price,
            variant=_in_currency(variants, sku, cart.currency),
        )
        for sku, name, slug, units, price in rows
    ]


def _items(cart: Cart) -> QuerySet[CartItem]:
    return CartItem.objects.filter(cart=cart).order_by("id")


def _in_currency(variants: Mapping[str, VariantForSale], sku: str, currency: str) -> VariantForSale | None:
    variant = variants.get(sku)
    return variant if variant is not None and variant.currency == currency else None
