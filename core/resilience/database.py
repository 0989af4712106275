"""Waiting for PostgreSQL. For work in the background: it has time, and nobody to tell that it failed."""

import threading
import time

from django.db import InterfaceError, OperationalError, close_old_connections, connection

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5  # seconds between two tries


def wait_until_up(*, seconds: float) -> bool:
    """Return once this thread's connection works, a new one where the old is dead; False after `seconds`.

    Not for use inside a transaction.
    """
    ends_at, pause, never = time.monotonic() + seconds, FIRST_PAUSE, threading.Event()
    while not _is_up():
        if time.monotonic() > ends_at:
            return False
        never.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE)
    return True


def _is_up() -> bool:
    """With CONN_HEALTH_CHECKS this asks the server once; whoever uses the connection next need not."""
    close_old_connections()
    try:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    except (OperationalError, InterfaceError):
        return False
    return True
