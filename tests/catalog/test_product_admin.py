from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.db import connections
from django.urls import reverse

from catalog.admin import ProductAdmin
from catalog.models import Listing, Product
from tests.factories.accounts import UserFactory
from tests.factories.catalog import ProductFactory, VariantFactory
from tests.locks import somebody_waits_for_us
from tests.stack import eventually

pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"admin:catalog_product_{name}", args=args)


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


def opened(office, product, **fields):
    """The form of a product's page as it is now, with a row for each variant and nothing typed."""
    context = office.get(page("change", product.pk)).context
    rows = [
        variant_form(i, id=str(v.pk), product=str(product.pk), sku=v.sku, price=str(v.price))
        for i, v in enumerate(product.variants.filter(withdrawn_at__isnull=True))
    ]
    version = context["adminform"].form["version"].value()
    return product_form(*rows, initial=len(rows), slug=product.slug, version=version, **fields)


@pytest.mark.django_db(transaction=True)
def test_product__added_edited_renamed__shoppers_see_it_at_once(office, anybody):
    assert office.post(page("add"), product_form(variant_form(0))).status_code == 302
    product = Product.objects.get()
    seen = [anybody.get("/products/stool").json()["price"]]
    edited = opened(office, product) | {"slug": "chair", "variants-0-price": "7.50"}

    office.post(page("change", product.pk), edited)

    seen.append(anybody.get("/products/chair").json()["price"])
    assert seen == ["5.00", "7.50"]
    assert anybody.get("/products/stool").status_code == 404
    assert anybody.get("/products").json()["results"][0]["slug"] == "chair"


def test_product__variant_row_marked__is_withdrawn(office):
    product = ProductFactory(slug="stool", variant__sku="KEPT")
    gone = VariantFactory(product=product, sku="GONE", position=1, stock=1)
    form = opened(office, product) | {"variants-1-withdraw": "on"}

    office.post(page("change", product.pk), form)

    gone.refresh_from_db()
    assert gone.withdrawn_at
    assert not Listing.objects.get().in_stock


def test_product__two_currencies__is_refused_with_a_message(office):
    rows = [variant_form(0, sku="A"), variant_form(1, sku="B", currency="EUR")]

    answer = office.post(page("add"), product_form(*rows), follow=True)

    assert "One product has one currency" in answer.content.decode()
    assert not Product.objects.exists()


@pytest.mark.parametrize(
    "sku", ["A/B", "X" * 65, "A B", "A\u00a0B", "A\x07B", "A\x00B", "-", "..", "~", "A~e913", "Ä"]
)
def test_product__sku_that_the_api_refuses__is_not_saved(office, staff, sku):
    by_api = staff.post("/products", {"name": "Stool", "price": "1", "sku": sku})
    answer = office.post(page("add"), product_form(variant_form(0, sku=sku)))

    assert (by_api.status_code, answer.status_code) == (400, 200)
    assert answer.context["inline_admin_formsets"][0].formset.errors[0].keys() == {"sku"}
    assert not Product.objects.exists()


def test_product__written_before_the_rules__can_be_edited_and_withdrawn(office):
    product = ProductFactory(slug="stool", variant__sku="KEPT")
    old = VariantFactory(product=product, sku="A/B 1", position=1, stock=1)
    Product.objects.update(attributes={"sizes": ["S", "M"]})
    form = opened(office, product, name="Bench", attributes='{"sizes": ["S", "M"]}')

    office.post(page("change", product.pk), form | {"variants-1-withdraw": "on"})

    product.refresh_from_db()
    old.refresh_from_db()
    assert (product.name, product.attributes, old.withdrawn_at is None) == (
        "Bench",
        {"sizes": ["S", "M"]},
        False,
    )


def test_product__may_only_be_read__shows_no_version(office):
    looker = UserFactory(is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_product"))
    product = ProductFactory()
    before = office.get(page("change", product.pk)).content.decode()

    office.force_login(looker)
    shown = office.get(page("change", product.pk))

    assert ('name="version"' in before, shown.status_code) == (True, 200)
    assert "Version" not in shown.content.decode()


@pytest.mark.parametrize(
    ("skus", "reason"),
    [(["TAKEN"], "Another variant has this SKU"), (["A", "A"], "Two variants have the same SKU")],
)
def test_product__sku_of_another__is_not_saved(office, skus, reason):
    VariantFactory(sku="TAKEN")

    answer = office.post(page("add"), product_form(*(variant_form(i, sku=s) for i, s in enumerate(skus))))

    assert reason in answer.content.decode()
    assert Product.objects.count() == 1


def test_product__sku_taken_while_it_is_saved__is_refused_with_a_message(office, monkeypatch):
    save = ProductAdmin.save_model

    def save_late(*args):
        VariantFactory(sku="A")
        save(*args)

    monkeypatch.setattr(ProductAdmin, "save_model", save_late)

    answer = office.post(page("add"), product_form(variant_form(0, sku="A")), follow=True)

    assert "Another write got in between" in answer.content.decode()
    assert not Product.objects.filter(slug="stool").exists()


def test_product__changed_since_it_was_opened__is_not_saved_until_opened_again(office, staff):
    product = ProductFactory(slug="stool", variant__price="12.50")
    stale = opened(office, product, description="typo fixed")
    staff.patch("/products/stool", {"price": "20.00"})

    refused = office.post(page("change", product.pk), stale)
    price_kept = product.variants.get().price
    saved = office.post(page("change", product.pk), opened(office, product, description="typo fixed"))

    assert "Somebody else has changed this product" in refused.content.decode()
    assert (price_kept, product.variants.get().price) == (Decimal("20.00"), Decimal("20.00"))
    assert saved.status_code == 302
    assert Product.objects.get().description == "typo fixed"


def test_product__saved_by_a_form_without_a_version__is_refused(office):
    product = ProductFactory(description="old")
    form = opened(office, product, description="new")
    del form["version"]

    office.post(page("change", product.pk), form)

    assert Product.objects.get().description == "old"


def test_product__variant_withdrawn_since_it_was_opened__stays_withdrawn(office, staff):
    product = ProductFactory(slug="stool", variant__sku="KEPT")
    VariantFactory(product=product, sku="GONE", position=1)
    stale = opened(office, product)
    staff.patch("/products/stool", {"variants": [{"sku": "KEPT", "price": "5"}]})

    answer = office.post(page("change", product.pk), stale)

    assert "Somebody else has changed this product" in answer.content.decode()
    assert [v.sku for v in product.variants.filter(withdrawn_at__isnull=True)] == ["KEPT"]


def test_product__withdrawn_since_it_was_opened__stays_withdrawn(office, staff):
    product = ProductFactory(slug="stool")
    stale = opened(office, product)
    staff.delete("/products/stool")

    answer = office.post(page("change", product.pk), stale, follow=True)

    assert answer.redirect_chain == [(reverse("admin:index"), 302)]
    assert not Product.objects.on_offer().exists()
    assert not Listing.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_product__withdrawn_while_it_is_saved__is_withdrawn_afterwards(office, staff, monkeypatch):
    product, save, pool = ProductFactory(slug="stool"), ProductAdmin.save_model, ThreadPoolExecutor(1)
    withdrawals = []

    def withdraw():
        try:
            return staff.delete("/products/stool")
        finally:
            connections.close_all()

    def save_slowly(*args):
        withdrawals.append(pool.submit(withdraw))
        eventually(lambda: withdrawals[0].done() or somebody_waits_for_us(), seconds=30)
        save(*args)

    monkeypatch.setattr(ProductAdmin, "save_model", save_slowly)
    with pool:
        office.post(page("change", product.pk), opened(office, product, description="new"))
        withdrawn = withdrawals[0].result(30)

    assert withdrawn.status_code == 204
    product.refresh_from_db()
    assert (product.description, bool(product.withdrawn_at)) == ("new", True)
    assert not product.variants.filter(withdrawn_at__isnull=True).exists()
    assert not Listing.objects.exists()


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

    answers = [office.post(page("add"), form) for form in (of_product, of_variant)]

    assert [a.status_code for a in answers] == [200, 200]
    assert all("Give at most 50 names" in a.content.decode() for a in answers)
    assert not Product.objects.exists()


def test_product__attributes_left_empty__are_an_empty_map(office):
    office.post(page("add"), product_form(variant_form(0, attributes=""), attributes=""))

    product = Product.objects.get()
    assert (product.attributes, product.variants.get().attributes) == ({}, {})


def test_product__withdraw_action__takes_it_off_the_shop(office):
    product = ProductFactory()

    office.post(page("changelist"), {"action": "withdraw", "_selected_action": [product.pk]})

    product.refresh_from_db()
    assert product.withdrawn_at
    assert not Listing.objects.exists()
