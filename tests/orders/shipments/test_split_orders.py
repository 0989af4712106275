"""Orders whose units lie at two locations: a shipment from each (decision 10)."""

import json

import pytest
from django.utils import timezone

from benchmarks.suites.orders.round_trips import counted
from catalog.models import Location, Reservation, StockLevel
from catalog.services import stock
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from orders import cancellation
from orders.ledger import discrepancies
from orders.models import Order, OrderEvent, Shipment
from orders.payments import settling
from orders.providers.base import Charge, ProviderUnavailable
from orders.providers.sandbox import SandboxCarrier
from orders.shipments import dispatch
from tests.factories.catalog import VariantFactory

CROSSINGS = 14  # round trips to PostgreSQL by which an order of one location is shipped
pytestmark = pytest.mark.django_db(transaction=True)

NEAR = [{"sku": "MUG", "quantity": 2}, {"sku": "CUP", "quantity": 1}]
FAR = [{"sku": "MUG", "quantity": 1}, {"sku": "POT", "quantity": 1}]


@pytest.fixture
def split(guest, body, sandbox):
    """Paid after `work()`: three mugs, two of them near; a cup that is near, a pot that is far."""
    Location.objects.create(code="far", name="Far", priority=9)
    VariantFactory(sku="CUP", stock=5)
    VariantFactory(sku="POT", stock=0)
    _adjust("MUG", -8, None)
    _adjust("MUG", 1, "far")
    _adjust("POT", 1, "far")
    items = [{"sku": "MUG", "quantity": 3}, {"sku": "CUP", "quantity": 1}, {"sku": "POT", "quantity": 1}]
    return Order.objects.get(pk=guest.order({**body, "items": items}).json()["id"])


def _adjust(sku, change, location):
    stock.adjust(sku=sku, location=location, change=change, reason="adjusted", actor="", now=timezone.now())


def _status(order):
    order.refresh_from_db()
    return order.status


def _parcels(sandbox):
    return [(parcel["reference"], json.loads(parcel["lines"])) for parcel in sandbox.parcels()]


def test_ship__two_locations__a_shipment_from_each_and_one_mail_of_both(split, sandbox, work):
    work()

    shipments = split.shipments.order_by("idempotency_key")
    assert _status(split) == "shipped"
    assert _parcels(sandbox) == [(split.number, NEAR), (split.number, FAR)]
    assert [(s.location, s.lines, s.status, s.tracking_number) for s in shipments] == [
        (Location.objects.first().code, NEAR, "shipped", "SBX0000000001"),
        ("far", FAR, "shipped", "SBX0000000002"),
    ]
    first, second = ({"carrier": s.carrier, "tracking_number": s.tracking_number} for s in shipments)
    data = OrderEvent.objects.get(order=split, to_status="shipped").data
    assert data == {**first, "parcels": [first, second]}
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0}
    mail = Mail.objects.get(cause=f"orders.order_shipped:{split.pk}")
    assert "SBX0000000001" in mail.text
    assert "SBX0000000002" in mail.text
    assert [str(each) for each in discrepancies.find()] == []


def test_ship__carrier_away_after_the_first_shipment__the_order_waits_and_goes_on(
    split, sandbox, work, monkeypatch
):
    create = SandboxCarrier.create_parcel

    def away(self, *, key, **parcel):
        if key.endswith(":2"):
            raise ProviderUnavailable("away")
        return create(self, key=key, **parcel)

    monkeypatch.setattr(SandboxCarrier, "create_parcel", away)
    work()
    waiting = (_status(split), len(sandbox.parcels()), set(split.shipments.values_list("status", flat=True)))
    monkeypatch.setattr(SandboxCarrier, "create_parcel", create)
    work()

    assert waiting == ("paid", 1, {"pending"})
    assert (_status(split), _parcels(sandbox)) == (
        "shipped",
        [(split.number, NEAR), (split.number, FAR)],
    )
    assert Mail.objects.filter(cause__startswith="orders.order_shipped").count() == 1


def test_cancel__after_the_first_shipment_was_booked__the_carrier_keeps_none(
    split, sandbox, work, monkeypatch
):
    create = SandboxCarrier.create_parcel

    def cancelled_meanwhile(self, *, key, **parcel):
        if key.endswith(":2"):
            cancellation.cancel(order_id=split.pk, actor="guest", reason="", now=timezone.now())
        return create(self, key=key, **parcel)

    monkeypatch.setattr(SandboxCarrier, "create_parcel", cancelled_meanwhile)

    work()

    assert (_status(split), sandbox.parcels()) == ("refunded", [])
    assert set(split.shipments.values_list("status", flat=True)) == {"cancelled"}
    assert [str(each) for each in discrepancies.find()] == []


def test_refund__whole_after_the_first_shipment_was_booked__the_carrier_keeps_none(
    split, sandbox, work, monkeypatch
):
    create = SandboxCarrier.create_parcel

    def refunded_meanwhile(self, *, key, **parcel):
        if key.endswith(":2"):
            payment = split.payments.get()
            settling.settle(
                payment=payment,
                charge=Charge(
                    reference=payment.provider_reference,
                    amount=split.total,
                    currency=split.currency,
                    captured=split.total,
                    refunded=split.total,
                    is_held=False,
                ),
                now=timezone.now(),
            )
        return create(self, key=key, **parcel)

    monkeypatch.setattr(SandboxCarrier, "create_parcel", refunded_meanwhile)

    work()

    assert (_status(split), sandbox.parcels()) == ("refunded", [])
    assert set(split.shipments.values_list("status", flat=True)) == {"cancelled"}


def test_ship__location_made_later_but_before_in_priority__is_the_first_shipment(split, sandbox, work):
    Location.objects.exclude(code="far").update(priority=10)

    work()

    assert _parcels(sandbox) == [(split.number, FAR), (split.number, NEAR)]


def test_ship__units_that_no_location_holds__go_with_the_first_shipment(split, sandbox, work):
    _work_but_shipping(work)
    Reservation.objects.filter(owner=split.pk, variant__sku="POT").delete()

    dispatch.ship(order_id=split.pk, now=timezone.now())

    assert _parcels(sandbox) == [
        (split.number, [*NEAR, {"sku": "POT", "quantity": 1}]),
        (split.number, [{"sku": "MUG", "quantity": 1}]),
    ]


def test_ship__intended_as_one_shipment_before__stays_one(split, sandbox, work):
    """By the code of a release that knew of one shipment only."""
    _work_but_shipping(work)
    whole = [{"sku": "MUG", "quantity": 3}, {"sku": "CUP", "quantity": 1}, {"sku": "POT", "quantity": 1}]
    Shipment.objects.create(
        order=split, carrier="sandbox", lines=whole, idempotency_key=f"{split.pk}:parcel:1"
    )

    dispatch.ship(order_id=split.pk, now=timezone.now())

    assert (_status(split), _parcels(sandbox)) == ("shipped", [(split.number, whole)])
    assert set(StockLevel.objects.values_list("reserved", flat=True)) == {0}


def test_ship__one_location__stays_within_the_budget(guest, body, sandbox, work):
    order = Order.objects.get(pk=guest.order(body).json()["id"])
    _work_but_shipping(work)

    with counted() as statements:
        dispatch.ship(order_id=order.pk, now=timezone.now())

    assert _status(order) == "shipped"
    assert len(statements) == CROSSINGS


def _work_but_shipping(work):
    OutboxMessage.objects.update(handled_at=None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "ship", lambda **_: None)
        work()
