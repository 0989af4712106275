"""Sending a paid order. The shipment is committed before the carrier hears of it."""

from datetime import datetime
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
    id, order_id, carrier, tracking_number, status, lines, idempotency_key, created_at
) VALUES (%(id)s, %(order)s, %(carrier)s, '', %(status)s, %(lines)s::jsonb, %(key)s, %(now)s)
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
    shipment = _intend(order_id=order_id, now=now)
    if shipment is None:
        return
    crash_point("orders.ship.before_call")
    try:
        parcel = carrier(shipment.carrier).create_parcel(
            key=shipment.idempotency_key,
            order=shipment.order.number,
            address=shipment.order.shipping_address,
            lines=shipment.lines,
        )
    except StepRefused:
        if not Shipment.objects.filter(pk=shipment.pk, status=Shipment.Status.CANCELLED).exists():
            raise
        return  # cancelled while we were on our way
    crash_point("orders.ship.after_call")
    _settle(shipment=shipment, parcel=parcel, now=now)


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
def _intend(*, order_id: UUID, now: datetime) -> Shipment | None:
    """The shipment of the whole order, or of what staff have left of it; made where there is none yet."""
    if states.lock(order_id) != Status.PAID:
        return None
    key = f"{order_id}:parcel:1"
    shipment = queries.intended(key)
    lines = [] if shipment else queries.as_lines(queries.remaining(order_id))
    if shipment or not lines:
        return shipment
    values = {"order": order_id, "carrier": settings.CARRIER, "lines": dumps(lines).decode(), "now": now}
    rows.change(_INTEND, {**values, "id": uuid7(), "status": Shipment.Status.PENDING.value, "key": key})
    crash_points_of_commit("orders.intend_parcel")
    return queries.intended(key)


@transaction.atomic
def _settle(*, shipment: Shipment, parcel: Parcel, now: datetime) -> None:
    if states.lock(shipment.order_id) != Status.PAID:
        return  # shipped by another worker, or cancelled while the carrier was at it
    tracking = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
    sent = {"id": shipment.pk, "status": Shipment.Status.SHIPPED.value, "now": now}
    rows.change(_SHIPPED, {**tracking, **sent})
    stock.ship(owner=shipment.order_id, now=now)  # this parcel has all that was not sent before
    states.move(order_id=shipment.order_id, to=Status.SHIPPED, actor=SYSTEM, data=tracking, now=now)
    crash_points_of_commit("orders.ship")
