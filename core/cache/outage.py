"""What this process knows of the cache's Redis being away.

The first failure begins an outage: readers and writers pass Redis by at once, instead of waiting for its
time-out one after the other, while a thread of its own looks whether it is back. An outage ends only after
every tag that could not be renewed meanwhile has been, so this process never believes an entry of before.
"""

import os
import threading
from collections.abc import Callable, Iterable

import structlog
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 1.0  # seconds between two looks


class Outage:
    """`renew(tags)` reaches Redis (even for no tags) or raises RedisError; it runs on a thread of its own."""

    def __init__(self, renew: Callable[[set[str]], None]) -> None:
        self.is_up = True
        self._renew = renew
        self._lock = threading.Lock()
        self._pending: set[str] = set()
        os.register_at_fork(after_in_child=self._start_afresh)

    def begin(self, error: Exception, *, pending: Iterable[str] = ()) -> None:
        """Redis failed with `error`; the `pending` tags are renewed before it is believed again."""
        with self._lock:
            self._pending.update(pending)
            if not self.is_up:
                return
            self.is_up = False
        log.warning("cache_unavailable", error=str(error))
        threading.Thread(target=self._watch, name="cache-outage", daemon=True).start()

    def takes(self, tags: Iterable[str]) -> bool:
        """During an outage, keep `tags` to be renewed at its end; False where there is none."""
        if self.is_up:
            return False
        with self._lock:
            if not self.is_up:
                self._pending.update(tags)
            return not self.is_up

    def _watch(self) -> None:
        pause, never = FIRST_PAUSE, threading.Event()
        while not never.wait(pause) and not self._ends():
            pause = min(pause * 2, LONGEST_PAUSE)

    def _ends(self) -> bool:
        with self._lock:
            tags, self._pending = self._pending, set()
        try:
            self._renew(tags)
        except RedisError:
            with self._lock:
                self._pending |= tags
            return False
        with self._lock:
            self.is_up = not self._pending  # a tag that came meanwhile is renewed in the next round
        if self.is_up:
            log.info("cache_back")
        return self.is_up

    def _start_afresh(self) -> None:
        """A forked child has no watching thread; it finds out for itself."""
        self.is_up, self._lock, self._pending = True, threading.Lock(), set()
