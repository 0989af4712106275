"""Parcels that the carrier will not send, of an order of which staff have sent a part."""

from types import SimpleNamespace

import pytest
from django.utils import timezone

from catalog.models import Location, StockLevel
from catalog.services import stock
from core.outbox import handling
from core.outbox.models import OutboxMessage
from orders.gateways import carrier
from orders.gateways.base import ProviderUnavailable, StepRefused
from orders.models import Order, OrderEvent
from orders.queries import ledger
from orders.services import cancelling, fulfilment, parcels

pytestmark = pytest.mark.django_db
SANDBOX = type(carrier("sandbox"))


@pytest.fixture
def booked(monkeypatch):
    """What the carrier was asked for, as the numbers in the keys; it raises `errors` by a key's ending."""
    asked, errors, create = [], {}, SANDBOX.create_parcel

    def counted(self, *, key, **parcel):
        asked.append(key.rpartition(":")[2])
        for ending, error in errors.items():
            if key.endswith(ending):
                raise error
        return create(self, key=key, **parcel)

    monkeypatch.setattr(SANDBOX, "create_parcel", counted)
    return SimpleNamespace(asked=asked, errors=errors)


@pytest.fixture
def order(guest, body, sandbox, work):
    """Paid: four mugs, two of them near and two far; staff have sent one of those that are near."""
    Location.objects.create(code="far", name="Far", priority=9)
    for location, change in ((None, -8), ("far", 2)):
        stock.adjust(
            sku="MUG", location=location, change=change, reason="adjusted", actor="", now=timezone.now()
        )
    order = Order.objects.get(pk=guest.order({**body, "items": [{"sku": "MUG", "quantity": 4}]}).json()["id"])
    work(rounds=2)
    _send(order, {"MUG": 1})
    return order


def _send(order, units):
    return parcels.send(
        order_id=order.pk,
        units=units,
        carrier="post",
        tracking_number="P",
        actor="staff:a",
        now=timezone.now(),
    )


def _status(order):
    order.refresh_from_db()
    return order.status


def _of_carrier(order):
    keyed = order.shipments.filter(carrier="sandbox").order_by("idempotency_key")
    return [(each.idempotency_key.rpartition(":")[2], each.status) for each in keyed]


def _drift():
    return [str(each) for each in ledger.drift()]


def _refused_for_good(order, booked, work):
    booked.errors[":2"] = StepRefused("no such street")
    work(rounds=20)


def test_refused_for_good__a_part_was_sent__the_booked_sibling_is_called_back(order, booked, sandbox, work):
    _refused_for_good(order, booked, work)

    assert (_status(order), sandbox.parcels()) == ("paid", [])
    assert _of_carrier(order) == [("1", "cancelled"), ("2", "cancelled")]
    assert "staff decide" in OrderEvent.objects.latest("id").reason
    assert _drift() == []


def test_refused_for_good__staff_send_the_rest__the_order_is_shipped(order, booked, work):
    _refused_for_good(order, booked, work)

    rest = _send(order, None)

    assert (_status(order), rest.lines) == ("shipped", [{"sku": "MUG", "quantity": 3}])
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0}
    assert _drift() == []


def test_refused_for_good__replayed_when_the_carrier_would__new_parcels_are_sent(
    order, booked, sandbox, work
):
    _refused_for_good(order, booked, work)
    dead = OutboxMessage.objects.get(handler="orders.ship_order", dead_at__isnull=False)

    handling.replay([dead.pk])
    work()

    assert (_status(order), len(sandbox.parcels())) == ("shipped", 2)
    assert _of_carrier(order) == [("1", "cancelled"), ("2", "cancelled"), ("3", "shipped"), ("4", "shipped")]
    assert _drift() == []


def test_refused_after_a_replay__called_off_before__is_a_failure_again(order, booked, work):
    _refused_for_good(order, booked, work)
    booked.errors[":4"] = StepRefused("no such street")

    with pytest.raises(StepRefused):
        fulfilment.ship(order_id=order.pk, now=timezone.now())


def test_carrier_away_after_one_parcel__next_try__asks_for_the_other_only(order, booked, sandbox, work):
    booked.errors[":2"] = ProviderUnavailable("away")
    work(rounds=2)
    tries = booked.asked[:]
    booked.errors.clear()
    work()

    assert (tries[:2], set(tries)) == (["1", "2"], {"1", "2"})
    assert (tries.count("1"), booked.asked[len(tries) :]) == (1, ["2"])
    numbers = order.shipments.exclude(carrier="post").order_by("idempotency_key")
    assert list(numbers.values_list("tracking_number", flat=True)) == ["SBX0000000001", "SBX0000000002"]
    assert _status(order) == "shipped"


def test_called_off_while_the_carrier_is_told__the_answer_sends_nothing(order, sandbox, work, monkeypatch):
    create = SANDBOX.create_parcel

    def given_up_meanwhile(self, *, key, **parcel):
        number = create(self, key=key, **parcel)
        if key.endswith(":2"):
            cancelling.give_up_shipping(order_id=order.pk, reason="No", now=timezone.now())
        return number

    monkeypatch.setattr(SANDBOX, "create_parcel", given_up_meanwhile)
    work()

    assert (_status(order), sandbox.parcels()) == ("paid", [])
    assert _of_carrier(order) == [("1", "cancelled"), ("2", "cancelled")]
    assert _drift() == []


def test_carrier_set_to_manual__parcels_that_were_intended__are_sent(order, booked, work, settings):
    booked.errors[":2"] = ProviderUnavailable("away")
    work(rounds=1)
    booked.errors.clear()
    settings.CARRIER = "manual"
    work()

    assert _status(order) == "shipped"
    assert _drift() == []
