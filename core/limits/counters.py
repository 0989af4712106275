"""The two commands that a rate limit counts with, without what redis-py and django-redis do around them."""

import os
from typing import Any

from django_redis.client import DefaultClient

from core.cache.connection import Connection

MAX_COUNT_SECONDS = 86_400  # a counter whose end was lost is forgotten after this


class CounterClient(DefaultClient):
    """A django-redis client (`CLIENT_CLASS`) for whole numbers; django_ratelimit calls `add`, then `incr`.

    Both raise RedisError. Django gives each thread its own instance, so each has its own connection.
    """

    _connection: Connection | None = None
    _owner = 0

    def add(self, key: str, value: int, timeout: float | None = None, **more: Any) -> bool:
        """Begin to count at `value`, for `timeout` seconds; False where it had begun."""
        seconds = int(timeout or MAX_COUNT_SECONDS)
        (answer,) = self._own().run(("SET", self._name(key), value, "NX", "EX", seconds))
        return answer is not None

    def incr(self, key: str, delta: int = 1, **more: Any) -> int:
        name = self._name(key)
        count, _ = self._own().run(("INCRBY", name, delta), ("EXPIRE", name, MAX_COUNT_SECONDS, "NX"))
        return int(count)

    def ping(self) -> None:
        self._own().run(("PING",))

    def _name(self, key: str) -> str:
        return str(self.make_key(key))

    def _own(self) -> Connection:
        """This instance's connection; a forked child opens one of its own."""
        if self._connection is None or self._owner != os.getpid():
            pool = self.get_client(write=True).connection_pool
            self._connection, self._owner = Connection(pool), os.getpid()
        return self._connection
