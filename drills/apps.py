import os
from importlib import import_module

from django.apps import AppConfig


class DrillsConfig(AppConfig):
    """On the local stack only: nowhere else can a process be told to crash."""

    name = "drills"

    def ready(self) -> None:
        import_module("drills.crash_points.installing").install_from(os.environ)
