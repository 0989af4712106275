"""How far an order has come: `manage.py order_steps S-2H4K9-7QX`, its timeline and every step of its saga."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.outbox.formatting import as_line
from core.outbox.models import OutboxMessage
from orders.checkout.numbers import normalise
from orders.models import Order


class Command(BaseCommand):
    help = (
        "Show an order's timeline and its steps; outbox_replay and outbox_skip act on dead ones by their id."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number")

    def handle(self, *args: Any, number: str, **options: Any) -> None:
        order = Order.objects.filter(number=normalise(number)).first()
        if order is None:
            raise CommandError(f"There is no order {number}")
        self.stdout.write(f"{order.number} is {order.status}: {order.total} {order.currency}, {order.email}")
        for entry in order.timeline.order_by("id"):
            reason = f": {entry.reason}" if entry.reason else ""
            self.stdout.write(f"  {entry.at:%Y-%m-%d %H:%M:%S}  {entry.to_status} by {entry.actor}{reason}")
        for message in OutboxMessage.objects.filter(aggregate=str(order.pk)).order_by("id"):
            self.stdout.write(as_line(message))
