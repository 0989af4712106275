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
# Looking must not take the machine from the workers that are waited for.
LOOKERS, LOOKS_AT_ONCE, ROUNDS = 2, 20, 20
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
        sent = [moment for parcel in self.body["shipments"] if (moment := parcel["shipped_at"])]
        if not sent:
            return None
        return (
            datetime.fromisoformat(min(sent)) - datetime.fromisoformat(self.body["created_at"])
        ).total_seconds()


def wait(shop: Shop, orders: Sequence[Placed], *, within: float) -> list[Ended]:
    """Look at the open orders in turn until all have ended, or none has moved for `within` seconds."""
    ended: list[Ended] = []
    waiting, known = deque(orders), dict.fromkeys((placed.number for placed in orders), "pending")
    patience, at_once = Patience(within), max(LOOKS_AT_ONCE, len(orders) // ROUNDS)
    with (
        ThreadPoolExecutor(LOOKERS) as pool,
        bar(total=len(orders), label="Waiting for the workers", unit="orders") as progress,
    ):
        while waiting:
            batch = [waiting.popleft() for _ in range(min(at_once, len(waiting)))]
            looks = list(zip(batch, pool.map(lambda placed: _look(shop, placed), batch), strict=True))
            done = [Ended(placed=placed, body=look) for placed, look in looks if _is_ended(look)]
            waiting.extend(placed for placed, look in looks if not _is_ended(look))
            ended += done
            progress.update(len(done))
            seen = {placed.number: str(look["status"]) for placed, look in looks if look}
            is_news, known = not seen.items() <= known.items(), known | seen
            if len(done) < len(batch) and not patience.goes_on(shop.stopping, is_news=is_news):
                break
    return ended


class Patience:
    """Waits between looks: shortly while there is news, longer when there is none, and not for ever."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._pause = FIRST_PAUSE
        self._ends_at = time.monotonic() + seconds

    def goes_on(self, stopping: Event, *, is_news: bool) -> bool:
        """Wait a little; False once nothing has been new for all the seconds, or `stopping` is set."""
        now = time.monotonic()
        if is_news:
            self._pause, self._ends_at = FIRST_PAUSE, now + self._seconds
        left = self._ends_at - now
        if left <= 0:
            return False
        pause, self._pause = min(self._pause, left), min(2 * self._pause, MAX_PAUSE)
        return not stopping.wait(pause)


def _look(shop: Shop, placed: Placed) -> dict[str, Any] | None:
    """The order as the shop shows it; None where it did not tell."""
    try:
        answer = _ask(shop, placed)
    except NotAnswered:
        return None
    return answer.body if answer.status == HTTPStatus.OK else None


def _is_ended(look: dict[str, Any] | None) -> TypeGuard[dict[str, Any]]:
    return look is not None and look["status"] in ENDED


def _ask(shop: Shop, placed: Placed) -> Answer:
    answer = shop.call("GET /orders/{number}", number=placed.number, headers=placed.headers)
    if answer.status == HTTPStatus.UNAUTHORIZED and placed.shopper.registers:
        placed.headers.update(shopping.log_in(shop, placed.shopper))  # the access token has run out
        answer = shop.call("GET /orders/{number}", number=placed.number, headers=placed.headers)
    return answer
