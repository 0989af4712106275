"""Starts the stages in order, restarts what dies, and stops everything in reverse order.

Written here because no small supervisor does all three: honcho stops everything when one process dies,
and supervisord neither prefixes lines nor waits until a server answers.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable

from localstack.child import Child, reason
from localstack.errors import StackError
from localstack.record import SUPERVISOR, Record
from localstack.stages import Program, Stage, Step
from localstack.terminal import Terminal

START_ATTEMPTS = 5
STEADY_SECONDS = 5  # who lived this long has started well
MIN_PAUSE, MAX_PAUSE = 0.1, 5.0  # seconds before a restart
QUIET_SECONDS, MAX_NOISE_SECONDS = 1.5, 90  # after the start, before the last word is ours
POLL_SECONDS = 0.05
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    def __init__(self, stages: list[Stage], *, record: Record, terminal: Terminal) -> None:
        self._stages = stages
        self._record = record
        self._terminal = terminal
        self._children: list[list[Child]] = []
        self._keepers: list[asyncio.Task[None]] = []
        self._over: asyncio.Future[None]

    async def run(self, *, when_up: Callable[[], None]) -> None:
        """Run until a signal comes. Raises StackError where a program cannot be kept running."""
        self._over = asyncio.get_running_loop().create_future()
        self._listen(self._finish)
        self._record.add(SUPERVISOR, os.getpid())
        starting = asyncio.create_task(self._start_all(when_up))
        try:
            await asyncio.wait({starting, self._over}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
            await self._over
        finally:
            await _cancel([starting, *self._keepers])
            await self._stop_all()

    async def _start_all(self, when_up: Callable[[], None]) -> None:
        for stage in self._stages:
            for step in stage.steps:
                await self._run_step(step)
            if stage.programs:
                with self._terminal.step(stage.text):
                    await self._start_programs(stage.programs)
        await self._becomes_quiet()
        await asyncio.to_thread(when_up)
        self._terminal.is_streaming = True

    async def _becomes_quiet(self) -> None:
        """Wait until the noise of the start is over, or what is said next would be pushed off the screen."""
        programs = [child.program for children in self._children for child in children]
        greeting = [program.name for program in programs if program.greets]
        ends_at = time.monotonic() + MAX_NOISE_SECONDS
        while not self._terminal.is_quiet(greeting, seconds=QUIET_SECONDS):
            if time.monotonic() > ends_at:
                return
            await asyncio.sleep(POLL_SECONDS)

    async def _run_step(self, step: Step) -> None:
        if not step.is_needed() or (step.stamp and step.stamp.is_current()):
            return
        with self._terminal.step(step.text) if step.text else contextlib.nullcontext():
            if step.run is not None:
                await asyncio.to_thread(step.run)
            if step.program is not None:
                await self._run_once(step.program)
        if step.stamp:
            step.stamp.write()

    async def _run_once(self, program: Program) -> None:
        if program.has_terminal:
            self._terminal.hand_over()
        child = Child(program, self._terminal, self._record)
        await child.start()
        try:
            code = await child.ended()
        finally:
            await child.stop()
        if code:
            raise self._failed(program.name, f"failed ({reason(code)})")

    async def _start_programs(self, programs: list[Program]) -> None:
        children = [Child(program, self._terminal, self._record) for program in programs]
        self._children.append(children)
        first_answers = [asyncio.Event() for _ in children]
        for child, is_up in zip(children, first_answers, strict=True):
            keeper = asyncio.create_task(self._keep(child, is_up))
            keeper.add_done_callback(self._end_with)
            self._keepers.append(keeper)
        for is_up in first_answers:
            await is_up.wait()

    async def _keep(self, child: Child, is_up: asyncio.Event) -> None:
        """Start the program, and again whenever it ends; give up when it fails start after start."""
        failures = short_lives = 0
        while True:
            life = await child.live(is_up.set)
            await child.end_group()
            failures = failures + 1 if life.failed_at_start(STEADY_SECONDS) else 0
            if failures == START_ATTEMPTS:
                raise self._failed(child.program.name, f"failed at {failures} starts ({life.reason})")
            self._terminal.say(f"{child.program.name} ended ({life.reason}); starting it again")
            short_lives = short_lives + 1 if life.seconds < STEADY_SECONDS else 0
            await asyncio.sleep(min(MIN_PAUSE * 2**short_lives, MAX_PAUSE))

    async def _stop_all(self) -> None:
        self._listen(self._kill_all)  # the second Ctrl-C is an impatient one
        self._terminal.is_streaming = False
        if not self._children:
            return
        with self._terminal.step("Stopping"):
            for children in reversed(self._children):
                await asyncio.gather(*(child.stop() for child in children))

    def _kill_all(self) -> None:
        for children in self._children:
            for child in children:
                child.kill()

    def _listen(self, act: Callable[[], None]) -> None:
        for signal_ in SIGNALS:
            if signal.getsignal(signal_) != signal.SIG_IGN:  # nohup
                asyncio.get_running_loop().add_signal_handler(signal_, act)

    def _finish(self) -> None:
        if not self._over.done():
            self._over.set_result(None)

    def _end_with(self, keeper: asyncio.Task[None]) -> None:
        """A keeper only ends when it gives up: that ends everything."""
        if keeper.cancelled() or self._over.done():
            return
        self._over.set_exception(keeper.exception() or RuntimeError("a keeper ended"))

    def _failed(self, name: str, what: str) -> StackError:
        tail = self._terminal.tail(name)
        return StackError(
            f"{name} {what}. Its last lines:\n\n{tail}", hint=f"The whole log: .local/logs/{name}.log"
        )


async def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
