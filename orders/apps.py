from importlib import import_module

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"
    verbose_name = "Orders"

    def ready(self) -> None:
        import_module("orders.checks")
        import_module("orders.handlers")
        import_module("orders.mail_samples").show_samples()
        import_module("orders.metrics").register()
