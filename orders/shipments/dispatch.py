"""Sending a paid order, a shipment from each location that holds units for it.

All are committed before the carrier is called, booked each under its own key, and called sent together.
Of several, each one's number is kept when it is booked: a try goes on where the last one ended.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from catalog.services import stock
from core import rows
from core.ids import uuid7
from core.json import dumps
from orders import states
from orders.actors import SYSTEM
from orders.models import Order, Shipment, Status
from orders.providers import MANUAL, carrier
from orders.providers.base import ProviderUnavailable, StepRefused
from orders.shipments import quantities

PENDING = {"pending": Shipment.Status.PENDING.value}

_INTEND = """
INSERT INTO orders_shipment (
    id, order_id, carrier, tracking_number, status, lines, location, idempotency_key, created_at
) VALUES (
    %(id)s, %(order)s, %(carrier)s, '', %(pending)s, %(lines)s::jsonb, %(location)s, %(key)s, %(now)s
)
"""
_BOOKED = """
UPDATE orders_shipment SET tracking_number = %(tracking_number)s WHERE id = %(id)s AND status = %(pending)s
"""
_SHIPPED = f"""
UPDATE orders_shipment SET status = %(status)s, tracking_number = %(tracking_number)s, shipped_at = %(now)s
WHERE id = %(id)s AND status = %(pending)s AND NOT EXISTS ({quantities.FULLY_REFUNDED})
"""  # noqa: S608 - constants only


def ship(*, order_id: UUID, now: datetime) -> None:
    """Hand a paid order to the carrier and call it shipped. Does nothing to an order that is not paid.

    Where CARRIER is "manual" staff send what is in no shipment yet. Raises StepRefused, ProviderUnavailable,
    BreakerOpen: the latter two mean, call again later.
    """
    shipments = _intend(order_id=order_id, now=now)
    try:
        for shipment in shipments:
            _book(shipment, is_one_of_several=len(shipments) > 1)
    except StepRefused:
        if not _were_cancelled(shipments):
            raise
        is_done = not Order.objects.filter(pk=order_id, status=Status.PAID).exists()
    else:
        is_done = not shipments or _record_shipped(order_id=order_id, shipments=shipments, now=now)
    if not is_done:  # the refund may fail, the step may be brought back: then it is to be done anew
        raise ProviderUnavailable("Meanwhile its shipments were cancelled, or its money promised back")


@transaction.atomic
def _intend(*, order_id: UUID, now: datetime) -> list[Shipment]:
    """Commit the shipments of the order, or of what staff have left of it, unless there are some."""
    if states.lock(order_id) != Status.PAID:
        return []
    known = quantities.with_keys(order_id)
    intended = _pending(known)
    if not intended and settings.CARRIER == MANUAL:
        return []
    waiting = {} if intended else quantities.waiting(order_id)
    if not waiting and quantities.is_fully_refunded(order_id):
        raise ProviderUnavailable("All of its money is being refunded")
    if not waiting:
        return intended
    every = {"order": order_id, "carrier": settings.CARRIER, "now": now, **PENDING}
    for number, (location, units) in enumerate(waiting.items(), start=len(known) + 1):
        lines, key = dumps(quantities.as_lines(units)).decode(), quantities.key(order_id, number)
        rows.change(_INTEND, {**every, "id": uuid7(), "lines": lines, "location": location, "key": key})
    return _pending(quantities.with_keys(order_id))


def _pending(shipments: Sequence[Shipment]) -> list[Shipment]:
    """The shipments that were not cancelled; a paid order has sent none of them."""
    return [shipment for shipment in shipments if shipment.status == Shipment.Status.PENDING]


def _book(shipment: Shipment, *, is_one_of_several: bool) -> None:
    """Have the carrier number the shipment, unless an earlier try has done so."""
    if shipment.tracking_number:
        return
    shipment.tracking_number = carrier(shipment.carrier).create_parcel(
        key=shipment.idempotency_key,
        order=shipment.order.number,
        address=shipment.order.shipping_address,
        lines=shipment.lines,
    )
    if is_one_of_several:
        values = {"id": shipment.pk, "tracking_number": shipment.tracking_number, **PENDING}
        rows.change(_BOOKED, values)


def _were_cancelled(shipments: Sequence[Shipment]) -> bool:
    """Whether any of them was cancelled while the carrier was being called."""
    ours = Shipment.objects.filter(pk__in=[shipment.pk for shipment in shipments])
    return ours.filter(status=Shipment.Status.CANCELLED).exists()


@transaction.atomic
def _record_shipped(*, order_id: UUID, shipments: Sequence[Shipment], now: datetime) -> bool:
    """Call the shipments sent; False where they were cancelled, or all money is promised to the customer."""
    if states.lock(order_id) != Status.PAID:
        return True  # shipped by another worker, or cancelled while the carrier was at it
    sent = {"order": order_id, "status": Shipment.Status.SHIPPED.value, "now": now, **PENDING}
    for shipment in shipments:
        values = {**sent, "id": shipment.pk, "tracking_number": shipment.tracking_number}
        if not rows.change(_SHIPPED, values):
            return False
    stock.ship(owner=order_id, now=now)  # these shipments have all that was not sent before
    states.move(order_id=order_id, to=Status.SHIPPED, actor=SYSTEM, data=_tracking(shipments), now=now)
    return True


def _tracking(shipments: Sequence[Shipment]) -> dict[str, Any]:
    """What the timeline keeps: the first shipment, and all of them where there are several."""
    every = [{"carrier": each.carrier, "tracking_number": each.tracking_number} for each in shipments]
    return {**every[0], "parcels": every} if len(every) > 1 else {**every[0]}
