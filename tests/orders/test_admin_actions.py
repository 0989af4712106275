"""What staff do on an order's page."""

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from core.ids import uuid7
from orders.models import Order, OrderEvent, Refund, Shipment
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory, PaymentFactory

pytestmark = pytest.mark.django_db
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture
def office(client, settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(UserFactory(admin=True, email="staff@shop.test"))
    return client


@pytest.fixture
def paid(guest, body, sandbox, work, settings):
    settings.CARRIER = "manual"
    order = Order.objects.get(pk=guest.order(body).json()["id"])
    work()
    return order


def _url(order, action):
    return reverse(f"admin:orders_order_{action}_order", args=[order.pk])


def _do(client, order, action, **values):
    """The page that the dialog leads to."""
    response = client.post(
        _url(order, action), {"_form_submitted": "on", **values}, headers={"HX-Request": "1"}
    )
    assert response.status_code == 200, response.content
    page = response.headers.get("HX-Redirect")
    return client.get(page).content.decode() if page else response.content.decode()


def _status(order):
    order.refresh_from_db()
    return order.status


def test_page__every_action__is_offered_and_opens_its_dialog(office, paid):
    page = office.get(reverse("admin:orders_order_change", args=[paid.pk])).content.decode()

    for action in ("cancel", "refund", "ship", "close", "deliver"):
        assert _url(paid, action) in page
        assert b"<form" in office.get(_url(paid, action)).content
    assert _status(paid) == "paid"


def test_cancel__paid_order__is_cancelled_by_name(office, paid):
    page = _do(office, paid, "cancel", reason="Asked on the phone")

    assert "The order is cancelled" in page
    event = OrderEvent.objects.latest("id")
    assert (event.to_status, event.actor, event.reason) == (
        "cancelled",
        "staff:staff@shop.test",
        "Asked on the phone",
    )


def test_cancel__shipped_order__shows_the_refusal(office):
    order = OrderFactory(status="shipped")

    page = _do(office, order, "cancel")

    assert "can be returned, not cancelled" in page
    assert _status(order) == "shipped"


def test_refund__same_form_twice__is_one_refund(office, paid, sandbox, work):
    values = {"amount": "5.00", "reason": "Scratched", "refund_id": str(uuid7())}

    pages = [_do(office, paid, "refund", **values) for _ in range(2)]
    work()

    assert all("The refund is on its way" in page for page in pages)
    assert [p["refunded"] for p in sandbox.payments()] == [500]
    assert "Scratched" in office.get(reverse("admin:orders_order_change", args=[paid.pk])).content.decode()


def test_refund__more_than_was_paid__shows_the_refusal(office, paid):
    page = _do(office, paid, "refund", amount="29.91", refund_id=str(uuid7()))

    assert "29.90 USD are left" in page
    assert not Refund.objects.exists()


@pytest.mark.parametrize("amount", ["", "0", "1.005", "abc"])
def test_refund__bad_amount__is_asked_again(office, paid, amount):
    page = _do(office, paid, "refund", amount=amount, refund_id=str(uuid7()))

    assert 'name="amount"' in page
    assert not Refund.objects.exists()


def test_refund__payment_of_the_time_before_this_shop__shows_the_refusal(office):
    order = OrderFactory(status="delivered")
    PaymentFactory(order=order, gateway="history", status="captured", captured=order.total)

    assert "no provider here" in _do(office, order, "refund", amount="1.00", refund_id=str(uuid7()))


def test_ship_and_deliver__paid_order__is_delivered(office, paid):
    pages = [_do(office, paid, "ship", carrier="post", tracking_number="RR1"), _do(office, paid, "deliver")]

    assert "The shipment is on its way" in pages[0]
    assert "The shipments are delivered" in pages[1]
    assert _status(paid) == "delivered"
    assert Shipment.objects.get().tracking_number == "RR1"


def test_actions__staff_who_may_only_read__are_refused(client, settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_order"))
    client.force_login(looker)
    order = OrderFactory()

    answers = [
        client.post(_url(order, action), {"_form_submitted": "on"}).status_code
        for action in ("cancel", "refund", "ship", "deliver")
    ]

    assert answers == [403] * 4
    assert (
        _url(order, "cancel")
        not in client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    )


@pytest.mark.parametrize("action", ["cancel", "refund", "ship", "close", "deliver"])
def test_action__address_that_is_no_order__is_refused(office, action):
    url = reverse(f"admin:orders_order_{action}_order", args=["nonsense"])
    values = {"reason": "x", "carrier": "post", "amount": "1.00", "refund_id": str(uuid7())}

    answer = office.post(url, {"_form_submitted": "on", **values}, headers={"HX-Request": "1"})

    assert answer.status_code in {200, 302, 404}
