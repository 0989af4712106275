"""Arrivals at a rate: each comes at its own moment, whether the shop keeps up or not (an open loop)."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")


def at_rate(
    things: Iterable[Thing], *, rate: float, wait: Callable[[float], object] = time.sleep
) -> Iterator[tuple[Thing, float]]:
    """Yields each thing with its moment by the monotonic clock, and not before it: `rate` a second from now.

    `wait` takes the seconds until then; one that returns early lets the rest come at once. Whoever handles a
    thing must not hold up the next one, and so hands it to a thread.
    """
    began = time.monotonic()
    for number, thing in enumerate(things):
        due = began + number / rate
        wait(max(0.0, due - time.monotonic()))
        yield thing, due
