"""Waiting for PostgreSQL. For work in the background: it has time, and nobody to report a failure to."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, close_old_connections, connection

T = TypeVar("T")

# SQLSTATE: connection exceptions; a server that stops, has crashed or is starting. Without one, the client
# noticed by itself. Locks and statements that took too long are operational errors too, and no outages.
CONNECTION_STATES = ("08", "57P")
FIRST_PAUSE, MAX_PAUSE = 0.05, 0.5  # seconds between two tries


def wait_until_up(*, seconds: float) -> bool:
    """Return once this thread's connection works, a new one where the old is dead; False after `seconds`.

    Not for use inside a transaction.
    """
    ends_at, pause, never = time.monotonic() + seconds, FIRST_PAUSE, threading.Event()
    while not _is_up():
        if time.monotonic() > ends_at:
            return False
        never.wait(pause)
        pause = min(pause * 2, MAX_PAUSE)
    return True


def retry(write: Callable[[], T], *, seconds: float) -> T:
    """Call `write`, and again where the connection was lost, until the database was away for `seconds`.

    For what only this process knows, such as what it did outside. `write` may have been committed when its
    connection was lost, so it must be safe to repeat.
    """
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if not (is_lost(error) and wait_until_up(seconds=seconds)):
                raise


def is_lost(error: Exception) -> bool:
    """Whether `error` means that the connection has ended or could not be made, and nothing but that."""
    if not isinstance(error, (OperationalError, InterfaceError)):
        return False
    state = getattr(error.__cause__, "sqlstate", None)
    return state is None or state.startswith(CONNECTION_STATES)


def _is_up() -> bool:
    """Whether the connection works. With CONN_HEALTH_CHECKS its next user need not ask the server again."""
    close_old_connections()
    try:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
    except (OperationalError, InterfaceError):
        return False
    return True
