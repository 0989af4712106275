import os

from django.apps import AppConfig

from drills.crash_points.installing import install_from


class DrillsConfig(AppConfig):
    """On the local stack only: nowhere else can a process be told to crash."""

    name = "drills"

    def ready(self) -> None:
        install_from(os.environ)
