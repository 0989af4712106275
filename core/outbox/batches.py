"""Many messages in one task of a worker: several at once, each on a thread with its own connection.

What a step mostly does is wait: for a provider, for the SMTP server, for a commit. The threads belong to
the worker's process and stay, and with them their connections. Messages are independent of each other:
each has its own transaction, and one that fails, or that hangs until the task's time is up, fails alone.
"""

import random
import threading
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import cache

import structlog
from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections

from core.outbox import work
from core.outbox.registry import handler_named, is_known
from core.outbox.work_sql import Message
from core.resilience import database

log = structlog.get_logger(__name__)

# A batch begins nothing more after this. The longest step has to fit between it and the limit of the task
# (core.outbox.tasks).
MAX_START_SECONDS = 20


class OutOfTime(Exception):
    """A handler was still running when the time of its task was up."""


def run(message_ids: Sequence[int], *, is_redelivered: bool = False) -> None:
    """Run those of the messages that are open, each once, whatever becomes of the others.

    `is_redelivered`: this batch may have killed a worker before, so its messages run one after the other in a
    random order; one that kills its worker each time cannot keep its neighbours from ever being done.
    """
    found = work.find_open(message_ids)
    batch = _Batch(until=time.monotonic() + MAX_START_SECONDS)
    if is_redelivered:
        random.shuffle(found)
    if is_redelivered or len(found) == 1:
        batch.run_in_turn(found)
    else:
        batch.run_together(found)


class _Batch:
    """The messages of one task. `_running` is what each thread has begun and not ended."""

    def __init__(self, *, until: float) -> None:
        self._until = until
        self._running: dict[int, Message] = {}
        self._connected: set[int] = set()  # threads that have seen to their connection

    def run_in_turn(self, found: Sequence[Message]) -> None:
        """Run the messages on the task's own thread, where its soft time limit reaches the handler."""
        self._requeue(pk for message in found for pk in self._run(message))

    def run_together(self, found: Sequence[Message]) -> None:
        futures = {
            _threads().submit(self._run_sequence, sequence): sequence for sequence in _sequences(found)
        }
        try:
            self._requeue(pk for future in futures for pk in future.result())
        except SoftTimeLimitExceeded:
            self._give_up(futures)
            wait(futures)  # until they end after all, or the hard limit ends this process

    def _run_sequence(self, sequence: Sequence[Message]) -> list[int]:
        return [pk for message in sequence for pk in self._run(message)]

    def _run(self, message: Message) -> list[int]:
        """Run the message and its follow-ups; the ids of those that were not begun."""
        if time.monotonic() > self._until:
            return [message.pk]
        thread = threading.get_ident()
        self._running[thread] = message
        self._connect(thread)
        try:
            return self._run_with_retry(message)
        except Exception:
            log.exception("message_left_to_its_lease", message_id=message.pk)
            self._connected.discard(thread)
            return []
        finally:
            del self._running[thread]

    def _run_with_retry(self, message: Message) -> list[int]:
        """Run the message, and once more where the database went away and is back in time.

        Every handler may be repeated; its inline follow-ups from before are left to their short lease.
        """
        try:
            return work.run(message, until=self._until)
        except (OperationalError, InterfaceError) as error:
            log.warning("database_unavailable", message_id=message.pk, error=str(error))
            if not database.wait_until_up(seconds=self._until - time.monotonic()):
                raise
            still_open = work.find_open([message.pk])
            return [pk for found in still_open for pk in work.run(found, until=self._until)]

    def _connect(self, thread: int) -> None:
        """Connect once in each batch: a database that restarted costs a new connection, not a failure."""
        if thread not in self._connected:
            close_old_connections()
            self._connected.add(thread)

    def _give_up(self, futures: dict[Future[list[int]], list[Message]]) -> None:
        cancelled = [sequence for future, sequence in futures.items() if future.cancel()]
        self._requeue(message.pk for sequence in cancelled for message in sequence)
        for message in list(self._running.values()):
            try:
                work.record_failure(message, OutOfTime("Not done when the time of its task was up"))
            except DatabaseError:  # its own transaction may still hold the row
                log.exception("message_left_to_its_lease", message_id=message.pk)

    @staticmethod
    def _requeue(message_ids: Iterable[int]) -> None:
        if left := list(message_ids):
            work.requeue(left)


def _sequences(found: Sequence[Message]) -> list[list[Message]]:
    """What may run beside each other; the messages of one sequence run one after the other."""
    sequences: dict[object, list[Message]] = {}
    for message in found:
        in_turn = is_known(message.handler) and handler_named(message.handler).in_turn
        sequences.setdefault(message.aggregate if in_turn else message.pk, []).append(message)
    return list(sequences.values())


@cache
def _threads() -> ThreadPoolExecutor:
    """The threads that run handlers, made by the worker's child after its fork."""
    return ThreadPoolExecutor(settings.WORKER_THREADS, thread_name_prefix="messages")
