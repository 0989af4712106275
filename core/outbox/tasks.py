"""The one task by which messages reach a worker; core.tasks, which Celery reads, collects it."""

from celery import Task, shared_task

from core.outbox import batches


@shared_task(name="core.handle_messages", bind=True, ignore_result=True, soft_time_limit=40, time_limit=45)
def handle_messages(self: Task[..., None], *, message_ids: list[int]) -> None:
    """Run outbox messages of one queue. Queue: theirs. Safe to repeat; retries are the outbox's own."""
    batches.run(message_ids, is_redelivered=bool((self.request.delivery_info or {}).get("redelivered")))
