"""What customers are told. Each piece of news is mailed once, in the customer's language."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.utils.functional import SimpleLazyObject

from core.mail.services import queue_template
from orders.models import Order, OrderLine, Shipment
from orders.queries import mails as queries

NOTHING: Mapping[str, Any] = {}


def queue_news(
    *, order_id: UUID, template: str, cause: str, occasion: str = "", more: Mapping[str, Any] = NOTHING
) -> None:
    """Queue the mail `template` about the order; at most one for each `cause`, or each `occasion` of it.

    `more` is for the template.
    """
    order, lines = queries.shown(order_id)
    known = context(order, lines, SimpleLazyObject(partial(queries.sent, order_id)))
    queue_template(
        to=order.email,
        template=template,
        context={**known, **more},
        cause=":".join(filter(None, (cause, str(order_id), occasion))),
        language=order.language,
        about=str(order_id),
    )


def context(order: Order, lines: Iterable[OrderLine], shipments: Iterable[Shipment]) -> dict[str, Any]:
    """What every template about an order may show. `shipments` are those that were sent."""
    return {"order": order, "lines": sorted(lines, key=lambda line: line.pk or 0), "shipments": shipments}
