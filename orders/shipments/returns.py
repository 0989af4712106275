"""Goods that customers return."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import transaction

from catalog.services import stock
from core.errors import Conflict
from core.outbox.publishing import publish
from orders import states
from orders.events import GoodsReturned
from orders.models import Return, Status
from orders.shipments import quantities


class NotReturnable(Conflict):
    code = "not_returnable"
    title = "Only shipped units that were not returned yet can be returned"


@transaction.atomic
def receive(
    *, order_id: UUID, units: Mapping[str, int], restock: bool, reason: str, actor: str, now: datetime
) -> Return:
    """Record returned units by SKU: on hand again, or written off. With the last one the order is returned.

    Raises UnknownLine, NotReturnable, NotFound.
    """
    status = states.lock(order_id)
    quantities.refuse_unknown(order_id, units)
    returnable = quantities.returnable(order_id)
    for sku, quantity in units.items():
        if quantity > returnable[sku]:
            detail = f"{sku}: {quantity} are to be returned, {returnable[sku]} are with the customer"
            raise NotReturnable.at(f"lines[sku={sku}]", detail)
    received = Return.objects.create(
        order_id=order_id,
        lines=quantities.as_lines(units),
        restock=restock,
        reason=reason,
        actor=actor,
        created_at=now,
    )
    stock.receive_return(
        quantities=quantities.variants(order_id, units),
        is_restocked=restock,
        cause=f"order:{order_id}",
        actor=actor,
        now=now,
    )
    _record(received, status, now)
    publish(GoodsReturned(order_id=order_id, return_id=received.pk))
    return received


def _record(received: Return, status: str, now: datetime) -> None:
    order_id, data = received.order_id, {"lines": received.lines, "restock": received.restock}
    is_whole = not quantities.returnable(order_id) and not quantities.remaining(order_id)
    if is_whole and Status.RETURNED in states.ALLOWED[status]:
        states.move(
            order_id=order_id,
            to=Status.RETURNED,
            actor=received.actor,
            reason=received.reason,
            data=data,
            now=now,
        )
    else:
        states.record(
            order_id=order_id,
            status=status,
            actor=received.actor,
            reason=f"Returned: {received.reason}",
            data=data,
            now=now,
        )
