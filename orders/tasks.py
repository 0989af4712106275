from celery import shared_task
from django.utils import timezone

from orders.services import audit, expiring, provider_news
from orders.services.carts import changes


@shared_task(
    name="orders.forget_provider_events",
    ignore_result=True,
    soft_time_limit=50,
    time_limit=60,
)
def forget_provider_events() -> None:
    """Safe to repeat; beat runs it every night."""
    provider_news.forget(now=timezone.now())


@shared_task(name="orders.expire_unpaid", ignore_result=True, soft_time_limit=50, time_limit=60)
def expire_unpaid() -> None:
    """Safe to repeat, also at once; beat runs it every minute."""
    expiring.expire_unpaid(now=timezone.now())


@shared_task(name="orders.check_books", ignore_result=True, soft_time_limit=270, time_limit=290)
def check_books() -> None:
    """Safe to repeat; beat runs it every night."""
    audit.check_books(now=timezone.now())


@shared_task(name="orders.forget_carts", ignore_result=True, soft_time_limit=100, time_limit=120)
def forget_carts() -> None:
    """Safe to repeat; beat runs it every night."""
    changes.forget_expired(now=timezone.now())
