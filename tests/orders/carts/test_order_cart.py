"""A cart is quoted, and ordered once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier

import orjson
import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from catalog.models import Reservation, Variant
from orders.carts import changes, opening
from orders.carts.queries import Holder
from orders.models import Cart, CartItem, Order, VoucherUse
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory, VoucherFactory
from tests.locks import somebody_waits_for_us
from tests.orders.carts.conftest import Shopper
from tests.stack import eventually

pytestmark = pytest.mark.django_db
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


def _quote(shopper, **more):
    body = orjson.dumps({"cart": shopper.cart["id"], "shipping_address": {"country": "GB"}, **more})
    headers = {"X-Cart-Token": shopper.token}
    return shopper.post("/api/v1/quotes", body, content_type="application/json", headers=headers)


@pytest.mark.parametrize("who", ["guest", "alice"])
def test_order_cart__open__is_ordered_as_quoted(request, body, who):
    shopper = request.getfixturevalue(who)
    VoucherFactory(code="SAVE10")
    shopper.open({"MUG": 2})
    shopper.call("POST", "/voucher", {"code": "SAVE10"})
    Variant.objects.update(price=Decimal(10))

    quote = _quote(shopper).json()
    response = shopper.order_cart(body)

    assert response.status_code == 201, response.content
    order = response.json()
    amounts = ("subtotal", "discount", "shipping", "tax", "total")
    assert {name: order[name] for name in amounts} == {name: quote[name] for name in amounts}
    told = {"availability": "in_stock", "available": 10}
    assert quote["lines"] == [{**line, **told} for line in order["lines"]]
    assert (order["subtotal"], order["discount"]) == ("20.00", "2.00")
    assert str(VoucherUse.objects.get().order_id) == order["id"]
    assert shopper.read()["order"] == order["number"]


def test_order_cart__voucher_of_the_order__counts_before_the_carts(guest, body):
    VoucherFactory(code="SAVE10")
    VoucherFactory(code="SAVE20", value=20)
    guest.open({"MUG": 2})
    guest.call("POST", "/voucher", {"code": "SAVE10"})

    assert _quote(guest, voucher="SAVE20").json()["voucher"] == "SAVE20"
    assert guest.order_cart({**body, "voucher": "SAVE20"}).json()["discount"] == "5.00"


def test_order_cart__second_time__is_409_and_changes_are_too(guest, body):
    guest.open({"MUG": 2})
    guest.order_cart(body)

    answers = [
        guest.order_cart(body),
        guest.call("POST", "/items", {"sku": "MUG", "quantity": 1}),
        guest.call("PATCH", "/items/MUG", {"quantity": 1}),
        guest.call("DELETE", "/items/MUG"),
        guest.call("DELETE"),
        guest.call("DELETE", "/voucher"),
    ]

    assert {(a.status_code, a.json()["code"]) for a in answers} == {(409, "cart_ordered")}
    assert Order.objects.count() == 1


def test_order_cart__same_key__is_replayed(guest, body):
    guest.open({"MUG": 2})

    first, second = (guest.order_cart(body, **{"Idempotency-Key": "once"}) for _ in range(2))

    assert (first.status_code, second.status_code, second["Idempotent-Replayed"]) == (201, 201, "true")
    assert first.content == second.content


def test_order_cart__key_and_body_of_another_guest__are_not_answered_with_the_first_ones_token(guest, body):
    guest.open({"MUG": 2})
    first = guest.order_cart(body, **{"Idempotency-Key": "1"})
    other = Shopper()
    other.cart = guest.cart

    answers = [
        other.order_cart(body, **{"Idempotency-Key": "1", "X-Cart-Token": token})
        for token in ("", "another's")
    ]

    assert first.status_code == 201
    assert [answer.status_code for answer in answers] == [422, 422]
    assert not any(first.json()["token"] in answer.content.decode() for answer in answers)


def test_order_cart__customer__has_a_new_one_next(alice, body):
    old = alice.open({"MUG": 1}).json()
    alice.order_cart(body)

    fresh = alice.open({"MUG": 1})

    assert (fresh.status_code, fresh.json()["id"] != old["id"]) == (201, True)


def test_order_cart__guests_ordered_cart__cannot_be_merged(guest, alice, body):
    guest.open({"MUG": 1})
    guest.order_cart(body)

    assert alice.open(**{"X-Cart-Token": guest.token}).json()["code"] == "cart_ordered"


@pytest.mark.parametrize("stranger", ["charlie", "nobody"])
def test_order_cart__of_somebody_else__is_unknown(request, guest, body, stranger):
    guest.open({"MUG": 1})
    thief = Shopper() if stranger == "nobody" else request.getfixturevalue(stranger)
    thief.cart = guest.cart

    for response in (thief.order_cart(body), _quote(thief)):
        assert response.status_code == 400
        assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [("cart", "unknown")]
    assert not Order.objects.exists()


@pytest.mark.parametrize("cart", ["nonsense", 5, {}, ""])
def test_order_cart__malformed_id__is_named(guest, body, cart):
    del body["items"]

    response = guest.order({**body, "cart": cart})

    assert [(e["field"], e["code"]) for e in response.json()["errors"]] == [("cart", "invalid")]


def test_order_cart__empty__is_refused(guest, body):
    guest.open()

    assert guest.order_cart(body).json()["code"] == "cart_empty"
    assert guest.order_cart(body).json()["errors"][0]["field"] == "cart"
    assert _quote(guest).json()["code"] == "cart_empty"


def test_order_cart__out_of_stock__stays_open(guest, body):
    guest.open({"MUG": 11})

    assert guest.order_cart(body).json()["code"] == "out_of_stock"

    guest.call("PATCH", "/items/MUG", {"quantity": 10})
    assert guest.order_cart(body).status_code == 201


def test_order_cart__item_no_longer_for_sale__is_named(guest, body):
    guest.open({"MUG": 1})
    Variant.objects.update(withdrawn_at=timezone.now())

    assert guest.order_cart(body).json()["errors"][0]["field"] == "items[sku=MUG]"


@pytest.mark.parametrize("ask", ["order", "quote"])
def test_order_cart__item_sold_in_another_currency_by_now__is_named_and_not_charged(guest, body, ask):
    guest.open({"MUG": 1})
    Variant.objects.update(currency="EUR")

    answer = guest.order_cart(body) if ask == "order" else _quote(guest)

    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "items[sku=MUG]")
    assert not Order.objects.exists()


def test_cart__second_cart_of_one_order__is_refused_by_the_database(guest, alice, body):
    guest.open()
    alice.open()
    order = OrderFactory()

    with pytest.raises(IntegrityError, match="cart_one_per_order"):
        Cart.objects.update(order=order, ordered_at=timezone.now())


def test_cart__second_order_of_one_cart__is_refused_by_the_database(guest, body):
    guest.open({"MUG": 1})
    guest.order_cart(body)

    with pytest.raises(IntegrityError, match="has been ordered"):
        Cart.objects.update(order=OrderFactory(), ordered_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_order_cart__ten_at_once__make_one_order(guest, body):
    guest.open({"MUG": 1})
    barrier = Barrier(10)

    def order(_):
        shopper = Shopper()
        shopper.cart, shopper.token = guest.cart, guest.token
        try:
            barrier.wait()
            return shopper.order_cart(body)
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(order, range(10)))

    assert Counter(a.status_code for a in answers) == {201: 1, 409: 9}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"cart_ordered"}
    assert Order.objects.count() == Reservation.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_open_cart__expired_one_was_changed_in_time__is_kept(alice, variant):
    alice.open({"MUG": 1})
    cart, holder = Cart.objects.get(), Holder(customer_id=alice.user.pk)
    moment = timedelta(milliseconds=1)

    def open_later():
        try:
            return opening.open_cart(holder=holder, quantities={}, now=cart.expires_at + moment)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            changes.set_quantity(
                cart_id=cart.pk, holder=holder, sku="MUG", quantity=5, now=cart.expires_at - moment
            )
            opened = pool.submit(open_later)
            eventually(somebody_waits_for_us, seconds=30)
        kept = opened.result(30)

    assert (kept.cart_id, kept.is_new, CartItem.objects.get().quantity) == (cart.pk, False, 5)


@pytest.mark.django_db(transaction=True)
def test_carts__customer_on_ten_devices_at_once__has_one_with_everything(alice, variant):
    barrier = Barrier(10)

    def add(_):
        try:
            barrier.wait()
            return Shopper(alice.user).open({"MUG": 1}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        statuses = list(pool.map(add, range(10)))

    assert Counter(statuses) == {201: 1, 200: 9}
    alice.open()
    assert alice.cart["items"][0]["quantity"] == 10


def test_cart_admin__shows_and_changes_nothing(client, guest, variant, settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(UserFactory(admin=True))
    guest.open({"MUG": 3})
    page = reverse("admin:orders_cart_change", args=[guest.cart["id"]])

    shown = client.get(reverse("admin:orders_cart_changelist"), {"q": guest.cart["id"]})

    assert guest.cart["id"] in shown.content.decode()
    assert "MUG" in client.get(page).content.decode()
    assert client.post(page, {"currency": "EUR"}).status_code == 403
