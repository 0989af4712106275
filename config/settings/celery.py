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
CELERY_BEAT_SCHEDULE = {
    "core.prune": {
        "task": "core.prune",
        "schedule": crontab(minute="17"),
        "options": {"queue": "default"},
    },
    "orders.check_books": {
        "task": "orders.check_books",
        "schedule": crontab(hour="4", minute="11"),
        "options": {"queue": "default"},
    },
    "orders.expire_unpaid": {
        "task": "orders.expire_unpaid",
        "schedule": crontab(),  # every minute
        "options": {"queue": "default"},
    },
    "orders.forget_provider_events": {
        "task": "orders.forget_provider_events",
        "schedule": crontab(hour="3", minute="51"),
        "options": {"queue": "default"},
    },
    "orders.forget_carts": {
        "task": "orders.forget_carts",
        "schedule": crontab(hour="4", minute="1"),
        "options": {"queue": "default"},
    },
    "accounts.prune_sessions": {
        "task": "accounts.prune_sessions",
        "schedule": crontab(hour="3", minute="41"),
        "options": {"queue": "default"},
    },
}
