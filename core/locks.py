"""File locks of other processes, which the kernel lets go of however their holders end."""

import fcntl
from pathlib import Path


def is_held(lock: Path) -> bool:
    """Whether a living process holds the `flock` of this file; False where there is no such file."""
    try:
        with lock.open() as stream:
            fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
