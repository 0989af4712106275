"""Staff read every order, and find it by what a customer tells them; customers read only theirs."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.rows import fetch
from orders.history import lists
from tests.factories.accounts import UserFactory
from tests.factories.orders import OrderFactory
from tests.orders.conftest import Caller

pytestmark = pytest.mark.django_db
ORDERS = "/api/v1/orders"
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.fixture
def bob(db):
    return Caller(UserFactory(email="bob@shop.test", staff=True))


def _numbers(caller, query=""):
    response = caller.get(f"{ORDERS}?{query}")
    assert response.status_code == 200, response.content
    return [order["number"] for order in response.json()["results"]]


def _queries(call):
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


@pytest.mark.parametrize("path", ["", "/events"])
@pytest.mark.parametrize("is_guests", [False, True])
def test_detail__staff__read_anybodys(bob, path, is_guests):
    order = OrderFactory(guest=True) if is_guests else OrderFactory()

    assert bob.get(f"{ORDERS}/{order.number}{path}").status_code == 200
    assert bob.get(f"{ORDERS}/S-2H4K9-7Q{path}").status_code == 404


def test_events__of_staff__name_who_acted_to_staff_alone(bob, alice):
    order = OrderFactory(customer=alice.user)
    order.timeline.create(to_status="pending", actor="staff:carol@shop.test")
    url = f"{ORDERS}/{order.number}/events"

    actors = [[event["actor"] for event in caller.get(url).json()["results"]] for caller in (bob, alice)]

    assert actors == [["customer", "staff:carol@shop.test"], ["customer", "staff"]]


def test_list__staff__see_all_orders_and_customers_theirs(bob, alice):
    first = OrderFactory(customer=alice.user, created_at=NOON)
    second = OrderFactory(guest=True, created_at=NOON + timedelta(hours=1))

    assert _numbers(bob) == [second.number, first.number]
    assert _numbers(alice) == [first.number]


def test_list__staffs_filters__find_the_order(bob):
    order = OrderFactory(guest=True, email="Grace@Shop.test", status="paid", created_at=NOON)
    OrderFactory(created_at=NOON + timedelta(days=1))
    sku = order.lines.get().sku

    for query in (
        "status=paid",
        "email=grace@shop.test",
        f"sku={sku}",
        f"sku={sku.lower()}&email=GRACE@shop.test&status=paid",
        "placed_before=2026-11-02T00:00:00Z",
        "placed_after=2026-11-01T12:00:00Z&placed_before=2026-11-01T12:00:01Z",
    ):
        assert _numbers(bob, query) == [order.number], query
    for query in ("email=race@shop.test", "sku=NONE", "placed_before=2026-11-01T12:00:00Z", "status=shipped"):
        assert _numbers(bob, query) == [], query


@pytest.mark.parametrize(
    "query",
    ["email=a@b.test", "sku=A", "placed_after=2026-11-01T00:00:00Z", "placed_before=2026-11-01T00:00:00Z"],
)
def test_list__staffs_filters_of_a_customer__are_unknown(alice, query):
    response = alice.get(f"{ORDERS}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0] == response.json()["errors"][0] | {
        "field": query.split("=")[0],
        "code": "unknown",
    }


@pytest.mark.parametrize(
    "query",
    [
        *("email=%00", "email=nobody", f"email={'x' * 300}@b.test", "sku=%00", f"sku={'x' * 81}"),
        *("placed_after=yesterday", "placed_before=", "customer=1"),
    ],
)
def test_list__staffs_filters_that_do_not_fit__are_400(bob, query):
    response = bob.get(f"{ORDERS}?{query}")

    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == query.split("=")[0]


@pytest.mark.parametrize("change", [{"is_staff": False}, {"is_active": False}])
def test_list__staff_no_more__is_a_customer_at_once(bob, change):
    order = OrderFactory()
    type(bob.user).objects.filter(pk=bob.user.pk).update(**change)

    assert _numbers(bob) == []
    assert bob.get(f"{ORDERS}?email=a@b.test").status_code == 400
    assert bob.get(f"{ORDERS}/{order.number}").status_code == 404
    assert bob.get(f"{ORDERS}/{order.number}/events").status_code == 404


def test_reads__of_staff__cost_the_same_at_two_sizes(bob):
    order = OrderFactory()
    urls = [ORDERS, f"{ORDERS}/{order.number}", f"{ORDERS}/{order.number}/events", f"{ORDERS}?sku=A"]
    few = [_queries(lambda url=url: bob.get(url)) for url in urls]
    OrderFactory.create_batch(5)

    assert [_queries(lambda url=url: bob.get(url)) for url in urls] == few
    assert max(few) <= 3


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        ({"email": "grace@shop.test"}, "order_by_email"),
        ({"sku": "MUG"}, "order_line_by_sku"),
        ({"placed_after": NOON}, "order_newest"),
        ({"placed_before": NOON}, "order_newest"),
        ({"status": "paid"}, "order_by_status"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else value,
)
def test_list__each_filter__has_an_index(filters, index):
    OrderFactory.create_batch(3)
    fetch("SELECT set_config('enable_seqscan', 'off', true)", [])
    rows = lists.all_orders(**filters).order_by("-created_at", "-pk")[:21]

    assert index in rows.explain()
