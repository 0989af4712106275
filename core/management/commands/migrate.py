from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from core.resilience import time_limits


class Command(migrate.Command):
    """Django's own, whose statements may take as long as a large table needs; locks may not."""

    def handle(self, *args: Any, **options: Any) -> None:
        with time_limits.statements_unlimited(connections[options["database"]]):
            super().handle(*args, **options)
