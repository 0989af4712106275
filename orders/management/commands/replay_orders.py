import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from orders.demo import replay


class Command(BaseCommand):
    help = "Place real orders of the demo data over HTTP, as shoppers would, and check what became of them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base-url", default="http://127.0.0.1:8000", help="the shop's public address")
        parser.add_argument("--count", type=int, default=500, help="shoppers")
        parser.add_argument("--rate", type=float, default=20.0, help="shoppers arriving each second")
        parser.add_argument("--concurrency", type=int, default=64, help="most shoppers at once")
        parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same shoppers")
        parser.add_argument(
            "--patience", type=float, default=60.0, help="seconds for which a request is sent again"
        )
        parser.add_argument(
            "--settle-within", type=float, default=60.0, help="seconds to wait for an order while none moves"
        )
        parser.add_argument(
            "--database",
            type=replay.Database,
            choices=list(replay.Database),
            default=replay.Database.AUTO,
            help="look into DATABASE_URL too: where it is this shop's (auto), in any case, or not",
        )

    def handle(self, **options: Any) -> None:
        names = (
            "base_url", "count", "rate", "concurrency", "seed", "patience", "settle_within", "database"
        )  # fmt: skip
        summary = replay.run(**{name: options[name] for name in names})
        self.stdout.write(summary.text())
        if not summary.is_well:
            sys.exit(1)
