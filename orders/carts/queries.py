"""Whose cart it is, and what lies in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet

from catalog.queries.sale import VariantForSale, variants_for_sale
from catalog.services import slugs
from core.errors import NotFound
from orders.checkout.guests import token_hash
from orders.models import Cart, CartItem

SKU = ("variant__sku", "variant__withdrawn_at")
LINE = (*SKU, "variant__product__name", "variant__product__slug", "quantity", "price_when_added")


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
    """One item, by the SKU as its shopper knows it.

    `variant` is None where it cannot be bought now, or not in the cart's currency. What was withdrawn may
    have the SKU of something else in the cart: its SKU was free again.
    """

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


def quantities_of(cart: Cart) -> tuple[dict[str, int], list[str]]:
    """Units by SKU, in the order in which they were put in, and the SKUs of what was withdrawn since."""
    rows = list(_items(cart).values_list(*SKU, "quantity"))
    withdrawn = [slugs.former(sku) for sku, withdrawn_at, _ in rows if withdrawn_at]
    return {sku: units for sku, withdrawn_at, units in rows if not withdrawn_at}, withdrawn


def items_called(cart: Cart, sku: str) -> QuerySet[CartItem]:
    """The items of the SKU as the shopper knows it, withdrawn or not."""
    withdrawn = Q(variant__sku__startswith=f"{sku}{slugs.WITHDRAWN}", variant__withdrawn_at__isnull=False)
    return CartItem.objects.filter(Q(variant__sku=sku) | withdrawn, cart=cart)


def lines_of(cart: Cart) -> list[Line]:
    """The cart's lines in the order in which they were put in. At most two queries."""
    rows = list(_items(cart).values_list(*LINE))
    variants = variants_for_sale([row[0] for row in rows]) if rows else {}
    return [
        Line(
            sku=slugs.former(sku) if withdrawn_at else sku,
            name=name,
            product=slugs.former(slug),
            quantity=units,
            price_when_added=price,
            variant=_in_currency(variants, sku, cart.currency),
        )
        for sku, withdrawn_at, name, slug, units, price in rows
    ]


def _items(cart: Cart) -> QuerySet[CartItem]:
    return CartItem.objects.filter(cart=cart).order_by("id")


def _in_currency(variants: Mapping[str, VariantForSale], sku: str, currency: str) -> VariantForSale | None:
    variant = variants.get(sku)
    return variant if variant is not None and variant.currency == currency else None
