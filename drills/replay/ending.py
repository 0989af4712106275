"""Waiting until the workers are done with what was ordered."""

import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from threading import Event
from typing import Any, TypeGuard

from demo.progress import bar
from drills.replay import shopping
from drills.replay.http import Answer, NotAnswered, Shop
from drills.replay.shopping import Placed

ENDED = {"shipped", "delivered", "payment_failed", "cancelled"}
# Asking must not take the machine from the workers that are waited for.
ASKING_THREADS, ASKED_AT_ONCE, ROUNDS = 2, 20, 20
FIRST_PAUSE, MAX_PAUSE = 0.25, 2.0  # seconds between two rounds; longer while nothing happens


@dataclass(frozen=True, kw_only=True)
class Ended:
    """An order that the workers have finished, as the shop shows it."""

    placed: Placed
    body: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.body["status"])

    @property
    def seconds_to_shipped(self) -> float | None:
        """By the shop's own clock; None for an order that was not shipped."""
        sent = [moment for shipment in self.body["shipments"] if (moment := shipment["shipped_at"])]
        if not sent:
            return None
        return (
            datetime.fromisoformat(min(sent)) - datetime.fromisoformat(self.body["created_at"])
        ).total_seconds()


def wait(shop: Shop, orders: Sequence[Placed], *, within: float) -> list[Ended]:
    """Ask for the open orders in turn until all have ended, or none has moved for `within` seconds."""
    ended: list[Ended] = []
    waiting, known = deque(orders), dict.fromkeys((placed.number for placed in orders), "pending")
    patience, at_once = Patience(within), max(ASKED_AT_ONCE, len(orders) // ROUNDS)
    with (
        ThreadPoolExecutor(ASKING_THREADS) as pool,
        bar(total=len(orders), label="Waiting for the workers", unit="orders") as progress,
    ):
        while waiting:
            batch = [waiting.popleft() for _ in range(min(at_once, len(waiting)))]
            reads = list(zip(batch, pool.map(lambda placed: _read(shop, placed), batch), strict=True))
            done = [Ended(placed=placed, body=body) for placed, body in reads if _is_ended(body)]
            waiting.extend(placed for placed, body in reads if not _is_ended(body))
            ended += done
            progress.update(len(done))
            seen = {placed.number: str(body["status"]) for placed, body in reads if body}
            has_changed, known = not seen.items() <= known.items(), known | seen
            if len(done) < len(batch) and not patience.goes_on(shop.stopping, has_changed=has_changed):
                break
    return ended


class Patience:
    """Waits between two rounds: shortly while something changes, else longer, and not for ever."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._pause = FIRST_PAUSE
        self._ends_at = time.monotonic() + seconds

    def goes_on(self, stopping: Event, *, has_changed: bool) -> bool:
        """Wait a little; False once nothing has been new for all the seconds, or `stopping` is set."""
        now = time.monotonic()
        if has_changed:
            self._pause, self._ends_at = FIRST_PAUSE, now + self._seconds
        left = self._ends_at - now
        if left <= 0:
            return False
        pause, self._pause = min(self._pause, left), min(2 * self._pause, MAX_PAUSE)
        return not stopping.wait(pause)


def _read(shop: Shop, placed: Placed) -> dict[str, Any] | None:
    """The order as the shop shows it; None where it did not answer."""
    try:
        answer = _ask(shop, placed)
    except NotAnswered:
        return None
    return answer.body if answer.status == HTTPStatus.OK else None


def _is_ended(body: dict[str, Any] | None) -> TypeGuard[dict[str, Any]]:
    return body is not None and body["status"] in ENDED


def _ask(shop: Shop, placed: Placed) -> Answer:
    answer = shop.call("GET /orders/{number}", number=placed.number, headers=placed.headers)
    if answer.status == HTTPStatus.UNAUTHORIZED and placed.shopper.registers:
        placed.headers.update(shopping.log_in(shop, placed.shopper))  # the access token has run out
        answer = shop.call("GET /orders/{number}", number=placed.number, headers=placed.headers)
    return answer
