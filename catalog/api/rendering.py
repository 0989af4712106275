"""The catalogue's documents, as finished bytes: `base_url` is where its addresses lead."""

from typing import Any

from django.utils import timezone

from catalog.models import Category, Product
from catalog.queries import categories, products
from catalog.queries.product_filters import ORDERING, ProductFilters
from core.http.pagination import page
from core.json import dumps

_VARIANT_FIELDS = ("sku", "name", "price", "currency", "compare_at_price", "available", "attributes")


def product_list(filters: ProductFilters, *, base_url: str) -> bytes:
    """One page of what is published now: one query, and one more for the branch of a category.

    Depends on the filters' normal form alone. Raises UnknownCategory, or Invalid for a cursor not of ours.
    """
    url = f"{base_url}/api/v1/products?{filters.normal}".rstrip("?")
    rows = products.listed(filters, now=timezone.now())
    shown = page(rows, filters.values, ordering=ORDERING, url=url)
    return dumps(shown.document([_listed(row, base_url) for row in shown.rows]))


def product_on_sale(slug: str, *, base_url: str) -> bytes:
    """One product as shoppers see it: two queries. Raises ProductNotFound also outside its window."""
    return product(products.product_on_sale(slug, now=timezone.now()), base_url=base_url)


def product(shown: Product, *, base_url: str) -> bytes:
    """Everything that the API shows of a product, published or not. One query for its variants."""
    variants = list(products.variants_with_units(shown))
    cheapest = min(variants, key=lambda v: v.price, default=None)
    document = {
        "id": shown.pk,
        "slug": shown.slug,
        "name": shown.name,
        "price": cheapest and cheapest.price,
        "currency": cheapest and cheapest.currency,
        "compare_at_price": cheapest and cheapest.compare_at_price,
        "in_stock": any(v.available > 0 for v in variants),  # type: ignore[attr-defined]
        "category": shown.category and shown.category.slug,
        "image": None,
        "url": _product_url(base_url, shown.slug),
        "description": shown.description,
        "attributes": shown.attributes,
        "published_from": shown.published_from,
        "published_until": shown.published_until,
        "variants": [{name: getattr(v, name) for name in _VARIANT_FIELDS} for v in variants],
        "images": [],
    }
    return dumps(document)


def category_tree(*, base_url: str) -> bytes:
    """Every category, children inside their parents. One query."""
    roots: list[dict[str, object]] = []
    open_nodes: list[tuple[str, list[dict[str, object]]]] = [("", roots)]
    for path, slug, name in categories.tree():
        while not path.startswith(open_nodes[-1][0]):
            open_nodes.pop()
        children: list[dict[str, object]] = []
        node: dict[str, object] = {
            "slug": slug,
            "name": name,
            "url": _category_url(base_url, slug),
            "children": children,
        }
        open_nodes[-1][1].append(node)
        open_nodes.append((path, children))
    return dumps({"next": None, "previous": None, "results": roots})


def category(slug: str, *, base_url: str) -> bytes:
    """One category between its ancestors and its children. Raises CategoryNotFound."""
    found = categories.placed(slug)
    return dumps(
        {
            **_short(found.category, base_url),
            "parent": found.ancestors[-1].slug if found.ancestors else None,
            "ancestors": [_short(c, base_url) for c in found.ancestors],
            "children": [_short(c, base_url) for c in found.children],
        }
    )


def _listed(row: dict[str, Any], base_url: str) -> dict[str, Any]:
    return {
        "id": row["pk"],
        "slug": row["slug"],
        "name": row["name"],
        "price": row["price"],
        "currency": row["currency"],
        "compare_at_price": row["compare_at_price"],
        "in_stock": row["in_stock"],
        "category": row["category__slug"],
        "image": None,
        "url": _product_url(base_url, row["slug"]),
    }


def _short(category: Category, base_url: str) -> dict[str, object]:
    return {"slug": category.slug, "name": category.name, "url": _category_url(base_url, category.slug)}


def _product_url(base_url: str, slug: str) -> str:
    return f"{base_url}/api/v1/products/{slug}"


def _category_url(base_url: str, slug: str) -> str:
    return f"{base_url}/api/v1/categories/{slug}"
