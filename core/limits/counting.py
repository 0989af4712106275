"""Counts uses for all processes through Redis; where Redis is lost, each process counts for itself.

A limit so never opens: without Redis it holds per process, which is at most `workers` times as wide. This
process counts along while Redis is there, so a loss of Redis gives nobody a fresh allowance.
"""

from typing import Any

from django.core.cache import caches
from django.http import HttpRequest
from django_ratelimit.core import get_usage
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError
from rest_framework.request import Request

from core.cache.guard import RedisGuard
from core.limits.counters import CounterClient
from core.limits.windows import LocalWindows, Usage


def count(request: HttpRequest | Request, *, scope: str, key: str, limit: int, period: int) -> Usage:
    """Count `request` as one use of `scope` by `key`, of which `limit` are allowed in `period` seconds."""
    here = _local.count(f"{scope}:{key}", limit=limit, period=period)
    if not _guard.is_up:
        return here
    try:
        usage: dict[str, Any] = get_usage(
            request, group=scope, key=lambda group, request: key, rate=f"{limit}/{period}s", increment=True
        )
    except (RedisError, ConnectionInterrupted) as error:
        _guard.lost(error)
        return here
    return Usage(bool(usage["should_limit"]), max(1, int(usage["time_left"])))


def _ask_for_sign_of_life(_: set[str]) -> None:
    client: CounterClient = caches["limits"].client  # type: ignore[attr-defined]
    client.ping()


_local = LocalWindows()
_guard = RedisGuard("limits", _ask_for_sign_of_life)
