"""A circuit breaker that all processes share through Redis, with one probe when half open.

Closed: calls pass; `threshold` failures in a row open it. Open: calls are refused for `pause` seconds.
Half open: one caller of all processes probes; its success closes the breaker, its failure opens it again.
Without Redis every process keeps a breaker of its own: the same rules, a narrower view. The Redis is that of
the cache, so the cache's guard (core.cache.guard) says when it is away.
(M. Nygard, Release It!, chapter 5.)
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog
from redis.exceptions import RedisError

from core.cache import store
from core.cache.connection import connection
from core.cache.redis import client

log = structlog.get_logger(__name__)
T = TypeVar("T")

PROBE_SECONDS = 30  # a probe that died holds up the next one no longer than this


class BreakerOpen(Exception):
    """The service is known to be down; `seconds` until the next probe may go."""

    def __init__(self, service: str, *, seconds: float) -> None:
        super().__init__(f"{service} is not being called: it failed repeatedly")
        self.seconds = seconds


class Breaker:
    """Guards calls to the outside service `service`: `with breaker.guard(): call()`."""

    def __init__(self, service: str, *, threshold: int = 5, pause: float = 30.0) -> None:
        self.service, self.threshold, self.pause = service, threshold, pause
        self._local = _LocalState()

    @contextmanager
    def guard(self, *, failures: tuple[type[Exception], ...] = (Exception,)) -> Iterator[None]:
        """Raise BreakerOpen instead of entering, else count the outcome: `failures` are the service's own.

        Any other exception says nothing of the service; where it ended a probe, the next caller probes.
        """
        is_probe, had_failures = self._admit()
        try:
            yield
        except failures as error:
            self._failed(error)
            raise
        except BaseException:
            if is_probe:
                self._release_probe()
            raise
        if had_failures:
            self._succeeded()

    def state(self) -> str:
        """`closed`, `open` or `half-open`, as this process sees it."""
        failures, opened_until = self._read()
        if failures < self.threshold:
            return "closed"
        return "open" if time.time() < opened_until else "half-open"

    def _admit(self) -> tuple[bool, bool]:
        """Whether this call is the probe, and whether there are failures that its success ends.

        Raises BreakerOpen.
        """
        failures, opened_until = self._read()
        if failures < self.threshold:
            return False, failures > 0 or self._local.failures > 0
        self._refuse_until(opened_until)
        if not self._claim_probe():
            raise BreakerOpen(self.service, seconds=1.0)
        # A probe may have failed between our reading and our claim.
        _, opened_until = self._read()
        if opened_until > time.time():
            self._release_probe()
            self._refuse_until(opened_until)
        return True, True

    def _refuse_until(self, opened_until: float) -> None:
        remaining = opened_until - time.time()
        if remaining > 0:
            raise BreakerOpen(self.service, seconds=remaining)

    def _read(self) -> tuple[int, float]:
        found = _in_redis(lambda: connection().run(("HMGET", self._key, "failures", "until")))
        if found is None:
            return self._local.failures, self._local.until
        ((failures, until),) = found
        return int(failures or 0), float(until or 0)

    def _claim_probe(self) -> bool:
        probe = f"{self._key}:probe"
        is_ours = _in_redis(lambda: bool(client().set(probe, b"1", nx=True, ex=PROBE_SECONDS)))
        return self._local.claim_probe() if is_ours is None else is_ours

    def _release_probe(self) -> None:
        self._local.release_probe()
        _in_redis(lambda: client().delete(f"{self._key}:probe"))

    def _failed(self, error: Exception) -> None:
        until = time.time() + self.pause
        failures_here = self._local.failed(until)
        failures = _in_redis(lambda: self._record_failure(until))
        if (failures_here if failures is None else failures) == self.threshold:
            log.error("breaker_opened", service=self.service, error=repr(error))

    def _record_failure(self, until: float) -> int:
        """How many there are in a row, over all processes."""
        with client().pipeline(transaction=True) as pipe:
            pipe.hincrby(self._key, "failures", 1).hset(self._key, "until", str(until))
            pipe.delete(f"{self._key}:probe").expire(self._key, int(self.pause * 20) + 60)
            return int(pipe.execute()[0])

    def _succeeded(self) -> None:
        self._local.reset()
        if _in_redis(lambda: client().delete(self._key, f"{self._key}:probe")):
            log.info("breaker_closed", service=self.service)

    @property
    def _key(self) -> str:
        return f"shop:breaker:{self.service}"


def _in_redis(ask: Callable[[], T]) -> T | None:
    """What Redis answers; None where it is away."""
    if not store.guard.is_up:
        return None
    try:
        return ask()
    except RedisError as error:
        store.guard.lost(error)
        return None


class _LocalState:
    """The breaker's state as this process alone has seen it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.failures, self.until, self._probed_until = 0, 0.0, 0.0

    def failed(self, until: float) -> int:
        with self._lock:
            self.failures, self.until, self._probed_until = self.failures + 1, until, 0.0
            return self.failures

    def claim_probe(self) -> bool:
        with self._lock:
            if time.time() < self._probed_until:
                return False
            self._probed_until = time.time() + PROBE_SECONDS
            return True

    def release_probe(self) -> None:
        self._probed_until = 0.0
