"""Each field of POST /orders, wrong in each way: 400 naming it, and nothing written."""

import json

import pytest

from orders.models import Order

pytestmark = pytest.mark.django_db
GONE = object()
ADDRESS_FIELDS = {"name": 100, "line1": 200, "city": 100, "postal_code": 20}


def _with(body, path, value):
    *parents, last = path
    target = body
    for part in parents:
        target = target[part]
    if value is GONE:
        del target[last]
    else:
        target[last] = value
    return body


CASES = [
    (("items",), GONE, "items", "required"),
    (("items",), [], "items", "invalid"),
    (("items",), {}, "items", "invalid"),
    (("items",), "MUG", "items", "invalid"),
    (("items",), [{"sku": f"MUG-{number}", "quantity": 1} for number in range(101)], "items", "invalid"),
    (("items",), [{"sku": "MUG", "quantity": 1}] * 1_001, "items", "invalid"),
    (("items", 0), "MUG", "items[0]", "invalid"),
    (("items", 0), None, "items[0]", "invalid"),
    (("items", 0, "price"), "0.01", "items[0].price", "unknown"),
    (("items", 0, "sku"), GONE, "items[0].sku", "required"),
    (("items", 0, "sku"), "", "items[0].sku", "required"),
    (("items", 0, "sku"), 7, "items[0].sku", "invalid"),
    (("items", 0, "sku"), "M\nUG", "items[0].sku", "invalid"),
    (("items", 0, "sku"), "M" * 65, "items[0].sku", "max_length"),
    (("items", 0, "quantity"), GONE, "items[0].quantity", "required"),
    *((("items", 0, "quantity"), wrong, "items[0].quantity", "invalid") for wrong in (0, -1, 1.0, "2", True)),
    *((("items", 0, "quantity"), wrong, "items[0].quantity", "invalid") for wrong in (10_001, 2**63, [])),
    (("email",), GONE, "email", "required"),
    (("email",), "nobody", "email", "invalid"),
    (("email",), 5, "email", "invalid"),
    (("email",), "a@b.test\nBcc: c@d.test", "email", "invalid"),
    (("email",), "a" * 250 + "@b.test", "email", "max_length"),
    (("shipping_address",), GONE, "shipping_address", "required"),
    (("shipping_address",), "London", "shipping_address", "invalid"),
    *((("shipping_address", f), GONE, f"shipping_address.{f}", "required") for f in ADDRESS_FIELDS),
    *((("shipping_address", f), None, f"shipping_address.{f}", "required") for f in ADDRESS_FIELDS),
    *((("shipping_address", f), " ", f"shipping_address.{f}", "invalid") for f in ADDRESS_FIELDS),
    *((("shipping_address", f), 5, f"shipping_address.{f}", "invalid") for f in ADDRESS_FIELDS),
    *(
        (("shipping_address", f), "x" * (longest + 1), f"shipping_address.{f}", "max_length")
        for f, longest in ADDRESS_FIELDS.items()
    ),
    (("shipping_address", "line2"), "x" * 201, "shipping_address.line2", "max_length"),
    (("shipping_address", "region"), "x" * 51, "shipping_address.region", "max_length"),
    (("shipping_address", "phone"), "1" * 31, "shipping_address.phone", "max_length"),
    (("shipping_address", "country"), GONE, "shipping_address.country", "required"),
    (("shipping_address", "country"), "UK", "shipping_address.country", "invalid"),
    (("shipping_address", "country"), "gb", "shipping_address.country", "invalid"),
    (("shipping_address", "country"), "GBR", "shipping_address.country", "max_length"),
    (("shipping_method",), "teleport", "shipping_method", "shipping_unavailable"),
    (("shipping_method",), 5, "shipping_method", "invalid"),
    (("shipping_method",), "x" * 41, "shipping_method", "max_length"),
    (("voucher",), "SAVE10", "voucher", "voucher_unknown"),
    (("cart",), "0199e1f4-0000-7000-8000-000000000000", "cart", "invalid"),  # beside items
    (("payment",), GONE, "payment", "required"),
    (("payment",), "tok_ok", "payment", "invalid"),
    (("payment", "token"), GONE, "payment.token", "required"),
    (("payment", "token"), 5, "payment.token", "invalid"),
    (("payment", "token"), "t" * 256, "payment.token", "max_length"),
    (("payment", "card"), "4242", "payment.card", "unknown"),
    (("total",), "0.01", "total", "unknown"),
]


@pytest.mark.parametrize(("path", "value", "field", "code"), CASES)
def test_order_body__one_field_wrong__names_it_and_writes_nothing(guest, body, *, path, value, field, code):
    response = guest.order(_with(body, path, value))

    assert response.status_code == 400, response.content
    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [(field, code)]
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("山田\u3000太郎", "山田 太郎"),
        ("Zoë\u00a0Müller", "Zoë Müller"),
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627",) * 2,  # Persian, with a joiner
        ("\u2003דנה כהן\u200f", "דנה כהן\u200f"),
    ],
)
def test_order_body__name_in_any_script__is_taken(guest, body, given, kept):
    answer = guest.order(_with(body, ("shipping_address", "name"), given))

    assert answer.status_code == 201, answer.content
    assert Order.objects.get().shipping_address["name"] == kept


@pytest.mark.parametrize(
    "name", ["\u200f", "a\u202eb", "a\u2028b", "a\u2066b", "a\x00b", "\u3000", "a\ud800b"]
)
def test_order_body__name_that_cannot_be_a_line__is_refused(guest, body, name):
    raw = json.dumps(_with(body, ("shipping_address", "name"), name)).encode()

    answer = guest.order(raw)

    assert answer.status_code == 400
    assert not Order.objects.exists()


def test_order_body__several_fields_wrong__names_all(guest, body):
    body = {"items": [{"sku": "", "quantity": 0}], "shipping_address": {"country": "XX"}, "payment": {}}

    errors = guest.order(body).json()["errors"]

    assert {e["field"] for e in errors} == {
        "items[0].sku",
        "items[0].quantity",
        "email",
        "shipping_address.name",
        "shipping_address.line1",
        "shipping_address.city",
        "shipping_address.postal_code",
        "shipping_address.country",
        "payment.token",
    }


def test_order_body__units_of_one_sku_add_up_to_too_many__is_refused(guest, body):
    body["items"] = [{"sku": "MUG", "quantity": 10_000}, {"sku": "MUG", "quantity": 1}]

    errors = guest.order(body).json()["errors"]

    assert [e["field"] for e in errors] == ["items[1].quantity"]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"[]", b"null", b'"text"', b"\xff", b"[" * 5000, b'{"items": "\\u0000"}']
)
def test_order_body__not_an_object__is_400(guest, rates, raw):
    response = guest.order(raw)

    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"


def test_order_body__voucher_unknown__has_its_own_code(guest, body):
    assert guest.order({**body, "voucher": "SAVE10"}).json()["code"] == "voucher_unknown"


@pytest.mark.parametrize(
    "empty", [{"voucher": None}, {"voucher": ""}, {"cart": None}, {"shipping_method": None}]
)
def test_order_body__optional_field_empty__counts_as_left_out(guest, body, empty):
    assert guest.order({**body, **empty}).status_code == 201


def test_order_body__wrong_media_type__is_415(guest, body):
    assert guest.post("/api/v1/orders", b"x", content_type="text/plain").status_code == 415
