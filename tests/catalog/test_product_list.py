from decimal import Decimal

import pytest

from catalog.models import Listing
from catalog.services import read_model
from tests.factories.catalog import CategoryFactory, ProductFactory

pytestmark = pytest.mark.django_db


def slugs(response):
    assert response.status_code == 200, response.content
    return [row["slug"] for row in response.json()["results"]]


def test_list__one_product__has_the_fields_of_the_contract(anybody):
    category = CategoryFactory(slug="chairs")
    product = ProductFactory(
        slug="stool",
        name="Stool",
        category=category,
        variant__price=Decimal("19.90"),
        variant__compare_at_price=Decimal("25.00"),
        variant__stock=3,
    )

    page = anybody.get("/products").json()

    assert page == {
        "next": None,
        "previous": None,
        "results": [
            {
                "id": str(product.id),
                "slug": "stool",
                "name": "Stool",
                "price": "19.90",
                "currency": "USD",
                "compare_at_price": "25.00",
                "in_stock": True,
                "category": "chairs",
                "image": None,
                "url": "http://testserver/api/v1/products/stool",
            }
        ],
    }


def test_list__draft_withdrawn_or_outside_its_window__is_not_shown(anybody):
    ProductFactory(draft=True)
    ProductFactory(published_from="2999-01-01T00:00:00Z")
    ProductFactory(published_until="2026-01-02T00:00:00Z")
    ProductFactory(slug="shown", published_until="2999-01-01T00:00:00Z")

    assert slugs(anybody.get("/products")) == ["shown"]


@pytest.mark.parametrize("size", [2, 30])
def test_list__cold__is_one_query_whatever_the_size(anybody, size, django_assert_num_queries):
    ProductFactory.create_batch(size, category=CategoryFactory())

    with django_assert_num_queries(1):
        anybody.get("/products?page_size=100")


@pytest.mark.parametrize("size", [2, 30])
def test_list__hot__is_no_query(anybody, customer, size, django_assert_num_queries):
    ProductFactory.create_batch(size)
    first = anybody.get("/products?ordering=price&page_size=50")

    with django_assert_num_queries(0):
        again = anybody.get("/products?page_size=50&ordering=price")
        signed_in = customer.get("/products?page_size=050&ordering=price&q=")

    assert first.content == again.content == signed_in.content


def test_list__anonymous_and_signed_in__differ_in_cache_control_only(anybody, customer):
    ProductFactory()

    assert "s-maxage=1" in anybody.get("/products")["Cache-Control"]
    assert customer.get("/products")["Cache-Control"] == "private, no-cache"


def test_list__if_none_match__is_304(anybody):
    ProductFactory()
    etag = anybody.get("/products")["ETag"]

    unchanged = anybody.get("/products", headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content, unchanged["ETag"]) == (304, b"", etag)


def test_list__head__has_the_headers_of_get_and_no_body(anybody):
    ProductFactory()
    got = anybody.get("/products")

    head = anybody.head("/products")

    assert head.status_code == 200
    assert (head["ETag"], head["Content-Length"], head.content) == (got["ETag"], got["Content-Length"], b"")


def test_list__other_host__links_lead_back_there(anybody):
    ProductFactory(slug="stool")
    anybody.get("/products")

    page = anybody.get("/products", headers={"Host": "localhost:8000"}).json()

    assert page["results"][0]["url"] == "http://localhost:8000/api/v1/products/stool"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=oak", {"table", "bench"}),
        ("q=OAKS", {"table", "bench"}),
        ("q=TAB-1", {"table"}),
        ("q=nothing", set()),
        ("category=furniture", {"table", "bench"}),
        ("category=tables", {"table"}),
        ("min_price=50", {"table"}),
        ("max_price=49.99", {"bench", "lamp"}),
        ("min_price=20&max_price=50", {"bench"}),
        ("in_stock=true", {"table"}),
        ("in_stock=false", {"bench", "lamp"}),
        ("attr.color=red", {"lamp"}),
        ("attr.legs=4", {"table"}),
        ("attr.legs=4&attr.color=red", set()),
        ("category=furniture&in_stock=true&q=oak&min_price=1", {"table"}),
    ],
)
def test_list__filter__keeps_what_fits(anybody, query, expected):
    furniture = CategoryFactory(slug="furniture")
    tables = CategoryFactory(slug="tables", parent=furniture)
    ProductFactory(
        slug="table",
        name="Oak table",
        category=tables,
        attributes={"legs": 4},
        variant__sku="TAB-1",
        variant__price=Decimal(90),
        variant__stock=1,
    )
    ProductFactory(
        slug="bench", description="Made of oak", category=furniture, variant__price=Decimal("49.99")
    )
    ProductFactory(slug="lamp", variant__price=Decimal(10), variant__attributes={"color": "red"})

    assert set(slugs(anybody.get(f"/products?{query}"))) == expected


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("colour=red", "colour"),
        ("ordering=stock", "ordering"),
        ("ordering=--price", "ordering"),
        ("page_size=0", "page_size"),
        ("page_size=101", "page_size"),
        ("page_size=ten", "page_size"),
        ("min_price=-1", "min_price"),
        ("max_price=1e3", "max_price"),
        ("min_price=NaN", "min_price"),
        ("in_stock=maybe", "in_stock"),
        ("cursor=abc", "cursor"),
        ("cursor=%00", "cursor"),
        ("category=nowhere", "category"),
        ("attr.=x", "attr."),
        ("q=%00", "q"),
        ("q=a&q=b", "q"),
        (f"q={'x' * 501}", "q"),
    ],
)
def test_list__unknown_or_bad_parameter__is_400_naming_it(anybody, query, field):
    response = anybody.get(f"/products?{query}")

    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert [e["field"] for e in response.json()["errors"]] == [field]


@pytest.mark.parametrize(
    "text",
    [
        "' OR 1=1 --",
        "'; DROP TABLE catalog_product; --",
        "%' & | ! ( ) : *",
        '"',
        "\\",
        "%s %(x)s {which}",
        "🪑",
    ],
)
@pytest.mark.parametrize("name", ["q", "attr.color", "attr.' OR '1'='1"])
def test_list__text_that_looks_like_sql__finds_nothing_and_breaks_nothing(anybody, name, text):
    ProductFactory(name="Stool", attributes={"color": "red"})

    response = anybody.get("/products", {name: text})

    assert slugs(response) == []


@pytest.mark.parametrize("ordering", ["price", "-price", "created_at", "-created_at", "name", "-name"])
def test_list__equal_values__pages_forward_and_back_meet_each_once(anybody, ordering):
    for n in range(7):
        ProductFactory(name="Same", variant__price=Decimal(5 + n // 4))
    every = slugs(anybody.get(f"/products?ordering={ordering}"))

    pages, url = [], f"/products?ordering={ordering}&page_size=3"
    while url:
        page = anybody.get(url).json()
        pages.append([row["slug"] for row in page["results"]])
        url, last = page["next"] and page["next"].split("/api/v1")[1], page
    back = []
    while last["previous"]:
        last = anybody.get(last["previous"].split("/api/v1")[1]).json()
        back.insert(0, [row["slug"] for row in last["results"]])

    assert [len(p) for p in pages] == [3, 3, 1]
    assert [slug for page in pages for slug in page] == every
    assert back == pages[:-1]


def test_rebuild__lost_read_model__is_made_again(anybody, django_assert_num_queries):
    ProductFactory.create_batch(3)
    before = anybody.get("/products").json()
    Listing.objects.all().delete()

    read_model.rebuild()

    assert anybody.get("/products").json() == before
