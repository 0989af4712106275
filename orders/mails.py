"""Mails that notify customers of what happened to orders: each fact once, in the customer's language."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.functional import SimpleLazyObject

from core.mail.services import queue_template
from core.rows import Reader, fetch
from orders.events import GoodsReturned, OrderFact, PaymentRefunded, ShipmentSent
from orders.models import Order, OrderLine, Return, Shipment

Units = Sequence[Mapping[str, Any]]  # as in Shipment.lines: {"sku", "quantity"}


class Details(NamedTuple):
    """What a mail shows besides its order: `more` for its template, and the `units` that it is about.

    No units: it is about the whole order.
    """

    units: Units = ()
    more: Mapping[str, Any] = MappingProxyType({})


NO_DETAILS = Details()


def queue(
    *, order_id: UUID, template: str, cause: str, occasion: str = "", details: Details = NO_DETAILS
) -> None:
    """Queue the mail `template` about the order; at most one for each `cause`, or each `occasion` of it."""
    order, lines = _shown(order_id)
    known = context(order, lines, SimpleLazyObject(partial(_sent, order_id)), details.units)
    queue_template(
        to=order.email,
        template=template,
        context={**known, **details.more},
        cause=":".join(filter(None, (cause, str(order_id), occasion))),
        language=order.language,
        about=str(order_id),
    )


def no_details(event: OrderFact) -> Details:
    return NO_DETAILS


def of_refund(event: PaymentRefunded) -> Details:
    return Details(more={"amount": event.amount, "refunded": event.refunded})


def of_shipment(event: ShipmentSent) -> Details:
    shipment = Shipment.objects.get(pk=event.shipment_id)
    return Details(units=shipment.lines, more={"shipments": [shipment]})


def of_return(event: GoodsReturned) -> Details:
    return Details(units=Return.objects.get(pk=event.return_id).lines)


def context(
    order: Order, lines: Iterable[OrderLine], shipments: Iterable[Shipment], units: Units = ()
) -> dict[str, Any]:
    """What every template about an order may show. `shipments` are those that were sent."""
    lines = sorted(lines, key=lambda line: line.pk or 0)
    names = {line.sku: line.name for line in lines}
    return {
        "order": order,
        "lines": lines,
        "shipments": shipments,
        "units": [{**unit, "name": names[unit["sku"]]} for unit in units],
    }


class _Shown(NamedTuple):
    order: Order
    lines: list[OrderLine]


_order, _line, _shipment = Reader(Order, alias="o"), Reader(OrderLine, alias="l"), Reader(Shipment)
_ORDER = f"""
SELECT {_order.columns}, {_line.columns}
FROM orders_order o LEFT JOIN orders_orderline l ON l.order_id = o.id
WHERE o.id = %(order)s ORDER BY l.id
"""  # noqa: S608 - columns of our own
_SHIPMENTS = f"""
SELECT {_shipment.columns} FROM orders_shipment
WHERE order_id = %(order)s AND shipped_at IS NOT NULL
ORDER BY created_at, id
"""  # noqa: S608


def _shown(order_id: UUID) -> _Shown:
    """What every mail shows of an order. Raises Order.DoesNotExist."""
    found = fetch(_ORDER, {"order": order_id})
    if not found:
        raise Order.DoesNotExist
    lines = [row[_order.width :] for row in found]
    return _Shown(_order.read(found[0]), [_line.read(line) for line in lines if line[0]])


def _sent(order_id: UUID) -> list[Shipment]:
    """The shipments of the order that are on their way, or were."""
    return [_shipment.read(row) for row in fetch(_SHIPMENTS, {"order": order_id})]
