"""Shows messages: `manage.py outbox_show --state dead`. (Of an order: `manage.py order_steps NUMBER`.)"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.grammar import whole_between
from core.outbox.formatting import as_line
from core.outbox.models import OutboxMessage
from core.outbox.queries import STATES

DEFAULT_LIMIT = 50


class Command(BaseCommand):
    help = "List messages of the outbox, newest first."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--state", choices=STATES, help="only these")
        parser.add_argument("--handler", help="only those for this handler, e.g. orders.ship_order")
        parser.add_argument("--about", help="only those about this, e.g. an order's id")
        parser.add_argument(
            "--limit",
            type=whole_between(1, 100_000),
            metavar="N",
            default=DEFAULT_LIMIT,
            help=f"how many at most (default {DEFAULT_LIMIT})",
        )

    def handle(self, *args: Any, state: str | None, limit: int, **options: Any) -> None:
        found = OutboxMessage.objects.filter(STATES[state]) if state else OutboxMessage.objects.all()
        for field, wanted in (("handler", options["handler"]), ("aggregate", options["about"])):
            found = found.filter(**{field: wanted}) if wanted else found
        for message in found.order_by("-id")[:limit]:
            self.stdout.write(as_line(message))
