"""R11, R12: many buyers of few goods. Threads, because the race is PostgreSQL's and not the processes'."""

import random
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import StockLevel
from catalog.services.shortages import OutOfStock
from orders.checkout import guests, place
from orders.checkout.recording import OrderDetails
from orders.models import OrderLine
from orders.pricing.offers import Basket
from tests.faults.buyers import together
from tests.torture.scale import scale

pytestmark = pytest.mark.xdist_group("torture")

BUYERS, AT_ONCE, ROUNDS = scale((40, 20, 2), (200, 50, 200))
SHUFFLERS, SHUFFLES = scale((16, 8), (50, 60))
ADDRESS = {"name": "C", "line1": "1 Main St", "city": "Springfield", "postal_code": "12345", "country": "US"}


@pytest.mark.parametrize("stock", [1, scale(25, 100)])
def test_orders__more_buyers_than_units__sold_is_stock(stock, children, goods):
    for _ in range(ROUNDS):
        (sku,) = goods(stock=stock)

        outcomes = together(_buy, [{sku: 1}] * BUYERS, at_once=AT_ONCE)

        assert outcomes.count("sold") == stock
        assert outcomes.count("out of stock") == BUYERS - stock
        assert _levels(sku) == [(stock, stock)]


def test_orders__several_units_each__never_more_than_there_are_and_none_left_that_fits(children, goods):
    (sku,) = goods(stock=scale(25, 100))

    together(_buy, [{sku: units} for units in random.choices((1, 2, 3), k=BUYERS)], at_once=AT_ONCE)
    left = _free(sku)
    for _ in range(left):
        assert _buy({sku: 1}) == "sold"

    assert _free(sku) == 0
    assert _buy({sku: 1}) == "out of stock"


def test_orders__same_skus_in_any_order__no_deadlock(children, goods, big_tables_plan):
    skus = goods(10, stock=SHUFFLERS * SHUFFLES * 2)
    before = _deadlocks()

    together(
        _buy,
        [dict.fromkeys(random.sample(skus, len(skus)), 1) for _ in range(SHUFFLERS * SHUFFLES)],
        at_once=SHUFFLERS,
    )

    assert _deadlocks() == before
    assert OrderLine.objects.filter(sku__in=skus).count() == 10 * SHUFFLERS * SHUFFLES


@pytest.fixture
def big_tables_plan(children):
    """The plan of a big shop: one line read after the other. A small one reads the whole table."""
    options = connection.settings_dict["OPTIONS"]
    known = options["options"]
    unwanted = ("hashjoin", "mergejoin", "seqscan", "bitmapscan", "material")
    options["options"] = known + "".join(f" -c enable_{plan}=off" for plan in unwanted)
    connection.close()
    yield
    options["options"] = known
    connection.close()


def _buy(quantities):
    """In a thread with a connection of its own."""
    try:
        place.place_order(
            buyer=guests.Buyer(customer_id=None, email=f"{uuid4().hex}@shop.test", language="en"),
            basket=Basket(quantities=quantities, shipping_address=ADDRESS),
            details=OrderDetails(payment_token="tok_ok"),
            now=timezone.now(),
        )
    except OutOfStock:
        return "out of stock"
    return "sold"


def _levels(sku):
    return list(StockLevel.objects.filter(variant__sku=sku).values_list("on_hand", "reserved"))


def _free(sku):
    return sum(on_hand - reserved for on_hand, reserved in _levels(sku))


def _deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]
