"""Orders that were never paid: their hold on stock, voucher and money ends."""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import OperationalError

from orders.models import Order, Status
from orders.payments import settling

log = structlog.get_logger(__name__)

BATCH = 500  # orders in one run; the next takes more


def expire_unpaid(*, now: datetime) -> int:
    """Fail up to BATCH orders that are still pending after ORDER_HOLD_HOURS, oldest first.

    Returns how many were due. Each is decided under its own lock: one that is being paid meanwhile is paid,
    or fails and its money goes back, never both. Safe to stop midway.
    """
    placed_before = now - timedelta(hours=settings.ORDER_HOLD_HOURS)
    due = Order.objects.filter(status=Status.PENDING, created_at__lt=placed_before).order_by("created_at")
    order_ids = list(due.values_list("pk", flat=True)[:BATCH])
    for order_id in order_ids:
        try:
            settling.give_up(order_id=order_id, reason="It was not paid in time", now=now)
        except OperationalError as error:  # somebody holds its lock: the others do not wait for that
            log.warning("order_not_expired", order_id=str(order_id), error=str(error))
    return len(order_ids)
