"""How often placing an order crosses to PostgreSQL, counted where the driver sends."""

import pytest
from django.db import connection

from benchmarks.suites.orders.round_trips import counted
from tests.factories.catalog import VariantFactory
from tests.orders.conftest import Caller

BUDGET = 12
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def statements():
    with counted() as sent:
        yield sent


@pytest.fixture
def three_lines(body):
    VariantFactory(sku="A", stock=1000)
    VariantFactory(sku="B", stock=1000)
    body["items"] += [{"sku": "A", "quantity": 1}, {"sku": "B", "quantity": 3}]
    return body


@pytest.mark.parametrize(("headers", "expected"), [({}, 7), ({"Idempotency-Key": "k"}, 11)])
def test_place_order__guest_with_three_lines__stays_within_the_budget(
    three_lines, statements, headers, expected
):
    connection.ensure_connection()
    statements.clear()

    response = Caller().order(three_lines, **headers)

    assert response.status_code == 201
    assert len(statements) == expected <= BUDGET, statements
    assert (statements.count("b'BEGIN'"), statements[-1]) == (1, "b'COMMIT'")


def test_place_order__ten_lines__crosses_as_often_as_one(body, statements):
    skus = [VariantFactory(stock=100).sku for _ in range(10)]
    counts = []
    for amount in (1, 10):
        statements.clear()
        lines = [{"sku": sku, "quantity": 1} for sku in skus[:amount]]
        assert Caller().order({**body, "items": lines}).status_code == 201
        counts.append(len(statements))

    assert counts[0] == counts[1]
