"""The shop's public port, as a patient client uses it: what was lost, failed or put off is sent again."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from threading import Event
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
from urllib3.exceptions import NewConnectionError

from drills.connections import Connections
from drills.replay.tally import Attempt, Tally

API = "/api/v1"
TIMEOUT = (5, 30)  # seconds to connect, to answer


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
    text: str = ""
    is_replay: bool = False

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
        self._connections = Connections()
        self._retrying = Retrying(
            retry=retry_if_exception_type(NotAnswered),
            stop=stop_before_delay(patience) | stop_when_event_set(self.stopping),
            wait=_pause,
            before_sleep=lambda _: tally.tried_again(),
            sleep=sleep_using_event(self.stopping),
            reraise=True,
        )

    @contextmanager
    def ended_on_error(self) -> Iterator[None]:
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
        route, query = "GET /dev/mail/messages", {"bodies": "no"}
        answer: Answer = self._retrying(self._send, route, "/dev/mail/messages", params=query)
        return answer.body if answer.status == HTTPStatus.OK else None

    def _send(self, route: str, path: str, **request: Any) -> Answer:
        method, url = route.split(" ", maxsplit=1)[0], self.base_url + path
        began = time.monotonic()
        try:
            response = self._connections.own().request(
                method, url, timeout=TIMEOUT, allow_redirects=False, **request
            )
        except requests.RequestException as lost:
            self._record(route, began, failure=_kind(lost))
            raise NotAnswered(f"{route}: {lost!r}") from lost
        if _is_put_off(response):
            raise self._put_off(route, response, began)
        is_replay = response.headers.get("Idempotent-Replayed") == "true"
        self._record(route, began, is_replay=is_replay)
        is_json = "json" in response.headers.get("Content-Type", "")
        body = response.json() if is_json else None
        return Answer(status=response.status_code, body=body, text=response.text, is_replay=is_replay)

    def _put_off(self, route: str, response: requests.Response, began: float) -> NotAnswered:
        status, asked = response.status_code, response.headers.get("Retry-After", "")
        retry_after = float(asked) if asked.isdigit() else None
        is_sound = retry_after is not None or status == HTTPStatus.INTERNAL_SERVER_ERROR
        self._record(route, began, failure=str(status) if is_sound else f"{status} without Retry-After")
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.tally.held_back(retry_after or 0)
        return NotAnswered(f"{route}: {status}", status=status, retry_after=retry_after)

    def _record(self, route: str, began: float, *, failure: str = "", is_replay: bool = False) -> None:
        attempt = Attempt(route=route, began=began, ended=time.monotonic(), failure=failure)
        self.tally.add(attempt, is_replay=is_replay)


def _is_put_off(response: requests.Response) -> bool:
    """Also 409, where the first request with this idempotency key is still running."""
    status = response.status_code
    is_later = status == HTTPStatus.TOO_MANY_REQUESTS or "Retry-After" in response.headers
    return is_later or status >= HTTPStatus.INTERNAL_SERVER_ERROR


def _kind(lost: requests.RequestException) -> str:
    reason = getattr(lost.args[0], "reason", None) if lost.args else None
    if isinstance(reason, NewConnectionError):
        return "connection refused"
    return "timed out" if isinstance(lost, requests.Timeout) else "connection lost"


_back_off = wait_random_exponential(multiplier=0.2, max=5)


def _pause(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, NotAnswered) and error.retry_after is not None:
        return error.retry_after
    return _back_off(state)
