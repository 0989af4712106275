from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import factory
from factory.django import DjangoModelFactory

from catalog.models import Category, Location, Product, StockEntry, StockLevel, Variant
from catalog.services import read_model, stock

CREATED_AT = datetime(2026, 1, 1, tzinfo=UTC)


class CategoryFactory(DjangoModelFactory):
    """`CategoryFactory(parent=category)` makes a child."""

    class Meta:
        model = Category

    slug = factory.Sequence(lambda n: f"category-{n}")
    name = factory.LazyAttribute(lambda o: o.slug.replace("-", " ").title())

    @classmethod
    def _create(
        cls, model_class: type[Category], *args: Any, parent: Category | None = None, **kwargs: Any
    ) -> Any:
        return Category.objects.add_child(parent, kwargs) if parent else Category.objects.add_root(kwargs)


class LocationFactory(DjangoModelFactory):
    class Meta:
        model = Location
        django_get_or_create = ("code",)

    code = "main"
    name = factory.LazyAttribute(lambda o: o.code.title())


class VariantFactory(DjangoModelFactory):
    """A variant, by default of a new product without another; `stock=10` puts ten units at "main"."""

    class Meta:
        model = Variant
        skip_postgeneration_save = True

    product = factory.SubFactory("tests.factories.catalog.ProductFactory", variant=None)
    sku = factory.Sequence(lambda n: f"SKU-{n:05}")
    price = Decimal("10.00")
    currency = "USD"

    @factory.post_generation
    def stock(self, create: bool, units: int | None, **kwargs: Any) -> None:
        if units:
            stock.adjust(
                sku=self.sku, change=units, reason=StockEntry.Reason.RECEIVED, actor="test", now=CREATED_AT
            )
        read_model.refresh(product_ids=[self.product_id])


class ProductFactory(DjangoModelFactory):
    """A published product with one variant; `variant__price=...`, `variant__stock=5`; `draft=True`."""

    class Meta:
        model = Product
        skip_postgeneration_save = True

    class Params:
        draft = factory.Trait(published_from=None)

    slug = factory.Sequence(lambda n: f"product-{n}")
    name = factory.Sequence(lambda n: f"Product {n}")
    published_from = CREATED_AT
    created_at = CREATED_AT
    variant = factory.RelatedFactory(VariantFactory, factory_related_name="product")


class StockLevelFactory(DjangoModelFactory):
    class Meta:
        model = StockLevel

    variant = factory.SubFactory(VariantFactory)
    location = factory.SubFactory(LocationFactory)
    on_hand = 10
