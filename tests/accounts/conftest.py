from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import caches
from django.http import HttpResponse
from django.test import Client

from core.cache.guard import RedisGuard
from core.limits import counting
from core.limits.windows import LocalWindows
from tests.factories.accounts import PASSWORD, UserFactory

Post = Callable[..., HttpResponse]


@pytest.fixture(autouse=True)
def _fresh_limits(monkeypatch):
    """No test uses up another's allowance, neither in Redis nor in this process."""
    caches["limits"].clear()
    monkeypatch.setattr(counting, "_local", LocalWindows())
    monkeypatch.setattr(counting, "_guard", RedisGuard("limits", counting._ask_for_sign_of_life))


@pytest.fixture
def post(client: Client) -> Post:
    """`post("login", {...})` sends JSON to /api/v1/auth/login."""

    def send(name: str, body: Any, **extra: Any) -> HttpResponse:
        return client.post(f"/api/v1/auth/{name}", body, content_type="application/json", **extra)

    return send


@pytest.fixture
def alice(db):
    return UserFactory(email="alice@shop.test", name="Alice")


@pytest.fixture
def pair(alice, post) -> dict[str, Any]:
    """The tokens of Alice's log-in."""
    return post("login", {"email": alice.email, "password": PASSWORD}).json()
