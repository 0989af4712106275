"""Keeping the read model of lists and search (models.Listing) in step, inside the writer's transaction."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db import transaction

from catalog.models import Product
from catalog.queries.search import LANGUAGE
from core import cache, rows

BATCH = 2000  # products in one transaction of a rebuild

# One row for each product on offer that has a variant and is not a draft. The lowest price decides the
# currency too. Attribute values are texts, as a query string can ask for them.
_UPSERT = """
INSERT INTO catalog_listing (product_id, slug, name, category_id, price, currency, compare_at_price, in_stock,
                             attributes, search, published_from, published_until, created_at)
SELECT p.id, p.slug, p.name, p.category_id, cheapest.price, cheapest.currency, cheapest.compare_at_price,
       EXISTS (SELECT FROM catalog_stocklevel l JOIN catalog_variant v ON v.id = l.variant_id
               WHERE v.product_id = p.id AND v.withdrawn_at IS NULL AND l.on_hand > l.reserved),
       coalesce((SELECT jsonb_object_agg(name, texts) FROM (
           SELECT pair.key AS name, jsonb_agg(DISTINCT pair.value) AS texts
           FROM (SELECT p.attributes UNION ALL
                 SELECT v.attributes FROM catalog_variant v
                 WHERE v.product_id = p.id AND v.withdrawn_at IS NULL) AS source (attributes),
                jsonb_each_text(source.attributes) AS pair
           WHERE pair.value IS NOT NULL GROUP BY pair.key) AS named), '{}'),
       setweight(to_tsvector(%(language)s::regconfig, p.name), 'A')
           || setweight(to_tsvector('simple', (SELECT string_agg(v.sku, ' ') FROM catalog_variant v
                        WHERE v.product_id = p.id AND v.withdrawn_at IS NULL)), 'B')
           || setweight(to_tsvector(%(language)s::regconfig, p.description), 'C'),
       p.published_from, p.published_until, p.created_at
FROM catalog_product p
JOIN LATERAL (SELECT price, currency, compare_at_price FROM catalog_variant v
              WHERE v.product_id = p.id AND v.withdrawn_at IS NULL
              ORDER BY price, position, id LIMIT 1) AS cheapest ON true
WHERE p.id = ANY(%(ids)s) AND p.withdrawn_at IS NULL AND p.published_from IS NOT NULL
ORDER BY p.id
ON CONFLICT (product_id) DO UPDATE SET
    (slug, name, category_id, price, currency, compare_at_price, in_stock, attributes, search,
     published_from, published_until, created_at)
  = (excluded.slug, excluded.name, excluded.category_id, excluded.price, excluded.currency,
     excluded.compare_at_price, excluded.in_stock, excluded.attributes, excluded.search,
     excluded.published_from, excluded.published_until, excluded.created_at)
"""

_DROP = """
DELETE FROM catalog_listing WHERE product_id IN (
    SELECT p.id FROM catalog_product p
    WHERE p.id = ANY(%(ids)s) AND (p.withdrawn_at IS NOT NULL OR p.published_from IS NULL OR NOT EXISTS (
        SELECT FROM catalog_variant v WHERE v.product_id = p.id AND v.withdrawn_at IS NULL)))
"""


# A product's row is the lock of its listing: who holds it sees, in the next statement, what others committed.
_LOCK = "SELECT FROM catalog_product WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE"

_IN_STOCK = """
WITH now_true AS MATERIALIZED (
    SELECT id, EXISTS (SELECT FROM catalog_stocklevel l JOIN catalog_variant v ON v.id = l.variant_id
                       WHERE v.product_id = p.id AND v.withdrawn_at IS NULL AND l.on_hand > l.reserved)
           AS is_so
    FROM catalog_product p WHERE id = ANY(%(ids)s)
)
UPDATE catalog_listing SET in_stock = is_so FROM now_true WHERE product_id = id AND in_stock <> is_so
"""


@transaction.atomic
def refresh(*, product_ids: Collection[UUID]) -> None:
    """Write the products' rows anew from what is stored now. Three statements, however many products.

    Called in the transaction that changed products or variants, after the change. Locks the products in
    primary-key order; whoever also locks stock levels locks those first.
    """
    parameters: dict[str, Any] = {"ids": sorted(product_ids), "language": LANGUAGE}
    for statement in (_LOCK, _DROP, _UPSERT):
        rows.change(statement, parameters)


@transaction.atomic
def refresh_in_stock(*, product_ids: Collection[UUID]) -> bool:
    """Refresh after units alone have changed; returns whether any product went in or out of stock."""
    parameters = {"ids": sorted(product_ids)}
    rows.change(_LOCK, parameters)
    return rows.change(_IN_STOCK, parameters) > 0


def rebuild() -> int:
    """Write every row anew, batch by batch while the shop runs; returns how many products there were.

    The read model holds nothing that it could not be made from again.
    """
    ids, count = _next_ids(None), 0
    while ids:
        refresh(product_ids=ids)
        count += len(ids)
        ids = _next_ids(ids[-1])
    cache.renew("catalog")
    return count


def _next_ids(after: UUID | None) -> list[UUID]:
    products = Product.objects.order_by("id").values_list("id", flat=True)
    return list((products.filter(id__gt=after) if after else products)[:BATCH])
