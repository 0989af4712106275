"""The Celery application. Its settings live in config/settings/celery.py."""

import os

from celery import Celery, signals
from django.db import close_old_connections

from config.broker import SteadyAMQP

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("shop", amqp=SteadyAMQP)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@signals.task_prerun.connect
def drop_dead_connections(**_: object) -> None:
    """A database that restarted costs the next task a new connection, not a failure."""
    close_old_connections()
