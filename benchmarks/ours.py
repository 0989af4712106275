"""The shop itself, as `make run` runs it, behind its nginx. Each suite prepares and calls it as it needs."""

import contextlib
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeVar

import psutil

from benchmarks import processes
from benchmarks.load.request import MARK, Request, post
from benchmarks.servers import OURS_DATABASE, Servers
from benchmarks.sides import Side
from localstack.layout import Layout
from localstack.ports import HOST, free_port
from localstack.record import SUPERVISOR, recorded

ROOT = Path(__file__).parents[1]
COMMAND = [sys.executable, "-m", "localstack", "run"]
START_SECONDS = 300  # it migrates and loads the demo data first
API = "/api/v1"
THROTTLE_SCALE = "1000000"
LINES = 3  # of an order
STOCK = 10_000_000  # of each product: nothing is sold out
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

    def programs(self) -> dict[str, psutil.Process]:
        """What the supervisor has written down, itself left out: it is the parent of the others."""
        if self.process is None:
            return {}
        return {name: one for name, one in recorded(Layout(ROOT).record).items() if name != SUPERVISOR}

    def credentials(self, purpose: str) -> dict[str, str]:
        return {"email": self.email(purpose), "password": self.password}

    def login(self, body: dict[str, str]) -> str:
        return str(self.call("POST", f"{API}/auth/login", status=200, body=body)["access"])

    def token(self, purpose: str) -> str:
        return self.login(self.credentials(purpose))

    def bearer(self, purpose: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(purpose)}"}


def guest_order(skus: Sequence[str], *, is_keyed: bool = False) -> Request:
    """A guest's order of one unit of each; `is_keyed`: each request under an idempotency key of its own."""
    body = {
        "items": [{"sku": sku, "quantity": 1} for sku in skus],
        "email": f"{MARK}@example.com",
        "shipping_address": ADDRESS,
        "payment": {"token": "tok_ok"},
    }
    return post(f"{API}/orders", body, {"Idempotency-Key": MARK} if is_keyed else None)


ShopT = TypeVar("ShopT", bound=Ours)


@contextlib.contextmanager
def started(kind: type[ShopT], servers: Servers, logs: Path, **variables: str) -> Iterator[ShopT]:
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
