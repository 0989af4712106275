"""Carts of guests and customers: made, filled, changed, and kept from everybody else."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings as shop
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Product, Variant
from orders.carts import changes
from orders.models import Cart, CartItem
from orders.tasks import forget_carts
from tests.factories.catalog import VariantFactory
from tests.factories.orders import VoucherFactory
from tests.orders.carts.conftest import CARTS, Shopper

pytestmark = pytest.mark.django_db
NOWHERE = "0199e1f4-0000-7000-8000-000000000000"
CALLS = [
    ("GET", "", None),
    ("DELETE", "", None),
    ("POST", "/items", {"sku": "MUG", "quantity": 1}),
    ("PATCH", "/items/MUG", {"quantity": 3}),
    ("DELETE", "/items/MUG", None),
    ("POST", "/voucher", {"code": "SAVE"}),
    ("DELETE", "/voucher", None),
]


def test_open_cart__guest_with_items__answers_201_as_the_contract_says(guest, variant):
    response = guest.open({"MUG": 2})

    assert response.status_code == 201, response.content
    cart = response.json()
    assert response["Location"] == f"{CARTS}/{cart['id']}"
    assert cart.pop("token") not in Cart.objects.get().token_hash
    assert cart.pop("expires_at") > timezone.now().isoformat()
    assert cart == {
        "id": str(Cart.objects.get().pk),
        "currency": "USD",
        "items": [
            {
                "sku": "MUG",
                "name": "Mug",
                "product": Product.objects.get().slug,
                "quantity": 2,
                "unit_price": "12.50",
                "total": "25.00",
                "discount": "0.00",
                "availability": "in_stock",
                "available": 10,
                "price_changed": None,
            }
        ],
        "subtotal": "25.00",
        "discount": "0.00",
        "total": "25.00",
        "available": {"subtotal": "25.00", "discount": "0.00", "total": "25.00"},
        "voucher": None,
        "order": None,
    }


@pytest.mark.parametrize("body", [{}, {"items": []}, {"items": None}])
def test_open_cart__nothing_in_it__is_empty(guest, rates, body):
    cart = guest.post(CARTS, body, content_type="application/json").json()

    assert (cart["items"], cart["currency"], cart["subtotal"]) == ([], None, "0.00")


def test_open_cart__guest_twice__has_two(guest, variant):
    first, second = guest.open().json(), guest.open().json()

    assert (first["id"] != second["id"], first["token"] != second["token"]) == (True, True)


def test_open_cart__customer_twice__has_one_and_adds_up(alice, variant):
    first, second = alice.open({"MUG": 1}), alice.open({"MUG": 2})

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert second.json()["items"][0]["quantity"] == 3
    assert "token" not in first.json() | second.json()


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_cart_item__no_text_at_all__is_404(guest, variant, method):
    guest.open({"MUG": 1})

    assert guest.call(method, "/items/%00", {"quantity": 1}).status_code == 404


@pytest.mark.parametrize("path", ["orders/%00", "orders/%00/events", "payments/webhooks/%00"])
def test_path__no_text_at_all__is_404(guest, path):
    method = "POST" if "webhooks" in path else "GET"

    assert guest.generic(method, f"/api/v1/{path}").status_code == 404


def test_cart_item__same_key_twice__units_are_put_in_once(guest, variant):
    guest.open({"MUG": 1})

    for _ in range(2):
        added = guest.call(
            "POST", "/items", {"sku": "MUG", "quantity": 1}, **{"Idempotency-Key": guest.cart["id"]}
        )

    assert (added.status_code, added["Idempotent-Replayed"]) == (201, "true")
    assert guest.read()["items"][0]["quantity"] == 2


def test_cart_item__key_of_a_guest_without_the_token__learns_nothing(guest, variant):
    guest.open({"MUG": 1})
    item, key = {"sku": "MUG", "quantity": 1}, {"Idempotency-Key": "k1"}
    guest.call("POST", "/items", item, **key)

    stranger = Shopper()
    stranger.cart = guest.cart
    answer = stranger.call("POST", "/items", item, **key)

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")


def test_open_cart__guest_with_the_same_key_twice__has_two(guest, variant):
    carts = [guest.open(**{"Idempotency-Key": "k1"}).json() for _ in range(2)]

    assert carts[0]["token"] != carts[1]["token"]


def test_open_cart__customers_one_has_expired__is_a_new_one(alice, variant):
    old = alice.open({"MUG": 1}).json()
    Cart.objects.update(expires_at=timezone.now())

    fresh = alice.open()

    assert fresh.status_code == 201
    assert (fresh.json()["id"] != old["id"], fresh.json()["items"]) == (True, [])


def test_cart__every_change__is_seen(guest, variant):
    VariantFactory(sku="CUP", price=Decimal("3.00"), stock=5)
    guest.open()

    added = [guest.call("POST", "/items", {"sku": sku, "quantity": 2}) for sku in ("MUG", "CUP", "MUG")]
    changed = guest.call("PATCH", "/items/CUP", {"quantity": 5})
    gone = guest.call("DELETE", "/items/MUG")

    assert [answer.status_code for answer in added] == [201, 201, 201]
    assert [(i["sku"], i["quantity"]) for i in added[-1].json()["items"]] == [("MUG", 4), ("CUP", 2)]
    assert (changed.status_code, changed.json()["subtotal"]) == (200, "65.00")
    assert (gone.status_code, gone.content) == (204, b"")
    assert [(i["sku"], i["total"]) for i in guest.read()["items"]] == [("CUP", "15.00")]


def test_cart__discarded__is_not_there(guest, variant):
    guest.open({"MUG": 1})

    assert guest.call("DELETE").status_code == 204
    assert guest.call("GET").status_code == 404
    assert not CartItem.objects.exists()


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_cart__of_somebody_else__is_404_and_stays(guest, alice, charlie, variant, *, method, path, body):
    guest.open({"MUG": 1})
    alice.open({"MUG": 1})
    charlie.open({"MUG": 2})
    other_guest = Shopper()
    other_guest.open({"MUG": 2})
    before = list(CartItem.objects.values_list("cart", "quantity").order_by("pk"))

    answers = [
        stranger.call(method, path, body, cart_id=owner.cart["id"])
        for owner, strangers in {
            guest: [other_guest, charlie, Shopper()],
            alice: [charlie, guest, Shopper()],
        }.items()
        for stranger in strangers
    ]

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(404, "cart_not_found")}
    assert list(CartItem.objects.values_list("cart", "quantity").order_by("pk")) == before


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
def test_cart__unknown_or_expired__is_404(guest, variant, *, method, path, body):
    guest.open({"MUG": 1})
    Cart.objects.update(expires_at=timezone.now())

    assert guest.call(method, path, body).status_code == 404
    assert guest.call(method, path, body, cart_id=NOWHERE).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "field", "code"),
    [
        ("POST", "/items", {"quantity": 1}, "sku", "required"),
        ("POST", "/items", {"sku": "MUG"}, "quantity", "required"),
        ("POST", "/items", {"sku": "MUG", "quantity": 0}, "quantity", "invalid"),
        ("POST", "/items", {"sku": "MUG", "quantity": 10_000}, "quantity", "cart_full"),
        ("POST", "/items", {"sku": "NOPE", "quantity": 1}, "items[sku=NOPE]", "unknown_sku"),
        ("PATCH", "/items/MUG", {"quantity": -1}, "quantity", "invalid"),
        ("PATCH", "/items/MUG", {"quantity": "2"}, "quantity", "invalid"),
        ("POST", "/voucher", {}, "code", "required"),
        ("POST", "/voucher", {"code": 5}, "code", "invalid"),
        ("POST", "/voucher", {"code": "NOPE"}, "voucher", "voucher_unknown"),
    ],
)
def test_cart__bad_field__names_it_and_changes_nothing(guest, variant, *, method, path, body, field, code):
    guest.open({"MUG": 1})

    response = guest.call(method, path, body)

    assert response.status_code == 400, response.content
    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [(field, code)]
    assert CartItem.objects.get().quantity == 1


@pytest.mark.parametrize("body", [[], "x", {"items": {}}, {"items": [{"sku": "MUG", "quantity": 0}]}])
def test_open_cart__bad_body__makes_no_cart(guest, variant, body):
    assert guest.post(CARTS, body, content_type="application/json").status_code == 400
    assert not Cart.objects.exists()


@pytest.mark.parametrize(("method", "body"), [("PATCH", {"quantity": 1}), ("DELETE", None)])
def test_cart_item__not_in_the_cart__is_404(guest, variant, method, body):
    guest.open()

    assert guest.call(method, "/items/MUG", body).status_code == 404


def test_cart__more_skus_than_an_order_takes__is_refused(guest, variant):
    guest.open({VariantFactory().sku: 1 for _ in range(100)})

    response = guest.call("POST", "/items", {"sku": "MUG", "quantity": 1})

    assert (response.status_code, response.json()["code"]) == (400, "cart_full")
    assert CartItem.objects.count() == 100


def test_cart__second_currency__is_refused_until_it_is_empty(guest, variant):
    VariantFactory(sku="EURO", currency="EUR", stock=5)
    guest.open({"MUG": 1})
    item = {"sku": "EURO", "quantity": 1}
    assert guest.call("POST", "/items", item).json()["code"] == "mixed_currencies"

    guest.call("DELETE", "/items/MUG")

    assert guest.call("POST", "/items", item).json()["currency"] == "EUR"


def test_cart__price_changed_since__costs_what_it_costs_now_and_says_so(guest, variant):
    guest.open({"MUG": 2})
    Variant.objects.update(price=Decimal("11.00"))

    cart = guest.read()

    assert cart["subtotal"] == "22.00"
    assert cart["items"][0]["price_changed"] == {"from": "12.50", "to": "11.00"}


@pytest.mark.parametrize(("quantity", "availability"), [(10, "in_stock"), (11, "short")])
def test_cart__units_asked_for__are_shown_beside_those_there_are(guest, variant, quantity, availability):
    guest.open({"MUG": quantity})

    item = guest.read()["items"][0]

    assert (item["availability"], item["available"]) == (availability, 10)


def test_cart__sold_out_or_withdrawn__is_shown_and_not_counted(guest, variant):
    VariantFactory(sku="NONE", price=Decimal(1))
    VariantFactory(sku="OLD", stock=5, product__name="Old")
    guest.open({"MUG": 1, "NONE": 1, "OLD": 1})
    Variant.objects.filter(sku="OLD").update(withdrawn_at=timezone.now())

    cart = guest.read()

    assert [i["availability"] for i in cart["items"]] == ["in_stock", "sold_out", "not_for_sale"]
    assert (cart["items"][2]["unit_price"], cart["items"][2]["total"]) == (None, "0.00")
    assert cart["subtotal"] == "13.50"
    assert cart["available"] == {"subtotal": "12.50", "discount": "0.00", "total": "12.50"}


@pytest.mark.parametrize(
    ("minimum", "discount", "total"),
    [(0, "12.50", "112.50"), (125, "12.50", "112.50"), (126, "0.00", "125.00")],
)
def test_cart__more_than_there_is__totals_say_what_can_be_had(guest, variant, minimum, discount, total):
    VoucherFactory(code="SAVE10", minimum=minimum, currency="USD")
    guest.open({"MUG": 9_999})
    guest.call("POST", "/voucher", {"code": "SAVE10"})

    cart = guest.read()

    assert (cart["subtotal"], cart["items"][0]["available"]) == ("124987.50", 10)
    assert cart["available"] == {"subtotal": "125.00", "discount": discount, "total": total}


def test_cart__voucher__is_shown_and_can_be_taken_off(guest, variant):
    voucher = VoucherFactory(code="SAVE10", max_uses=1)
    guest.open({"MUG": 2})

    with_voucher = guest.call("POST", "/voucher", {"code": "save10"})

    assert with_voucher.status_code == 200
    assert with_voucher.json()["voucher"] == {"code": "SAVE10", "problem": None}
    assert (with_voucher.json()["discount"], with_voucher.json()["total"]) == ("2.50", "22.50")
    voucher.refresh_from_db()
    assert voucher.used == 0
    assert guest.call("DELETE", "/voucher").status_code == 204
    assert (guest.read()["voucher"], guest.read()["total"]) == (None, "25.00")


def test_cart__voucher_fits_no_more__says_why(guest, variant):
    VoucherFactory(code="BIG", minimum=Decimal(20), currency="USD")
    guest.open({"MUG": 2})
    guest.call("POST", "/voucher", {"code": "BIG"})

    cart = guest.call("PATCH", "/items/MUG", {"quantity": 1}).json()

    assert cart["voucher"]["problem"]["code"] == "voucher_minimum"
    assert (cart["discount"], cart["total"]) == ("0.00", "12.50")


def test_cart__unchanged__is_304(guest, variant):
    guest.open({"MUG": 1})
    etag = guest.call("GET")["ETag"]

    assert guest.call("GET", **{"If-None-Match": etag}).status_code == 304


def test_cart__ten_items__asks_as_often_as_one(guest, variant):
    VoucherFactory(code="SAVE")
    counts = []
    for amount in (1, 10):
        guest.open({VariantFactory().sku: 1 for _ in range(amount)})
        guest.call("POST", "/voucher", {"code": "SAVE"})
        for method, path, body in (
            ("GET", "", None),
            ("POST", "/items", {"sku": "MUG", "quantity": 1}),
            ("PATCH", "/items/MUG", {"quantity": 2}),
            ("DELETE", "/items/MUG", None),
        ):
            with CaptureQueriesContext(connection) as queries:
                assert guest.call(method, path, body).status_code < 300
            counts.append(len(queries))

    assert counts[:4] == counts[4:]


def test_forget_carts__expired__are_deleted_and_the_others_kept(guest, alice, variant, monkeypatch):
    monkeypatch.setattr(changes, "BATCH", 2)
    for _ in range(5):
        Shopper().open({"MUG": 1})
    Cart.objects.update(expires_at=timezone.now())
    guest.open({"MUG": 1})
    alice.open({"MUG": 1})

    forget_carts()
    forget_carts()

    assert Cart.objects.count() == CartItem.objects.count() == 2


def test_cart__changed__is_kept_for_the_whole_time_again(guest, variant):
    guest.open()
    Cart.objects.update(expires_at=timezone.now() + timedelta(minutes=1))

    guest.call("POST", "/items", {"sku": "MUG", "quantity": 1})

    kept = Cart.objects.get().expires_at - timezone.now()
    assert shop.CART_KEPT - timedelta(minutes=1) < kept <= shop.CART_KEPT


def test_cart__read_above_the_limit_of_reads__is_429_and_can_still_be_changed(guest, variant, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"cart_reads": (2, 60)}
    guest.open({"MUG": 1})

    reads = [guest.call("GET") for _ in range(3)]

    assert [response.status_code for response in reads] == [200, 200, 429]
    assert 1 <= int(reads[-1]["Retry-After"]) <= 60
    assert guest.call("PATCH", "/items/MUG", {"quantity": 3}).status_code == 200


def test_carts__above_the_limit__is_429(guest, variant, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "carts": (1, 60)}
    assert guest.open().status_code == 201

    assert guest.open().status_code == 429
