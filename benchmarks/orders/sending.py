"""Orders sent by count: as fast as they are answered, or at a rate, whether the shop keeps up or not."""

import threading
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

from benchmarks.load import MARK, Request
from benchmarks.sides import Side

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
    sessions, run = threading.local(), f"{side.run}{time.monotonic_ns() % 10**6:06}"
    began = time.monotonic()

    def one(number: int) -> tuple[str, float]:
        late = time.monotonic() - (began + number / rate) if rate else 0.0
        if not hasattr(sessions, "own"):
            sessions.own = requests.Session()
        return _outcome(sessions.own, side.url, bodies[number % len(bodies)], f"{run}{number}"), late

    with ThreadPoolExecutor(CONNECTIONS) as pool:
        under_way = []
        for number in range(count):
            if rate:
                time.sleep(max(0.0, began + number / rate - time.monotonic()))
            under_way.append(pool.submit(one, number))
        outcomes = [future.result() for future in under_way]
    refused = Counter(outcome for outcome, _ in outcomes if outcome)
    return Sent(
        accepted=count - refused.total(),
        refused=refused,
        seconds=time.monotonic() - began,
        latest=max(late for _, late in outcomes),
    )


def _outcome(session: requests.Session, url: str, order: Request, text: str) -> str:
    """Empty where the order was accepted."""
    try:
        answer = session.post(
            url + order.path,
            data=order.body.replace(MARK, text).encode(),
            headers={name: value.replace(MARK, text) for name, value in order.headers.items()},
            timeout=TIMEOUT_SECONDS,
        )
    except requests.RequestException as error:
        return type(error).__name__
    return "" if answer.status_code == CREATED else f"status {answer.status_code}"
