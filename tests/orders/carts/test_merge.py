"""At log-in the guest's cart goes into the customer's."""

from decimal import Decimal

import pytest
from django.utils import timezone

from catalog.models import Variant
from orders.carts import items
from orders.models import Cart, CartItem
from tests.factories.catalog import VariantFactory
from tests.factories.orders import VoucherFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def log_in(guest, alice):
    """Alice goes on with the guest's cart."""
    return lambda token=None: alice.open(**{"X-Cart-Token": guest.token if token is None else token})


def _units(cart):
    return {item["sku"]: item["quantity"] for item in cart["items"]}


def test_merge__both_have_items__add_up_and_the_guests_cart_is_gone(guest, alice, variant, log_in):
    VariantFactory(sku="CUP", stock=5)
    guest.open({"MUG": 2, "CUP": 1})
    alice.open({"MUG": 3})

    response = log_in()

    assert response.status_code == 200, response.content
    assert _units(response.json()) == {"MUG": 5, "CUP": 1}
    assert guest.call("GET").status_code == 404
    assert Cart.objects.get().customer_id == alice.user.pk


def test_merge__same_key_twice__answers_the_same(guest, alice, variant):
    guest.open({"MUG": 2})

    first, again = (
        alice.open({"MUG": 1}, **{"Idempotency-Key": "k1", "X-Cart-Token": guest.token}) for _ in range(2)
    )

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert _units(alice.read()) == {"MUG": 3}


def test_merge__customer_has_no_cart__gets_one_with_the_voucher(guest, alice, variant, log_in):
    VoucherFactory(code="SAVE")
    guest.open({"MUG": 2})
    guest.call("POST", "/voucher", {"code": "SAVE"})

    response = log_in()

    assert response.status_code == 201
    assert (_units(response.json()), response.json()["voucher"]["code"]) == ({"MUG": 2}, "SAVE")
    assert response.json()["currency"] == "USD"


def test_merge__more_than_there_is__stops_at_the_stock(guest, alice, variant, log_in):
    VariantFactory(sku="NONE")
    VariantFactory(sku="OLD")
    guest.open({"MUG": 8, "NONE": 2, "OLD": 2})
    alice.open({"MUG": 5, "OLD": 1})
    Variant.objects.filter(sku="OLD").update(withdrawn_at=timezone.now())

    assert _units(log_in().json()) == {"MUG": 10, "NONE": 1, "OLD": 3}


def test_merge__prices_when_added__the_customers_own_stay(guest, alice, variant, log_in):
    VariantFactory(sku="CUP", price=Decimal(2), stock=5)
    alice.open({"MUG": 1})
    Variant.objects.update(price=Decimal(5))
    guest.open({"MUG": 1, "CUP": 1})

    log_in()

    prices = dict(CartItem.objects.values_list("variant__sku", "price_when_added"))
    assert prices == {"MUG": Decimal("12.50"), "CUP": Decimal(5)}


def test_merge__other_currency__both_stay_and_the_answer_says_so(guest, alice, variant, log_in):
    VariantFactory(sku="EURO", currency="EUR")
    guest.open({"EURO": 1})
    alice.open({"MUG": 1})

    answers = [log_in() for _ in range(2)]

    for answer in answers:
        kept = answer.json()["kept_cart"]
        assert (answer.status_code, _units(answer.json())) == (200, {"MUG": 1})
        assert (kept["id"], kept["currency"], kept["code"]) == (guest.cart["id"], "EUR", "mixed_currencies")
    assert Cart.objects.count() == 2
    assert (_units(guest.read()), _units(alice.read())) == ({"EURO": 1}, {"MUG": 1})


def test_merge__more_than_one_order_can_hold__both_stay_and_the_answer_says_so(
    guest, alice, variant, log_in, monkeypatch
):
    monkeypatch.setattr(items, "MAX_ITEMS", 1)
    VariantFactory(sku="CUP", stock=5)
    guest.open({"CUP": 1})
    alice.open({"MUG": 1})

    answer = log_in().json()

    assert (_units(answer), answer["kept_cart"]["code"]) == ({"MUG": 1}, "cart_full")
    assert _units(guest.read()) == {"CUP": 1}


def test_merge__nothing_hinders_it__keeps_no_cart(guest, alice, variant, log_in):
    guest.open({"MUG": 1})

    assert "kept_cart" not in log_in().json()


def test_merge__empty_guest_cart__changes_nothing(guest, alice, variant, log_in):
    guest.open()
    alice.open({"MUG": 1})

    assert _units(log_in().json()) == {"MUG": 1}


def test_merge__token_of_no_cart__is_404_and_nothing_is_made(guest, alice, variant, log_in):
    assert log_in("nonsense").json()["code"] == "cart_not_found"
    assert not Cart.objects.exists()


def test_merge__twice__does_not_add_up_twice(guest, alice, variant, log_in):
    guest.open({"MUG": 2})
    log_in()

    assert log_in().status_code == 404
    assert _units(alice.read()) == {"MUG": 2}
