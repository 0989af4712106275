"""What several people name alike at once: each slug is its own, and a SKU that is taken is named."""

from decimal import Decimal
from threading import Barrier

import pytest

from catalog.models import Category, Product, Variant
from catalog.services import categories, products, slugs
from catalog.services.products import SkuTaken, VariantInput
from tests.catalog.test_stock_races import NOW, race
from tests.factories.catalog import VariantFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 6


@pytest.fixture
def checked_at_once(monkeypatch):
    """Have everybody find their name free before anybody writes; those who try again are not held up."""
    barrier, is_free = Barrier(AT_ONCE), slugs._is_free
    waiting = set(range(AT_ONCE))

    def look(slug, model):
        found = is_free(slug, model)
        if waiting:
            waiting.pop()
            barrier.wait(timeout=30)
        return found

    monkeypatch.setattr(slugs, "_is_free", look)


def _create(**variant):
    fields = {"name": "Oak Stool"}
    variants = [VariantInput(price=Decimal(5), **variant)]
    return lambda: products.create(fields=fields, variants=variants, actor="staff", now=NOW)


def test_create__six_of_one_name_at_once__each_has_a_slug(checked_at_once):
    made = race([_create() for _ in range(AT_ONCE)])

    assert {type(each) for each in made} == {Product}
    assert len({each.slug for each in made}) == AT_ONCE
    assert Product.objects.filter(slug="oak-stool").count() == 1
    assert Variant.objects.count() == AT_ONCE


def test_create__six_of_one_sku_at_once__others_are_told_which_is_taken(checked_at_once):
    made = race([_create(sku="OAK") for _ in range(AT_ONCE)])

    refused = [each for each in made if isinstance(each, SkuTaken)]
    assert len(refused) == AT_ONCE - 1
    assert {error.detail for each in refused for error in each.errors} == {"OAK is taken"}
    assert (Product.objects.count(), Variant.objects.count()) == (1, 1)


def test_change__six_to_one_sku_at_once__others_are_told_which_is_taken(monkeypatch):
    slugs_of = [VariantFactory().product.slug for _ in range(AT_ONCE)]
    barrier, check = Barrier(AT_ONCE), products._check_skus
    waiting = set(range(AT_ONCE))

    def look(skus):
        check(skus)
        if waiting:
            waiting.pop()
            barrier.wait(timeout=30)

    monkeypatch.setattr(products, "_check_skus", look)

    def change(slug):
        return lambda: products.update(
            slug=slug,
            fields={},
            variant_fields={"sku": "OAK"},
            variants=None,
            precondition=lambda _: None,
            actor="staff",
            now=NOW,
        )

    made = race([change(slug) for slug in slugs_of])

    assert sorted(type(each).__name__ for each in made) == ["Product"] + ["SkuTaken"] * (AT_ONCE - 1)


def test_create_category__six_of_one_name_at_once__each_has_a_slug():
    made = race([lambda: categories.create(name="Chairs") for _ in range(AT_ONCE)])

    assert {type(each) for each in made} == {Category}
    assert len({each.slug for each in made}) == AT_ONCE
