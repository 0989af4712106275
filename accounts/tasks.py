from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.services import sessions


@shared_task(name="accounts.prune_sessions", ignore_result=True, soft_time_limit=100, time_limit=120)
def prune_sessions() -> None:
    """Forget sessions that ended long ago. Queue: default. Not retried: there is a next night."""
    sessions.prune(before=timezone.now() - settings.ENDED_SESSIONS_KEPT)
