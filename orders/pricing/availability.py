"""How much of what is asked for could be bought now, in the words of carts and quotes alike."""

from catalog.queries.sale import VariantForSale

IN_STOCK, SHORT, SOLD_OUT, NOT_FOR_SALE = "in_stock", "short", "sold_out", "not_for_sale"


def units_of(variant: VariantForSale | None) -> int:
    """Units that could be bought now; none of what is not for sale."""
    return max(0, variant.available) if variant else 0


def word_for(variant: VariantForSale | None, *, quantity: int) -> str:
    """Whether `quantity` units could be bought now."""
    if variant is None:
        return NOT_FOR_SALE
    if variant.available >= quantity:
        return IN_STOCK
    return SHORT if variant.available > 0 else SOLD_OUT
