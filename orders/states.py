"""Where an order may go: one table, and the one function that moves it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from core import rows
from core.errors import Conflict, NotFound
from core.json import dumps
from core.outbox.publishing import publish
from orders import events
from orders.models import Status

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

ANNOUNCED: Mapping[str, type[events.OrderFact]] = {
    Status.PAID: events.OrderPaid,
    Status.SHIPPED: events.OrderShipped,
    Status.PAYMENT_FAILED: events.OrderPaymentFailed,
    Status.CANCELLED: events.OrderCancelled,
}


FROM: Mapping[str, list[str]] = {
    to: [before.value for before in Status if to in ALLOWED[before]] for to in Status
}

_LOCK = "SELECT status FROM orders_order WHERE id = %(order)s FOR UPDATE"

# Whoever calls took the time before it waited for the lock: an entry is never older than the one before it.
_AT = "greatest(%(now)s, (SELECT max(at) FROM orders_orderevent WHERE order_id = %(order)s))"

_RECORD = f"""
INSERT INTO orders_orderevent (order_id, from_status, to_status, actor, reason, data, at)
VALUES (%(order)s, %(status)s, %(status)s, %(actor)s, %(reason)s, %(data)s::jsonb, {_AT})
"""  # noqa: S608 - constants only

# Locks, decides on the newest committed status, moves and writes the timeline, in one round trip.
_MOVE = f"""
WITH known AS (
    SELECT id, status FROM orders_order WHERE id = %(order)s FOR UPDATE
), moved AS (
    UPDATE orders_order o SET status = %(to)s, updated_at = %(now)s
    FROM known k WHERE o.id = k.id AND k.status = ANY(%(from)s::text[])
    RETURNING o.id, k.status AS before
), recorded AS (
    INSERT INTO orders_orderevent (order_id, from_status, to_status, actor, reason, data, at)
    SELECT id, before, %(to)s, %(actor)s, %(reason)s, %(data)s::jsonb, {_AT} FROM moved
)
SELECT status FROM known
"""  # noqa: S608 - constants only


class TransitionRefused(Conflict):
    code = "order_status"
    title = "The order's status does not allow this"


def move(*, order_id: UUID, to: Status, actor: str, now: datetime, reason: str = "", data: Any = None) -> str:
    """Move the order to `to`, write its timeline, publish what happened; returns the status it had.

    Locks the order's row until the caller's transaction ends. Raises TransitionRefused, NotFound.
    """
    values = {**_entry(order_id, actor=actor, reason=reason, data=data, at=now), "to": to.value}
    found = rows.fetch_one(_MOVE, {**values, "from": FROM[to]})
    if found is None:
        raise NotFound
    before: str = found[0]
    if before not in FROM[to]:
        raise TransitionRefused(f"An order that is {before} cannot become {to}")
    if to in ANNOUNCED:
        publish(ANNOUNCED[to](order_id=order_id))
    return before


def record(*, order_id: UUID, status: str, actor: str, now: datetime, reason: str, data: Any = None) -> None:
    """Record something on the timeline of an order that stays in `status`."""
    values = _entry(order_id, actor=actor, reason=reason, data=data, at=now)
    rows.change(_RECORD, {**values, "status": status})


def lock(order_id: UUID) -> str:
    """The order's status, which nobody else can change until the transaction ends. Raises NotFound.

    Whoever locks an order and its payments or shipments locks the order first.
    """
    found = rows.fetch_one(_LOCK, {"order": order_id})
    if found is None:
        raise NotFound
    return str(found[0])


def _entry(order_id: UUID, *, actor: str, reason: str, data: Any, at: datetime) -> dict[str, Any]:
    """The values of an entry of the order's timeline."""
    return {
        "order": order_id,
        "actor": actor,
        "reason": reason[:300],
        "data": dumps(data or {}).decode(),
        "now": at,
    }
