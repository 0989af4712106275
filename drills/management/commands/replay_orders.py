import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from core.grammar import positive_number, seconds
from drills.chaos.stack import NothingToKill, OwnStack
from drills.chaos.storm import Storm
from drills.replay import replaying
from drills.replay.checking import Database
from localstack.layout import Layout


class Command(BaseCommand):
    help = "Place real orders of the demo data over HTTP, as shoppers would, and check what became of them."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--base-url", default=settings.PUBLIC_URL, help="the shop's public address")
        parser.add_argument("--count", type=int, default=500, help="shoppers")
        parser.add_argument(
            "--rate", type=positive_number, default=20.0, help="shoppers arriving each second"
        )
        parser.add_argument("--concurrency", type=int, default=64, help="most shoppers at once")
        parser.add_argument("--seed", type=int, default=1, help="the same seed draws the same shoppers")
        parser.add_argument(
            "--patience", type=seconds, help="seconds for which a request is sent again: 60, with --chaos 180"
        )
        parser.add_argument(
            "--end-within",
            type=seconds,
            help="seconds to wait for an order while none moves: 60, with --chaos 300, as leases double",
        )
        parser.add_argument(
            "--database",
            type=Database,
            choices=list(Database),
            default=Database.AUTO,
            help="look into DATABASE_URL too: where it is this shop's (auto), in any case, or not",
        )
        parser.add_argument(
            "--chaos",
            action="store_true",
            help="kill -9 processes of this checkout's local stack meanwhile: web, worker, relay, servers",
        )
        parser.add_argument(
            "--every", type=positive_number, default=5.0, help="seconds from one kill to the next"
        )

    def handle(self, **options: Any) -> None:
        names = ["base_url", "count", "rate", "concurrency", "seed", "patience", "end_within", "database"]
        calm, stormy = {"patience": 60.0, "end_within": 60.0}, {"patience": 180.0, "end_within": 300.0}
        for name, default in (stormy if options["chaos"] else calm).items():
            options[name] = options[name] or default
        settings_of_run = {name: options[name] for name in names}
        try:
            if options["chaos"]:
                settings_of_run |= {"storm": self._storm(options), "database": Database.REQUIRED}
            summary = replaying.run(**settings_of_run)
        except NothingToKill as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(summary.text())
        if not summary.is_well:
            sys.exit(1)

    def _storm(self, options: dict[str, Any]) -> Storm:
        stack = OwnStack.behind(options["base_url"], Layout(settings.BASE_DIR))
        every, seed = options["every"], options["seed"]
        killed = ", ".join(fault.name for fault in stack.faults())
        self.stdout.write(f"Killing one of these about every {every:g} s (--seed {seed}): {killed}")
        return Storm(stack, every=every, seed=seed)
