"""One process under supervision: start it, know when it answers, read what it says, end it whole."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from localstack.account import credentials
from localstack.record import Record, group_members, wait_for_end
from localstack.stages import Program
from localstack.terminal import Terminal

READY_SECONDS = 60
STRAGGLER_SECONDS = 3  # for what outlives its master
LAST_WORDS_SECONDS = 1  # for lines still in the pipe
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Life:
    """How one run of a program went. `code` is None where it had to be ended because it never answered."""

    code: int | None
    answered: bool
    seconds: float

    @property
    def reason(self) -> str:
        if self.code is None:
            return f"no answer within {READY_SECONDS} s"
        return reason(self.code)

    def failed_at_start(self, steady_seconds: float) -> bool:
        """Killed from outside is no failure of the program: it may be killed as often as one likes."""
        if self.code is None:
            return True
        return self.code >= 0 and not (self.answered and self.seconds > steady_seconds)


def reason(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name


class _Process(asyncio.SubprocessProtocol):
    """Receives lines and learns of the end. asyncio's own Process.wait() also waits for heirs of the pipe."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        loop = asyncio.get_running_loop()
        self.exited: asyncio.Future[None] = loop.create_future()
        self.said_all: asyncio.Future[None] = loop.create_future()
        self._on_line = on_line
        self._rest = b""

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._on_line(line.decode(errors="replace"))

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if self._rest:
            self._on_line(self._rest.decode(errors="replace"))

    def process_exited(self) -> None:
        self.exited.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.said_all.set_result(None)


class Child:
    """Runs `program` again and again, each time in a process group of its own."""

    def __init__(self, program: Program, terminal: Terminal, record: Record) -> None:
        self.program = program
        self._terminal = terminal
        self._record = record
        self._transport: asyncio.SubprocessTransport | None = None
        self._process: _Process

    async def start(self) -> None:
        output = None if self.program.has_terminal else subprocess.PIPE
        self._transport, self._process = await asyncio.get_running_loop().subprocess_exec(
            lambda: _Process(lambda line: self._terminal.line(self.program.name, line)),
            *self.program.command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            cwd=self.program.cwd,
            env=dict(self.program.environment),
            process_group=0,  # no session: `nice` weighs within one only, where the kernel groups by session
            **credentials(self.program.account),
        )
        self._record.add(self.program.name, self._transport.get_pid())

    async def live(self, when_ready: Callable[[], None]) -> Life:
        """From one start to its end."""
        started_at = time.monotonic()
        await self.start()
        answered = await self._becomes_ready()
        if answered:
            when_ready()
        is_silent = not answered and not self._process.exited.done()
        if is_silent:
            await self.stop()
        code = await self.ended()
        return Life(None if is_silent else code, answered, time.monotonic() - started_at)

    async def ended(self) -> int:
        """Wait for its end; minus the signal's number where a signal ended it."""
        await asyncio.wait({self._process.exited})
        return self._running().get_returncode() or 0

    async def stop(self) -> None:
        """Ask it to stop, kill it after its deadline, and take along whatever it started."""
        if self._transport is None:
            return
        if not self._process.exited.done():
            self._transport.send_signal(self.program.stop_signal)
            await asyncio.wait({self._process.exited}, timeout=self.program.stop_seconds)
        await self.end_group()
        self._record.remove(self.program.name)

    async def end_group(self) -> None:
        """End what outlived the process: a master's workers hold its port and its locks."""
        members = await asyncio.to_thread(group_members, self._running().get_pid())
        if members:
            self._signal_group(signal.SIGTERM)
            await asyncio.to_thread(wait_for_end, members, STRAGGLER_SECONDS)
            self._signal_group(signal.SIGKILL)
        await asyncio.wait({self._process.said_all}, timeout=LAST_WORDS_SECONDS)
        self._running().close()

    def kill(self) -> None:
        if self._transport is not None:
            self._signal_group(signal.SIGKILL)

    async def _becomes_ready(self) -> bool:
        """Wait until it answers; False where it ended instead, or did not answer in READY_SECONDS."""
        if self.program.is_ready is None:
            return True
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(READY_SECONDS):
                while not await asyncio.to_thread(self.program.is_ready):
                    if (await asyncio.wait({self._process.exited}, timeout=POLL_SECONDS))[0]:
                        return False
                return not self._process.exited.done()
        return False

    def _signal_group(self, signal_: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running().get_pid(), signal_)

    def _running(self) -> asyncio.SubprocessTransport:
        if self._transport is None:
            raise RuntimeError(f"{self.program.name} was never started")
        return self._transport
