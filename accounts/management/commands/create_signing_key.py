from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts import key_files


class Command(BaseCommand):
    help = "Make a private key in JWT_KEYS_DIR (mode 0600). It signs from now on; older keys go on verifying."
    requires_system_checks: list[str] = []  # it is what the check of the keys asks for

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--algorithm", choices=key_files.ALGORITHMS, default="ed25519")
        parser.add_argument(
            "--if-missing", action="store_true", help="Do nothing where there is a key already."
        )

    def handle(self, *args: Any, algorithm: str, if_missing: bool, **options: Any) -> None:
        directory = Path(settings.JWT_KEYS_DIR)
        if if_missing and any(directory.glob("*.pem")):
            self.stdout.write("There is a signing key already.")
            return
        file = key_files.create(directory, algorithm=algorithm)
        self.stdout.write(f"Made {file.name}, key id {key_files.read(file).kid}")
