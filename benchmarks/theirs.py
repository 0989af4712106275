"""The Express cluster of benchmarks/express."""

import contextlib
import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks import processes
from benchmarks.load.request import MARK, Request, post
from benchmarks.requirements import EXPRESS
from benchmarks.servers import THEIRS_DATABASE, THEIRS_REDIS_NUMBER, Servers
from benchmarks.sides import PRODUCTS, TODOS, Makers, Side
from localstack.ports import HOST, free_port

COMMAND = ["node", "src/index.js"]
START_SECONDS = 30
PRODUCT_IDS = range(1, PRODUCTS + 1)


class Theirs(Side):
    name = "Express"
    backlog_query = "SELECT count(*) FROM orders WHERE status = 'pending'"
    finished_orders_query = "SELECT count(*) FROM orders WHERE status = 'processed'"
    rows_queries = {
        "order": "SELECT count(*) FROM orders",
        "todo": "SELECT count(*) FROM todos",
        "register": "SELECT count(*) FROM users",
    }
    data_queries = {
        "products": "SELECT count(*) FROM products",
        "orders": rows_queries["order"],
        "to-dos": rows_queries["todo"],
        "users": rows_queries["register"],
    }

    def prepare(self) -> None:
        for purpose in ("reader", "writer"):
            self.call("POST", "/auth/register", status=201, body=self._credentials(purpose))
        for number in range(TODOS):
            self.call(
                "POST", "/todos", status=201, token=self._token("reader"), body={"title": f"Number {number}"}
            )

    def makers(self) -> Makers:
        return {
            "health": lambda: [Request("/health")],
            "hello": lambda: [Request("/hello/Ada")],
            "products": lambda: [Request("/products")],
            "product": lambda: [Request(f"/products/{number}") for number in PRODUCT_IDS],
            "todos": lambda: [Request("/todos", headers=self._bearer("reader"))],
            "todo": lambda: [post("/todos", {"title": f"Call {MARK}"}, self._bearer("writer"))],
            "order": lambda: [post("/orders", _order(number)) for number in PRODUCT_IDS],
            "login": lambda: [post("/auth/login", self._credentials("reader"))],
            "register": lambda: [post("/auth/register", self._stranger())],
        }

    def _credentials(self, purpose: str) -> dict[str, str]:
        return {"email": self.email(purpose), "password": self.password}

    def _stranger(self) -> dict[str, str]:
        return {"email": f"{MARK}@example.com", "password": self.password}

    def _token(self, purpose: str) -> str:
        answer = self.call("POST", "/auth/login", status=200, body=self._credentials(purpose))
        return str(answer["access"])

    def _bearer(self, purpose: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token(purpose)}"}


def _order(product: int) -> dict[str, object]:
    return {"product_id": product, "quantity": 1, "email": f"{MARK}@example.com"}


@contextlib.contextmanager
def started(servers: Servers, logs: Path) -> Iterator[Theirs]:
    database = servers.database_url(THEIRS_DATABASE)
    with psycopg.connect(database) as connection:
        for file in ("schema.sql", "seed.sql"):
            connection.execute((EXPRESS / file).read_bytes())
    port = free_port()
    env = {
        "NODE_ENV": "production",
        "PORT": str(port),
        "DATABASE_URL": database,
        "REDIS_URL": f"{servers.valkey.url}/{THEIRS_REDIS_NUMBER}",
        "JWT_SECRET": secrets.token_hex(32),
        "RATE_LIMIT": "Infinity",
    }
    url = f"http://{HOST}:{port}"
    with processes.running(
        COMMAND,
        cwd=EXPRESS,
        env=env,
        log=logs / "express.log",
        ready_url=f"{url}/health",
        start_seconds=START_SECONDS,
    ) as process:
        yield Theirs(url, process=process, database=database)
