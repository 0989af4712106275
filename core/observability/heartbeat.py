"""A file whose age shows that a process without a port still goes round its loop."""

from pathlib import Path

from django.conf import settings


def touch() -> None:
    """Mark this process alive, where HEARTBEAT_FILE names a place for it."""
    if settings.HEARTBEAT_FILE:
        Path(settings.HEARTBEAT_FILE).touch()
