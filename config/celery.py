"""The Celery application. Its settings live in config/settings/celery.py."""

import os

from celery import Celery, signals

from config.broker import SteadyAMQP
from core.resilience import database

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shop", amqp=SteadyAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


# A database that restarts is back by then. Within the time limits of every task.
DATABASE_WAIT = 15  # seconds


@signals.task_prerun.connect
def wait_for_database(**_: object) -> None:
    """Wait for the database: a worker without it would fail task after task and empty the broker."""
    database.wait_until_up(seconds=DATABASE_WAIT)
