import secrets
import signal
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
import redis

from core.cache import connection, store
from core.cache.guard import RedisGuard
from localstack import ports
from localstack.servers import running
from localstack.valkey import Valkey


class OwnRedis:
    """A Valkey of this test alone, which the cache uses: it can be killed, restarted and frozen."""

    def __init__(self, home) -> None:
        self.server = Valkey(home / "valkey", ports.free_port(), secrets.token_urlsafe(16))
        self.server.prepare()
        self.log = home / "valkey.log"
        self.client = redis.Redis.from_url(
            self.server.url, retry=None, socket_timeout=0.25, socket_connect_timeout=0.25
        )
        self._running = ExitStack()

    def start(self) -> None:
        self.process = self._running.enter_context(running(self.server, log=self.log))

    def stop(self) -> None:
        self._running.close()

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)


@pytest.fixture
def own_redis(tmp_path, monkeypatch) -> Iterator[OwnRedis]:
    own = OwnRedis(tmp_path)
    monkeypatch.setattr(connection, "client", lambda: own.client)
    monkeypatch.setattr(store, "guard", RedisGuard("cache", store._set_new_generations))
    connection._connections.forget()
    own.start()
    yield own
    own.thaw()
    own.stop()
    own.client.close()
    connection._connections.forget()
