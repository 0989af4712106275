from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.queries.sale import variants_for_sale
from tests.factories.catalog import (
    CategoryFactory,
    LocationFactory,
    ProductFactory,
    StockLevelFactory,
    VariantFactory,
)

pytestmark = pytest.mark.django_db


def test_variants_for_sale__some_not_for_sale__are_missing(django_assert_num_queries):
    later = timezone.now() + timedelta(days=1)
    for sku, product in [
        ("DRAFT", {"draft": True}),
        ("EARLY", {"published_from": later}),
        ("WITHDRAWN", {"withdrawn_at": timezone.now()}),
    ]:
        VariantFactory(sku=sku, product=ProductFactory(**product))
    VariantFactory(sku="OFF", withdrawn_at=timezone.now())
    category = CategoryFactory()
    shirt = ProductFactory(name="Shirt", slug="shirt", category=category, variant=None)
    red = VariantFactory(product=shirt, sku="RED", name="red", price=Decimal("9.50"), stock=3)
    StockLevelFactory(variant=red, location=LocationFactory(code="attic"), on_hand=4, reserved=1)

    with django_assert_num_queries(1):
        found = variants_for_sale(["RED", "DRAFT", "EARLY", "WITHDRAWN", "OFF", "UNKNOWN"])

    assert list(found) == ["RED"]
    sale = found["RED"]
    assert (sale.variant_id, sale.product_name, sale.variant_name) == (red.id, "Shirt", "red")
    assert (sale.price, sale.currency, sale.category_id) == (Decimal("9.50"), "USD", category.id)
    assert sale.available == 6
