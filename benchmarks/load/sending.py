"""Orders sent by count: as fast as they are answered, or at a rate, whether the shop keeps up or not.

Shoppers of `drills.replay` come at a rate too, by the same `drills.arrivals` and `drills.connections`. What
each does is another thing: a shopper sends again what was lost or put off, so that no kill loses an order.
Here a request is sent once and a refusal is counted, since a repeat would hide it and add to the load.
"""

import math
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from benchmarks.load.request import Request
from benchmarks.sides import Side
from drills.arrivals import at_rate
from drills.connections import Connections

CONNECTIONS = 32
TIMEOUT_SECONDS = 30
CREATED = 201


@dataclass(frozen=True)
class Sent:
    """`refused` by status or kind of error; `latest` is how far behind its time the latest request began."""

    accepted: int
    refused: Counter[str]
    seconds: float
    latest: float


def send(side: Side, bodies: Sequence[Request], *, count: int, rate: float | None = None) -> Sent:
    """`count` orders of `bodies` in turn; without a rate, over CONNECTIONS as fast as they are answered."""
    connections, run = Connections(), f"{side.run}{time.monotonic_ns() % 10**6:06}"
    began = time.monotonic()

    def one(number: int, due: float) -> tuple[str, float]:
        late = max(0.0, time.monotonic() - due)
        request = bodies[number % len(bodies)].marked(f"{run}{number}")
        return _outcome(connections.own(), side.url, request), late

    numbers = range(count)
    moments = at_rate(numbers, rate=rate) if rate else ((number, math.inf) for number in numbers)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        under_way = [pool.submit(one, number, due) for number, due in moments]
        outcomes = [future.result() for future in under_way]
    refused = Counter(outcome for outcome, _ in outcomes if outcome)
    return Sent(
        accepted=count - refused.total(),
        refused=refused,
        seconds=time.monotonic() - began,
        latest=max(late for _, late in outcomes),
    )


def _outcome(session: requests.Session, url: str, order: Request) -> str:
    """Empty where the order was accepted."""
    try:
        answer = session.post(
            url + order.path, data=order.body.encode(), headers=order.headers, timeout=TIMEOUT_SECONDS
        )
    except requests.RequestException as error:
        return type(error).__name__
    return "" if answer.status_code == CREATED else f"status {answer.status_code}"
