from decimal import Decimal

import pytest

from catalog.models import Product, StockEntry, StockLevel, Variant
from core.outbox.models import OutboxMessage
from tests.factories.catalog import CategoryFactory, LocationFactory, ProductFactory, VariantFactory

pytestmark = pytest.mark.django_db

WRITES = [
    ("post", "/products", {"name": "Stool", "price": "5.00"}),
    ("patch", "/products/stool", {"name": "Chair"}),
    ("delete", "/products/stool", None),
    ("post", "/variants/STOOL/stock", {"change": 1, "reason": "received"}),
]


@pytest.mark.parametrize(("method", "path", "body"), WRITES)
def test_write__stranger_or_customer__is_refused_and_changes_nothing(anybody, customer, method, path, body):
    ProductFactory(slug="stool", name="Stool", variant__sku="STOOL")

    refused = [getattr(who, method)(path, body).status_code for who in (anybody, customer)]

    assert refused == [401, 403]
    assert [p.name for p in Product.objects.on_offer()] == ["Stool"]
    assert not StockEntry.objects.exists()


def test_create__name_and_price__makes_one_variant(staff):
    response = staff.post("/products", {"name": "Oak Stool", "price": "19.90", "stock": 5, "sku": "OAK"})

    assert response.status_code == 201
    assert response["Location"] == "http://testserver/api/v1/products/oak-stool"
    body = response.json()
    assert (body["slug"], body["price"], body["currency"], body["in_stock"]) == (
        "oak-stool",
        "19.90",
        "USD",
        True,
    )
    assert [(v["sku"], v["available"]) for v in body["variants"]] == [("OAK", 5)]
    assert StockEntry.objects.get().reason == "received"


def test_create__price_before_left_empty_as_forms_do__has_none(staff):
    response = staff.post("/products", {"name": "Stool", "price": "19.90", "compare_at_price": ""})

    assert (response.status_code, response.json()["compare_at_price"]) == (201, None)


def test_create__variants__are_kept_in_their_order(staff):
    CategoryFactory(slug="clothes")
    variants = [
        {"sku": "RED", "price": "12.00", "attributes": {"color": "red"}, "stock": 1},
        {"price": "9.00", "attributes": {"color": "blue"}},
    ]

    body = staff.post("/products", {"name": "Shirt", "category": "clothes", "variants": variants}).json()

    assert (body["category"], body["price"]) == ("clothes", "9.00")
    assert [(v["attributes"]["color"], v["available"]) for v in body["variants"]] == [("red", 1), ("blue", 0)]
    assert body["variants"][1]["sku"]


def test_create__same_name_twice__gets_another_slug(staff):
    slugs = [staff.post("/products", {"name": "Stool", "price": "1"}).json()["slug"] for _ in range(2)]

    assert slugs[0] == "stool"
    assert slugs[1].startswith("stool-")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"price": "1"}, 400, "name"),
        ({"name": "X"}, 400, "price"),
        ({"name": "X", "price": "-1"}, 400, "price"),
        ({"name": "X", "price": "1.999"}, 400, "price"),
        ({"name": "X", "price": "NaN"}, 400, "price"),
        ({"name": "X", "price": "1", "currency": "euro"}, 400, "currency"),
        ({"name": "X", "price": "1", "sku": "a/b"}, 400, "sku"),
        ({"name": "X", "price": "1", "category": "nowhere"}, 400, "category"),
        ({"name": "X", "price": "1", "attributes": {"a": [1]}}, 400, "attributes"),
        ({"name": "X", "price": "1", "attributes": "red"}, 400, "attributes"),
        ({"name": "X", "price": "1", "attributes": {"a": 2**53}}, 400, "attributes"),
        ({"name": "X", "price": "1", "attributes": {"a": -1e20}}, 400, "attributes"),
        ({"name": "X", "price": "1", "attributes": {"a" * 51: 1}}, 400, "attributes"),
        (
            {"name": "X", "variants": [{"price": "1", "attributes": {"a": 10**20}}]},
            400,
            "variants[0].attributes",
        ),
        ({"name": "X", "price": "1", "stock": -1}, 400, "stock"),
        ({"name": "X", "variants": []}, 400, "variants"),
        ({"name": "X", "variants": [{"sku": "A"}]}, 400, "variants[0].price"),
        ({"name": "X", "price": "1", "variants": [{"price": "1"}]}, 400, "price"),
        (
            {"name": "X", "variants": [{"price": "1", "sku": "A"}, {"price": "1", "sku": "A"}]},
            400,
            "variants",
        ),
        (
            {"name": "X", "variants": [{"price": "1", "currency": "USD"}, {"price": "1", "currency": "EUR"}]},
            400,
            "variants",
        ),
        ({"name": "X", "price": "1", "published_until": "2000-01-01T00:00:00Z"}, 400, "published_until"),
        ({"name": "X", "price": "1", "sku": "TAKEN"}, 409, "sku"),
    ],
)
def test_create__bad_payload__is_refused_naming_the_field(staff, body, status, field):
    VariantFactory(sku="TAKEN")

    response = staff.post("/products", body)

    assert response.status_code == status, response.content
    assert field in [e["field"] for e in response.json()["errors"]]
    assert Product.objects.count() == 1


def test_create__attributes_of_each_kind__are_read_as_they_were_written(staff, anybody):
    attributes = {"text": "oak", "most": 2**53 - 1, "least": -(2**53) + 1, "tiny": 5e-324, "yes": True}

    staff.post("/products", {"name": "Stool", "price": "1", "attributes": attributes})

    assert anybody.get("/products/stool").json()["attributes"] == attributes


@pytest.mark.django_db(transaction=True)
def test_write__each_kind__is_seen_by_the_next_read_of_list_and_detail(staff, anybody):
    def names():
        listed = [row["name"] for row in anybody.get("/products").json()["results"]]
        return listed, anybody.get("/products/stool").json().get("name")

    seen = [names()]
    staff.post("/products", {"name": "Stool", "price": "1"})
    seen.append(names())
    staff.patch("/products/stool", {"name": "Chair"})
    seen.append(names())
    staff.delete("/products/stool")
    seen.append(names())

    assert seen == [([], None), (["Stool"], "Stool"), (["Chair"], "Chair"), ([], None)]
    assert set(OutboxMessage.objects.values_list("event", flat=True)) == {"catalog.catalog_changed"}


def test_change__price_sku_and_stock__are_those_of_the_only_variant(staff):
    ProductFactory(slug="stool", variant__sku="OLD", variant__stock=2)

    body = staff.patch("/products/stool", {"price": "3.50", "sku": "NEW", "stock": 7}).json()

    assert [(v["sku"], v["price"], v["available"]) for v in body["variants"]] == [("NEW", "3.50", 7)]
    assert list(StockEntry.objects.order_by("id").values_list("on_hand_change", flat=True)) == [2, 5]


def test_change__price_of_several_variants__is_refused(staff):
    VariantFactory(product=ProductFactory(slug="shirt"))

    assert staff.patch("/products/shirt", {"price": "1"}).status_code == 400


def test_change__variants__are_all_that_it_has_afterwards(staff):
    shirt = ProductFactory(slug="shirt", variant__sku="GONE", variant__stock=1)
    kept = VariantFactory(product=shirt, sku="KEPT", stock=3)
    variants = [{"sku": "NEW", "price": "4"}, {"sku": "KEPT", "price": "6"}]

    body = staff.patch("/products/shirt", {"variants": variants}).json()

    assert [(v["sku"], v["price"], v["available"]) for v in body["variants"]] == [
        ("NEW", "4.00", 0),
        ("KEPT", "6.00", 3),
    ]
    assert Variant.objects.get(sku="KEPT").pk == kept.pk
    assert staff.post("/products", {"name": "Other", "price": "1", "sku": "GONE"}).status_code == 201


@pytest.mark.parametrize("skus", [["Y1"], ["Y1", "NEW"], ["NEW"]])
def test_change__variants_without_a_currency__keep_that_of_the_product(staff, skus):
    ProductFactory(slug="fan", variant__sku="Y1", variant__price="100", variant__currency="JPY")

    body = staff.patch("/products/fan", {"variants": [{"sku": s, "price": "150"} for s in skus]}).json()

    assert [(v["sku"], v["price"], v["currency"]) for v in body["variants"]] == [
        (sku, "150.00", "JPY") for sku in skus
    ]


def test_change__variants_in_another_currency__is_said_of_each(staff):
    shirt = ProductFactory(slug="shirt", variant__sku="A")
    VariantFactory(product=shirt, sku="B")
    one, both = (
        {"variants": [{"sku": "A", "price": "1", "currency": "EUR"}, b]}
        for b in ({"sku": "B", "price": "1"}, {"sku": "B", "price": "1", "currency": "EUR"})
    )

    statuses = [staff.patch("/products/shirt", body).status_code for body in (one, both)]

    assert statuses == [400, 200]
    assert set(Variant.objects.values_list("currency", flat=True)) == {"EUR"}


def test_change__stale_if_match__is_412_and_the_present_one_passes(staff, anybody):
    ProductFactory(slug="stool", name="Stool")
    etag = anybody.get("/products/stool")["ETag"]

    first = staff.patch("/products/stool", {"name": "Chair"}, headers={"If-Match": etag})
    second = staff.patch("/products/stool", {"name": "Bench"}, headers={"If-Match": etag})
    gone = staff.delete("/products/stool", headers={"If-Match": etag})
    last = staff.delete("/products/stool", headers={"If-Match": first["ETag"]})

    assert [r.status_code for r in (first, second, gone, last)] == [200, 412, 412, 204]


def test_change__stock_under_if_match__counts_only_what_was_seen(staff, anybody):
    ProductFactory(slug="stool", variant__sku="OAK", variant__stock=3)
    seen = {"If-Match": anybody.get("/products/stool")["ETag"]}

    first = staff.patch("/products/stool", {"stock": 20}, headers=seen)
    second = staff.patch("/products/stool", {"stock": 30}, headers=seen)

    assert (first.status_code, second.status_code) == (200, 412)
    assert StockLevel.objects.get().on_hand == 20
    assert list(StockEntry.objects.order_by("id").values_list("on_hand_change", flat=True)) == [3, 17]


def test_delete__then_again__is_404_and_slug_and_sku_are_free(staff):
    ProductFactory(slug="stool", variant__sku="OAK", variant__stock=1)

    statuses = [staff.delete("/products/stool").status_code for _ in range(2)]
    again = staff.post("/products", {"name": "Stool", "price": "1", "sku": "OAK"})

    assert statuses == [204, 404]
    assert again.json()["slug"] == "stool"
    assert StockEntry.objects.count() == 1  # the ledger forgets nothing


@pytest.mark.parametrize("method", ["patch", "delete"])
def test_write__unknown_product__is_404(staff, method):
    assert getattr(staff, method)("/products/nowhere", {}).status_code == 404


def test_stock__same_key_twice__comes_in_once(staff):
    VariantFactory(sku="OAK")
    body, key = {"change": 5, "reason": "received"}, {"Idempotency-Key": "k1"}

    first, again = (staff.post("/variants/OAK/stock", body, headers=key) for _ in range(2))

    assert (first.json(), again["Idempotent-Replayed"]) == (again.json(), "true")
    assert StockLevel.objects.get().on_hand == 5


def test_stock__received_and_written_off__answers_the_ledger_entry(staff):
    LocationFactory(code="main")
    LocationFactory(code="attic", priority=9)
    VariantFactory(sku="OAK")

    received = staff.post("/variants/OAK/stock", {"change": 5, "reason": "received"})
    staff.post("/variants/OAK/stock", {"change": 2, "reason": "received", "location": "attic"})
    broken = staff.post("/variants/OAK/stock", {"change": -3, "reason": "written_off"})

    assert received.status_code == 201
    assert broken.json() == broken.json() | {
        "sku": "OAK",
        "location": "main",
        "on_hand_change": -3,
        "reserved_change": 0,
        "reason": "written_off",
    }
    assert broken.json()["actor"].startswith("user:")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("OAK", {"change": 0, "reason": "received"}, 400),
        ("OAK", {"change": 1, "reason": "reserved"}, 400),
        ("OAK", {"change": 1}, 400),
        ("OAK", {"change": "many", "reason": "received"}, 400),
        ("OAK", {"change": 10**12, "reason": "received"}, 400),
        ("OAK", {"change": 1, "reason": "received", "location": "moon"}, 400),
        ("OAK", {"change": -1, "reason": "adjusted"}, 409),
        ("NONE", {"change": 1, "reason": "received"}, 404),
        ("O%00AK", {"change": 1, "reason": "received"}, 404),
    ],
)
def test_stock__bad_payload__is_refused_and_nothing_is_written(staff, path, body, status):
    VariantFactory(sku="OAK", price=Decimal(1))

    response = staff.post(f"/variants/{path}/stock", body)

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert not StockEntry.objects.exists()


def test_stock__sum_above_the_column__is_refused(staff):
    VariantFactory(sku="OAK")
    change = {"change": 1_000_000_000, "reason": "received"}

    statuses = [staff.post("/variants/OAK/stock", change).status_code for _ in range(3)]

    assert statuses == [201, 201, 409]
