"""Whether events flow: `manage.py outbox_status --max-lag 10` for a monitor."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from core.grammar import seconds
from core.outbox import queries


class Command(BaseCommand):
    help = (
        "Show how far behind the outbox is; with --max-lag, exit 1 where it is further, or messages are dead."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--max-lag", type=seconds, help="seconds that a due message may wait for a relay")

    def handle(self, *args: Any, max_lag: float | None, **options: Any) -> None:
        status = queries.lag(now=timezone.now())
        self.stdout.write(
            f"{status.open} open ({status.due} due, {status.retrying} retrying), {status.dead} dead; "
            f"lag {status.lag:.1f} s, oldest {status.oldest:.1f} s"
        )
        if max_lag is not None and (status.lag > max_lag or status.dead):
            sys.exit(1)
