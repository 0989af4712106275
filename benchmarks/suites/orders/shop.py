"""The shop under measurement: without demo data, with a catalogue and a past made by `growth`."""

import json
import random
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import psycopg

from benchmarks.errors import BenchmarkError
from benchmarks.load.request import Request
from benchmarks.ours import API, LINES, ROOT, Ours, guest_order
from benchmarks.sides import Makers
from benchmarks.suites.orders import growth

BODIES = 200  # different baskets that are sent in turn
CARTS = 20
KINDS = {
    "hot": "one set of SKUs",
    "spread": "many SKUs",
    "keyed": "many SKUs, Idempotency-Key",
    "alone": "many SKUs, the work behind held still",
    "list": "GET a customer's orders, 20 rows",
    "detail": "GET an order",
    "cart": "GET a cart, 3 lines",
}


class OrderShop(Ours):
    """`reader` is the customer whose list is read; `size` how many orders of the past there are."""

    reader: UUID
    size: int = 0

    def prepare(self) -> None:
        growth.stock_catalogue(str(self.database), now=datetime.now(UTC))
        self.call("POST", f"{API}/auth/register", status=201, body=self.credentials("reader"))
        self.reader = self._id_of(self.email("reader"))
        self.carts = [self._open_cart() for _ in range(CARTS)]

    def grow_to(self, size: int) -> None:
        """As many orders of the past in all, and what there is to be read of them."""
        database = str(self.database)
        growth.grow(database, first=self.size + 1, last=size, reader=self.reader, now=datetime.now(UTC))
        self.size = size
        self.guests = self._some_guests()

    def makers(self) -> Makers:
        return {
            "hot": lambda: [_order(list(range(LINES)))],
            "spread": self.orders,
            "alone": self.orders,
            "keyed": lambda: [_order(_some_places(), is_keyed=True) for _ in range(BODIES)],
            "list": lambda: [Request(f"{API}/orders", headers=self.bearer("reader"))],
            "detail": lambda: [
                Request(f"{API}/orders/{number}", headers={"X-Order-Token": token})
                for number, token in self.guests
            ],
            "cart": lambda: [
                Request(f"{API}/carts/{cart}", headers={"X-Cart-Token": token}) for cart, token in self.carts
            ],
        }

    def orders(self) -> Sequence[Request]:
        """Of guests, three lines each, over all SKUs."""
        return [_order(_some_places()) for _ in range(BODIES)]

    def round_trips(self) -> dict[str, int]:
        """Round trips to PostgreSQL for one order, by the way it is placed."""
        command = [
            sys.executable,
            "-m",
            "benchmarks.suites.orders.round_trips",
            *map(growth.sku, range(LINES)),
        ]
        environment = self.programs()["relay"].environ()
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchmarkError(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}".strip())
        return dict(json.loads(done.stdout))

    def _id_of(self, email: str) -> UUID:
        with psycopg.connect(str(self.database)) as connection:
            row = connection.execute("SELECT id FROM accounts_user WHERE email = %s", [email]).fetchone()
        if row is None:
            raise BenchmarkError(f"{email} was registered and is not there")
        return UUID(str(row[0]))

    def _open_cart(self) -> tuple[str, str]:
        items = [{"sku": growth.sku(place), "quantity": 1} for place in _some_places()]
        cart = self.call("POST", f"{API}/carts", status=201, body={"items": items})
        return str(cart["id"]), str(cart["token"])

    def _some_guests(self) -> list[tuple[str, str]]:
        """Numbers and tokens of made-up orders of guests, from all of the past."""
        evens = range(growth.READER_ORDERS + 2, self.size + 1, 2)
        chosen = {f"sale-{n}@bench.example": n for n in random.sample(evens, min(BODIES, len(evens)))}
        with psycopg.connect(str(self.database)) as connection:
            rows = connection.execute(
                "SELECT number, email FROM orders_order WHERE email = ANY(%s)", [list(chosen)]
            ).fetchall()
        return [(number, growth.guest_token(chosen[email])) for number, email in rows]


def _some_places() -> list[int]:
    return random.sample(range(growth.SKUS), LINES)


def _order(places: Sequence[int], *, is_keyed: bool = False) -> Request:
    return guest_order([growth.sku(place) for place in places], is_keyed=is_keyed)
