from celery import shared_task

from core.outbox import handling


@shared_task(name="core.handle_message", ignore_result=True, soft_time_limit=50, time_limit=60)
def handle_message(*, message_id: int) -> None:
    """Run one outbox message. Queue: the handler's. Safe to repeat; retries are the outbox's own."""
    handling.handle(message_id)
