"""What a shopper does, over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import requests

from tests.stack import Stack, any_order, eventually

ENDED = {"shipped", "payment_failed", "cancelled"}


def any_sku(stack: Stack) -> str:
    """A SKU that is in stock."""
    listed = requests.get(f"{stack.url}/api/v1/products", {"in_stock": "true"}, timeout=10).json()
    product = requests.get(listed["results"][0]["url"], timeout=10).json()
    return next(v["sku"] for v in product["variants"] if v["available"])


def place(stack: Stack, sku: str, **changes: Any) -> requests.Response:
    return requests.post(
        f"{stack.url}/api/v1/orders",
        json=any_order(sku, **changes),
        headers={"Idempotency-Key": str(uuid4())},
        timeout=10,
    )


def follow(stack: Stack, placed: dict[str, Any], *, seconds: float = 60) -> dict[str, Any]:
    """The order, once the workers are done with it."""

    def ended() -> dict[str, Any] | None:
        order = requests.get(
            f"{stack.url}/api/v1/orders/{placed['number']}",
            headers={"X-Order-Token": placed["token"]},
            timeout=10,
        ).json()
        return order if order["status"] in ENDED else None

    order = eventually(ended, seconds=seconds)
    assert order is not None
    return order


class Load:
    """Requests from `clients` threads until the block ends; `statuses` and `seconds` say how they went."""

    def __init__(self, request: Any, *, clients: int = 4) -> None:
        self._request, self._clients = request, clients
        self._pool = ThreadPoolExecutor(clients)
        self._is_over = False
        self.statuses: list[int] = []
        self.seconds: list[float] = []

    def __enter__(self) -> "Load":
        self._futures = [self._pool.submit(self._run) for _ in range(self._clients)]
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over = True
        for future in self._futures:
            future.result()
        self._pool.shutdown()

    def _run(self) -> None:
        with requests.Session() as session:
            while not self._is_over:
                answer = self._request(session)
                self.statuses.append(answer.status_code)
                self.seconds.append(answer.elapsed.total_seconds())
