"""What shoppers see: the rows of the list, and one product whole."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib.postgres.search import SearchQuery
from django.db.models import IntegerField, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from catalog.models import Listing, Product, StockLevel, Variant
from catalog.queries import categories
from catalog.queries.product_filters import ProductFilters
from catalog.queries.search import LANGUAGE
from core.errors import FieldError, Invalid, NotFound

_COLUMNS = ("pk", "slug", "name", "price", "currency", "compare_at_price", "in_stock", "created_at")


class ProductNotFound(NotFound):
    title = "No such product"


class UnknownCategory(Invalid):
    """The category that a filter or a body names is not there."""

    def __init__(self, slug: str) -> None:
        detail = f"There is no category {slug}"
        super().__init__(detail, errors=[FieldError(field="category", code="unknown", detail=detail)])


def listed(filters: ProductFilters, *, now: datetime) -> QuerySet[Listing, dict[str, Any]]:
    """What is published at `now` and fits: rows for the list. One query for the branch of a category.

    Raises UnknownCategory.
    """
    return _filtered(filters, now=now).values(*_COLUMNS, "category__slug")


def product_on_sale(slug: str, *, now: datetime) -> Product:
    """One product, with its category. Raises ProductNotFound also outside its window."""
    product = Product.objects.visible(now=now).select_related("category").filter(slug=slug).first()
    if product is None:
        raise ProductNotFound(f"There is no product {slug}")
    return product


def variants_with_units(product: Product) -> QuerySet[Variant]:
    """The product's variants on offer in their order, each with `available` units over all locations."""
    free = StockLevel.objects.filter(variant=OuterRef("pk")).order_by().values("variant")
    units = free.annotate(units=Sum("on_hand") - Sum("reserved")).values("units")
    return product.variants.filter(withdrawn_at__isnull=True).annotate(
        available=Coalesce(Subquery(units, output_field=IntegerField()), 0)
    )


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
