"""What a side offers in order to be measured; `ours` and `theirs` fill it in."""

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import psutil
import psycopg
import requests

from benchmarks.errors import BenchmarkError
from benchmarks.load.request import MARK, Request

PRODUCTS = 100  # details and order lines are spread over as many products
TODOS = 20
MAX_BACKLOG_SECONDS = 300
POLL_SECONDS = 0.25

Makers = Mapping[str, Callable[[], Sequence[Request]]]


class Side(ABC):
    """One of the two designs, running. `process` and `database` are None where only a URL was given."""

    name: ClassVar[str]
    backlog_query: ClassVar[str]
    rows_queries: ClassVar[Mapping[str, str]]
    finished_orders_query: ClassVar[str]
    data_queries: ClassVar[Mapping[str, str]]

    def __init__(
        self, url: str, *, process: psutil.Process | None = None, database: str | None = None
    ) -> None:
        self.url = url.rstrip("/")
        self.process = process
        self.database = database
        self.password = f"Bench-{secrets.token_hex(8)}"
        self.run = secrets.token_hex(4)

    @abstractmethod
    def prepare(self) -> None:
        """Make the users, to-dos and stock that the routes need. Called once, before all measurements."""

    @abstractmethod
    def makers(self) -> Makers:
        """By route, what makes the requests to send in turn, with fresh credentials."""

    def requests_for(self, route: str) -> Sequence[Request]:
        return self.makers()[route]()

    def probe(self, route: str) -> None:
        """Send the first request of a route once: wrk would take a redirect for a success."""
        request = self.requests_for(route)[0].marked(f"{self.run}-probe".ljust(len(MARK), "0"))
        answer = requests.request(
            request.method,
            self.url + request.path,
            data=request.body.encode(),
            headers=request.headers,
            timeout=30,
            allow_redirects=False,
        )
        self._refuse(answer, request.method, request.path, is_expected=200 <= answer.status_code < 300)

    def backlog(self) -> int:
        """Work that was accepted and is not finished."""
        return self._count(self.backlog_query) if self.database else 0

    def rows(self) -> dict[str, int]:
        """Rows in the database, by the route that makes them."""
        return (
            {route: self._count(query) for route, query in self.rows_queries.items()} if self.database else {}
        )

    def data(self) -> str:
        """What the database holds after the run."""
        if self.database is None:
            return "not looked into"
        return ", ".join(f"{self._count(query):,} {name}" for name, query in self.data_queries.items())

    def programs(self) -> dict[str, psutil.Process]:
        """The parts of the side whose processor time is worth telling apart."""
        return {}

    def finished_orders(self) -> int:
        return self._count(self.finished_orders_query)

    def email(self, purpose: str) -> str:
        return f"bench-{self.run}-{purpose}@example.com"

    def call(self, method: str, path: str, *, status: int, body: object = None, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = requests.request(method, self.url + path, json=body, headers=headers, timeout=30)
        self._refuse(answer, method, path, is_expected=answer.status_code == status)
        return answer.json()

    def _refuse(self, answer: requests.Response, method: str, path: str, *, is_expected: bool) -> None:
        if not is_expected:
            raise BenchmarkError(f"{self.name}: {method} {path}: {answer.status_code} {answer.text[:500]}")

    def _count(self, query: str) -> int:
        with psycopg.connect(str(self.database), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        return int(row[0]) if row else 0


def wait_until_done(side: Side) -> int:
    """Wait until the side has finished what it accepted; returns how much is left when the time is up."""
    deadline = time.monotonic() + MAX_BACKLOG_SECONDS
    while (left := side.backlog()) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return left
