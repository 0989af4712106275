"""Many shoppers at once, on real threads, against real PostgreSQL."""

from collections import Counter
from functools import partial

import pytest

from catalog.models import Reservation, StockLevel
from core.outbox.models import OutboxMessage
from orders.models import Order, OrderLine, Payment
from tests.factories.catalog import VariantFactory
from tests.orders.conftest import Caller
from tests.races import at_once

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def no_limit(settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "orders": (100_000, 60)}


def _at_once(count, send):
    """The answers of `count` threads that start together."""
    return at_once(*(partial(send, number) for number in range(count)))


def test_place_order__fifty_threads_on_the_last_unit__sells_one(body):
    VariantFactory(sku="LAST", stock=1)
    body["items"] = [{"sku": "LAST", "quantity": 1}]

    answers = _at_once(50, lambda _: Caller().order(body))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 49}
    assert {a.json()["code"] for a in answers if a.status_code == 409} == {"out_of_stock"}
    assert (Order.objects.count(), OrderLine.objects.count(), Payment.objects.count()) == (1, 1, 1)
    assert StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku="LAST") == (1, 1)


def test_place_order__same_skus_in_many_orders__no_deadlock_and_none_oversold(body):
    skus = [VariantFactory(stock=20).sku for _ in range(5)]

    def send(number):
        order = skus[number % 5 :] + skus[: number % 5]
        lines = [{"sku": sku, "quantity": 1} for sku in (order if number % 2 else reversed(order))]
        return Caller().order({**body, "items": lines})

    answers = _at_once(30, send)

    assert Counter(answer.status_code for answer in answers) == {201: 20, 409: 10}
    assert set(StockLevel.objects.filter(variant__sku__in=skus).values_list("reserved", flat=True)) == {20}


def test_place_order__twenty_duplicates_of_one_key__run_once(body):
    answers = _at_once(20, lambda _: Caller().order(body, **{"Idempotency-Key": "one"}))

    done = [answer for answer in answers if answer.status_code == 201]
    busy = [answer for answer in answers if answer.status_code == 409]
    assert len(done) + len(busy) == 20
    assert {answer.content for answer in done} == {done[0].content}
    assert all(answer["Retry-After"] for answer in busy)
    assert sum("Idempotent-Replayed" not in answer for answer in done) == 1
    assert (Order.objects.count(), Reservation.objects.count()) == (1, 1)
    assert OutboxMessage.objects.filter(handler="orders.authorise_payment").count() == 1


def test_place_order__twenty_duplicates_for_the_last_unit__none_is_refused_as_out_of_stock(body):
    body["items"][0]["quantity"] = 10

    answers = _at_once(20, lambda _: Caller().order(body, **{"Idempotency-Key": "all"}))

    assert {a.json().get("code") for a in answers if a.status_code != 201} <= {"idempotency_key_in_use"}
    assert Order.objects.count() == 1
