"""Celery finds the tasks of core here; each lives beside the code that it belongs to."""

from celery import shared_task
from django.utils import timezone

from core import retention
from core.outbox.tasks import handle_messages

__all__ = ["handle_messages", "prune"]


@shared_task(name="core.prune", ignore_result=True, soft_time_limit=240, time_limit=270)
def prune() -> None:
    """Delete what nobody needs any more. Queue: default. Safe to repeat and to stop midway."""
    retention.prune(now=timezone.now())
