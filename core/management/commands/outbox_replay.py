"""Retries what was given up: `manage.py outbox_replay 12 15`, or `--handler NAME`, or `--all`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.grammar import MAX_ID, whole_between
from core.outbox.dead import replay
from core.outbox.models import OutboxMessage


class Command(BaseCommand):
    help = "Bring dead messages back: they run again, with all their attempts."

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument(
            "ids",
            nargs="*",
            type=whole_between(1, MAX_ID),
            default=[],
            help="of the messages (see outbox_show)",
        )
        which.add_argument("--handler", help="every dead message for this handler")
        which.add_argument("--all", action="store_true", help="every dead message")

    def handle(self, *args: Any, ids: list[int], **options: Any) -> None:
        dead = OutboxMessage.objects.filter(dead_at__isnull=False)
        if options["handler"] is not None:
            dead = dead.filter(handler=options["handler"])
        asked = ids or list(dead.values_list("pk", flat=True))
        replayed = replay(asked)
        self.stdout.write(f"{replayed} dead messages will run again")
        if replayed < len(asked):
            raise CommandError(f"{len(asked) - replayed} of {len(asked)} were not dead")
