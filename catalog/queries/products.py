"""The read paths of shoppers: a page of the list, one product whole. Each answers finished bytes."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.models import Listing, Product, StockLevel, Variant
from catalog.queries import categories
from catalog.queries.product_filters import DEFAULT_ORDERING, ORDERINGS, ProductFilters
from catalog.queries.search import LANGUAGE
from core.errors import FieldError, Invalid, NotFound
from core.http.pagination import KeysetPagination
from core.json import dumps

_COLUMNS = ("pk", "slug", "name", "price", "currency", "compare_at_price", "in_stock", "created_at")


class ProductNotFound(NotFound):
    title = "No such product"


class UnknownCategory(Invalid):
    """The category that a filter or a body names is not there."""

    def __init__(self, slug: str) -> None:
        detail = f"There is no category {slug}"
        super().__init__(detail, errors=[FieldError(field="category", code="unknown", detail=detail)])


def list_document(filters: ProductFilters, *, base_url: str, now: datetime) -> bytes:
    """One page of what is published at `now`: one query, and one more for the branch of a category.

    Raises UnknownCategory, and ValidationError for a cursor that is not ours.
    """
    page = KeysetPagination()
    listed = _filtered(filters, now=now).values(*_COLUMNS, "category__slug")
    rows = page.paginate_queryset(listed, _Address(filters, base_url), _Orderings())  # type: ignore[arg-type]
    return dumps(page.envelope([_list_item(row, base_url) for row in rows]))


def product_document(slug: str, *, base_url: str, now: datetime) -> bytes:
    """One product as shoppers see it: two queries. Raises ProductNotFound also outside its window."""
    product = Product.objects.visible(now=now).select_related("category").filter(slug=slug).first()
    if product is None:
        raise ProductNotFound(f"There is no product {slug}")
    return dumps(product_fields(product, base_url=base_url))


def product_fields(product: Product, *, base_url: str) -> dict[str, Any]:
    """Everything that the API tells of a product, published or not. One query for its variants."""
    variants = list(variants_with_units(product))
    cheapest = min(variants, key=lambda v: v.price, default=None)
    return {
        "id": product.pk,
        "slug": product.slug,
        "name": product.name,
        "price": cheapest and cheapest.price,
        "currency": cheapest and cheapest.currency,
        "compare_at_price": cheapest and cheapest.compare_at_price,
        "in_stock": any(v.available > 0 for v in variants),  # type: ignore[attr-defined]
        "category": product.category and product.category.slug,
        "image": None,
        "url": _url(base_url, product.slug),
        "description": product.description,
        "attributes": product.attributes,
        "published_from": product.published_from,
        "published_until": product.published_until,
        "variants": [_variant_fields(v) for v in variants],
        "images": [],
    }


def variants_with_units(product: Product) -> QuerySet[Variant]:
    """The product's variants on offer in their order, each with `available` units over all locations."""
    free = StockLevel.objects.filter(variant=OuterRef("pk")).order_by().values("variant")
    units = free.annotate(units=Sum("on_hand") - Sum("reserved")).values("units")
    return product.variants.filter(withdrawn_at__isnull=True).annotate(
        available=Coalesce(Subquery(units, output_field=IntegerField()), 0)
    )


@dataclass(frozen=True, slots=True)
class _Address:
    """Stands for the request in the paginator: the page depends on the normal form alone."""

    filters: ProductFilters
    base_url: str

    @property
    def GET(self) -> dict[str, str]:  # noqa: N802 - the name that Django's request has
        return self.filters.values

    def build_absolute_uri(self) -> str:
        return f"{self.base_url}/api/v1/products?{self.filters.normal}".rstrip("?")


class _Orderings:
    ordering_fields = ORDERINGS
    ordering = DEFAULT_ORDERING


def _filtered(filters: ProductFilters, *, now: datetime) -> QuerySet[Listing]:
    asked = filters.values
    condition = Q(published_from__lte=now) & (Q(published_until__isnull=True) | Q(published_until__gt=now))
    if "q" in asked:
        condition &= Q(search=_search_terms(asked["q"]))
    if "category" in asked:
        condition &= Q(category_id__in=_branch(asked["category"]))
    if "min_price" in asked:
        condition &= Q(price__gte=Decimal(asked["min_price"]))
    if "max_price" in asked:
        condition &= Q(price__lte=Decimal(asked["max_price"]))
    if "in_stock" in asked:
        condition &= Q(in_stock=asked["in_stock"] == "true")
    if filters.attributes:
        condition &= Q(attributes__contains=filters.attributes)
    return Listing.objects.filter(condition)


def _search_terms(q: str) -> SearchQuery:
    """Words of the text are stemmed; a SKU stands as it is written."""
    words = SearchQuery(q, config=LANGUAGE, search_type="websearch")
    return words | SearchQuery(q, config="simple", search_type="websearch")


def _branch(slug: str) -> list[int]:
    ids = categories.ids_with_descendants(slug)
    if not ids:
        raise UnknownCategory(slug)
    return ids


def _list_item(row: dict[str, Any], base_url: str) -> dict[str, Any]:
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
        "url": _url(base_url, row["slug"]),
    }


def _variant_fields(variant: Any) -> dict[str, Any]:
    names = ("sku", "name", "price", "currency", "compare_at_price", "available", "attributes")
    return {name: getattr(variant, name) for name in names}


def _url(base_url: str, slug: str) -> str:
    return f"{base_url}/api/v1/products/{slug}"
