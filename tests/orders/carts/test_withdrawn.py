"""What was withdrawn after it was put into a cart: told, changed and taken out by the SKU of before."""

import orjson
import pytest
from django.utils import timezone

from catalog.services import products
from tests.factories.catalog import VariantFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def withdrawn(guest, variant):
    """A cart with a bar that has been withdrawn since, and its product with it."""
    bar = VariantFactory(sku="BAR-X", stock=5, product__slug="bar")
    guest.open({"MUG": 1, "BAR-X": 2})
    _withdraw(bar)
    return bar


def _withdraw(bar):
    products.withdraw(slug=bar.product.slug, precondition=lambda _: None, now=timezone.now())


def _quote(shopper):
    body = orjson.dumps({"cart": shopper.cart["id"], "shipping_address": {"country": "GB"}})
    headers = {"X-Cart-Token": shopper.token}
    return shopper.post("/api/v1/quotes", body, content_type="application/json", headers=headers)


def _skus(cart):
    return [(item["sku"], item["availability"], item["quantity"]) for item in cart["items"]]


def test_cart__withdrawn_product__is_shown_as_the_shopper_knew_it(guest, withdrawn):
    cart = guest.read()

    assert _skus(cart) == [("MUG", "in_stock", 1), ("BAR-X", "not_for_sale", 2)]
    assert cart["items"][1]["product"] == "bar"


def test_cart__withdrawn_product__is_changed_and_taken_out_by_its_sku(guest, withdrawn):
    changed = guest.call("PATCH", "/items/BAR-X", {"quantity": 3})

    assert (changed.status_code, _skus(changed.json())[1]) == (200, ("BAR-X", "not_for_sale", 3))
    assert guest.call("DELETE", "/items/BAR-X").status_code == 204
    assert _skus(guest.read()) == [("MUG", "in_stock", 1)]
    assert guest.call("DELETE", "/items/BAR-X").status_code == 404


@pytest.mark.parametrize("sku", ["BAR", "BAR-", "BAR_X", "%", "BAR-X~"])
def test_cart__part_of_a_withdrawn_sku__is_not_it(guest, withdrawn, sku):
    assert guest.call("DELETE", f"/items/{sku.replace('%', '%25')}").status_code == 404
    assert len(guest.read()["items"]) == 2


def test_quote_and_order__cart_with_a_withdrawn_product__name_its_sku(guest, body, withdrawn):
    for answer in (_quote(guest), guest.order_cart(body)):
        problem = answer.json()
        assert (answer.status_code, problem["code"]) == (400, "unknown_sku")
        assert [error["field"] for error in problem["errors"]] == ["items[sku=BAR-X]"]
        assert "~" not in answer.content.decode()


def test_quote__sku_that_looks_like_a_withdrawn_one__is_named_as_it_was_sent(guest, variant):
    body = orjson.dumps({"items": [{"sku": "MUG~1", "quantity": 1}]})
    problem = guest.post("/api/v1/quotes", body, content_type="application/json").json()

    assert problem["errors"][0]["field"] == "items[sku=MUG~1]"


def test_cart__another_product_has_the_sku_by_now__is_not_mistaken_for_it(guest, body, withdrawn):
    VariantFactory(sku="BAR-X", stock=9, price=5)
    guest.call("POST", "/items", {"sku": "BAR-X", "quantity": 4})

    cart = guest.read()
    assert _skus(cart)[1:] == [("BAR-X", "not_for_sale", 2), ("BAR-X", "in_stock", 4)]
    assert [item["total"] for item in cart["items"]] == ["12.50", "0.00", "20.00"]
    assert (cart["subtotal"], cart["available"]["subtotal"]) == ("32.50", "32.50")
    assert _quote(guest).json()["code"] == "unknown_sku"
    changed = guest.call("PATCH", "/items/BAR-X", {"quantity": 1}).json()
    assert _skus(changed)[1:] == [("BAR-X", "not_for_sale", 2), ("BAR-X", "in_stock", 1)]
    guest.call("DELETE", "/items/BAR-X")
    assert _skus(guest.read()) == [("MUG", "in_stock", 1)]


def test_quote__nothing_left_but_what_was_withdrawn__is_named(guest, variant):
    bar = VariantFactory(sku="BAR-X", stock=5)
    guest.open({"BAR-X": 1})
    _withdraw(bar)

    assert _quote(guest).json()["errors"][0]["field"] == "items[sku=BAR-X]"
