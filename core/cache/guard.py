"""Remembers, per process, that Redis is away: a frozen Redis costs one request its time-out, not all."""

import threading
import time

import structlog

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0  # seconds


class RedisGuard:
    """Closed to Redis for a growing pause after each failure. `name` is what Redis is used for."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()
        self._pause = 0.0
        self._closed_until = 0.0

    def is_up(self) -> bool:
        """Whether to try Redis now. After a pause one caller tries while the others still pass it by."""
        if not self._pause:
            return True
        with self._lock:
            if time.monotonic() < self._closed_until:
                return False
            self._closed_until = time.monotonic() + self._pause
            return True

    def trip(self, error: Exception) -> None:
        """Redis failed with `error`."""
        with self._lock:
            self._pause = min(self._pause * 2 or FIRST_PAUSE, LONGEST_PAUSE)
            self._closed_until = time.monotonic() + self._pause
        log.warning("redis_unavailable", used_for=self._name, error=str(error), pause_seconds=self._pause)

    def recovered(self) -> None:
        """Redis answered."""
        if self._pause:
            self._pause = 0.0
            log.info("redis_back", used_for=self._name)
