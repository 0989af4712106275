"""Celery. PostgreSQL is the truth (core.outbox): a lost message is sent again, so results are not kept."""

from celery.schedules import crontab
from kombu import Queue

from config.settings.cache import BROKER_URL

CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_QUEUES = [Queue(name) for name in ("default", "orders", "mail", "webhooks")]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 60  # seconds, then the child is killed
CELERY_TASK_SOFT_TIME_LIMIT = 50
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10  # seconds a stopping worker gives its running tasks
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,  # seconds; above the longest task
    "socket_connect_timeout": 1,
    "socket_timeout": 5,
    "max_retries": 0,  # whoever publishes is told at once; the relay goes round again by itself
}
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
