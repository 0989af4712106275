"""The shop itself, as `make run` runs it, behind its nginx."""

import contextlib
import itertools
import os
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import psutil

from benchmarks import load, processes
from benchmarks.errors import BenchmarkError
from benchmarks.load import MARK, Request
from benchmarks.servers import OURS_DATABASE, Servers
from benchmarks.sides import PRODUCTS, TODOS, Makers, Side
from localstack.layout import Layout
from localstack.ports import HOST, free_port
from localstack.record import SUPERVISOR, recorded

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "localstack", "run"]
START_SECONDS = 300  # it migrates and loads the demo data first
API = "/api/v1"
THROTTLE_SCALE = "1000000"
STAFF = "admin@shop.test"
LINES = 3
STOCK = 10_000_000
ADDRESS = {
    "name": "Grace Hopper",
    "line1": "350 Fifth Avenue",
    "city": "New York",
    "region": "NY",
    "postal_code": "10118",
    "country": "US",
}


class Ours(Side):
    name = "Django"
    # The demo data's own orders are years old.
    backlog_query = """
        SELECT (SELECT count(*) FROM core_outboxmessage WHERE handled_at IS NULL AND dead_at IS NULL)
             + (SELECT count(*) FROM orders_order
                WHERE status IN ('pending', 'paid') AND created_at > now() - interval '1 day')"""
    finished_orders_query = "SELECT count(*) FROM orders_order WHERE status IN ('shipped', 'delivered')"
    rows_queries = {
        "order": "SELECT count(*) FROM orders_order",
        "todo": "SELECT count(*) FROM todos_todo",
        "register": "SELECT count(*) FROM accounts_user",
    }
    data_queries = {
        "products": "SELECT count(*) FROM catalog_product",
        "orders": rows_queries["order"],
        "to-dos": rows_queries["todo"],
        "users": rows_queries["register"],
    }

    def prepare(self) -> None:
        for purpose in ("reader", "writer"):
            self.call("POST", f"{API}/auth/register", status=201, body=self._credentials(purpose))
        token = self._token("reader")
        for number in range(TODOS):
            self.call("POST", f"{API}/todos", status=201, token=token, body={"title": f"Number {number}"})
        self.slugs = list(itertools.islice(self._slugs(), PRODUCTS))
        if len(self.slugs) < PRODUCTS:
            raise BenchmarkError(f"The catalogue holds {len(self.slugs)} products; {PRODUCTS} are needed.")
        self.skus = [self._sku(slug) for slug in self.slugs]
        self._fill_stock()

    def makers(self) -> Makers:
        return {
            "health": lambda: [Request("/health")],
            "hello": lambda: [Request("/hello/Ada")],
            "products": lambda: [Request(f"{API}/products")],
            "product": lambda: [Request(f"{API}/products/{slug}") for slug in self.slugs],
            "todos": lambda: [Request(f"{API}/todos", headers=self._bearer("reader"))],
            "todo": lambda: [load.post(f"{API}/todos", {"title": f"Call {MARK}"}, self._bearer("writer"))],
            "order": lambda: [self._order() for _ in range(PRODUCTS)],
            "login": lambda: [load.post(f"{API}/auth/login", self._credentials("reader"))],
            "register": lambda: [load.post(f"{API}/auth/register", self._stranger())],
        }

    def programs(self) -> dict[str, psutil.Process]:
        """What the supervisor has written down, itself left out: it is the parent of the others."""
        if self.process is None:
            return {}
        return {name: one for name, one in recorded(Layout(ROOT).record).items() if name != SUPERVISOR}

    def _credentials(self, purpose: str) -> dict[str, str]:
        return {"email": self.email(purpose), "password": self.password}

    def _stranger(self) -> dict[str, str]:
        return {"email": f"{MARK}@example.com", "password": self.password}

    def _login(self, body: dict[str, str]) -> str:
        return str(self.call("POST", f"{API}/auth/login", status=200, body=body)["access"])

    def _token(self, purpose: str) -> str:
        return self._login(self._credentials(purpose))

    def _bearer(self, purpose: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token(purpose)}"}

    def _slugs(self) -> Iterator[str]:
        path: str | None = f"{API}/products?page_size={PRODUCTS}"
        while path:
            page = self.call("GET", path, status=200)
            yield from (product["slug"] for product in page["results"])
            path = page["next"] and API + page["next"].partition(API)[2]

    def _sku(self, slug: str) -> str:
        return str(self.call("GET", f"{API}/products/{slug}", status=200)["variants"][0]["sku"])

    def _fill_stock(self) -> None:
        staff = self._login({"email": STAFF, "password": os.environ.get("DEMO_PASSWORD", "demo-Pa55word")})
        body = {"change": STOCK, "reason": "received"}
        for sku in self.skus:
            self.call("POST", f"{API}/variants/{sku}/stock", status=201, token=staff, body=body)

    def _order(self) -> Request:
        """A guest's order of three products, each request under an idempotency key of its own."""
        body = {
            "items": [{"sku": sku, "quantity": 1} for sku in random.sample(self.skus, LINES)],
            "email": f"{MARK}@example.com",
            "shipping_address": ADDRESS,
            "payment": {"token": "tok_ok"},
        }
        return load.post(f"{API}/orders", body, {"Idempotency-Key": MARK})


SideT = TypeVar("SideT", bound=Ours)


def started(servers: Servers, logs: Path) -> contextlib.AbstractContextManager[Ours]:
    """The shop with the demo data."""
    return started_as(Ours, servers, logs)


@contextlib.contextmanager
def started_as(kind: type[SideT], servers: Servers, logs: Path, **variables: str) -> Iterator[SideT]:
    """The local stack on the shared servers, with `variables` in its environment.

    Its mails go to a box of their own, away from the usual one.
    """
    url = f"http://{HOST}:{free_port()}"
    database = servers.database_url(OURS_DATABASE)
    with (
        tempfile.TemporaryDirectory(prefix="shop-benchmark-") as mails,
        processes.running(
            COMMAND,
            cwd=ROOT,
            env={
                "PORT": url.rpartition(":")[2],
                "DATABASE_URL": database,
                "REDIS_URL": servers.valkey.url,
                "THROTTLE_SCALE": THROTTLE_SCALE,
                "MAIL_INBOX_DIR": mails,
                **variables,
            },
            log=logs / "django.log",
            ready_url=f"{url}/health/ready",
            start_seconds=START_SECONDS,
        ) as process,
    ):
        yield kind(url, process=process, database=database)
