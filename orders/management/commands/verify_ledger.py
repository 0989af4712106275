"""Reconciles the ledgers: `manage.py verify_ledger`. The last results are in the admin."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from orders.ledger import checking
from orders.ledger.discrepancies import Discrepancy


class Command(BaseCommand):
    help = "Reconcile stock, payments, refunds and vouchers with their ledgers; exit 1 if any differ."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-providers", action="store_true", help="do not ask payment providers")

    def handle(self, *args: Any, no_providers: bool, **options: Any) -> None:
        check = checking.reconcile(now=timezone.now(), asks_providers=not no_providers)
        for what, subject, expected, found in check.drift:
            self.stdout.write(str(Discrepancy(what=what, subject=subject, expected=expected, found=found)))
        if check.note:
            self.stdout.write(check.note)
        self.stdout.write(f"{check.count} differences; {check.payments_compared} payments compared")
        if check.count:
            sys.exit(1)
