from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection
from django.test import Client

from benchmarks.suites.orders import growth
from benchmarks.suites.orders.measures import Moments, reconcile
from core.outbox.models import OutboxMessage
from orders.checkout import numbers
from orders.ledger import discrepancies
from orders.models import Order
from tests.factories.accounts import UserFactory, bearer

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def database():
    """Where the generator connects, as the benchmark does: from outside of Django."""
    at = connection.settings_dict
    url = f"postgres://{at['USER']}:{at['PASSWORD']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
    yield url
    with psycopg.connect(url) as cleaning:
        cleaning.execute("DROP TABLE IF EXISTS benchmark_variant")


@pytest.fixture
def reader():
    return UserFactory()


@pytest.fixture
def grown(database, reader):
    growth.stock_catalogue(database, now=NOW)
    growth.grow(database, first=1, last=100, reader=reader.pk, now=NOW)
    growth.grow(database, first=101, last=250, reader=reader.pk, now=NOW)


def test_grow__two_steps__leave_ledgers_without_a_discrepancy(grown, database):
    assert Order.objects.count() == 250
    assert discrepancies.find() == []
    assert reconcile(database).discrepancies == 0


def test_grow__stock_entry_missing__is_found_by_the_ledgers(grown, database):
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("DELETE FROM catalog_stockentry WHERE id = (SELECT max(id) FROM catalog_stockentry)")
        cursor.execute("SET session_replication_role = DEFAULT")

    assert reconcile(database).discrepancies == 2
    assert {each.what for each in discrepancies.find()} == {"units by the stock ledger", "units shipped"}


def test_grow__numbers__are_such_as_people_can_type(grown):
    made = Order.objects.values_list("number", flat=True)

    assert all(numbers.normalise(number) == number for number in made)


def test_grow__reader__sees_the_same_orders_however_many_there_are(grown, reader):
    answer = Client(headers=bearer(reader)).get("/api/v1/orders?page_size=100")

    assert len(answer.json()["results"]) == growth.READER_ORDERS


def test_grow__guests_token__opens_the_order(grown):
    order = Order.objects.get(email="sale-200@bench.example")
    guest = Client(headers={"X-Order-Token": growth.guest_token(200)})

    answer = guest.get(f"/api/v1/orders/{order.number}")

    assert (answer.status_code, len(answer.json()["lines"])) == (200, 200 % 3 + 1)


def test_grow__handled_messages__are_those_of_the_last_week(grown):
    oldest = OutboxMessage.objects.order_by("created_at").first()

    assert oldest.created_at > NOW - timedelta(days=7)
    assert not OutboxMessage.objects.filter(handled_at=None).exists()


def test_moments__made_up_timelines__say_when_orders_were_paid_and_shipped(grown, database):
    moments = Moments.since(database, NOW - timedelta(days=1000))

    assert moments.shipped == 250
    assert moments.to_paid == pytest.approx((0.6, 0.6))
    assert moments.to_shipped == pytest.approx((0.9, 0.9))
    assert Moments.since(database, NOW).shipped == 0
