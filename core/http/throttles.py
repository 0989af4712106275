"""Rate limits shared by all processes through Redis; where Redis is lost, each process counts for itself.

A limit so never opens: without Redis it holds per process, which is at most `workers` times as wide.
A Redis that does not answer costs one request its time-out; the others count without it meanwhile.
"""

import threading
import time
from collections import OrderedDict
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest
from django_ratelimit.core import get_usage
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from core.cache.guard import RedisGuard


class RateLimit(BaseThrottle):
    """Limit by client address. Subclass with `scope`, a name in settings.RATE_LIMITS."""

    scope: str = ""
    wait_seconds: int | None = None

    def key(self, request: Request) -> str:
        """Whom the limit counts; the client's address as nginx saw it unless overridden."""
        return client_key(client_address(request))

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

    nginx overwrites X-Forwarded-For with the address it sees, so its last entry cannot be forged; the
    header counts only where the peer is one of settings.TRUSTED_PROXIES, which is where nginx is.
    """
    peer: str = request.META.get("REMOTE_ADDR", "") or "127.0.0.1"
    if settings.TRUSTED_PROXIES.contains(peer):
        told = request.META.get("HTTP_X_FORWARDED_FOR", "").rsplit(",", 1)[-1].strip()
        return told if _parsed(told) else peer
    return peer


def client_key(address: str) -> str:
    """Whom a limit counts: an IPv4 address, or the /64 that every IPv6 client has to itself."""
    return _network(address, v4=32, v6=64)


def network_of(address: str) -> str:
    """The neighbourhood of an address: its /24, or for IPv6 its /48, which is what a site is given."""
    return _network(address, v4=24, v6=48)


@lru_cache(maxsize=4096)
def _network(address: str, *, v4: int, v6: int) -> str:
    ip = _parsed(address)
    if ip is None:
        return address[:64]
    return str(ip_network((ip, v4 if ip.version == 4 else v6), strict=False))


def _parsed(address: str) -> IPv4Address | IPv6Address | None:
    """IPv4 in IPv6's clothes (::ffff:192.0.2.1) is IPv4, or all of it would share one /64."""
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    return getattr(ip, "ipv4_mapped", None) or ip


def _count(scope: str, key: str, *, limit: int, period: int) -> tuple[bool, int]:
    """Count one use; (whether it is over the limit, seconds until the window ends).

    This process counts along while Redis is there, so a loss of Redis gives nobody a fresh allowance.
    """
    here = _local.count(f"{scope}:{key}", limit=limit, period=period)
    if not _guard.is_up():
        return here
    try:
        usage = get_usage(
            HttpRequest(), group=scope, key=lambda *_: key, rate=f"{limit}/{period}s", increment=True
        )
    except (RedisError, ConnectionInterrupted) as error:
        _guard.trip(error)
        return here
    _guard.recovered()
    return bool(usage["should_limit"]), max(1, int(usage["time_left"]))


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
_guard = RedisGuard("limits")
