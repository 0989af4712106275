"""Parcels that the carrier will not send, of an order of which staff have sent a part."""

from decimal import Decimal
from io import StringIO
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.utils import timezone

from catalog.models import Location, Reservation, StockLevel
from catalog.services import stock
from core.mail.models import Mail
from core.outbox import work
from core.outbox.dead import replay
from core.outbox.models import OutboxMessage
from orders import cancellation
from orders.ledger import discrepancies
from orders.models import Order, OrderEvent
from orders.payments import refunds
from orders.providers import carrier
from orders.providers.base import ProviderUnavailable, StepRefused
from orders.shipments import by_staff, dispatch

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
    return by_staff.send(
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


def _discrepancies():
    return [str(each) for each in discrepancies.find()]


def _refused_for_good(order, booked, work):
    booked.errors[":2"] = StepRefused("no such street")
    work(rounds=20)


def test_refused_for_good__a_part_was_sent__the_booked_sibling_is_cancelled(order, booked, sandbox, work):
    _refused_for_good(order, booked, work)

    assert (_status(order), sandbox.parcels()) == ("paid", [])
    assert _of_carrier(order) == [("1", "cancelled"), ("2", "cancelled")]
    assert "staff decide" in OrderEvent.objects.latest("id").reason
    assert _discrepancies() == []


def test_refused_for_good__staff_send_the_rest__the_order_is_shipped(order, booked, work):
    _refused_for_good(order, booked, work)

    rest = _send(order, None)

    assert (_status(order), rest.lines) == ("shipped", [{"sku": "MUG", "quantity": 3}])
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0}
    assert _discrepancies() == []


def test_refused_for_good__replayed_when_the_carrier_would__new_shipments_are_sent(
    order, booked, sandbox, work
):
    _refused_for_good(order, booked, work)
    dead = OutboxMessage.objects.get(handler="orders.ship_order", dead_at__isnull=False)

    replay([dead.pk])
    work()

    assert (_status(order), len(sandbox.parcels())) == ("shipped", 2)
    assert _of_carrier(order) == [("1", "cancelled"), ("2", "cancelled"), ("3", "shipped"), ("4", "shipped")]
    assert _discrepancies() == []


def test_refused_after_a_replay__cancelled_before__is_a_failure_again(order, booked, work):
    _refused_for_good(order, booked, work)
    booked.errors[":4"] = StepRefused("no such street")

    with pytest.raises(StepRefused):
        dispatch.ship(order_id=order.pk, now=timezone.now())


def test_carrier_away_after_one_shipment__next_try__asks_for_the_other_only(order, booked, sandbox, work):
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


def test_cancelled_while_the_carrier_is_called__the_answer_sends_nothing(order, sandbox, work, monkeypatch):
    create = SANDBOX.create_parcel

    def given_up_meanwhile(self, *, key, **parcel):
        number = create(self, key=key, **parcel)
        if key.endswith(":2"):
            _mark_dead(order)
        return number

    monkeypatch.setattr(SANDBOX, "create_parcel", given_up_meanwhile)
    work()

    assert (_status(order), sandbox.parcels()) == ("paid", [])
    assert _of_carrier(order) == [("1", "cancelled"), ("2", "cancelled")]
    assert _discrepancies() == []


def test_carrier_set_to_manual__shipments_that_were_intended__are_sent(order, booked, work, settings):
    booked.errors[":2"] = ProviderUnavailable("away")
    work(rounds=1)
    booked.errors.clear()
    settings.CARRIER = "manual"
    work()

    assert _status(order) == "shipped"
    assert _discrepancies() == []


def _mark_dead(order):
    """Another worker, with the same message, has failed for the last time; its id."""
    step = OutboxMessage.objects.get(handler="orders.ship_order", aggregate=str(order.pk))
    (message,) = work.find_open([step.pk])
    work.record_failure(message._replace(attempts=1000), StepRefused("no such street"))
    return message.pk


def test_brought_back_while_a_worker_of_before_is_at_it__is_done_all_the_same(
    order, sandbox, work, monkeypatch
):
    create, keys = SANDBOX.create_parcel, []

    def replayed_meanwhile(self, *, key, **parcel):
        number = create(self, key=key, **parcel)
        if not keys:
            assert replay([_mark_dead(order)]) == 1
        keys.append(key)
        return number

    monkeypatch.setattr(SANDBOX, "create_parcel", replayed_meanwhile)
    work()

    assert (_status(order), len(sandbox.parcels())) == ("shipped", 2)
    assert _of_carrier(order)[2:] == [("3", "shipped"), ("4", "shipped")]
    assert _discrepancies() == []


def test_cancelled__staff_send_the_rest__the_mail_names_no_shipment_that_never_comes(order, booked, work):
    _refused_for_good(order, booked, work)
    cancelled = order.shipments.filter(status="cancelled").exclude(tracking_number="").get()
    _send(order, None)
    work()

    mail = Mail.objects.get(cause=f"orders.order_shipped:{order.pk}")
    assert cancelled.tracking_number == "SBX0000000001"
    assert cancelled.tracking_number not in mail.text


def test_cancel_at_carrier__carrier_keeps_one__its_siblings_are_cancelled(
    order, booked, sandbox, work, monkeypatch
):
    cancel = SANDBOX.cancel_parcel

    def picked_up(self, *, key):
        if key.endswith(":1"):
            raise StepRefused("picked up already")
        cancel(self, key=key)

    monkeypatch.setattr(SANDBOX, "cancel_parcel", picked_up)
    monkeypatch.setattr(dispatch, "_record_shipped", lambda **_: _mark_dead(order) and True)
    work(rounds=2)

    assert [parcel["key"].rpartition(":")[2] for parcel in sandbox.parcels()] == ["1"]
    message = OutboxMessage.objects.get(handler="orders.recall_called_off")
    assert (message.state, "picked up" in message.error) == ("retrying", True)


def _close(order):
    cancellation.close(order_id=order.pk, actor="staff:a", reason="Enough", now=timezone.now())


def test_close__rest_refunded__units_are_free_and_nothing_is_sent_again(order, booked, sandbox, work):
    _refused_for_good(order, booked, work)
    _refund(order, "37.50")
    work()
    _close(order)
    call_command("outbox_replay", "--all", stdout=StringIO())
    work()

    assert (_status(order), sandbox.parcels()) == ("partially_refunded", [])
    assert not Reservation.objects.filter(owner=order.pk).exists()
    assert _discrepancies() == []


@pytest.mark.parametrize("missing", ["refund", "shipment", "payment"])
def test_close__not_refunded_or_nothing_sent_or_over__is_refused(order, missing):
    if missing != "refund":
        _refund(order, "1.00")
    if missing == "shipment":
        order.shipments.all().delete()
    if missing == "payment":
        _close(order)

    with pytest.raises(cancellation.NotToBeClosed):
        _close(order)


def _refund(order, amount):
    refunds.request(
        order_id=order.pk,
        amount=Decimal(amount),
        units={},
        reason="",
        actor="staff:a",
        now=timezone.now(),
    )


@pytest.mark.parametrize("by", ["carrier", "staff"])
def test_send__all_money_is_being_refunded__nothing_leaves(guest, body, sandbox, work, by):
    paid = Order.objects.get(pk=guest.order(body).json()["id"])
    work(rounds=2)
    _refund(paid, paid.total)

    if by == "carrier":
        with pytest.raises(ProviderUnavailable, match="being refunded"):
            dispatch.ship(order_id=paid.pk, now=timezone.now())
    else:
        with pytest.raises(by_staff.NotToBeSent, match="being refunded"):
            _send(paid, None)
    work()

    assert (_status(paid), sandbox.parcels()) == ("refunded", [])
