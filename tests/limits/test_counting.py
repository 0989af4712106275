"""A limit counts for all processes, for this one alone while Redis is away, and for all again."""

import threading
import time

import pytest
from django.core.cache import caches
from django.http import HttpRequest
from django.test import RequestFactory

from core.cache.guard import RedisGuard
from core.ids import uuid7
from core.limits import counting
from core.limits.windows import LocalWindows

A_DAY = 86_400  # seconds: the window does not end in a test


@pytest.fixture
def use(monkeypatch):
    """`use()` counts one of three uses that are allowed; whether it was one too many."""
    caches["limits"].clear()
    monkeypatch.setattr(counting, "_guard", RedisGuard("limits", counting._ask_for_sign_of_life))
    key = uuid7().hex

    def count(request: HttpRequest | None = None) -> bool:
        asked = request or RequestFactory().get("/")
        return counting.count(asked, scope="test", key=key, limit=3, period=A_DAY).is_exceeded

    return count


def _another_process(monkeypatch) -> None:
    monkeypatch.setattr(counting, "_local", LocalWindows())


def _lose_redis(settings) -> None:
    options = {**settings.CACHES["limits"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "limits": options}


def _wait_until_back() -> None:
    deadline = time.monotonic() + 10
    while not counting._guard.is_up:
        assert time.monotonic() < deadline, "Redis was never used again"
        threading.Event().wait(0.01)


def test_count__two_processes__share_the_limit(use, monkeypatch):
    here = [use() for _ in range(2)]
    _another_process(monkeypatch)

    there = [use() for _ in range(2)]

    assert (here, there) == ([False, False], [False, True])


def test_count__redis_away__holds_in_this_process(use, settings):
    _lose_redis(settings)

    assert [use() for _ in range(4)] == [False, False, False, True]


def test_count__redis_back__is_shared_again(use, settings, monkeypatch):
    there = settings.CACHES
    uses = [use() for _ in range(3)]
    _lose_redis(settings)
    _another_process(monkeypatch)
    alone = use()
    settings.CACHES = there
    _wait_until_back()
    _another_process(monkeypatch)

    assert (uses, alone, use()) == ([False] * 3, False, True)


def test_count__the_request__is_the_one_that_django_ratelimit_is_asked_about(use, monkeypatch):
    ask, seen = counting.get_usage, []
    monkeypatch.setattr(
        counting, "get_usage", lambda request, **more: (seen.append(request), ask(request, **more))[1]
    )
    request = RequestFactory().get("/")

    use(request)

    assert seen == [request]
