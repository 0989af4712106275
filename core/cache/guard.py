"""What this process knows of a Redis being away: one guard for all that may not fail with it.

The cache, the rate limits and the circuit breakers each have another way without Redis (compute, count for
oneself, remember for oneself). The guard says when to take it, and promises that

- only callers of the moment in which Redis is lost wait for its time-out; later ones pass it by at once;
- nobody's request tries whether it is back: a thread of the guard's own does;
- Redis is used again only after `renew` has succeeded for every tag that was kept meanwhile, so what Redis
  still holds from before is not believed where this process changed it.
"""

import os
import threading
from collections.abc import Callable, Iterable

import structlog
from redis.exceptions import RedisError

log = structlog.get_logger(__name__)

FIRST_PAUSE, MAX_PAUSE = 0.1, 1.0  # seconds between two tries


class RedisGuard:
    """`renew(tags)` reaches Redis (even for no tags) or raises RedisError; it runs on a thread of its own.

    `name` says in logs what Redis is used for. Ask `is_up` before each use.
    """

    def __init__(self, name: str, renew: Callable[[set[str]], None]) -> None:
        self.is_up = True
        self._name, self._renew = name, renew
        self._lock = threading.Lock()
        self._pending: set[str] = set()
        os.register_at_fork(after_in_child=self._start_afresh)

    def lost(self, error: Exception, *, pending: Iterable[str] = ()) -> None:
        """Redis failed with `error`; the `pending` tags are renewed before it is believed again."""
        with self._lock:
            self._pending.update(pending)
            if not self.is_up:
                return
            self.is_up = False
        log.warning("redis_unavailable", used_for=self._name, error=str(error))
        threading.Thread(target=self._watch, name=f"{self._name}-guard", daemon=True).start()

    def keeps(self, tags: Iterable[str]) -> bool:
        """While Redis is away, keep `tags` to be renewed once it is back; False where it is there."""
        if self.is_up:
            return False
        with self._lock:
            if not self.is_up:
                self._pending.update(tags)
            return not self.is_up

    def _watch(self) -> None:
        pause, never = FIRST_PAUSE, threading.Event()
        while not never.wait(pause) and not self._is_back():
            pause = min(pause * 2, MAX_PAUSE)

    def _is_back(self) -> bool:
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
            log.info("redis_back", used_for=self._name)
        return self.is_up

    def _start_afresh(self) -> None:
        """A forked child has no watching thread; it finds out for itself."""
        self.is_up, self._lock, self._pending = True, threading.Lock(), set()
