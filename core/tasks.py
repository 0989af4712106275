from celery import Task, shared_task
from django.utils import timezone

from core import retention
from core.outbox import batches


@shared_task(name="core.handle_messages", bind=True, ignore_result=True, soft_time_limit=40, time_limit=45)
def handle_messages(self: Task[..., None], *, message_ids: list[int]) -> None:
    """Run outbox messages of one queue. Queue: theirs. Safe to repeat; retries are the outbox's own."""
    batches.run(message_ids, is_redelivered=bool((self.request.delivery_info or {}).get("redelivered")))


@shared_task(name="core.prune", ignore_result=True, soft_time_limit=240, time_limit=270)
def prune() -> None:
    """Delete what nobody needs any more. Queue: default. Safe to repeat and to stop midway."""
    retention.prune(now=timezone.now())
