"""Where an order may go: one table, and the one function that moves it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core.errors import Conflict, NotFound
from core.outbox.publishing import publish
from orders import events
from orders.models import Order, OrderEvent, Status

ALLOWED: Mapping[str, frozenset[str]] = {
    Status.PENDING: frozenset({Status.PAID, Status.PAYMENT_FAILED, Status.CANCELLED}),
    Status.PAID: frozenset({Status.SHIPPED, Status.CANCELLED, Status.PARTIALLY_REFUNDED, Status.REFUNDED}),
    Status.SHIPPED: frozenset(
        {Status.DELIVERED, Status.PARTIALLY_REFUNDED, Status.REFUNDED, Status.RETURNED}
    ),
    Status.DELIVERED: frozenset({Status.PARTIALLY_REFUNDED, Status.REFUNDED, Status.RETURNED}),
    Status.PARTIALLY_REFUNDED: frozenset(
        {Status.PARTIALLY_REFUNDED, Status.SHIPPED, Status.DELIVERED, Status.REFUNDED, Status.RETURNED}
    ),
    Status.RETURNED: frozenset({Status.PARTIALLY_REFUNDED, Status.REFUNDED}),
    Status.PAYMENT_FAILED: frozenset(),
    Status.CANCELLED: frozenset({Status.REFUNDED}),
    Status.REFUNDED: frozenset(),
}

ANNOUNCED: Mapping[str, type[events.OrderNews]] = {
    Status.PAID: events.OrderPaid,
    Status.SHIPPED: events.OrderShipped,
    Status.PAYMENT_FAILED: events.OrderPaymentFailed,
    Status.CANCELLED: events.OrderCancelled,
}


class TransitionRefused(Conflict):
    code = "order_status"
    title = "The order's status does not allow this"


def move(*, order_id: UUID, to: Status, actor: str, now: datetime, reason: str = "", data: Any = None) -> str:
    """Move the order to `to`, write its timeline, publish the news; returns the status it had.

    Locks the order's row until the caller's transaction ends. Raises TransitionRefused, NotFound.
    """
    before = lock(order_id)
    if to not in ALLOWED[before]:
        raise TransitionRefused(f"An order that is {before} cannot become {to}")
    Order.objects.filter(pk=order_id).update(status=to, updated_at=now)
    _write(order_id, before, to, actor=actor, reason=reason, data=data, at=now)
    if to in ANNOUNCED:
        publish(ANNOUNCED[to](order_id=order_id))
    return before


def note(*, order_id: UUID, status: str, actor: str, now: datetime, reason: str, data: Any = None) -> None:
    """Write something on the timeline of an order that stays in `status`."""
    _write(order_id, status, status, actor=actor, reason=reason, data=data, at=now)


def lock(order_id: UUID) -> str:
    """The order's status, which nobody else can change until the transaction ends. Raises NotFound.

    Whoever locks an order and its payments or shipments locks the order first.
    """
    rows = Order.objects.filter(pk=order_id).select_for_update(of=("self",))
    status: str | None = rows.values_list("status", flat=True).first()
    if status is None:
        raise NotFound
    return status


def _write(
    order_id: UUID, before: str, after: str, *, actor: str, reason: str, data: Any, at: datetime
) -> None:
    OrderEvent.objects.create(
        order_id=order_id,
        from_status=before,
        to_status=after,
        actor=actor,
        reason=reason[:300],
        data=data or {},
        at=at,
    )
