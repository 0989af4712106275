"""One connection to the cache's Redis per thread, with one round trip per call.

redis-py's client spends four times as much CPU around a command (pool, retries, metrics) as the command
takes on its connection. The connection itself is redis-py's own, so address, password, TLS and Sentinel are
those of the settings.
"""

import os
import threading
from typing import Any

from redis import ConnectionPool
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError

from core.cache.redis import client

Command = tuple[str | bytes | int, ...]


class Connection:
    """`run_id` names the server process that answered last: it is another one after every restart."""

    def __init__(self, pool: ConnectionPool) -> None:
        self._connection = pool.connection_class(**pool.connection_kwargs)
        self.run_id = b""

    def run(self, *commands: Command) -> list[Any]:
        """Send the commands together; their answers. Raises RedisError: then any of them may have run.

        A connection that the server had closed is opened again once, so commands must be safe to repeat.
        """
        was_open = bool(self.run_id)
        try:
            return self._exchange(commands)
        except RedisConnectionError:
            if not was_open:
                raise
            return self._exchange(commands)

    def _exchange(self, commands: tuple[Command, ...]) -> list[Any]:
        connection = self._connection
        try:
            if not self.run_id:
                self._open()
            packed = [part for command in commands for part in connection.pack_command(*command)]
            connection.send_packed_command(packed, check_health=False)
            return [connection.read_response() for _ in commands]
        except BaseException:  # an interrupted exchange leaves answers behind that nobody asked for
            self.run_id = b""
            connection.disconnect()
            raise

    def _open(self) -> None:
        self._connection.connect()
        self._connection.send_command("INFO", "server", check_health=False)
        for line in bytes(self._connection.read_response()).splitlines():
            if line.startswith(b"run_id:"):
                self.run_id = line.removeprefix(b"run_id:")
        if not self.run_id:
            raise ResponseError("This Redis does not report its run_id")


class _Connections:
    def __init__(self) -> None:
        self.forget()

    def forget(self) -> None:
        self._threads = threading.local()
        self._pool: ConnectionPool | None = None  # how to connect; asked once, not once in each thread

    def of_this_thread(self) -> Connection:
        found: Connection | None = getattr(self._threads, "connection", None)
        if found is None:
            self._pool = self._pool or client().connection_pool
            found = self._threads.connection = Connection(self._pool)
        return found


_connections = _Connections()
connection = _connections.of_this_thread
os.register_at_fork(after_in_child=_connections.forget)
