"""Ends what was given up without running it: `manage.py outbox_skip 12 --reason "Sent by hand"`."""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.grammar import MAX_ID, whole_between
from core.outbox.dead import skip


class Command(BaseCommand):
    help = "Skip dead messages: they count as handled and never run again. Who skipped them and why is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "ids", nargs="+", type=whole_between(1, MAX_ID), help="of the messages (see outbox_show)"
        )
        parser.add_argument("--reason", required=True, help="why nobody has to run them")
        parser.add_argument("--by", default=getpass.getuser(), help="who says so (default: the user here)")

    def handle(self, *args: Any, ids: list[int], reason: str, by: str, **options: Any) -> None:
        if not reason.strip() or not by.strip():
            raise CommandError("Say who skips them, and why")
        skipped = [pk for pk in ids if skip(message_id=pk, reason=reason, actor=f"shell:{by}")]
        self.stdout.write(f"{len(skipped)} messages are skipped")
        if left := [str(pk) for pk in ids if pk not in skipped]:
            raise CommandError(f"Not dead: {', '.join(left)}")
