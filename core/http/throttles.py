"""Rate limits shared by all processes through Redis; where Redis is lost, each process counts for itself.

A limit so never opens: without Redis it holds per process, which is at most `workers` times as wide.
"""

import threading
import time
from collections import OrderedDict

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

log = structlog.get_logger(__name__)


class RateLimit(BaseThrottle):
    """Limit by client address. Subclass with `scope`, a name in settings.RATE_LIMITS."""

    scope: str = ""
    wait_seconds: int | None = None

    def key(self, request: Request) -> str:
        """Whom the limit counts; the address as nginx saw it unless overridden."""
        return client_address(request)

    def allow_request(self, request: Request, view: APIView) -> bool:
        limit, period = settings.RATE_LIMITS[self.scope]
        exceeded, self.wait_seconds = _count(
            self.scope, self.key(request), limit=limit * settings.THROTTLE_SCALE, period=period
        )
        return not exceeded

    def wait(self) -> float | None:
        return self.wait_seconds


class UserRateLimit(RateLimit):
    """Limit by user, whatever address they come from; by address where nobody is signed in."""

    def key(self, request: Request) -> str:
        user = request.user
        return f"user:{user.pk}" if user and user.is_authenticated else client_address(request)


def client_address(request: HttpRequest | Request) -> str:
    """The peer, or what our own nginx says of it.

    nginx overwrites X-Forwarded-For with the address it sees, so its last entry cannot be forged;
    the header counts only where the peer is on loopback or a private network, which is where nginx is.
    """
    peer: str = request.META.get("REMOTE_ADDR", "") or "127.0.0.1"
    if settings.TRUSTED_PROXIES.contains(peer):
        return request.META.get("HTTP_X_FORWARDED_FOR", peer).rsplit(",", 1)[-1].strip() or peer
    return peer


def _count(scope: str, key: str, *, limit: int, period: int) -> tuple[bool, int]:
    """Count one use; (whether it is over the limit, seconds until the window ends)."""
    try:
        usage = get_usage(
            HttpRequest(),
            group=scope,
            key=lambda *_: key,
            rate=f"{limit}/{period}s",
            increment=True,
        )
    except (RedisError, ConnectionInterrupted):
        log.warning("rate_limit_without_redis", scope=scope)
        return _local.count(f"{scope}:{key}", limit=limit, period=period)
    return bool(usage["should_limit"]), int(usage["time_left"])


class _LocalWindows:
    """Fixed windows in this process's memory, bounded in number."""

    MOST = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def count(self, key: str, *, limit: int, period: int) -> tuple[bool, int]:
        now = time.monotonic()
        with self._lock:
            ends, used = self._windows.pop(key, (0.0, 0))
            if now >= ends:
                ends, used = now + period, 0
            self._windows[key] = (ends, used + 1)
            if len(self._windows) > self.MOST:
                self._windows.popitem(last=False)
        return used + 1 > limit, max(1, round(ends - now))


_local = _LocalWindows()
