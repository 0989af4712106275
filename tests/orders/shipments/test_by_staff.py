"""Parcels that staff send, their arrival, and goods that come back."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Reservation, StockEntry, StockLevel
from catalog.services import stock
from core.outbox.models import OutboxMessage
from orders.models import Order, OrderEvent, Return, Shipment
from tests.factories.accounts import UserFactory
from tests.factories.catalog import VariantFactory
from tests.factories.orders import OrderFactory
from tests.orders.conftest import Caller

pytestmark = pytest.mark.django_db
ONE_MUG = [{"sku": "MUG", "quantity": 1}]
REST = {"shipments": {"carrier": "post"}, "returns": {"restock": True, "reason": "x"}}  # beside the lines


@pytest.fixture
def staff(db):
    return Caller(UserFactory(admin=True, email="staff@shop.test"))


@pytest.fixture
def paid(guest, body, sandbox, work, settings):
    """Two mugs and three cups, paid, to be sent by staff."""
    settings.CARRIER = "manual"
    VariantFactory(sku="CUP", stock=5)
    body["items"].append({"sku": "CUP", "quantity": 3})
    order = Order.objects.get(pk=guest.order(body).json()["id"])
    work()
    order.refresh_from_db()
    assert order.status == "paid"
    return order


@pytest.fixture
def shipped(staff, paid):
    assert _send(staff, paid).status_code == 201
    return paid


def _post(caller, order, what, body=None, **headers):
    url = f"/api/v1/orders/{order.number}/{what}"
    return caller.post(url, body or {}, content_type="application/json", headers=headers)


def _send(caller, order, lines=None, **values):
    body = {"carrier": "post", "tracking_number": "RR1", **values}
    return _post(caller, order, "shipments", {**body, "lines": lines} if lines is not None else body)


def _return(caller, order, lines, **values):
    body = {"lines": lines, "restock": True, "reason": "Too small", **values}
    return _post(caller, order, "returns", body)


def _stock(sku="MUG"):
    return StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku=sku)


def _status(order):
    order.refresh_from_db()
    return order.status


def _codes(response):
    return response.status_code, response.json()["code"]


def test_send__without_lines__sends_all_and_the_order_is_shipped(staff, paid):
    response = _send(staff, paid)

    shown = response.json()
    assert response.status_code == 201
    assert (shown["carrier"], shown["tracking_number"], shown["status"]) == ("post", "RR1", "shipped")
    assert shown["lines"] == [{"sku": "MUG", "quantity": 2}, {"sku": "CUP", "quantity": 3}]
    assert _status(paid) == "shipped"
    assert (_stock(), _stock("CUP")) == ((8, 0), (2, 0))
    assert not Reservation.objects.exists()
    event = OrderEvent.objects.latest("id")
    assert (event.actor, event.data["tracking_number"]) == ("staff:staff@shop.test", "RR1")


def test_send__in_three_shipments__order_is_shipped_with_the_last(staff, paid, guest):
    parts = [ONE_MUG, [*ONE_MUG, {"sku": "CUP", "quantity": 1}], None]
    steps = []
    for part in parts:
        assert _send(staff, paid, part).status_code == 201
        steps.append((_status(paid), _stock(), _stock("CUP")))

    assert steps == [
        ("paid", (9, 1), (5, 3)),
        ("paid", (8, 0), (4, 2)),
        ("shipped", (8, 0), (2, 0)),
    ]
    assert Shipment.objects.filter(order=paid).count() == 3
    units = StockEntry.objects.filter(reason="shipped").values_list("variant__sku", "on_hand_change")
    assert sorted(units) == [("CUP", -2), ("CUP", -1), ("MUG", -1), ("MUG", -1)]


def test_send__units_held_at_two_locations__leave_both(*, staff, guest, body, sandbox, work, settings):
    settings.CARRIER = "manual"
    stock.adjust(sku="MUG", change=-9, reason="adjusted", actor="", now=timezone.now())
    other = StockLevel.objects.get().location
    other.pk, other.code, other.priority = None, "second", 9
    other.save(force_insert=True)
    stock.adjust(sku="MUG", location="second", change=3, reason="received", actor="", now=timezone.now())
    body["items"][0]["quantity"] = 4
    order = Order.objects.get(pk=guest.order(body).json()["id"])
    work()

    _send(staff, order, [{"sku": "MUG", "quantity": 2}])
    left = list(StockLevel.objects.order_by("id").values_list("on_hand", "reserved"))
    _send(staff, order)

    assert left == [(0, 0), (2, 2)]
    assert list(StockLevel.objects.order_by("id").values_list("on_hand", "reserved")) == [(0, 0), (0, 0)]
    assert _status(order) == "shipped"


@pytest.mark.parametrize("lines", [[{"sku": "MUG", "quantity": 3}], [*ONE_MUG, *ONE_MUG, *ONE_MUG]])
def test_send__more_than_is_left__is_409_and_changes_nothing(staff, paid, lines):
    assert _codes(_send(staff, paid, lines)) == (409, "not_to_be_sent")
    assert (_status(paid), _stock(), Shipment.objects.count()) == ("paid", (10, 2), 0)


@pytest.mark.parametrize("status", ["pending", "cancelled", "shipped", "payment_failed"])
def test_send__order_that_is_not_waiting_for_it__is_409(staff, status):
    assert _codes(_send(staff, OrderFactory(status=status))) == (409, "not_to_be_sent")


def test_send__a_part__the_order_cannot_be_cancelled(staff, paid):
    _send(staff, paid, ONE_MUG)

    assert _codes(_post(staff, paid, "cancel")) == (409, "already_shipped")


def test_send__a_part__the_automatic_carrier_takes_the_rest(staff, paid, sandbox, work, settings):
    _send(staff, paid, ONE_MUG)
    settings.CARRIER = "sandbox"
    OutboxMessage.objects.filter(handler="orders.ship_order").update(handled_at=None)
    work()

    assert _status(paid) == "shipped"
    assert [p["lines"] for p in sandbox.parcels()] == [
        '[{"sku": "MUG", "quantity": 1}, {"sku": "CUP", "quantity": 3}]'
    ]
    assert (_stock(), _stock("CUP")) == ((8, 0), (2, 0))


@pytest.mark.parametrize("what", ["shipments", "returns", "deliver"])
def test_staff_calls__others__are_refused(guest, charlie, paid, what):
    assert [_post(caller, paid, what).status_code for caller in (guest, charlie)] == [401, 403]


@pytest.mark.parametrize("what", ["shipments", "returns"])
def test_staff_calls__no_such_order__is_404(staff, what):
    body = {"lines": ONE_MUG, **REST[what]}

    assert _post(staff, Order(number="S-00000-00"), what, body).status_code == 404


@pytest.mark.parametrize(
    ("what", "wrong", "field"),
    [
        ("shipments", {}, "carrier"),
        ("shipments", {"carrier": "post", "lines": []}, "lines"),
        ("shipments", {"carrier": "post", "lines": [{"sku": "MUG", "quantity": 0}]}, "lines[0].quantity"),
        ("shipments", {"carrier": "post", "lines": [{"sku": "NO", "quantity": 1}]}, "lines[sku=NO]"),
        ("returns", {"restock": True, "reason": "x"}, "lines"),
        ("returns", {"lines": ONE_MUG, "reason": "x"}, "restock"),
        ("returns", {"lines": ONE_MUG, "restock": True}, "reason"),
        (
            "returns",
            {"lines": [{"sku": "NO", "quantity": 1}], "restock": True, "reason": "x"},
            "lines[sku=NO]",
        ),
    ],
)
def test_staff_calls__bad_body__is_400_naming_the_field(staff, paid, what, wrong, field):
    response = _post(staff, paid, what, wrong)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (400, field)


@pytest.mark.parametrize(("what", "model"), [("shipments", Shipment), ("returns", Return)])
def test_staff_calls__same_key__have_their_effect_once(staff, paid, what, model):
    _send(staff, paid, [{"sku": "CUP", "quantity": 3}])
    before = model.objects.count()
    lines = ONE_MUG if what == "shipments" else [{"sku": "CUP", "quantity": 1}]
    body = {"lines": lines, **REST[what]}

    answers = [_post(staff, paid, what, body, **{"Idempotency-Key": "k"}) for _ in range(2)]

    assert answers[0].json() == answers[1].json()
    assert model.objects.count() == before + 1


def test_deliver__shipped__shipments_and_order_are_delivered(staff, shipped):
    response = _post(staff, shipped, "deliver")

    assert (response.status_code, response.json()["status"]) == (200, "delivered")
    assert {s["status"] for s in response.json()["shipments"]} == {"delivered"}
    assert _codes(_post(staff, shipped, "deliver")) == (409, "nothing_on_its_way")


def test_deliver__a_part__the_order_goes_on(staff, paid):
    _send(staff, paid, ONE_MUG)

    _post(staff, paid, "deliver")
    part = _status(paid)
    _send(staff, paid)
    _post(staff, paid, "deliver")

    assert (part, _status(paid)) == ("paid", "delivered")


def test_deliver__same_key_after_the_next_shipment_was_sent__answers_as_before(staff, paid):
    key = {"Idempotency-Key": "k1"}
    _send(staff, paid, ONE_MUG)
    first = _post(staff, paid, "deliver", **key)
    _send(staff, paid, ONE_MUG)

    again = _post(staff, paid, "deliver", **key)

    assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
    assert sorted(paid.shipments.values_list("status", flat=True)) == ["delivered", "shipped"]


def test_return__restocked__is_for_sale_again(staff, shipped):
    response = _return(staff, shipped, ONE_MUG)

    assert response.status_code == 201
    assert response.json()["lines"] == ONE_MUG
    assert (_stock(), _status(shipped)) == ((9, 0), "shipped")
    entry = StockEntry.objects.latest("id")
    assert (entry.reason, entry.on_hand_change, entry.actor, entry.cause) == (
        "returned",
        1,
        "staff:staff@shop.test",
        f"order:{shipped.pk}",
    )


def test_return__not_restocked__is_written_off(staff, shipped):
    _return(staff, shipped, ONE_MUG, restock=False)

    assert _stock() == (8, 0)
    entries = StockEntry.objects.order_by("-id")[:2]
    assert {(e.reason, e.on_hand_change) for e in entries} == {("returned", 1), ("written_off", -1)}


def test_return__everything__order_is_returned(staff, shipped):
    _return(staff, shipped, [{"sku": "MUG", "quantity": 2}])
    _return(staff, shipped, [{"sku": "CUP", "quantity": 3}])

    assert _status(shipped) == "returned"
    assert (_stock(), _stock("CUP")) == ((10, 0), (5, 0))


@pytest.mark.parametrize("sent", [0, 1])
def test_return__more_than_was_sent__is_409_and_changes_nothing(staff, paid, sent):
    if sent:
        _send(staff, paid, ONE_MUG)

    response = _return(staff, paid, [{"sku": "MUG", "quantity": sent + 1}])

    assert _codes(response) == (409, "not_returnable")
    assert (Return.objects.count(), _stock()) == (0, (10 - sent, 2 - sent))


def test_return__the_same_twice__is_409(staff, shipped):
    lines = [{"sku": "MUG", "quantity": 2}]

    answers = [_return(staff, shipped, lines).status_code for _ in range(2)]

    assert answers == [201, 409]


def test_send__many_lines__costs_the_same(*, staff, guest, body, sandbox, work, settings):
    settings.CARRIER = "manual"

    def cost(count):
        skus = [VariantFactory(stock=5).sku for _ in range(count)]
        items = [{"sku": sku, "quantity": 1} for sku in skus]
        order = Order.objects.get(pk=guest.order({**body, "items": items}).json()["id"])
        work()
        with CaptureQueriesContext(connection) as captured:
            assert _send(staff, order).status_code == 201
        return len(captured)

    cost(1)
    assert cost(1) == cost(4)
