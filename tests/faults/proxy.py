"""A TCP proxy that loses, delays and hangs what passes between two parts of the shop.

    with Proxy(target_port) as proxy:
        proxy.judge = first_answer_lost()     # asked once for each request, with its first bytes
        proxy.delay = 0.2                     # seconds before each answer
        proxy.cut()                           # refuse all, reset what is open; mend() ends it
        proxy.freeze()                        # nothing passes, nothing is refused; mend() ends it
        proxy.silence()                       # the connections that are open now are dead, without a word

It runs an event loop in a thread of its own; its attributes may be set from any thread.
"""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable
from enum import Enum

from localstack.ports import HOST

CHUNK = 1 << 16


class Fate(Enum):
    """Of one request: answered; never delivered; done, and its answer lost or never sent."""

    PASS = "pass"
    LOST_REQUEST = "lost request"
    LOST_ANSWER = "lost answer"
    HANG = "hang"


Judge = Callable[[bytes], Fate]


class Proxy:
    def __init__(self, target_port: int) -> None:
        self.port = 0
        self.delay = 0.0
        self.judge: Judge = lambda request: Fate.PASS
        self._target = target_port
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._connections: set[_Connection] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._is_cut = False
        self._flows = asyncio.Event()

    def __enter__(self) -> "Proxy":
        self._flows.set()
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(self, *raised: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._reset_all)

    def freeze(self) -> None:
        self._loop.call_soon_threadsafe(self._flows.clear)

    def silence(self) -> None:
        for connection in tuple(self._connections):
            connection.is_silent = True

    def mend(self) -> None:
        self._is_cut, self.delay = False, 0.0
        self.judge = lambda request: Fate.PASS
        self._loop.call_soon_threadsafe(self._flows.set)

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._serve, HOST, 0, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _end(self) -> None:
        self._server.close()
        self._reset_all()
        me = asyncio.current_task()
        left = [task for task in asyncio.all_tasks() if task is not me]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            _reset(writer)
            return
        try:
            answers, requests = await asyncio.open_connection(HOST, self._target)
        except OSError:
            _reset(writer)
            return
        self._open |= {writer, requests}
        connection = _Connection(self, client=(reader, writer), server=(answers, requests))
        self._connections.add(connection)
        try:
            await connection.run()
        finally:
            self._connections.discard(connection)
            self._open -= {writer, requests}
            _reset(writer)
            _reset(requests)

    def _reset_all(self) -> None:
        for writer in self._open:
            _reset(writer)

    async def passage(self) -> None:
        await self._flows.wait()


class _Connection:
    """One connection through the proxy: requests one way, answers the other."""

    def __init__(
        self,
        proxy: Proxy,
        *,
        client: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        server: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        self._proxy = proxy
        self._from_client, self._to_client = client
        self._from_server, self._to_server = server
        self._fate = Fate.PASS
        self._is_new = True  # the next bytes of the client begin a request
        self.is_silent = False

    async def run(self) -> None:
        both = [asyncio.ensure_future(self._requests()), asyncio.ensure_future(self._answers())]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in both:
                task.cancel()
            await asyncio.gather(*both, return_exceptions=True)

    async def _requests(self) -> None:
        while chunk := await self._from_client.read(CHUNK):
            await self._passage()
            if self._is_new:
                self._fate, self._is_new = self._proxy.judge(chunk), False
            if self._fate is Fate.LOST_REQUEST:
                return
            self._to_server.write(chunk)
            await self._to_server.drain()

    async def _answers(self) -> None:
        while chunk := await self._from_server.read(CHUNK):
            await self._passage()
            self._is_new = True
            if self._fate is Fate.LOST_ANSWER:
                return
            if self._fate is Fate.HANG:
                await asyncio.Event().wait()
            if self._proxy.delay:
                await asyncio.sleep(self._proxy.delay)
            self._to_client.write(chunk)
            await self._to_client.drain()

    async def _passage(self) -> None:
        await self._proxy.passage()
        if self.is_silent:
            await asyncio.Event().wait()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close with RST: what was under way is lost, and the other side notices at once."""
    with contextlib.suppress(OSError, AttributeError):
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    writer.transport.abort()


def first_of_each(fate: Fate, *, path: bytes = b"") -> Judge:
    """A judge of HTTP: `fate` meets the first POST under each idempotency key, of URLs that hold `path`."""
    seen: set[bytes] = set()

    def judge(request: bytes) -> Fate:
        line = request.split(b"\r\n", 1)[0]
        found = re.search(rb"(?i)\r\nidempotency-key: *([^\r]+)", request)
        if not line.startswith(b"POST") or path not in line or found is None or found[1] in seen:
            return Fate.PASS
        seen.add(found[1])
        return fate

    return judge
