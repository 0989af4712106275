"""Inline follow-ups: what a handler publishes for its own queue is run next, by the same thread.

Relay and broker are for messages that nobody has at hand. An inline follow-up is committed like any other
message, but leased: the relay sends it only where the lease ends first, because the worker died.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from core.outbox.work_sql import Message

# Longer than any follow-up waits for its turn (it begins right after the commit), and short enough that an
# order whose worker was killed in the middle is at its end within a minute.
LEASE = timedelta(seconds=15)


class InlineQueue:
    """The follow-ups that a thread working for `queue` runs next: `messages`, all of them committed."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        self.messages: list[Message] = []


_current: ContextVar[InlineQueue | None] = ContextVar("inline_queue", default=None)


def current() -> InlineQueue | None:
    """Where follow-ups that are published here go, or None: then the relay sends everything."""
    return _current.get()


@contextmanager
def collecting(queue: str) -> Iterator[InlineQueue]:
    """Whatever this block publishes for `queue` and commits is put into the yielded queue's `messages`."""
    follow_ups = InlineQueue(queue)
    token = _current.set(follow_ups)
    try:
        yield follow_ups
    finally:
        _current.reset(token)
