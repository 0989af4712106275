import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from catalog.admin import ProductAdmin
from catalog.models import Category, Listing, Location, Product, StockEntry, StockLevel
from tests.factories.accounts import UserFactory
from tests.factories.catalog import CategoryFactory, LocationFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
MODELS = [m for m in admin.site._registry if m._meta.app_label == "catalog"]


@pytest.fixture
def office(db, settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client = Client()
    client.force_login(UserFactory(admin=True))
    return client


def url(model, page="changelist", *args):
    return reverse(f"admin:catalog_{model._meta.model_name}_{page}", args=args)


def fill(size):
    for _ in range(size):
        ProductFactory(category=CategoryFactory(), variant__stock=1)


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_list__more_rows__takes_no_more_queries(office, model, django_assert_max_num_queries):
    fill(3)
    office.get(url(model))

    with django_assert_max_num_queries(14) as few:
        assert office.get(url(model)).status_code == 200
    fill(6)
    with django_assert_max_num_queries(len(few)):
        assert office.get(url(model)).status_code == 200


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_list__search_and_change_page__open(office, model):
    fill(1)
    row = model.objects.first()

    assert office.get(url(model), {"q": "1"}).status_code == 200
    if row:
        assert office.get(url(model, "change", row.pk)).status_code == 200


def variant_form(index, **fields):
    values = {"sku": "A", "name": "", "price": "5", "currency": "USD", "attributes": "{}", "position": "0"}
    return {f"variants-{index}-{name}": value for name, value in {**values, **fields}.items()}


def product_form(*variants, initial=0, **fields):
    form = {
        "name": "Stool",
        "slug": "stool",
        "description": "",
        "attributes": "{}",
        "published_from_0": "2026-01-01",
        "published_from_1": "00:00:00",
        "variants-TOTAL_FORMS": len(variants),
        "variants-INITIAL_FORMS": initial,
    }
    return {**form, **fields, **{k: v for variant in variants for k, v in variant.items()}}


@pytest.mark.django_db(transaction=True)
def test_product__added_edited_renamed__shoppers_see_it_at_once(office, anybody):
    assert office.post(url(Product, "add"), product_form(variant_form(0))).status_code == 302
    product = Product.objects.get()
    seen = [anybody.get("/products/stool").json()["price"]]
    variant = product.variants.get()
    edited = variant_form(0, id=str(variant.pk), product=str(product.pk), price="7.50")

    office.post(url(Product, "change", product.pk), product_form(edited, initial=1, slug="chair"))

    seen.append(anybody.get("/products/chair").json()["price"])
    assert seen == ["5.00", "7.50"]
    assert anybody.get("/products/stool").status_code == 404
    assert anybody.get("/products").json()["results"][0]["slug"] == "chair"


def test_product__variant_row_marked__is_withdrawn(office):
    product = ProductFactory(slug="stool", variant__sku="KEPT")
    gone = VariantFactory(product=product, sku="GONE", stock=1)
    kept = product.variants.get(sku="KEPT")
    rows = [
        variant_form(0, id=str(kept.pk), product=str(product.pk), sku="KEPT"),
        variant_form(1, id=str(gone.pk), product=str(product.pk), sku="GONE", withdraw="on"),
    ]

    office.post(url(Product, "change", product.pk), product_form(*rows, initial=2))

    gone.refresh_from_db()
    assert gone.withdrawn_at
    assert not Listing.objects.get().in_stock


def test_product__two_currencies__is_refused_with_a_message(office):
    rows = [variant_form(0, sku="A"), variant_form(1, sku="B", currency="EUR")]

    answer = office.post(url(Product, "add"), product_form(*rows), follow=True)

    assert "One product has one currency" in answer.content.decode()
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    ("skus", "reason"),
    [(["TAKEN"], "Another variant has this SKU"), (["A", "A"], "Two variants have the same SKU")],
)
def test_product__sku_of_another__is_not_saved(office, skus, reason):
    VariantFactory(sku="TAKEN")

    answer = office.post(
        url(Product, "add"), product_form(*(variant_form(i, sku=s) for i, s in enumerate(skus)))
    )

    assert reason in answer.content.decode()
    assert Product.objects.count() == 1


def test_product__sku_taken_while_it_is_saved__is_refused_with_a_message(office, monkeypatch):
    save = ProductAdmin.save_model

    def save_late(*args):
        VariantFactory(sku="A")
        save(*args)

    monkeypatch.setattr(ProductAdmin, "save_model", save_late)

    answer = office.post(url(Product, "add"), product_form(variant_form(0, sku="A")), follow=True)

    assert "Another write got in between" in answer.content.decode()
    assert not Product.objects.filter(slug="stool").exists()


ATTRIBUTES_REFUSED = [
    "[1]",
    "[]",
    '"x"',
    "3",
    "null",
    "NaN",
    '{"a": NaN}',
    '{"a": Infinity}',
    '{"a": 1e400}',
    '{"a": 99999999999999999999}',
    '{"a": 1e20}',
    '{"a": {"b": 1}}',
    r'{"a": "\u0000"}',
    r'{"\u0000": "a"}',
    r'{"a": "\ud800"}',
]


@pytest.mark.parametrize("attributes", ATTRIBUTES_REFUSED)
def test_product__attributes_that_the_api_refuses__are_not_saved(office, attributes):
    of_product = product_form(variant_form(0), attributes=attributes)
    of_variant = product_form(variant_form(0, attributes=attributes))

    answers = [office.post(url(Product, "add"), form) for form in (of_product, of_variant)]

    assert [a.status_code for a in answers] == [200, 200]
    assert all("Give at most 50 names" in a.content.decode() for a in answers)
    assert not Product.objects.exists()


def test_product__attributes_left_empty__are_an_empty_map(office):
    office.post(url(Product, "add"), product_form(variant_form(0, attributes=""), attributes=""))

    product = Product.objects.get()
    assert (product.attributes, product.variants.get().attributes) == ({}, {})


def test_product__withdraw_action__takes_it_off_the_shop(office):
    product = ProductFactory()

    office.post(url(Product), {"action": "withdraw", "_selected_action": [product.pk]})

    product.refresh_from_db()
    assert product.withdrawn_at
    assert not Listing.objects.exists()


def test_stock__change_with_reason__is_in_the_ledger(office):
    level = StockLevel.objects.get(variant=VariantFactory(stock=5))
    form = {"change": "-2", "reason": "written_off", "cause": "water"}

    office.post(url(StockLevel, "change", level.pk), form)

    level.refresh_from_db()
    entry = StockEntry.objects.order_by("id").last()
    assert (level.on_hand, entry.on_hand_change, entry.reason, entry.cause) == (3, -2, "written_off", "water")
    assert entry.actor.startswith("user:")


@pytest.mark.parametrize(
    "form", [{"change": "-9"}, {"change": "0"}, {"cause": ""}, {"on_hand": "9", "change": ""}]
)
def test_stock__bad_change__is_refused(office, form):
    level = StockLevel.objects.get(variant=VariantFactory(stock=5))
    given = {"change": "1", "reason": "adjusted", "cause": "count", **form}

    office.post(url(StockLevel, "change", level.pk), given, follow=True)

    level.refresh_from_db()
    assert level.on_hand == 5


def test_stock__variant_at_a_new_location__gets_a_level(office):
    variant, attic = VariantFactory(), LocationFactory(code="attic")
    form = {"variant": variant.pk, "location": attic.pk, "change": "4", "reason": "received", "cause": "x"}

    answer = office.post(url(StockLevel, "add"), form)

    assert answer.status_code == 302
    assert StockLevel.objects.get(location=attic).on_hand == 4


def test_category__added_below_and_moved__keeps_the_tree(office):
    CategoryFactory(slug="food")
    parent = CategoryFactory(slug="furniture")
    office.post(url(Category, "add"), {"name": "Chairs", "slug": "chairs", "parent": parent.pk})
    chairs = Category.objects.get(slug="chairs")
    assert Category.objects.get_parent(chairs).slug == "furniture"

    office.post(url(Category, "change", chairs.pk), {"name": "Chairs", "slug": "seats", "parent": ""})

    chairs = Category.objects.get(slug="seats")
    assert (chairs.depth, Category.objects.find_problems()) == (1, ([], [], [], [], []))


def test_category__deleted_with_products__is_refused(office):
    category = ProductFactory(category=CategoryFactory()).category

    office.post(url(Category, "delete", category.pk), {"post": "yes"}, follow=True)

    assert Category.objects.filter(pk=category.pk).exists()


def test_location__added__can_be_used(office):
    office.post(url(Location, "add"), {"code": "attic", "name": "Attic", "priority": "3"})

    assert Location.objects.get(code="attic").priority == 3
