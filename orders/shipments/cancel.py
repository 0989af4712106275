"""Shipments that are not to be sent after all: cancelled by us, then at the carrier."""

from uuid import UUID

from orders.models import Shipment
from orders.providers import carrier
from orders.providers.base import StepRefused


def cancel_pending(order_id: UUID) -> None:
    """Cancel the order's shipments that are intended and not sent.

    The caller has locked the order, and publishes an event whose handler is `cancel_at_carrier`.
    """
    intended = Shipment.objects.filter(order_id=order_id, status=Shipment.Status.PENDING)
    intended.update(status=Shipment.Status.CANCELLED)


def cancel_at_carrier(*, order_id: UUID) -> None:
    """Cancel at the carrier the shipments that it may know from before they were cancelled here.

    Raises ProviderUnavailable, BreakerOpen: call again later. Raises StepRefused, when all have been tried,
    where the carrier keeps one.
    """
    refusals = []
    for shipment in Shipment.objects.filter(order_id=order_id, status=Shipment.Status.CANCELLED):
        try:
            carrier(shipment.carrier).cancel_parcel(key=shipment.idempotency_key)
        except StepRefused as refused:
            refusals.append(refused)
    if refusals:
        raise refusals[0]
