"""Sending a paid order, a parcel from each location that holds units for it.

All are committed before the carrier hears of one, booked each under its own key, and called sent together.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from catalog.services import stock
from core import rows
from core.crash_points import crash_point, crash_points_of_commit
from core.http.renderers import dumps
from core.ids import uuid7
from orders import states
from orders.gateways import MANUAL, carrier
from orders.gateways.base import Parcel, StepRefused
from orders.models import Shipment, Status
from orders.queries import parcels as queries
from orders.services import cancelling

SYSTEM = "system"

_INTEND = """
INSERT INTO orders_shipment (
    id, order_id, carrier, tracking_number, status, lines, location, idempotency_key, created_at
) VALUES (
    %(id)s, %(order)s, %(carrier)s, '', %(status)s, %(lines)s::jsonb, %(location)s, %(key)s, %(now)s
)
"""
_SHIPPED = """
UPDATE orders_shipment SET status = %(status)s, carrier = %(carrier)s,
    tracking_number = %(tracking_number)s, shipped_at = %(now)s
WHERE id = %(id)s
"""


def ship(*, order_id: UUID, now: datetime) -> None:
    """Hand a paid order to the carrier and call it shipped. Does nothing to an order that is not paid.

    Where CARRIER is "manual" staff send it. Raises ProviderUnavailable, BreakerOpen: call again later.
    """
    if settings.CARRIER == MANUAL:
        return
    shipments = _intend(order_id=order_id, now=now)
    try:
        parcels = [_book(shipment) for shipment in shipments]
    except StepRefused:
        if not Shipment.objects.filter(order_id=order_id, status=Shipment.Status.CANCELLED).exists():
            raise
        return  # cancelled while we were on our way
    if parcels:
        _settle(order_id=order_id, sent=list(zip(shipments, parcels, strict=True)), now=now)


def recall(*, order_id: UUID) -> None:
    """Call back the parcels that the carrier may have been told of before their order was cancelled.

    Raises ProviderUnavailable, BreakerOpen: call again later.
    """
    for shipment in Shipment.objects.filter(order_id=order_id, status=Shipment.Status.CANCELLED):
        crash_point("orders.recall.before_call")
        carrier(shipment.carrier).cancel_parcel(key=shipment.idempotency_key)
        crash_point("orders.recall.after_call")


@transaction.atomic
def give_up(*, order_id: UUID, reason: str, now: datetime) -> None:
    """Cancel a paid order that cannot be sent; its stock and money go back. Else does nothing."""
    if states.lock(order_id) != Status.PAID:
        return
    try:
        cancelling.cancel(order_id=order_id, actor=SYSTEM, reason=reason, now=now)
    except cancelling.AlreadyShipped:
        note = f"{reason}; a part has been sent, so staff decide about the rest"
        states.note(order_id=order_id, status=Status.PAID, actor=SYSTEM, reason=note, now=now)


@transaction.atomic
def _intend(*, order_id: UUID, now: datetime) -> list[Shipment]:
    """The shipments of the whole order, or of what staff have left of it; made where there are none yet."""
    if states.lock(order_id) != Status.PAID:
        return []
    shipments = queries.intended(order_id)
    waiting = {} if shipments else queries.waiting(order_id)
    if shipments or not waiting:
        return shipments
    pending = {"order": order_id, "carrier": settings.CARRIER, "status": Shipment.Status.PENDING.value}
    for number, (location, units) in enumerate(waiting.items(), start=1):
        lines, key = dumps(queries.as_lines(units)).decode(), queries.key(order_id, number)
        rows.change(
            _INTEND,
            {**pending, "id": uuid7(), "lines": lines, "location": location, "key": key, "now": now},
        )
        crash_point("orders.intend_parcel.after_one")
    crash_points_of_commit("orders.intend_parcel")
    return queries.intended(order_id)


def _book(shipment: Shipment) -> Parcel:
    """The carrier's answer, the same for each try."""
    crash_point("orders.ship.before_call")
    parcel = carrier(shipment.carrier).create_parcel(
        key=shipment.idempotency_key,
        order=shipment.order.number,
        address=shipment.order.shipping_address,
        lines=shipment.lines,
    )
    crash_point("orders.ship.after_call")
    return parcel


@transaction.atomic
def _settle(*, order_id: UUID, sent: Sequence[tuple[Shipment, Parcel]], now: datetime) -> None:
    if states.lock(order_id) != Status.PAID:
        return  # shipped by another worker, or cancelled while the carrier was at it
    told = [{"carrier": p.carrier, "tracking_number": p.tracking_number} for _, p in sent]
    for (shipment, _), tracking in zip(sent, told, strict=True):
        values = {"id": shipment.pk, "status": Shipment.Status.SHIPPED.value, "now": now}
        rows.change(_SHIPPED, {**values, **tracking})
    stock.ship(owner=order_id, now=now)  # these parcels have all that was not sent before
    data: dict[str, Any] = {**told[0], "parcels": told} if len(told) > 1 else {**told[0]}
    states.move(order_id=order_id, to=Status.SHIPPED, actor=SYSTEM, data=data, now=now)
    crash_points_of_commit("orders.ship")
