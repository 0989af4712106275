"""PostgreSQL's time limits for work that no client waits for.

The limits of config/settings/database.py are a request's. A command that reads or writes the whole shop sets
its own, or a busy machine would end it half way.
"""

import contextlib
from collections.abc import Iterator

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

# A lock may be another long command's; between two statements Python may have a lot to compute.
LIMITS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def extend(*, minutes: int) -> None:
    """Let each statement, lock and pause of the present transaction take so long."""
    with connection.cursor() as cursor:
        for limit in LIMITS:
            cursor.execute("SELECT set_config(%s, %s, true)", [limit, f"{minutes}min"])


@contextlib.contextmanager
def statements_unlimited(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Connect anew without a limit for statements; that for locks stays, as whoever waits makes others wait.

    For whole commands that choose their own transactions; not for use inside one.
    """
    options = database.settings_dict["OPTIONS"]
    ours = options.get("options", "")
    database.close()
    options["options"] = f"{ours} -c statement_timeout=0 -c idle_in_transaction_session_timeout=0".strip()
    try:
        yield
    finally:
        options["options"] = ours
        database.close()
