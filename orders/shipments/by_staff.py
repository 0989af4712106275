"""Shipments that staff send by a carrier of their own, in as many parts as they like, and their arrival."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.services import stock
from core.errors import Conflict
from core.ids import uuid7
from core.outbox.publishing import publish
from orders import states
from orders.events import ShipmentsDelivered, ShipmentSent
from orders.models import Shipment, Status
from orders.shipments import quantities


class NotToBeSent(Conflict):
    code = "not_to_be_sent"
    title = "Only what was paid and not sent yet can be sent"


class NothingOnItsWay(Conflict):
    code = "nothing_on_its_way"
    title = "No shipment of the order is on its way"


@transaction.atomic
def send(
    *,
    order_id: UUID,
    units: Mapping[str, int] | None,
    carrier: str,
    tracking_number: str,
    actor: str,
    now: datetime,
) -> Shipment:
    """Send a shipment with `units` by SKU, or with all that is left; with the last one the order is shipped.

    Raises UnknownLine, NotToBeSent, NotFound.
    """
    if states.lock(order_id) != Status.PAID:
        raise NotToBeSent("The order is not paid, or has been shipped or cancelled")
    if quantities.is_fully_refunded(order_id):
        raise NotToBeSent("All of its money is being refunded")
    remaining = quantities.remaining(order_id)
    packed = dict(remaining if units is None else units)
    quantities.refuse_unknown(order_id, packed)
    _refuse_more_than(remaining, packed)
    shipment = Shipment.objects.create(
        order_id=order_id,
        carrier=carrier,
        tracking_number=tracking_number,
        status=Shipment.Status.SHIPPED,
        lines=quantities.as_lines(packed),
        idempotency_key=f"{order_id}:{uuid7()}",
        created_at=now,
        shipped_at=now,
    )
    stock.ship_units(owner=order_id, quantities=quantities.variants(order_id, packed), now=now)
    _record(shipment, actor, now)
    return shipment


@transaction.atomic
def deliver(*, order_id: UUID, actor: str, now: datetime) -> None:
    """Record that what is on its way has arrived; an order of which everything was sent is delivered.

    Raises NothingOnItsWay, NotFound.
    """
    status = states.lock(order_id)
    sent = Shipment.objects.filter(order_id=order_id, status=Shipment.Status.SHIPPED)
    first = sent.order_by("created_at", "id").values_list("pk", flat=True).first()
    if first is None:
        raise NothingOnItsWay
    sent.update(status=Shipment.Status.DELIVERED)
    publish(ShipmentsDelivered(order_id=order_id, shipment_id=first))
    if status == Status.SHIPPED:
        states.move(order_id=order_id, to=Status.DELIVERED, actor=actor, now=now)
    else:
        states.record(order_id=order_id, status=status, actor=actor, reason="Shipments delivered", now=now)


def _refuse_more_than(remaining: Mapping[str, int], packed: Mapping[str, int]) -> None:
    if not packed:
        raise NotToBeSent("Everything is in a shipment already")
    for sku, quantity in packed.items():
        if quantity > remaining.get(sku, 0):
            detail = f"{sku}: {quantity} are to be sent, {remaining.get(sku, 0)} are left"
            raise NotToBeSent.at(f"lines[sku={sku}]", detail)


def _record(shipment: Shipment, actor: str, now: datetime) -> None:
    order_id = shipment.order_id
    tracking = {"carrier": shipment.carrier, "tracking_number": shipment.tracking_number}
    if quantities.remaining(order_id, statuses=quantities.SENT):
        publish(ShipmentSent(order_id=order_id, shipment_id=shipment.pk))
        part = {**tracking, "lines": shipment.lines}
        states.record(
            order_id=order_id, status=Status.PAID, actor=actor, reason="A part was sent", data=part, now=now
        )
    else:
        states.move(order_id=order_id, to=Status.SHIPPED, actor=actor, data=tracking, now=now)
