from typing import Any

from django_celery_beat.schedulers import DatabaseScheduler

from core.observability import heartbeat


class HeartbeatScheduler(DatabaseScheduler):
    """Periodic tasks from the database, with a heartbeat file for health checks."""

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        heartbeat.touch()
        return super().tick(*args, **kwargs)
