"""Waiting until the workers are done with what was ordered."""

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Any

from orders.demo.progress import bar
from orders.demo.replay import shopping
from orders.demo.replay.http import Answer, NotAnswered, Shop
from orders.demo.replay.shopping import Placed

SETTLED = {"shipped", "delivered", "payment_failed", "cancelled"}
FIRST_PAUSE, LONGEST_PAUSE = 0.5, 4.0  # seconds between two rounds; longer while nothing happens


@dataclass(frozen=True, kw_only=True)
class Settled:
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


def wait(shop: Shop, orders: Sequence[Placed], *, within: float, concurrency: int) -> list[Settled]:
    """Look at each open order again and again until it is settled or `within` seconds are over."""
    deadline = time.monotonic() + within
    settled: list[Settled] = []
    waiting, pause = list(orders), FIRST_PAUSE
    with (
        ThreadPoolExecutor(concurrency) as pool,
        bar(total=len(orders), label="Waiting for the workers", unit="orders") as progress,
    ):
        while waiting:
            seen = list(pool.map(lambda placed: _look(shop, placed), waiting))
            done = [each for each in seen if each]
            settled += done
            progress.update(len(done))
            waiting = [placed for placed, each in zip(waiting, seen, strict=True) if not each]
            pause = FIRST_PAUSE if done else min(2 * pause, LONGEST_PAUSE)
            left = deadline - time.monotonic()
            if left <= 0 or (waiting and shop.stopping.wait(min(pause, left))):
                break
    return settled


def _look(shop: Shop, placed: Placed) -> Settled | None:
    """None where the order is not settled, or the shop did not tell."""
    try:
        answer = _ask(shop, placed)
    except NotAnswered:
        return None
    if answer.status != HTTPStatus.OK or answer.body["status"] not in SETTLED:
        return None
    return Settled(placed=placed, body=answer.body)


def _ask(shop: Shop, placed: Placed) -> Answer:
    answer = shop.call("GET /orders/{number}", number=placed.number, headers=placed.headers)
    if answer.status == HTTPStatus.UNAUTHORIZED and placed.shopper.registers:
        placed.headers.update(shopping.log_in(shop, placed.shopper))  # the access token has run out
        answer = shop.call("GET /orders/{number}", number=placed.number, headers=placed.headers)
    return answer
