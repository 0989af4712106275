"""Parcels that are not to be sent after all: called off by us, then called back from the carrier."""

from uuid import UUID

from core.crash_points import crash_point
from orders.models import Shipment
from orders.providers import carrier
from orders.providers.base import StepRefused


def call_off(order_id: UUID) -> None:
    """Cancel the parcels intended and not sent.

    The caller has locked the order, and publishes an event whose handler is `recall`.
    """
    intended = Shipment.objects.filter(order_id=order_id, status=Shipment.Status.PENDING)
    intended.update(status=Shipment.Status.CANCELLED)


def recall(*, order_id: UUID) -> None:
    """Call back the parcels that the carrier may have been told of before they were called off.

    Raises ProviderUnavailable, BreakerOpen: call again later. Raises StepRefused, when all have been tried,
    where the carrier keeps one.
    """
    refusals = []
    for shipment in Shipment.objects.filter(order_id=order_id, status=Shipment.Status.CANCELLED):
        crash_point("orders.recall.before_call")
        try:
            carrier(shipment.carrier).cancel_parcel(key=shipment.idempotency_key)
        except StepRefused as refused:
            refusals.append(refused)
        crash_point("orders.recall.after_call")
    if refusals:
        raise refusals[0]
