from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.services import stock
from tests.factories.catalog import CategoryFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db


def make_shirt():
    shirt = ProductFactory(
        slug="shirt",
        name="Shirt",
        description="Cotton",
        category=CategoryFactory(slug="clothes"),
        attributes={"fabric": "cotton"},
        variant__sku="S-RED",
        variant__price=Decimal("12.00"),
        variant__attributes={"color": "red"},
        variant__stock=4,
    )
    VariantFactory(product=shirt, sku="S-BLUE", price=Decimal("9.50"), position=1)
    return shirt


def test_detail__two_variants__has_the_fields_of_the_contract(anybody):
    shirt = make_shirt()

    body = anybody.get("/products/shirt").json()

    assert body["id"] == str(shirt.id)
    assert (body["price"], body["in_stock"], body["category"]) == ("9.50", True, "clothes")
    assert (body["description"], body["images"], body["attributes"]) == ("Cotton", [], {"fabric": "cotton"})
    assert [(v["sku"], v["price"], v["available"], v["attributes"]) for v in body["variants"]] == [
        ("S-RED", "12.00", 4, {"color": "red"}),
        ("S-BLUE", "9.50", 0, {}),
    ]


@pytest.mark.parametrize("more", [0, 12])
def test_detail__cold_two_queries_hot_none(anybody, customer, more, django_assert_num_queries):
    VariantFactory.create_batch(more, product=make_shirt())

    with django_assert_num_queries(2):
        cold = anybody.get("/products/shirt")
    with django_assert_num_queries(0):
        hot = customer.get("/products/shirt")

    assert cold.content == hot.content


@pytest.mark.parametrize("path", ["/products/missing", "/products/draft", "/products/a%00b", "/products/a'b"])
def test_detail__not_there_or_not_published__is_404_and_stays_quick(anybody, path):
    ProductFactory(slug="draft", draft=True)

    answers = [anybody.get(path) for _ in range(2)]

    assert {a.status_code for a in answers} == {404}
    assert answers[0]["Content-Type"] == "application/problem+json"


def test_detail__unknown_parameter__is_400(anybody):
    make_shirt()

    assert anybody.get("/products/shirt?fields=all").status_code == 400


def test_detail__if_none_match__is_304(anybody):
    make_shirt()
    etag = anybody.get("/products/shirt")["ETag"]

    assert anybody.get("/products/shirt", headers={"If-None-Match": etag}).status_code == 304
    assert anybody.get("/products/shirt", headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_detail_and_list__last_units_reserved_and_released__are_seen_at_once(anybody):
    red = make_shirt().variants.get(sku="S-RED")
    owner, now = uuid4(), timezone.now()

    def seen():
        listed = anybody.get("/products").json()["results"][0]["in_stock"]
        detail = anybody.get("/products/shirt").json()
        return listed, detail["in_stock"], detail["variants"][0]["available"]

    before = seen()
    with transaction.atomic():
        stock.reserve(owner=owner, quantities={red.id: 4}, now=now)
    sold_out = seen()
    stock.release(owner=owner, now=now)

    assert before == (True, True, 4)
    assert sold_out == (False, False, 0)
    assert seen() == (True, True, 4)


@pytest.mark.parametrize("step", ["reserve", "ship", "ship_units"])
def test_detail__units_held_and_sent__is_read_anew_only_when_what_is_free_changed(
    anybody, step, django_capture_on_commit_callbacks, django_assert_num_queries
):
    variant, owner, now = make_shirt().variants.get(sku="S-RED"), uuid4(), timezone.now()
    if step != "reserve":
        stock.reserve(owner=owner, quantities={variant.pk: 3}, now=now)
    before = anybody.get("/products/shirt")

    with django_capture_on_commit_callbacks(execute=True):
        if step == "ship":
            stock.ship(owner=owner, now=now)
        elif step == "ship_units":
            stock.ship_units(owner=owner, quantities={variant.pk: 2}, now=now)
        else:
            stock.reserve(owner=owner, quantities={variant.pk: 3}, now=now)

    with django_assert_num_queries(2 if step == "reserve" else 0):
        after = anybody.get("/products/shirt")
    free = [answer.json()["variants"][0]["available"] for answer in (before, after)]
    assert free == ([4, 1] if step == "reserve" else [1, 1])
