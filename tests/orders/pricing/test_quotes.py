"""POST /quotes: the amounts of the order that could be placed, and nothing written."""

from decimal import Decimal
from unittest.mock import ANY

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.outbox.models import OutboxMessage
from orders.models import Order, TaxRule
from tests.factories.catalog import VariantFactory
from tests.factories.orders import ShippingMethodFactory, TaxRuleFactory

pytestmark = pytest.mark.django_db
QUOTES = "/api/v1/quotes"
SHARED = ("currency", "subtotal", "discount", "shipping", "tax", "tax_included", "total")


@pytest.fixture
def asked(body):
    """The same two mugs to the same place as the order of `body`."""
    return {"items": body["items"], "shipping_address": {"country": "GB"}}


def _quote(caller, body):
    return caller.post(QUOTES, orjson.dumps(body), content_type="application/json")


def test_quote__guest__answers_every_amount(guest, asked):
    response = _quote(guest, asked)

    assert response.status_code == 200, response.content
    assert response.json() == {
        "currency": "USD",
        "subtotal": "25.00",
        "discount": "0.00",
        "shipping": "4.90",
        "shipping_method": "standard",
        "tax": "4.99",
        "tax_included": True,
        "total": "29.90",
        "voucher": None,
        "lines": [
            {
                "sku": "MUG",
                "name": "Mug",
                "unit_price": "12.50",
                "quantity": 2,
                "total": "25.00",
                "discount": "0.00",
                "tax": "4.17",
                "availability": "in_stock",
                "available": 10,
            }
        ],
    }


@pytest.mark.parametrize("place", [{"country": "US", "region": "ca"}, {"country": "GB"}, {"country": "AQ"}])
def test_quote__any_place__is_what_the_order_then_costs(guest, body, place):
    TaxRuleFactory(country="US", region="CA", rate=Decimal("7.25"), inclusive=False)
    ShippingMethodFactory(code="express", price=Decimal("12.90"))
    VariantFactory(sku="CUP", price=Decimal("3.33"), stock=5)
    body["items"].append({"sku": "CUP", "quantity": 3})
    body |= {"shipping_address": body["shipping_address"] | place, "shipping_method": "express"}

    quote = _quote(guest, body).json()
    order = guest.order(body).json()

    assert {name: quote[name] for name in SHARED} == {name: order[name] for name in SHARED}
    told = {"availability": "in_stock", "available": ANY}
    assert quote["lines"] == [{**line, **told} for line in order["lines"]]


def test_quote__more_than_there_is__is_priced_and_nothing_is_written(guest, asked):
    asked["items"][0]["quantity"] = 5000

    response = _quote(guest, asked)

    assert (response.status_code, response.json()["subtotal"]) == (200, "62500.00")
    (line,) = response.json()["lines"]
    assert (line["availability"], line["available"]) == ("short", 10)
    assert not Order.objects.exists()
    assert not OutboxMessage.objects.filter(event__startswith="orders.").exists()


@pytest.mark.parametrize(
    ("stock", "quantity", "availability"), [(3, 3, "in_stock"), (3, 4, "short"), (0, 1, "sold_out")]
)
def test_quote__each_line__tells_what_there_is_as_a_cart_does(guest, rates, stock, quantity, availability):
    VariantFactory(sku="CUP", stock=stock)
    items = [{"sku": "CUP", "quantity": quantity}]
    cart = guest.post("/api/v1/carts", {"items": items}, content_type="application/json").json()
    held = {"X-Cart-Token": cart["token"]}

    told = [
        _quote(guest, {"items": items}).json()["lines"],
        guest.post(QUOTES, {"cart": cart["id"]}, content_type="application/json", headers=held).json()[
            "lines"
        ],
        cart["items"],
    ]

    assert [(line["availability"], line["available"]) for (line,) in told] == [(availability, stock)] * 3


def test_quote__no_address__counts_what_holds_everywhere(guest, asked, rates):
    del asked["shipping_address"]

    document = _quote(guest, asked).json()

    assert (document["shipping"], document["shipping_method"], document["tax"]) == (
        "4.90",
        "standard",
        "0.00",
    )


def test_quote__no_address_and_no_method_goes_everywhere__shipping_is_not_known(guest, asked, rates):
    del asked["shipping_address"]
    standard, _ = rates
    standard.countries = ["GB"]
    standard.save()

    document = _quote(guest, asked).json()

    assert (document["shipping"], document["shipping_method"]) == ("0.00", None)
    refused = _quote(guest, {**asked, "shipping_method": "standard"})
    assert (refused.status_code, refused.json()["code"]) == (400, "shipping_unavailable")


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"items": None}, "items", "required"),
        ({"items": []}, "items", "invalid"),
        ({"items": [{"sku": "MUG", "quantity": 0}]}, "items[0].quantity", "invalid"),
        ({"items": [{"sku": "NOPE", "quantity": 1}]}, "items[sku=NOPE]", "unknown_sku"),
        ({"shipping_address": "London"}, "shipping_address", "invalid"),
        ({"shipping_address": {}}, "shipping_address.country", "required"),
        ({"shipping_address": {"country": "UK"}}, "shipping_address.country", "invalid"),
        ({"shipping_method": "teleport"}, "shipping_method", "shipping_unavailable"),
    ],
)
def test_quote__bad_field__names_it(guest, asked, change, field, code):
    response = _quote(guest, {**asked, **change})

    assert response.status_code == 400, response.content
    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [(field, code)]


def test_quote__ten_lines__asks_as_often_as_one(guest, asked, rates):
    TaxRule.objects.all().delete()
    items = [{"sku": VariantFactory(stock=1).sku, "quantity": 1} for _ in range(10)]
    counts = []
    for amount in (1, 10):
        with CaptureQueriesContext(connection) as queries:
            assert _quote(guest, {**asked, "items": items[:amount]}).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1] == 2


def test_quote__above_the_limit__is_429(guest, asked, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "quotes": (1, 60)}
    assert _quote(guest, asked).status_code == 200

    assert _quote(guest, asked).status_code == 429
