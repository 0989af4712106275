"""Vouchers over HTTP: what they take off quotes and orders, and why they are refused."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module

import orjson
import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from core.outbox.models import OutboxMessage
from orders.checkout import voucher_uses
from orders.events import OrderCancelled
from orders.handlers import release_holdings
from orders.ledger import checking
from orders.models import Order, OrderLine, Voucher, VoucherCustomer, VoucherUse
from tests.factories.catalog import CategoryFactory, VariantFactory
from tests.factories.orders import VoucherFactory

pytestmark = pytest.mark.django_db


def _quote(caller, body):
    answer = caller.post("/api/v1/quotes", orjson.dumps(body), content_type="application/json")
    return answer.json()


def _refused(response, status, code):
    problem = response.json()
    assert (response.status_code, problem["code"]) == (status, code), problem
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("voucher", code)]
    assert not Order.objects.exists()
    assert not VoucherUse.objects.exists()


@pytest.fixture
def restricted(body):
    """10 % off clothes and what is below them; the order holds two mugs (25.00) and a shirt (20.00)."""
    clothes = CategoryFactory(slug="clothes")
    shirts = CategoryFactory(slug="shirts", parent=clothes)
    CategoryFactory(slug="clothes-2")
    VariantFactory(sku="SHIRT", price=Decimal(20), stock=5, product__category=shirts)
    body["items"].append({"sku": "SHIRT", "quantity": 1})
    return VoucherFactory(code="CLOTHES10", categories=[clothes])


@pytest.mark.parametrize(
    ("kind", "value", "discount", "shipping", "total"),
    [
        ("percentage", "10", "2.50", "4.90", "27.40"),
        ("percentage", "100", "25.00", "4.90", "4.90"),
        ("amount", "5.55", "5.55", "4.90", "24.35"),
        ("amount", "1000", "25.00", "4.90", "4.90"),
        ("free_shipping", "0", "0.00", "0.00", "25.00"),
    ],
)
def test_voucher__each_kind__takes_off_the_same_of_quote_and_order(
    guest, body, *, kind, value, discount, shipping, total
):
    VoucherFactory(code="SAVE", kind=kind, value=Decimal(value), currency="USD")
    body["voucher"] = "save"

    quote, order = _quote(guest, body), guest.order(body).json()

    told = {"availability": "in_stock", "available": 10}
    assert (quote["voucher"], quote["lines"]) == ("SAVE", [{**line, **told} for line in order["lines"]])
    for document in (quote, order):
        amounts = [document[name] for name in ("discount", "shipping", "total")]
        assert amounts == [discount, shipping, total]


def test_voucher__categories__only_their_lines_and_those_below_are_cheaper(guest, body, restricted):
    order = guest.order({**body, "voucher": "CLOTHES10"}).json()

    assert (order["subtotal"], order["discount"]) == ("45.00", "2.00")
    assert dict(OrderLine.objects.values_list("sku", "discount")) == {
        "MUG": Decimal(0),
        "SHIRT": Decimal("2.00"),
    }


def test_voucher__no_line_of_its_categories__is_not_applicable(guest, body, restricted):
    body["items"].pop()

    _refused(guest.order({**body, "voucher": "CLOTHES10"}), 400, "voucher_not_applicable")


count_anew = import_module("orders.migrations.0016_guests_by_one_spelling").count_anew
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("traits", "status", "code"),
    [
        ({"code": "OTHER"}, 400, "voucher_unknown"),
        ({"is_active": False}, 400, "voucher_unknown"),
        ({"starts_at": HOUR}, 400, "voucher_unknown"),
        ({"starts_at": -2 * HOUR, "ends_at": -HOUR}, 409, "voucher_expired"),
        ({"max_uses": 1, "used": 1}, 409, "voucher_exhausted"),
        ({"max_uses": 0}, 409, "voucher_exhausted"),
        ({"max_uses_per_customer": 0}, 409, "voucher_exhausted"),
        ({"minimum": Decimal("25.01"), "currency": "USD"}, 400, "voucher_minimum"),
        ({"currency": "EUR"}, 400, "voucher_not_applicable"),
    ],
)
def test_voucher__does_not_fit__is_refused_with_its_reason(guest, alice, body, *, traits, status, code):
    now = timezone.now()
    times = {name: now + value for name, value in traits.items() if isinstance(value, timedelta)}
    VoucherFactory(**{"code": "SAVE", **traits, **times})
    body["voucher"] = "SAVE"

    _refused(guest.order(body), status, code)
    assert _quote(alice, body)["code"] == code


@pytest.mark.parametrize(
    ("voucher", "code"), [(5, "invalid"), ({}, "invalid"), ("x" * 41, "max_length"), ("A\nB", "invalid")]
)
def test_voucher__malformed__is_named(guest, body, voucher, code):
    response = guest.order({**body, "voucher": voucher})

    assert response.status_code == 400
    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [("voucher", code)]


def test_voucher__minimum_reached_exactly__is_taken(guest, body):
    VoucherFactory(code="SAVE", minimum=Decimal("25.00"), currency="USD")

    assert guest.order({**body, "voucher": "SAVE"}).status_code == 201


def test_voucher__quoted__is_not_used(guest, body):
    voucher = VoucherFactory(code="SAVE", max_uses=1)

    _quote(guest, {**body, "voucher": "SAVE"})

    voucher.refresh_from_db()
    assert voucher.used == 0


def test_voucher__limit_per_customer__counts_accounts_and_addresses(guest, alice, charlie, body):
    VoucherFactory(code="ONCE", max_uses_per_customer=1)
    body["voucher"] = "ONCE"
    assert [caller.order(body).status_code for caller in (alice, charlie, guest)] == [201, 201, 201]

    for caller, again in ((alice, body), (guest, {**body, "email": " Guest@SHOP.test"})):
        response = caller.order(again)
        assert (response.status_code, response.json()["code"]) == (409, "voucher_exhausted")
    assert guest.order({**body, "email": "bob@shop.test"}).status_code == 201
    assert _quote(alice, body)["code"] == "voucher_exhausted"
    assert not VoucherCustomer.objects.filter(customer_key__contains="@").exists()


@pytest.mark.parametrize("email", ["alice@shop.test", " Alice@Shop.TEST "])
def test_voucher__used_signed_in__is_used_for_the_accounts_address_too(guest, alice, body, email):
    VoucherFactory(code="ONCE", max_uses_per_customer=1)
    body["voucher"] = "ONCE"
    assert alice.order(body).status_code == 201

    again = guest.order({**body, "email": email})

    assert (again.status_code, again.json()["code"]) == (409, "voucher_exhausted")


def test_voucher__used_with_somebodys_address__is_still_the_accounts(guest, alice, body):
    """Whoever knows an address may order with it as a guest, and must not spend what an account has."""
    VoucherFactory(code="TWICE", max_uses_per_customer=2)
    body["voucher"] = "TWICE"
    as_alice = {**body, "email": "alice@shop.test"}
    strangers = [guest.order(as_alice).status_code for _ in range(3)]

    own = [alice.order(body).status_code for _ in range(3)]

    assert (strangers, own) == ([201, 201, 409], [201, 201, 409])


def test_voucher__account_gives_back__is_free_for_its_address_too(guest, alice, body):
    VoucherFactory(code="ONCE", max_uses_per_customer=1)
    body["voucher"] = "ONCE"
    order_id = alice.order(body).json()["id"]

    for _ in range(2):
        voucher_uses.release(order_id=order_id, now=timezone.now())

    assert set(VoucherCustomer.objects.values_list("used", flat=True)) == {0}
    assert guest.order({**body, "email": "alice@shop.test"}).status_code == 201
    assert "ONCE" not in str(checking.reconcile(now=timezone.now(), asks_providers=False).drift)


def test_voucher__limit_per_customer__counts_the_spellings_of_one_address_together(guest, body):
    VoucherFactory(code="ONCE", max_uses_per_customer=1)
    spellings = ("x@b\u00fccher.example", "X@bu\u0308cher.example", "x@xn--bcher-kva.example")

    answers = [guest.order({**body, "voucher": "ONCE", "email": email}).status_code for email in spellings]

    assert answers == [201, 409, 409]
    assert Order.objects.get().email == spellings[0]


def test_migration__uses_under_an_old_spelling__count_for_the_address(guest, body):
    voucher = VoucherFactory(code="ONCE", max_uses_per_customer=2)
    body["voucher"] = "ONCE"
    for email in ("x@b\u00fccher.example", "y@b\u00fccher.example"):
        guest.order({**body, "email": email})
    key = VoucherUse.objects.first().customer_key
    for number, use in enumerate(VoucherUse.objects.order_by("pk")):
        old = f"guest:{number}"
        VoucherCustomer.objects.filter(customer_key=use.customer_key).update(customer_key=old)
        VoucherUse.objects.filter(pk=use.pk).update(customer_key=old)
    Order.objects.update(email="x@xn--bcher-kva.example")

    count_anew(apps, None)

    assert list(voucher.customers.values_list("customer_key", "used")) == [(key, 2)]
    assert set(voucher.uses.values_list("customer_key", flat=True)) == {key}
    assert guest.order({**body, "email": "x@b\u00fccher.example"}).json()["code"] == "voucher_exhausted"


def test_voucher__order_fails__is_not_used(guest, body):
    voucher = VoucherFactory(code="SAVE")
    body["items"][0]["quantity"] = 11

    assert guest.order({**body, "voucher": "SAVE"}).json()["code"] == "out_of_stock"

    voucher.refresh_from_db()
    assert (voucher.used, VoucherUse.objects.count()) == (0, 0)


def test_voucher__payment_fails__is_released(guest, body, sandbox, work):
    voucher = VoucherFactory(code="ONCE", max_uses=1, max_uses_per_customer=1)
    body["voucher"] = "ONCE"
    guest.order({**body, "payment": {"token": "tok_declined"}})
    assert guest.order(body).json()["code"] == "voucher_exhausted"

    work()

    voucher.refresh_from_db()
    assert (voucher.used, voucher.customers.get().used) == (0, 0)
    assert VoucherUse.objects.get().released_at
    assert guest.order(body).status_code == 201


def test_voucher__order_is_cancelled__is_released(guest, body, sandbox, work):
    VoucherFactory(code="ONCE", max_uses=1)
    body["voucher"] = "ONCE"
    order = guest.order(body).json()

    cancelled = guest.post(
        f"/api/v1/orders/{order['number']}/cancel",
        b"{}",
        content_type="application/json",
        headers={"X-Order-Token": order["token"]},
    )
    work()

    assert cancelled.status_code == 200, cancelled.content
    assert Voucher.objects.get().used == 0
    assert guest.order(body).status_code == 201


def test_release__twice__releases_once(guest, body):
    voucher = VoucherFactory(code="SAVE")
    first, second = (guest.order({**body, "voucher": "SAVE"}).json()["id"] for _ in range(2))

    for _ in range(2):
        release_holdings(OrderCancelled(order_id=first))

    voucher.refresh_from_db()
    assert (voucher.used, voucher.customers.get().used) == (1, 1)
    assert list(VoucherUse.objects.filter(released_at=None).values_list("order_id", flat=True)) == [
        Order.objects.get(pk=second).pk
    ]


def test_release__order_without_voucher__changes_nothing(guest, body):
    order_id = guest.order(body).json()["id"]

    voucher_uses.release(order_id=order_id, now=timezone.now())

    assert not OutboxMessage.objects.filter(dead_at__isnull=False).exists()
    assert not Voucher.objects.exists()


def test_voucher__ten_lines_and_categories__asks_as_often_as_one(guest, body, restricted):
    category = restricted.categories.get()
    skus = [VariantFactory(stock=9, product__category=category).sku for _ in range(10)]
    counts = []
    for amount in (1, 10):
        lines = [{"sku": sku, "quantity": 1} for sku in skus[:amount]]
        with CaptureQueriesContext(connection) as queries:
            assert guest.order({**body, "items": lines, "voucher": "CLOTHES10"}).status_code == 201
        counts.append(len(queries))

    assert counts[0] == counts[1]
