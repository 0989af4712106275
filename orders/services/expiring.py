"""Orders that were never paid: their hold on stock, voucher and money ends."""

from datetime import datetime, timedelta

from django.conf import settings

from orders.models import Order, Status
from orders.services import settling

BATCH = 500  # orders in one run; the next takes more


def expire_unpaid(*, now: datetime) -> int:
    """Fail up to BATCH orders that are still pending after ORDER_HOLD_HOURS, oldest first; how many were due.

    Each is decided under its own lock: one that is being paid meanwhile is paid, or fails and its money goes
    back, never both. Safe to stop midway.
    """
    placed_before = now - timedelta(hours=settings.ORDER_HOLD_HOURS)
    due = Order.objects.filter(status=Status.PENDING, created_at__lt=placed_before).order_by("created_at")
    order_ids = list(due.values_list("pk", flat=True)[:BATCH])
    for order_id in order_ids:
        settling.give_up(order_id=order_id, reason="It was not paid in time", now=now)
    return len(order_ids)
