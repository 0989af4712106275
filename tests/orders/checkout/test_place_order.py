from decimal import Decimal

import pytest

from catalog.models import Reservation, StockLevel
from core.outbox.models import OutboxMessage
from orders.checkout import numbers, recording
from orders.models import Order, OrderEvent, OrderLine, Payment, TaxRule
from tests.factories.catalog import VariantFactory
from tests.factories.orders import ADDRESS, ShippingMethodFactory, TaxRuleFactory

pytestmark = pytest.mark.django_db


def _refused(response, status, code):
    assert response.status_code == status, response.content
    problem = response.json()
    assert (response["Content-Type"], problem["code"]) == ("application/problem+json", code)
    return problem


def _nothing_written():
    return not (
        Order.objects.exists()
        or Payment.objects.exists()
        or Reservation.objects.exists()
        or OutboxMessage.objects.filter(event__startswith="orders.").exists()
    )


def test_place_order__guest__answers_201_as_the_contract_says(guest, body):
    response = guest.order(body)

    assert response.status_code == 201, response.content
    document = response.json()
    assert response["Location"] == f"/api/v1/orders/{document['number']}"
    assert {
        name: document[name] for name in ("status", "currency", "subtotal", "discount", "shipping", "tax")
    } == {
        "status": "pending",
        "currency": "USD",
        "subtotal": "25.00",
        "discount": "0.00",
        "shipping": "4.90",
        "tax": "4.99",
    }
    assert (document["total"], document["tax_included"]) == ("29.90", True)
    assert document["lines"] == [
        {
            "sku": "MUG",
            "name": "Mug",
            "unit_price": "12.50",
            "quantity": 2,
            "total": "25.00",
            "discount": "0.00",
            "tax": "4.17",
        }
    ]
    assert document["created_at"].endswith("Z")
    assert numbers.normalise(document["number"]) == document["number"]


def test_place_order__guest__writes_order_stock_payment_timeline_and_messages(guest, body):
    document = guest.order(body).json()

    order = Order.objects.get(pk=document["id"])
    assert (order.number, order.email, order.customer_id) == (document["number"], "guest@shop.test", None)
    assert (order.total, order.tax, order.tax_included) == (Decimal("29.90"), Decimal("4.99"), True)
    assert (order.shipping_address, order.shipping_method) == (ADDRESS, "standard")
    assert document["token"] not in order.token_hash
    assert OrderLine.objects.values_list("sku", "quantity", "total").get(order=order) == (
        "MUG",
        2,
        Decimal(25),
    )
    assert OrderEvent.objects.values_list("from_status", "to_status", "actor").get(order=order) == (
        "",
        "pending",
        "guest",
    )
    payment = Payment.objects.get(order=order)
    assert (payment.token, payment.amount, payment.status) == ("tok_ok", Decimal("29.90"), "pending")
    assert Reservation.objects.get(owner=order.pk).quantity == 2
    assert StockLevel.objects.get(variant__sku="MUG").reserved == 2
    assert set(OutboxMessage.objects.filter(aggregate=str(order.pk)).values_list("handler", flat=True)) == {
        "orders.authorise_payment",
        "orders.mail_placed",
    }


def test_place_order__customer__needs_no_email_and_gets_no_token(alice, body):
    del body["email"]

    document = alice.order(body).json()

    order = Order.objects.get(pk=document["id"])
    assert "token" not in document
    assert (order.customer_id, order.email, order.token_hash) == (alice.user.pk, "alice@shop.test", "")
    assert OrderEvent.objects.get(order=order).actor == "customer"


def test_place_order__deactivated_customer__is_refused(alice, body):
    alice.user.is_active = False
    alice.user.save()

    response = alice.order(body)

    _refused(response, 401, "authentication_failed")
    assert _nothing_written()


def test_place_order__repeated_sku__is_added_up_first(guest, body):
    body["items"] = [{"sku": "MUG", "quantity": 6}, {"sku": "MUG", "quantity": 4}]

    document = guest.order(body).json()

    assert [(line["sku"], line["quantity"]) for line in document["lines"]] == [("MUG", 10)]


def test_place_order__more_lines_than_an_order_takes_skus__are_added_up_first(guest, body):
    body["items"] = [{"sku": "MUG", "quantity": 1}] * 101

    refused = guest.order(body).json()

    assert (refused["code"], refused["errors"][0]["field"]) == ("out_of_stock", "items[sku=MUG]")


def test_place_order__prices_in_the_body__are_refused_by_name(guest, body):
    priced = {"price": "0.01", "unit_price": "0.01"}
    claimed = {"total": "0.01", "status": "paid", "discount": "25.00", "customer": "x", "number": "S-1"}

    problem = _refused(guest.order({**body, "items": [body["items"][0] | priced], **claimed}), 400, "invalid")
    document = guest.order(body).json()

    fields = {f"items[0].{name}" for name in priced} | set(claimed)
    assert {(e["field"], e["code"]) for e in problem["errors"]} == {(field, "unknown") for field in fields}
    assert (document["total"], document["status"], document["discount"]) == ("29.90", "pending", "0.00")


def test_place_order__too_few_units__names_every_sku_and_writes_nothing(guest, body):
    VariantFactory(sku="CUP", stock=1)
    body["items"] = [
        {"sku": "MUG", "quantity": 6},
        {"sku": "CUP", "quantity": 2},
        {"sku": "MUG", "quantity": 5},
    ]

    problem = _refused(guest.order(body), 409, "out_of_stock")

    assert [error["field"] for error in problem["errors"]] == ["items[sku=CUP]", "items[sku=MUG]"]
    assert _nothing_written()
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0}


def test_place_order__unknown_skus__are_named(guest, body):
    body["items"] += [{"sku": "NOPE", "quantity": 1}, {"sku": "nope2", "quantity": 1}]

    problem = _refused(guest.order(body), 400, "unknown_sku")

    assert [error["field"] for error in problem["errors"]] == ["items[sku=NOPE]", "items[sku=nope2]"]
    assert _nothing_written()


def test_place_order__two_currencies__is_refused(guest, body):
    VariantFactory(sku="EURO", currency="EUR", stock=5)
    body["items"].append({"sku": "EURO", "quantity": 1})

    _refused(guest.order(body), 400, "mixed_currencies")


def test_place_order__no_method_goes_there__is_refused(guest, body, rates):
    standard, _ = rates
    standard.countries = ["FR"]
    standard.save()

    problem = _refused(guest.order(body), 400, "shipping_unavailable")

    assert problem["errors"][0]["field"] == "shipping_method"
    assert _nothing_written()


def test_place_order__method_asked_for__is_taken(guest, body):
    ShippingMethodFactory(code="express", price=Decimal("12.90"))
    body["shipping_method"] = "express"

    assert guest.order(body).json()["shipping"] == "12.90"


def test_place_order__region_has_its_own_tax__it_decides(guest, body):
    TaxRule.objects.all().delete()
    TaxRuleFactory(country="US", region="CA", rate=Decimal("7.25"), inclusive=False)
    body["shipping_address"] |= {"country": "US", "region": "ca"}

    document = guest.order(body).json()

    assert (document["tax"], document["tax_included"], document["total"]) == ("2.17", False, "32.07")


def test_place_order__untaxed_place__pays_no_tax(guest, body):
    body["shipping_address"]["country"] = "AQ"

    document = guest.order(body).json()

    assert (document["tax"], document["total"]) == ("0.00", "29.90")


def test_place_order__worth_more_than_columns_hold__is_refused(guest, body):
    VariantFactory(sku="YACHT", price=Decimal("9999999999.99"), stock=2000)
    body["items"] = [{"sku": "YACHT", "quantity": 1000}]

    _refused(guest.order(body), 400, "order_too_large")


def test_place_order__longest_names__fit(guest, body):
    VariantFactory(sku="LONG", name="v" * 200, product__name="p" * 200, stock=1)
    body["items"] = [{"sku": "LONG", "quantity": 1}]

    assert len(guest.order(body).json()["lines"][0]["name"]) == 402


def test_place_order__number_is_taken__another_is_drawn(guest, body, monkeypatch):
    taken = guest.order(body).json()["number"]
    free = numbers.new_number()
    draws = iter([taken, free])
    monkeypatch.setattr(recording.numbers, "new_number", lambda: next(draws))

    document = guest.order(body).json()

    assert document["number"] == free
    assert Order.objects.count() == 2


def test_place_order__address_with_extras__is_refused_and_keeps_only_its_fields(guest, body):
    body["shipping_address"] |= {"line2": " Flat 2 ", "phone": ""}
    extra = {**body, "shipping_address": {**body["shipping_address"], "is_admin": True}}

    problem = _refused(guest.order(extra), 400, "invalid")
    order = Order.objects.get(pk=guest.order(body).json()["id"])

    assert [e["field"] for e in problem["errors"]] == ["shipping_address.is_admin"]

    assert order.shipping_address == {**ADDRESS, "line2": "Flat 2"}


def test_place_order__above_the_limit__is_429_with_retry_after(guest, body, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "orders": (2, 60)}
    assert [guest.order(body).status_code for _ in range(2)] == [201, 201]

    response = guest.order(body)

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0


def test_place_order__accept_language__is_kept_for_the_mails(guest, body):
    document = guest.order(body, **{"Accept-Language": "he"}).json()

    assert Order.objects.get(pk=document["id"]).language == "he"
