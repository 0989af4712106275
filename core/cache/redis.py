"""The raw connection behind django-redis, for what Django's cache API cannot say."""

from typing import Any

from django_redis import get_redis_connection


def client() -> Any:
    """A redis.Redis on the cache database; answers are bytes. Any call may raise RedisError."""
    return get_redis_connection("default")
