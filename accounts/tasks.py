from celery import shared_task
from django.conf import settings
from django.utils import timezone

from accounts.services import sessions


@shared_task(
    name="accounts.prune_sessions", queue="default", ignore_result=True, soft_time_limit=100, time_limit=120
)
def prune_sessions() -> None:
    """Forget sessions that ended long ago. No retries: the next night's run takes what is left."""
    sessions.prune(before=timezone.now() - settings.ENDED_SESSIONS_KEPT)
