from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from orders.models import ShippingMethod, TaxRule
from tests.factories.orders import ShippingMethodFactory

METHODS = "/api/v1/shipping-methods"
pytestmark = pytest.mark.django_db


@pytest.fixture
def methods(rates):
    ShippingMethodFactory(code="alps", countries=["AT", "CH"], position=2, free_over=Decimal(100))
    ShippingMethodFactory(code="retired", is_active=False, position=3)


@pytest.mark.parametrize(
    ("query", "codes"),
    [("", ["standard", "alps"]), ("?country=CH", ["standard", "alps"]), ("?country=GB", ["standard"])],
)
def test_shipping_methods__country__are_those_that_go_there(guest, methods, query, codes):
    response = guest.get(METHODS + query)

    assert [method["code"] for method in response.json()["results"]] == codes


def test_shipping_methods__one__has_its_price(guest, rates):
    assert guest.get(METHODS).json() == {
        "next": None,
        "previous": None,
        "results": [
            {
                "code": "standard",
                "name": "Standard",
                "price": "4.90",
                "currency": "USD",
                "free_over": None,
                "countries": [],
            }
        ],
    }


@pytest.mark.parametrize("query", ["country=XX", "country=", "land=GB"])
def test_shipping_methods__bad_filter__is_400(guest, rates, query):
    assert guest.get(f"{METHODS}?{query}").status_code == 400


def test_shipping_methods__fresh_install__can_take_an_order(guest, body):
    """What the migration writes, written here once more: tests that commit empty the tables behind them."""
    ShippingMethod.objects.all().delete()
    TaxRule.objects.all().delete()
    import_module("orders.migrations.0002_default_rates").add_rates(apps, None)

    codes = [method["code"] for method in guest.get(f"{METHODS}?country=DE").json()["results"]]

    assert codes == ["standard", "express", "same-day"]
    assert guest.order(body).json()["tax_included"] is True


@pytest.mark.parametrize("currency", ["usd", "US", "$  ", "   "])
def test_shipping_method__currency_that_is_none__is_refused(db, currency):
    method = ShippingMethodFactory.build(currency=currency)

    with pytest.raises(ValidationError, match=r"e\.g\. EUR"):
        method.full_clean()
