from datetime import timedelta
from itertools import product

import pytest
from django.utils import timezone

from core.errors import NotFound
from core.ids import uuid7
from core.outbox.models import OutboxMessage
from orders import states
from orders.models import OrderEvent, Status
from tests.factories.orders import OrderFactory

pytestmark = pytest.mark.django_db
REFUSED = [(a, b) for a, b in product(Status, Status) if b not in states.ALLOWED[a]]


def _move(order, to, **values):
    return states.move(order_id=order.pk, to=to, actor="staff:a@shop.test", now=timezone.now(), **values)


def test_allowed__table__knows_every_status():
    assert set(states.ALLOWED) == set(Status)


def test_move__allowed__writes_status_timeline_and_event():
    order = OrderFactory()

    before = _move(order, Status.CANCELLED, reason="changed my mind", data={"a": 1})

    order.refresh_from_db()
    event = OrderEvent.objects.latest("id")
    assert (before, order.status) == ("pending", "cancelled")
    assert (event.from_status, event.to_status, event.actor, event.reason, event.data) == (
        "pending",
        "cancelled",
        "staff:a@shop.test",
        "changed my mind",
        {"a": 1},
    )
    assert set(OutboxMessage.objects.values_list("event", flat=True)) == {"orders.order_cancelled"}


@pytest.mark.parametrize(("before", "after"), REFUSED)
def test_move__not_in_the_table__is_refused_and_changes_nothing(before, after):
    order = OrderFactory(status=before, line=None)

    with pytest.raises(states.TransitionRefused):
        _move(order, after)

    order.refresh_from_db()
    assert order.status == before
    assert OrderEvent.objects.count() == 1


def test_move__no_such_order__is_not_found():
    with pytest.raises(NotFound):
        states.move(order_id=uuid7(), to=Status.PAID, actor="system", now=timezone.now())


def test_timeline__time_taken_before_another_had_the_lock__is_not_before_the_last_entry():
    order, noon = OrderFactory(status="paid"), timezone.now()
    moves = {"order_id": order.pk, "actor": "system"}

    states.record(status="paid", reason="first", now=noon, **moves)
    states.record(status="paid", reason="second", now=noon - timedelta(seconds=3), **moves)
    states.move(to=Status.SHIPPED, now=noon - timedelta(seconds=2), **moves)
    states.record(status="shipped", reason="later", now=noon + timedelta(seconds=1), **moves)

    times = OrderEvent.objects.order_by("id").values_list("at", flat=True)
    assert list(times)[-4:] == [noon, noon, noon, noon + timedelta(seconds=1)]
