"""What pricing asks: the present price of what is in a basket."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.rows import array, fetch


@dataclass(frozen=True, kw_only=True, slots=True)
class VariantForSale:
    """One variant that can be bought now. `available` may change before it is reserved."""

    variant_id: UUID
    sku: str
    product_id: UUID
    product_name: str
    product_slug: str
    variant_name: str
    price: Decimal
    currency: str
    category_id: int | None
    available: int


_FOR_SALE = """
SELECT v.id AS variant_id, v.sku, p.id AS product_id, p.name AS product_name, p.slug AS product_slug,
       v.name AS variant_name, v.price, v.currency, p.category_id,
       coalesce((SELECT sum(l.on_hand - l.reserved) FROM catalog_stocklevel l WHERE l.variant_id = v.id), 0)
FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
WHERE v.sku = ANY(%(skus)s::text[]) AND v.withdrawn_at IS NULL AND p.withdrawn_at IS NULL
  AND p.published_from <= now() AND (p.published_until IS NULL OR p.published_until > now())
"""
_FIELDS = tuple(VariantForSale.__dataclass_fields__)


def variants_for_sale(skus: Collection[str]) -> dict[str, VariantForSale]:
    """The variants that can be bought now, by SKU, in one query.

    A SKU that is unknown, withdrawn or not published now is missing.
    """
    rows = fetch(_FOR_SALE, {"skus": array(skus)})
    found = (VariantForSale(**dict(zip(_FIELDS, row, strict=True))) for row in rows)
    return {variant.sku: variant for variant in found}
