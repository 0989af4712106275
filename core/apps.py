from importlib import import_module

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Platform"

    def ready(self) -> None:
        for subject in ("compute", "mail"):
            import_module(f"core.{subject}.handlers")
