from celery import shared_task
from django.utils import timezone

from orders.services import provider_news


@shared_task(
    name="orders.forget_provider_events",
    ignore_result=True,
    soft_time_limit=50,
    time_limit=60,
)
def forget_provider_events() -> None:
    """Safe to repeat; beat runs it every night."""
    provider_news.forget(now=timezone.now())
