"""The shop as its routes are measured: with the demo data, one reader, one writer, and endless stock."""

import itertools
import os
import random
from collections.abc import Iterator

from benchmarks.errors import BenchmarkError
from benchmarks.load.request import MARK, Request, post
from benchmarks.ours import API, LINES, STOCK, Ours, guest_order
from benchmarks.sides import PRODUCTS, TODOS, Makers

STAFF = "admin@shop.test"


class RouteShop(Ours):
    def prepare(self) -> None:
        for purpose in ("reader", "writer"):
            self.call("POST", f"{API}/auth/register", status=201, body=self.credentials(purpose))
        token = self.token("reader")
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
            "todos": lambda: [Request(f"{API}/todos", headers=self.bearer("reader"))],
            "todo": lambda: [post(f"{API}/todos", {"title": f"Call {MARK}"}, self.bearer("writer"))],
            "order": lambda: [self._order() for _ in range(PRODUCTS)],
            "login": lambda: [post(f"{API}/auth/login", self.credentials("reader"))],
            "register": lambda: [post(f"{API}/auth/register", self._stranger())],
        }

    def _order(self) -> Request:
        return guest_order(random.sample(self.skus, LINES), is_keyed=True)

    def _stranger(self) -> dict[str, str]:
        return {"email": f"{MARK}@example.com", "password": self.password}

    def _slugs(self) -> Iterator[str]:
        path: str | None = f"{API}/products?page_size={PRODUCTS}"
        while path:
            page = self.call("GET", path, status=200)
            yield from (product["slug"] for product in page["results"])
            path = page["next"] and API + page["next"].partition(API)[2]

    def _sku(self, slug: str) -> str:
        return str(self.call("GET", f"{API}/products/{slug}", status=200)["variants"][0]["sku"])

    def _fill_stock(self) -> None:
        staff = self.login({"email": STAFF, "password": os.environ.get("DEMO_PASSWORD", "demo-Pa55word")})
        body = {"change": STOCK, "reason": "received"}
        for sku in self.skus:
            self.call("POST", f"{API}/variants/{sku}/stock", status=201, token=staff, body=body)
