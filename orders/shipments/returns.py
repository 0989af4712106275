"""Goods that come back."""

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
    title = "Only what was sent can come back, and once"


@transaction.atomic
def take_back(
    *, order_id: UUID, units: Mapping[str, int], restock: bool, reason: str, actor: str, now: datetime
) -> Return:
    """Units by SKU are back: on hand again, or written off. With the last one the order is returned.

    Raises UnknownLine, NotReturnable, NotFound.
    """
    status = states.lock(order_id)
    quantities.refuse_unknown(order_id, units)
    returnable = quantities.returnable(order_id)
    for sku, quantity in units.items():
        if quantity > returnable[sku]:
            detail = f"{sku}: {quantity} are to come back, {returnable[sku]} are with the customer"
            raise NotReturnable.at(f"lines[sku={sku}]", detail)
    taken = Return.objects.create(
        order_id=order_id,
        lines=quantities.as_lines(units),
        restock=restock,
        reason=reason,
        actor=actor,
        created_at=now,
    )
    stock.take_back(
        quantities=quantities.variants(order_id, units),
        is_restocked=restock,
        cause=f"order:{order_id}",
        actor=actor,
        now=now,
    )
    _tell(taken, status, now)
    publish(GoodsReturned(order_id=order_id, return_id=taken.pk))
    return taken


def _tell(taken: Return, status: str, now: datetime) -> None:
    order_id, data = taken.order_id, {"lines": taken.lines, "restock": taken.restock}
    is_whole = not quantities.returnable(order_id) and not quantities.remaining(order_id)
    if is_whole and Status.RETURNED in states.ALLOWED[status]:
        states.move(
            order_id=order_id,
            to=Status.RETURNED,
            actor=taken.actor,
            reason=taken.reason,
            data=data,
            now=now,
        )
    else:
        states.note(
            order_id=order_id,
            status=status,
            actor=taken.actor,
            reason=f"Returned: {taken.reason}",
            data=data,
            now=now,
        )
