"""Publishes committed outbox messages to Celery until stopped. Several may run."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from core.outbox.relay import Relay


class Command(BaseCommand):
    help = "Publish committed events to the workers (several may run)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="publish what is due, then end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        stopping = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopping.set())
        Relay().run(stopping, once=once)
