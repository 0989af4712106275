from celery import shared_task
from django.utils import timezone

from orders.carts import changes
from orders.ledger import checking
from orders.payments import expiry, webhooks


@shared_task(
    name="orders.forget_provider_events",
    ignore_result=True,
    soft_time_limit=50,
    time_limit=60,
)
def forget_provider_events() -> None:
    """Delete webhooks that no provider repeats any more. Safe to repeat; beat runs it every night."""
    webhooks.forget(now=timezone.now())


@shared_task(name="orders.expire_unpaid", ignore_result=True, soft_time_limit=50, time_limit=60)
def expire_unpaid() -> None:
    """Fail orders that were not paid in time. Safe to repeat, also at once; beat runs it every minute."""
    expiry.expire_unpaid(now=timezone.now())


@shared_task(name="orders.check_books", ignore_result=True, soft_time_limit=270, time_limit=290)
def reconcile_ledgers() -> None:
    """Reconcile the ledgers. Safe to repeat; beat runs it every night."""
    checking.reconcile(now=timezone.now())


@shared_task(name="orders.forget_carts", ignore_result=True, soft_time_limit=100, time_limit=120)
def forget_carts() -> None:
    """Delete carts that have expired. Safe to repeat; beat runs it every night."""
    changes.forget_expired(now=timezone.now())
