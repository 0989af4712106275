from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = "Accounts"

    def ready(self) -> None:
        import_module("accounts.checks")
        import_module("accounts.schema")
        import_module("accounts.mail_samples").show_samples()
