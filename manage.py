#!/usr/bin/env python
"""Command line of the shop: `python manage.py help` lists what it can do."""

import os
import sys
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from core.locks import is_held

ROOT = Path(__file__).resolve().parent
START = "The shop of this checkout is not running: start it with `make run`, or name your servers in .env."

ASKS_ONLY = {"help", "version", "--help", "-h", "--version"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        if not ASKS_ONLY.intersection(sys.argv):
            _ = settings.SECRET_KEY  # a shell would open without settings, and be of no use
        execute_from_command_line(sys.argv)
    except (ImproperlyConfigured, OperationalError) as problem:
        if "--traceback" in sys.argv:
            raise
        sys.exit(_explained(problem))


def _explained(problem: Exception) -> str:
    """The problem on one line; where the local stack would have what is missing, what to do about it."""
    text = " ".join(str(problem).split())
    is_stopped = (ROOT / "localstack").is_dir() and not is_held(ROOT / ".local" / "stack.lock")
    return f"{START} ({text})" if is_stopped else text


if __name__ == "__main__":
    main()
