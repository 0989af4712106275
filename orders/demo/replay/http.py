"""The shop's public port, as a patient client uses it: what was lost or put off is sent again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event, local
from typing import Any

import requests
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_before_delay,
    stop_when_event_set,
    wait_random_exponential,
)
from tenacity.nap import sleep_using_event

from orders.demo.replay.tally import Tally

API = "/api/v1"
TIMEOUT = (5, 30)  # seconds to connect, to answer
PUT_OFF = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.BAD_GATEWAY}


class NotAnswered(Exception):
    """No answer that counts: the connection was lost, or the shop said to come back later."""

    def __init__(self, reason: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    status: int
    body: Any

    @property
    def code(self) -> str:
        """The problem's code, where the answer is a problem (RFC 9457)."""
        return str(self.body.get("code", "")) if isinstance(self.body, dict) else ""


class Shop:
    """Calls to one base URL from any thread; each thread keeps its own connection.

    A call repeats itself, with back-off or as long as Retry-After asks, for up to `patience` seconds.
    Setting `stopping` ends every wait and every repeat.
    """

    def __init__(self, base_url: str, *, tally: Tally, patience: float) -> None:
        self.base_url = base_url.rstrip("/")
        self.tally = tally
        self.stopping = Event()
        self._threads = local()
        self._retrying = Retrying(
            retry=retry_if_exception_type(NotAnswered),
            stop=stop_before_delay(patience) | stop_when_event_set(self.stopping),
            wait=_pause,
            before_sleep=lambda _: tally.tried_again(),
            sleep=sleep_using_event(self.stopping),
            reraise=True,
        )

    @contextmanager
    def called_off_on_error(self) -> Iterator[None]:
        """An error in the block, Ctrl-C included, ends the waits of all threads."""
        try:
            yield
        except BaseException:
            self.stopping.set()
            raise

    def call(
        self,
        route: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        **names: str,
    ) -> Answer:
        """Send "METHOD /path/{name}" below the API's base path. Raises NotAnswered when patience is over."""
        path = API + route.split(" ")[1].format(**names)
        answer: Answer = self._retrying(self._send, route, path, json=body, params=query, headers=headers)
        return answer

    def mails(self) -> list[dict[str, str]] | None:
        """What the local stack's inbox holds, newest first; None where the shop has no such inbox."""
        answer: Answer = self._retrying(self._send, "GET /dev/mail/messages", "/dev/mail/messages")
        return answer.body if answer.status == HTTPStatus.OK else None

    def _send(self, route: str, path: str, **request: Any) -> Answer:
        method, url = route.split(" ", maxsplit=1)[0], self.base_url + path
        started = time.perf_counter()
        try:
            response = self._session().request(method, url, timeout=TIMEOUT, allow_redirects=False, **request)
        except requests.RequestException as lost:
            self.tally.failed(route, type(lost).__name__)
            raise NotAnswered(f"{route}: {lost!r}") from lost
        return self._read(route, response, time.perf_counter() - started)

    def _read(self, route: str, response: requests.Response, seconds: float) -> Answer:
        if response.status_code in PUT_OFF:
            raise self._put_off(route, response)
        is_replay = response.headers.get("Idempotent-Replayed") == "true"
        self.tally.answered(route, seconds, is_replay=is_replay)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            self.tally.failed(route, str(response.status_code))
        is_json = "json" in response.headers.get("Content-Type", "")
        return Answer(status=response.status_code, body=response.json() if is_json else None)

    def _put_off(self, route: str, response: requests.Response) -> NotAnswered:
        status, asked = response.status_code, response.headers.get("Retry-After", "")
        retry_after = float(asked) if asked.isdigit() else None
        self.tally.failed(route, str(status))
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.tally.held_back(retry_after or 0)
        return NotAnswered(f"{route}: {status}", status=status, retry_after=retry_after)

    def _session(self) -> requests.Session:
        if not hasattr(self._threads, "session"):
            self._threads.session = requests.Session()
            # Neither a proxy nor a ~/.netrc stands between a shopper and this shop.
            self._threads.session.trust_env = False
        session: requests.Session = self._threads.session
        return session


_back_off = wait_random_exponential(multiplier=0.2, max=5)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, NotAnswered) and error.retry_after is not None:
        return error.retry_after
    return _back_off(state)
