"""Clients that keep asking until they have an answer, and write down each one they get."""

import itertools
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar
from uuid import uuid4

import requests
from django.db import connection

from drills.oracle.answers import Answer, AnswerLog
from tests.stack import any_order

PATIENCE = 60  # seconds after which a buyer gives up
PAUSE = 0.1  # seconds between two tries
LATER = {409, 429, 502, 503, 504}
T = TypeVar("T")
_numbers = itertools.count(1)


class Buyers:
    """Many guests of one shop. Safe to use from several threads."""

    def __init__(self, url: str, log: AnswerLog) -> None:
        self.url, self.log = url, log
        self._local = threading.local()

    def body(self, *skus: str, token: str = "tok_ok", **changes: Any) -> dict[str, Any]:
        """An order of one piece of each SKU, from an address that nobody used before."""
        items = [{"sku": sku, "quantity": 1} for sku in skus]
        email = f"buyer-{next(_numbers)}-{uuid4().hex[:8]}@shop.test"
        return any_order(skus[0], items=items, email=email, payment={"token": token}) | changes

    def post(self, body: Mapping[str, Any], *, key: str) -> Answer:
        """Ask once. Raises requests.RequestException where no answer came."""
        answer = self._session().post(
            f"{self.url}/api/v1/orders", json=body, headers={"Idempotency-Key": key}, timeout=(3, 20)
        )
        answer = Answer(
            key=key,
            email=body["email"],
            status=answer.status_code,
            body=answer.text,
            is_replay=answer.headers.get("Idempotent-Replayed") == "true",
        )
        self.log.write(answer)
        return answer

    def order(self, body: Mapping[str, Any], *, key: str | None = None) -> Answer:
        """Ask, always under one key, until there is an answer that is final."""
        key = key or str(uuid4())
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = self.post(body, key=key)
            except requests.RequestException:
                answer = None
            if answer is not None and answer.status not in LATER:
                return answer
            assert time.monotonic() < deadline, f"No final answer for {key}; the last was {answer}"
            time.sleep(PAUSE)

    def order_all(self, bodies: Iterable[Mapping[str, Any]], *, at_once: int = 8) -> list[Answer]:
        return together(self.order, bodies, at_once=at_once)

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.trust_env = False
        return self._local.session


def together(act: Callable[[Any], T], things: Iterable[Any], *, at_once: int) -> list[T]:
    """`act` on each thing in `at_once` threads that begin together, each with its own database connection."""
    begin = threading.Barrier(at_once)
    queue = iter(list(enumerate(things)))
    take = threading.Lock()
    outcomes: dict[int, T] = {}

    def work(_: int) -> None:
        begin.wait(30)
        try:
            while True:
                with take:
                    number, thing = next(queue, (None, None))
                if number is None:
                    return
                outcomes[number] = act(thing)
        finally:
            connection.close()

    with ThreadPoolExecutor(at_once) as pool:
        list(pool.map(work, range(at_once)))
    return [outcomes[number] for number in sorted(outcomes)]
