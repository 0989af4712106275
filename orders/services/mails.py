"""What customers are told. Each piece of news is mailed once, in the customer's language."""

from uuid import UUID

from django.utils import translation

from core.mail.services import queue_template
from orders.models import Order


def queue_news(*, order_id: UUID, template: str, cause: str) -> None:
    """Queue the mail `template` about the order; at most one for each `cause`."""
    order = Order.objects.prefetch_related("lines", "shipments").get(pk=order_id)
    context = {
        "order": order,
        "lines": sorted(order.lines.all(), key=lambda line: line.pk),
        "shipments": [shipment for shipment in order.shipments.all() if shipment.tracking_number],
    }
    with translation.override(order.language):
        queue_template(to=order.email, template=template, context=context, cause=f"{cause}:{order_id}")
