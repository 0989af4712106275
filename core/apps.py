from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core import checks

from core.checks import left_over, own_risks, unsafe_settings
from core.risks import register_risks, unknown_names


class CoreConfig(AppConfig):
    name = "core"
    verbose_name = "Platform"

    def ready(self) -> None:
        checks.register(unsafe_settings, checks.Tags.security)
        checks.register(unknown_names, checks.Tags.security)
        checks.register(left_over, checks.Tags.security, deploy=True)
        register_risks(own_risks)
        for subject in ("compute", "mail"):
            import_module(f"core.{subject}.handlers")
        import_module("core.http.converters").register()
        import_module("core.outbox.metrics").register()


class AdminSiteConfig(AdminConfig):
    """Django's admin with our site, which the theme's configuration would replace by its own."""

    default_site = "core.http.admin_site.ShopSite"
