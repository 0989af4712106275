from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from core.checks import refuse_unsafe_settings
from core.observability import heartbeat


class HeartbeatScheduler(DatabaseScheduler):
    """Periodic tasks from the database, with a heartbeat file for health checks."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        refuse_unsafe_settings()  # Celery makes no system checks here
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        heartbeat.touch()
        return super().tick(*args, **kwargs)
