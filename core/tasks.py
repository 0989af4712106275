from celery import shared_task
from django.utils import timezone

from core import retention
from core.outbox import handling


@shared_task(name="core.handle_message", ignore_result=True, soft_time_limit=50, time_limit=60)
def handle_message(*, message_id: int) -> None:
    """Run one outbox message. Queue: the handler's. Safe to repeat; retries are the outbox's own."""
    handling.handle(message_id)


@shared_task(name="core.prune", ignore_result=True, soft_time_limit=240, time_limit=270)
def prune() -> None:
    """Delete what nobody needs any more. Queue: default. Safe to repeat and to stop midway."""
    retention.prune(now=timezone.now())
