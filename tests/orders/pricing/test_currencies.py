"""Currencies without cents, and with thousandths, from the price to the provider's ledger."""

from decimal import Decimal

import orjson
import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from catalog.models import Variant
from core import money
from orders.ledger import discrepancies
from orders.models import Order, Refund, ShippingMethod, TaxRule, Voucher
from orders.pricing.amounts import Discount, Item, ShippingRate, TaxRate, quote, tax_on
from orders.providers.currencies import from_minor_units, to_minor_units
from tests.factories.accounts import UserFactory
from tests.factories.catalog import VariantFactory
from tests.factories.orders import (
    OrderFactory,
    PaymentFactory,
    ShippingMethodFactory,
    VoucherFactory,
)
from tests.orders.conftest import Caller

CURRENCIES = ["JPY", "EUR", "KWD"]  # no decimal, two, three
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def _amounts(currency, most):
    return st.integers(0, most).map(lambda n: n * money.unit(currency))


@st.composite
def _orders(draw, currency):
    """Whatever the shop could be asked to price in the currency."""
    item = st.builds(
        Item,
        sku=st.text("ABCDEF", min_size=1),
        unit_price=_amounts(currency, 1_000_000),
        quantity=st.integers(1, 500),
    )
    items = draw(st.lists(item, min_size=1, max_size=8, unique_by=lambda item: item.sku))
    discount = Discount(
        amount=draw(_amounts(currency, 10_000_000)),
        percent=draw(st.integers(0, 10_000)) / Decimal(100),
        skus=draw(st.none() | st.frozensets(st.sampled_from([item.sku for item in items]))),
        free_shipping=draw(st.booleans()),
    )
    shipping = ShippingRate(
        price=draw(_amounts(currency, 5_000)), free_over=draw(st.none() | _amounts(currency, 100_000))
    )
    tax = TaxRate(percent=draw(st.integers(0, 30_000)) / Decimal(1000), inclusive=draw(st.booleans()))
    return {
        "items": items,
        "shipping": shipping,
        "tax": tax,
        "discount": discount,
        "unit": money.unit(currency),
    }


@pytest.mark.parametrize("currency", CURRENCIES)
@given(data=st.data())
def test_quote__any_order__adds_up_in_amounts_that_the_currency_has(currency, data):
    order = data.draw(_orders(currency))

    priced = quote(**order)

    amounts = [priced.subtotal, priced.discount, priced.shipping, priced.tax, priced.total]
    amounts += [a for line in priced.lines for a in (line.total, line.discount, line.tax)]
    assert all(amount >= 0 and money.fits(amount, currency) for amount in amounts)
    assert all(amount.as_tuple().exponent == -2 for amount in amounts)
    on_top = 0 if priced.tax_included else priced.tax
    assert priced.total == priced.subtotal - priced.discount + priced.shipping + on_top
    assert priced.discount == sum(line.discount for line in priced.lines)
    assert all(line.discount <= line.total for line in priced.lines)


@pytest.mark.parametrize("currency", CURRENCIES)
@given(data=st.data())
def test_tax__any_amount__is_less_than_half_a_unit_off(currency, data):
    order = data.draw(_orders(currency))
    amount, tax, unit = order["shipping"].price, order["tax"], order["unit"]

    exact = amount * tax.percent / (100 + tax.percent if tax.inclusive else 100)

    assert abs(tax_on(amount, tax, unit) - exact) <= unit / 2


@pytest.mark.parametrize("currency", [*CURRENCIES, "ISK", "UGX", "MGA"])
@given(data=st.data())
def test_minor_units__any_amount__there_and_back(currency, data):
    amount = data.draw(_amounts(currency, 10**12))

    units = to_minor_units(amount, currency)

    assert from_minor_units(units, currency) == amount
    assert units % {"KWD": 10, "ISK": 100, "UGX": 100}.get(currency, 1) == 0


@pytest.mark.parametrize(
    ("currency", "price", "shipping", "discount", "tax", "total", "units"),
    [
        ("JPY", "1250", "505", "333.00", "243.00", "2672.00", 2672),
        ("KWD", "1.25", "0.5", "0.33", "0.25", "2.67", 2670),
        ("EUR", "12.50", "5.05", "3.33", "2.43", "26.72", 2672),
    ],
)
@pytest.mark.django_db
def test_order__currency__is_priced_and_charged_in_its_own_units(
    guest, body, sandbox, work, *, currency, price, shipping, discount, tax, total, units
):
    Variant.objects.filter(sku="MUG").update(price=price, currency=currency)
    ShippingMethod.objects.update(price=shipping, currency=currency)
    TaxRule.objects.update(rate=10)
    percent = Decimal("13.32")
    body["voucher"] = VoucherFactory(code="ODD", value=percent).code

    answer = guest.order(body).json()
    work()

    order = Order.objects.get(pk=answer["id"])
    shown = guest.get(f"/api/v1/orders/{order.number}", headers={"X-Order-Token": answer["token"]}).json()
    assert (shown["status"], shown["discount"], shown["tax"], shown["total"]) == (
        "shipped",
        discount,
        tax,
        total,
    )
    assert {name: answer[name] for name in ("discount", "tax", "total")} == {
        name: shown[name] for name in ("discount", "tax", "total")
    }
    assert [(p["currency"], p["captured"]) for p in sandbox.payments()] == [(currency, units)]
    assert order.payments.get().captured == Decimal(total)
    assert discrepancies.find() == []


@pytest.mark.parametrize(("amount", "status"), [("100", 201), ("100.00", 201), ("100.50", 400)])
@pytest.mark.django_db
def test_refund__in_yen__is_of_whole_ones(guest, body, sandbox, work, *, amount, status):
    Variant.objects.filter(sku="MUG").update(price=1000, currency="JPY")
    ShippingMethod.objects.update(price=500, currency="JPY")
    order = Order.objects.get(pk=guest.order(body).json()["id"])
    work()
    staff = Caller(UserFactory(admin=True))

    answer = staff.post(
        f"/api/v1/orders/{order.number}/refunds", {"amount": amount}, content_type="application/json"
    )
    work()

    assert answer.status_code == status
    if status == 400:
        assert [error["field"] for error in answer.json()["errors"]] == ["amount"]
        assert not Refund.objects.exists()
    else:
        assert [p["refunded"] for p in sandbox.payments()] == [100]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"price": "10.50", "currency": "JPY"}, "price"),
        ({"price": "1.255", "currency": "KWD"}, "price"),
        ({"price": "10", "compare_at_price": "12.50", "currency": "JPY"}, "compare_at_price"),
        ({"variants": [{"price": "10.50", "currency": "JPY"}]}, "price"),
    ],
)
@pytest.mark.django_db
def test_product__price_that_the_currency_does_not_have__is_refused(changes, field):
    staff = Caller(UserFactory(admin=True))

    answer = staff.post(
        "/api/v1/products", orjson.dumps({"name": "Vase", **changes}), content_type="application/json"
    )

    assert answer.status_code == 400, answer.content
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not Variant.objects.exists()


@pytest.mark.django_db
def test_product__moved_to_a_currency_without_cents__needs_another_price():
    staff, variant = Caller(UserFactory(admin=True)), VariantFactory(price=Decimal("19.90"))
    url = f"/api/v1/products/{variant.product.slug}"

    refused = staff.patch(url, {"currency": "JPY"}, content_type="application/json")
    taken = staff.patch(url, {"currency": "JPY", "price": "1990"}, content_type="application/json")

    assert (refused.status_code, taken.status_code) == (400, 200)
    assert (taken.json()["price"], taken.json()["currency"]) == ("1990.00", "JPY")


@pytest.mark.django_db
def test_product__price_in_fils_as_people_write_it__is_taken():
    staff = Caller(UserFactory(admin=True))

    answer = staff.post(
        "/api/v1/products",
        {"name": "Vase", "price": "1.250", "currency": "KWD"},
        content_type="application/json",
    )

    assert (answer.status_code, answer.json()["price"]) == (201, "1.25")


HALF_YEN = Decimal("1.50")


@pytest.mark.parametrize(
    ("make", "constraint"),
    [
        (lambda: VariantFactory(price=HALF_YEN, currency="JPY"), "variant_prices_fit_currency"),
        (
            lambda: OrderFactory(subtotal=HALF_YEN, shipping=Decimal(0), currency="JPY", line=None),
            "order_amounts_fit_currency",
        ),
        (lambda: PaymentFactory(amount=HALF_YEN, currency="JPY"), "payment_amounts_fit_currency"),
        (
            lambda: ShippingMethodFactory(code="air", price=HALF_YEN, currency="JPY"),
            "shipping_prices_fit_currency",
        ),
        (
            lambda: ShippingMethodFactory(code="air", price=1, free_over=HALF_YEN, currency="JPY"),
            "shipping_prices_fit_currency",
        ),
        (
            lambda: VoucherFactory(kind="amount", value=HALF_YEN, currency="JPY"),
            "voucher_amounts_fit_currency",
        ),
        (lambda: VoucherFactory(minimum=HALF_YEN, currency="JPY"), "voucher_amounts_fit_currency"),
    ],
)
@pytest.mark.django_db
def test_database__half_a_yen__is_refused(make, constraint):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        make()


@pytest.fixture
def back_office(client, settings, db):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(UserFactory(admin=True))
    return client


@pytest.mark.parametrize(
    ("price", "free_over", "is_taken"),
    [("500", "", True), ("500", "5000", True), ("500.50", "", False), ("500", "5000.5", False)],
)
def test_shipping_form__in_yen__takes_whole_ones(back_office, price, free_over, is_taken):
    form = {
        "code": "air",
        "name": "Air",
        "price": price,
        "free_over": free_over,
        "currency": "JPY",
        "position": "9",
        "is_active": "on",
    }

    answer = back_office.post(reverse("admin:orders_shippingmethod_add"), form)

    assert answer.status_code == (302 if is_taken else 200)
    assert ShippingMethod.objects.filter(code="air").exists() == is_taken
    assert is_taken or "there is no half yen" in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "value", "is_taken"),
    [("amount", "500", True), ("amount", "500.50", False), ("percentage", "12.5", True)],
)
def test_voucher_form__in_yen__takes_whole_amounts_and_any_percentage(back_office, kind, value, is_taken):
    form = {
        "code": "YEN",
        "kind": kind,
        "value": value,
        "currency": "JPY",
        "minimum": "0",
        "starts_at_0": "2026-01-01",
        "starts_at_1": "00:00",
        "is_active": "on",
        "vouchercategory_set-TOTAL_FORMS": "0",
        "vouchercategory_set-INITIAL_FORMS": "0",
    }

    answer = back_office.post(reverse("admin:orders_voucher_add"), form)

    assert answer.status_code == (302 if is_taken else 200), answer.context["errors"]
    assert Voucher.objects.exists() == is_taken
