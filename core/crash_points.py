"""Places where a process can be told to die, so that tests can look at what a crash just there leaves behind.

CRASH_AT names the steps, separated by commas; outside the local stack a system check refuses it. With
CRASH_ONCE_FILE a step kills once: its name is written there first, and a name found there kills no more.
"""

import fcntl
import os
import signal
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction


def crash_point(step: str) -> None:
    """End this process as `kill -9` would, where settings.CRASH_AT names `step`; else do nothing."""
    if step in settings.CRASH_AT and _is_due(step):
        os.kill(os.getpid(), signal.SIGKILL)


def crash_points_of_commit(step: str) -> None:
    """Two crash points: `step`.before_commit at the end of a transaction, `step`.after_commit behind it."""
    crash_point(f"{step}.before_commit")
    if (after := f"{step}.after_commit") in settings.CRASH_AT:
        transaction.on_commit(partial(crash_point, after))


def _is_due(step: str) -> bool:
    if not settings.CRASH_ONCE_FILE:
        return True
    with Path(settings.CRASH_ONCE_FILE).open("a+") as done:
        fcntl.flock(done, fcntl.LOCK_EX)
        done.seek(0)
        if step in done.read().splitlines():
            return False
        done.write(f"{step}\n")
    return True
