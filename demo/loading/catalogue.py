"""Products of the file as rows of the catalogue."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from django.conf import settings
from django.utils.text import slugify

from catalog.models import Category, Product, Variant
from demo import articles
from demo.loading.ids import historic_uuid


def categories(products: Iterable[articles.Product]) -> dict[str, Category]:
    """Two levels of the category tree, by slug: made, or found where the shop has them."""
    found: dict[str, Category] = {}
    for category, subcategory in sorted({(p.category, p.subcategory) for p in products}):
        top = _category(category, parent=None)
        below = _category(subcategory, parent=top)
        found |= {top.slug: top, below.slug: below}
    return found


def product_rows(
    products: Sequence[articles.Product], tree: dict[str, Category]
) -> tuple[list[Product], list[Variant]]:
    """Each product appears in the shop on the morning of its first sale."""
    rows = [_product(product, tree[product.category_slug]) for product in products]
    return rows, [v for row, product in zip(rows, products, strict=True) for v in _variants(row, product)]


def _category(name: str, *, parent: Category | None) -> Category:
    slug = slugify(name)
    existing = Category.objects.filter(slug=slug).first()
    if existing:
        return existing
    fields = {"name": name, "slug": slug}
    made = Category.objects.add_child(parent, fields) if parent else Category.objects.add_root(fields)
    # Adding a child later changes the row behind the instance's back.
    return Category.objects.get(pk=made.pk)


def _product(product: articles.Product, category: Category) -> Product:
    appeared_at = datetime.combine(product.first_sold_on, time(6), tzinfo=UTC)
    return Product(
        id=historic_uuid(appeared_at, "product", product.id),
        slug=product.slug,
        name=product.name,
        description=f"Item {product.id} in {product.category}, {product.subcategory}.",
        category=category,
        published_from=appeared_at,
        created_at=appeared_at,
    )


def _variants(row: Product, product: articles.Product) -> Iterator[Variant]:
    for position, article in enumerate(product.articles):
        yield Variant(
            id=_variant_id(row, article),
            product=row,
            sku=article.sku,
            name=article.name if position else "",  # the first bears the product's name
            price=article.price,
            currency=settings.DEFAULT_CURRENCY,
            position=position,
        )


def _variant_id(row: Product, article: articles.Article) -> UUID:
    return historic_uuid(row.created_at, "variant", article.sku)
