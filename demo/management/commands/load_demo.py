from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from catalog.models import Product
from demo import loading


class Command(BaseCommand):
    help = "Fill the shop with a real shop's products, customers and orders (docs/demo-data.md)."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--yes-this-is-demo-data",
            action="store_true",
            help="needed anywhere but on the local stack, so that nobody fills a real shop by accident",
        )
        parser.add_argument(
            "--if-empty", action="store_true", help="do nothing where the shop sells something already"
        )

    def handle(self, **options: Any) -> None:
        if not (settings.LOCAL_STACK or options["yes_this_is_demo_data"]):
            raise CommandError("This is not the local stack. If it is meant, add --yes-this-is-demo-data.")
        if options["if_empty"] and Product.objects.exists():
            self.stdout.write("The shop sells something already: no demo data was loaded.")
            return
        try:
            loaded = loading.load()
        except IntegrityError as clash:
            raise CommandError(
                f"The shop has data that the demo data clashes with; nothing was loaded: {clash}"
            ) from clash
        self._report(loaded)

    def _report(self, loaded: loading.Loaded) -> None:
        if not loaded.is_new:
            self.stdout.write("The demo data is there already: nothing was changed.")
            return
        for kind, count in loaded.rows.items():
            self.stdout.write(f"{count:>8,}  {kind}")
