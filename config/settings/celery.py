"""Celery. PostgreSQL is the truth (core.outbox): a lost message is sent again, so results are not kept."""

from celery.schedules import crontab

from config.settings.env import env

# Messages that each worker process handles at once (core.outbox.batches). Each has a database connection.
WORKER_THREADS: int = env.int("WORKER_THREADS", default=8)

CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60  # seconds, then the child is killed
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_WORKER_CONSUMER = "config.consumer:LeanConsumer"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10  # seconds a stopping worker gives its running tasks
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_TIMEZONE = "UTC"
# Periodic tasks and when they run (UTC).
_SCHEDULE = {
    "core.prune": crontab(minute="17"),
    "orders.check_books": crontab(hour="4", minute="11"),
    "orders.expire_unpaid": crontab(),  # every minute
    "orders.forget_provider_events": crontab(hour="3", minute="51"),
    "orders.forget_carts": crontab(hour="4", minute="1"),
    "accounts.prune_sessions": crontab(hour="3", minute="41"),
}
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": schedule, "options": {"queue": "default"}}
    for task, schedule in _SCHEDULE.items()
}
