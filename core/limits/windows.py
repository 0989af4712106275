import threading
import time
from collections import OrderedDict
from typing import NamedTuple

MAX_WINDOWS = 10_000  # in memory; the oldest are forgotten


class Usage(NamedTuple):
    """What a limit says to one more use: whether it is one too many, and seconds until its window ends."""

    is_exceeded: bool
    seconds_left: int


class LocalWindows:
    """Fixed windows in this process's memory, bounded in number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, key: str, *, limit: int, period: int) -> Usage:
        """Count one use of `key`; at most `limit` are allowed in `period` seconds."""
        now = time.monotonic()
        with self._lock:
            ends, used = self._windows.pop(key, (0.0, 0))
            if now >= ends:
                ends, used = now + period, 0
            self._windows[key] = (ends, used + 1)
            if len(self._windows) > MAX_WINDOWS:
                self._windows.popitem(last=False)
        return Usage(used + 1 > limit, max(1, round(ends - now)))
