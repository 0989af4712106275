"""What goes into a cart that the caller has locked, and will save."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from catalog.queries.sale import variants_for_sale
from core.errors import Invalid
from orders.models import Cart, CartItem
from orders.pricing.offers import MAX_ITEMS, MAX_UNITS, MixedCurrencies, variants_of


class CartFull(Invalid):
    code = "cart_full"
    title = "The cart holds as much as one order can"


def put_in(cart: Cart, quantities: Mapping[str, int]) -> None:
    """Put more units in, by SKU. Raises UnknownSku, MixedCurrencies, CartFull."""
    variants = variants_of(quantities.keys())
    present = {item.variant_id: item.quantity for item in cart.items.all()}
    _agree_on_currency(cart, {variant.currency for variant in variants.values()}, is_empty=not present)
    added = [
        CartItem(
            cart=cart,
            variant_id=variants[sku].variant_id,
            quantity=present.get(variants[sku].variant_id, 0) + units,
            price_when_added=variants[sku].price,
        )
        for sku, units in quantities.items()
    ]
    if any(item.quantity > MAX_UNITS for item in added):
        detail = f"At most {MAX_UNITS} units of one SKU"
        raise CartFull.at("quantity", detail)
    _store(added, present.keys())


def take_over(cart: Cart, other: Cart) -> None:
    """Move all of `other`, which is deleted, into the cart: quantities add up, as far as there is stock.

    One unit stays of what has sold out, so that the shopper sees it. Raises MixedCurrencies, CartFull; then
    nothing has been written.
    """
    present = {item.variant_id: item.quantity for item in cart.items.all()}
    taken = list(other.items.select_related("variant").order_by("id"))
    if taken:
        _agree_on_currency(cart, {other.currency}, is_empty=not present)
    for_sale = variants_for_sale([item.variant.sku for item in taken])
    merged = [
        CartItem(
            cart=cart,
            variant_id=item.variant_id,
            quantity=_limited(
                item.quantity + present.get(item.variant_id, 0),
                for_sale[item.variant.sku].available if item.variant.sku in for_sale else MAX_UNITS,
            ),
            price_when_added=item.price_when_added,
        )
        for item in taken
    ]
    _store(merged, present.keys())
    cart.voucher_id = cart.voucher_id or other.voucher_id
    other.delete()


def _limited(quantity: int, available: int) -> int:
    return max(1, min(quantity, available, MAX_UNITS))


def _agree_on_currency(cart: Cart, currencies: set[str], *, is_empty: bool) -> None:
    """Keep the cart to one currency: an empty one takes any, another has its own."""
    wanted = currencies if is_empty else currencies | {cart.currency}
    if len(wanted) > 1:
        raise MixedCurrencies(f"A cart has one currency, not {' and '.join(sorted(wanted))}")
    cart.currency = wanted.pop()


def _store(items: list[CartItem], present: Iterable[UUID]) -> None:
    """Write the items; what was there keeps the price that it was added at."""
    if len({item.variant_id for item in items}.union(present)) > MAX_ITEMS:
        raise CartFull(f"At most {MAX_ITEMS} SKUs")
    CartItem.objects.bulk_create(
        items, update_conflicts=True, unique_fields=["cart", "variant"], update_fields=["quantity"]
    )
