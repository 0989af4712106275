"""Cancelling an order, or closing one of which a part was shipped.

The handlers of OrderCancelled release what was held for it and reverse what was paid.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from catalog.services import stock
from core.errors import Conflict
from core.outbox.publishing import publish
from orders import states
from orders.actors import SYSTEM
from orders.events import ShipmentsCancelled
from orders.models import OrderEvent, Payment, Shipment, Status
from orders.shipments.cancel import cancel_pending
from orders.shipments.quantities import SENT

UNPAID = (Payment.Status.PENDING, Payment.Status.AUTHORISED)


class AlreadyShipped(Conflict):
    code = "already_shipped"
    title = "The order, or a part of it, is on its way"


class NotToBeClosed(Conflict):
    code = "not_to_be_closed"
    title = "Only an order that was sent in part, and refunded in part, can be closed"


@transaction.atomic
def cancel(*, order_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Cancel an order of which nothing was sent; its holdings are released. A repeat does nothing.

    Whoever locks the order first wins. A capture that comes later is refunded, a shipment that the carrier
    knows of is cancelled there. Raises AlreadyShipped, TransitionRefused, NotFound.
    """
    before = states.lock(order_id)
    if _is_cancelled(order_id, before):
        return
    shipments = Shipment.objects.filter(order_id=order_id)
    if before in (Status.SHIPPED, Status.DELIVERED) or shipments.filter(status__in=SENT).exists():
        raise AlreadyShipped("What was sent can be returned, not cancelled")
    states.move(order_id=order_id, to=Status.CANCELLED, actor=actor, reason=reason, now=now)
    cancel_pending(order_id)
    Payment.objects.filter(order_id=order_id, status__in=UNPAID).update(
        status=Payment.Status.ABANDONED, error="The order was cancelled", updated_at=now
    )


@transaction.atomic
def give_up_shipping(*, order_id: UUID, reason: str, now: datetime) -> None:
    """Cancel a paid order that cannot be sent; its stock is released and its money reversed.

    Else does nothing. Where staff have sent a part, only the shipments not sent are cancelled: staff decide
    about the rest.
    """
    if states.lock(order_id) != Status.PAID:
        return
    try:
        cancel(order_id=order_id, actor=SYSTEM, reason=reason, now=now)
    except AlreadyShipped:
        cancel_pending(order_id)
        publish(ShipmentsCancelled(order_id=order_id))
        reason = f"{reason}; a part has been sent, so staff decide about the rest"
        states.record(order_id=order_id, status=Status.PAID, actor=SYSTEM, reason=reason, now=now)


@transaction.atomic
def close(*, order_id: UUID, actor: str, reason: str, now: datetime) -> None:
    """Close a paid order of which a part was sent and the rest is refunded: its units are released.

    Raises NotToBeClosed, NotFound.
    """
    sent = Shipment.objects.filter(order_id=order_id, status__in=SENT)
    payments = Payment.objects.filter(Q(promised__gt=0) | Q(refunded__gt=0), order_id=order_id)
    if states.lock(order_id) != Status.PAID or not sent.exists() or not payments.exists():
        raise NotToBeClosed("Send a part of it and refund the rest before")
    cancel_pending(order_id)
    publish(ShipmentsCancelled(order_id=order_id))
    stock.release(owner=order_id, now=now)
    states.move(order_id=order_id, to=Status.PARTIALLY_REFUNDED, actor=actor, reason=reason, now=now)


def _is_cancelled(order_id: UUID, status: str) -> bool:
    """A cancelled order whose money has gone back is refunded."""
    if status == Status.REFUNDED:
        return OrderEvent.objects.filter(order_id=order_id, to_status=Status.CANCELLED).exists()
    return status == Status.CANCELLED
