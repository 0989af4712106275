"""Whether what this process works with answers, asked on connections of its own.

Each dependency has one probe per process: callers that come while it runs wait for its answer and share it,
so neither a frozen server nor a flood of callers makes threads or connections grow. A probe closes what it
opened; one that is stuck in a frozen server ends with its socket's time-out.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import TypedDict

import psycopg
import redis
import structlog
from celery import current_app
from django.conf import settings
from django.db import connection
from redis.backoff import NoBackoff
from redis.retry import Retry

log = structlog.get_logger(__name__)

PATIENCE = 1.0  # seconds a caller waits for all probes together
SOCKET_SECONDS = 1.0


class Check(TypedDict, total=False):
    """`status` is OK or ERROR; `error`, where it failed, is one word: `timeout` or `unreachable`."""

    status: str
    ms: float
    error: str


class Probe:
    """Runs `ask` in one thread at a time; `ask` raises where the dependency does not answer."""

    def __init__(self, name: str, ask: Callable[[], None]) -> None:
        self._name, self._ask = name, ask
        self._lock = threading.Lock()
        self._running: Future[float] | None = None

    def start(self) -> "Future[float]":
        """The seconds that the answer took, to come: from the probe that is running, or a new one."""
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                target, args = self._run, (self._running,)
                threading.Thread(target=target, args=args, name=f"probe-{self._name}", daemon=True).start()
            return self._running

    def _run(self, outcome: "Future[float]") -> None:
        began = time.perf_counter()
        try:
            self._ask()
        except Exception as error:  # noqa: BLE001 - whatever a driver raises is the answer
            log.warning("dependency_not_ready", dependency=self._name, error=type(error).__name__)
            outcome.set_exception(error)
        else:
            outcome.set_result(time.perf_counter() - began)


def check_all() -> dict[str, Check]:
    """The state of each dependency, within PATIENCE seconds whatever they do."""
    began = time.perf_counter()
    outcomes = {name: probe.start() for name, probe in PROBES.items()}
    return {name: _await(outcome, began) for name, outcome in outcomes.items()}


def _await(outcome: "Future[float]", began: float) -> Check:
    remaining = max(0.0, began + PATIENCE - time.perf_counter())
    try:
        return Check(status="OK", ms=_milliseconds(outcome.result(timeout=remaining)))
    except Exception as error:  # noqa: BLE001 - as above
        took = _milliseconds(time.perf_counter() - began)
        return Check(status="ERROR", ms=took, error=_word(error))


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _word(error: Exception) -> str:
    timeouts = (FutureTimeoutError, TimeoutError, redis.TimeoutError, psycopg.errors.ConnectionTimeout)
    return "timeout" if isinstance(error, timeouts) else "unreachable"


def _ask_database() -> None:
    with psycopg.connect(**connection.get_connection_params(), autocommit=True) as fresh:
        fresh.execute("SELECT 1")


def _ask_cache() -> None:
    with redis.Redis.from_url(
        settings.CACHE_URL,
        socket_timeout=SOCKET_SECONDS,
        socket_connect_timeout=SOCKET_SECONDS,
        retry=Retry(NoBackoff(), 0),
    ) as client:
        client.ping()


def _ask_broker() -> None:
    options = {
        **settings.CELERY_BROKER_TRANSPORT_OPTIONS,
        "socket_timeout": SOCKET_SECONDS,
        "socket_connect_timeout": SOCKET_SECONDS,
    }
    with current_app.connection_for_write(
        transport_options=options, connect_timeout=SOCKET_SECONDS
    ) as broker:
        broker.ensure_connection(max_retries=1, timeout=1)


PROBES = {
    "database": Probe("database", _ask_database),
    "cache": Probe("cache", _ask_cache),
    "broker": Probe("broker", _ask_broker),
}
