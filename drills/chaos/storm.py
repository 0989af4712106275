"""Kills again and again, at moments and in an order that a seed draws."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from random import Random
from threading import Event, Thread
from time import monotonic

from django.conf import settings
from django.utils import timezone

from drills.chaos.faults import Fault
from drills.chaos.stack import OwnStack
from drills.oracle.answers import AnswerLog

SCATTER = 0.5  # a pause is drawn from this much below to this much above the mean
START_POLL = 0.05  # seconds between two searches for a victim that is just starting


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One kill; `at` by the monotonic clock, `time` by the wall's."""

    fault: Fault
    pid: int
    at: float
    time: datetime


class Storm:
    """Strikes `stack` every `every` seconds on average; each fault once before one comes again."""

    def __init__(self, stack: OwnStack, *, every: float, seed: int) -> None:
        self.stack = stack
        self.seed = seed
        self.strikes: list[Strike] = []
        self._every = every
        self._random = Random(seed)  # noqa: S311 - a reproducible draw, not a secret
        self._is_enough, self._is_off = Event(), Event()
        self._broke: list[BaseException] = []

    def answer_log(self, run_id: str) -> AnswerLog:
        """A new file below the stack's own directory, for its owner alone: it holds the guests' tokens."""
        directory = self.stack.layout.local / "chaos"
        directory.mkdir(mode=0o700, exist_ok=True)
        return AnswerLog(directory / f"{run_id}.jsonl")

    def mails_cut_off(self) -> int:
        """How many mails the workers killed so far may have sent and not marked: one on each thread."""
        return settings.WORKER_THREADS * sum(strike.fault.program == "worker" for strike in self.strikes)

    @contextmanager
    def raging(self, say: Callable[[Strike], None]) -> Iterator[None]:
        """Rages for as long as the block lasts, and then until each fault has struck once.

        Whatever ended the storm early is raised at the end.
        """
        thread = Thread(target=self._rage, args=(say,), name="storm")
        thread.start()
        try:
            yield
        except BaseException:
            self._is_off.set()
            raise
        finally:
            self._is_enough.set()
            thread.join()
        if self._broke:
            raise self._broke[0]

    def _rage(self, say: Callable[[Strike], None]) -> None:
        try:
            for fault in self._deck():
                strike = self._strike(fault)
                self.strikes.append(strike)
                say(strike)
        except Exception as broke:  # noqa: BLE001 - raised again in the thread that waits for the storm
            self._broke.append(broke)

    def _deck(self) -> Iterator[Fault]:
        """All faults in a new order each time round, with the pauses between them."""
        faults, ends = list(self.stack.faults()), self._is_off
        while not self._is_enough.is_set() or ends is self._is_off:
            self._random.shuffle(faults)
            for fault in faults:
                if ends.wait(self._every * self._random.uniform(1 - SCATTER, 1 + SCATTER)):
                    return
                yield fault
            ends = self._is_enough

    def _strike(self, fault: Fault) -> Strike:
        while (pid := self.stack.kill(fault, self._random)) is None:
            self._is_off.wait(START_POLL)
        return Strike(fault=fault, pid=pid, at=monotonic(), time=timezone.now())
