"""One process under supervision: start it, know when it answers, read what it says, end it whole."""

import asyncio
import contextlib
import os
import signal
import time
from asyncio.subprocess import DEVNULL, PIPE, STDOUT, Process
from collections.abc import Callable
from dataclasses import dataclass

from core.localstack.account import credentials
from core.localstack.programs import Program
from core.localstack.record import Record, group_members, wait_for_end
from core.localstack.terminal import Terminal

READY_SECONDS = 60
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


class Child:
    """Runs `program` again and again, each time in a process group of its own."""

    def __init__(self, program: Program, terminal: Terminal, record: Record) -> None:
        self.program = program
        self._terminal = terminal
        self._record = record
        self._process: Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._process = await asyncio.create_subprocess_exec(
            *self.program.command,
            stdin=DEVNULL,
            stdout=None if self.program.has_terminal else PIPE,
            stderr=None if self.program.has_terminal else STDOUT,
            cwd=self.program.cwd,
            env=dict(self.program.environment),
            start_new_session=True,
            **credentials(self.program.account),
        )
        self._record.add(self.program.name, self._process.pid)
        self._reader = asyncio.create_task(self._read_lines(self._process))

    async def live(self, when_ready: Callable[[], None]) -> Life:
        """From one start to its end."""
        started_at = time.monotonic()
        await self.start()
        answered = await self._becomes_ready()
        if answered:
            when_ready()
        is_silent = not answered and self._running().returncode is None
        if is_silent:
            await self.stop()
        code = await self.ended()
        return Life(None if is_silent else code, answered, time.monotonic() - started_at)

    async def ended(self) -> int:
        """Wait for its end; minus the signal's number where a signal ended it."""
        return await self._running().wait()

    async def _becomes_ready(self) -> bool:
        """Wait until it answers; False where it ended instead, or did not answer in READY_SECONDS."""
        if self.program.is_ready is None:
            return True
        process = self._running()
        ended = asyncio.create_task(process.wait())
        try:
            async with asyncio.timeout(READY_SECONDS):
                while not await asyncio.to_thread(self.program.is_ready):
                    if (await asyncio.wait({ended}, timeout=POLL_SECONDS))[0]:
                        return False
        except TimeoutError:
            return False
        finally:
            ended.cancel()
        return process.returncode is None

    async def stop(self) -> None:
        """Ask it to stop, insist after its deadline, and take along whatever it started."""
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(self.program.stop_signal)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), self.program.stop_seconds)
        await self.end_group()
        self._record.remove(self.program.name)

    async def end_group(self) -> None:
        """End what outlived the process: a master's workers hold its port and its locks."""
        members = await asyncio.to_thread(group_members, self._running().pid)
        if members:
            self._signal_group(signal.SIGTERM)
            await asyncio.to_thread(wait_for_end, members, self.program.stop_seconds)
            self._signal_group(signal.SIGKILL)
        if self._reader is not None:
            await asyncio.wait({self._reader}, timeout=POLL_SECONDS)

    def kill(self) -> None:
        if self._process is not None:
            self._signal_group(signal.SIGKILL)

    def _signal_group(self, signal_: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._running().pid, signal_)

    async def _read_lines(self, process: Process) -> None:
        if process.stdout is None:
            return
        rest = b""
        while chunk := await process.stdout.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self._terminal.line(self.program.name, line.decode(errors="replace"))
        if rest:
            self._terminal.line(self.program.name, rest.decode(errors="replace"))

    def _running(self) -> Process:
        if self._process is None:
            raise RuntimeError(f"{self.program.name} was never started")
        return self._process
