"""Carrying on in place: what a handler publishes for its own queue is run next by the same thread.

Relay and broker are for messages that nobody has at hand. A message that is carried is committed like any
other, but leased: the relay sends it only where the lease ends first, because the worker died.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from core.outbox.messages import Message

# Longer than any step takes to be at it (it begins right after the commit), and short enough that an order
# whose worker was killed in the middle is at its end within a minute.
LEASE = timedelta(seconds=15)


class Carrier:
    """`queue` is what its thread works for; `messages` have been committed and are to be run next."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        self.messages: list[Message] = []


_current: ContextVar[Carrier | None] = ContextVar("carrier", default=None)


def current() -> Carrier | None:
    """Who carries on what is published here, or None: then the relay sends everything."""
    return _current.get()


@contextmanager
def carrying(queue: str) -> Iterator[Carrier]:
    """What is published for `queue` in this block, and committed, is found in the carrier's `messages`."""
    carrier = Carrier(queue)
    token = _current.set(carrier)
    try:
        yield carrier
    finally:
        _current.reset(token)
