"""Who comes to the shop in a replay: the file's orders, drawn and dressed by a seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from demo.articles import Product
from demo.history import HistoricOrder, digest

# Each payment token of the sandbox, how many in a hundred shoppers use it, and how their orders end.
PAYMENTS = (
    ("tok_ok", 94, "shipped"),
    ("tok_flaky", 2, "shipped"),
    ("tok_timeout", 1, "shipped"),
    ("tok_declined", 2, "payment_failed"),
    ("tok_insufficient", 1, "payment_failed"),
)
REGISTERING = 0.2  # of the shoppers; the others stay guests


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    """One visit: what is read, what is ordered, and how it is meant to end."""

    name: str
    email: str
    password: str
    registers: bool
    category_read: str
    product_read: str
    items: tuple[tuple[str, int], ...]
    address: dict[str, str]
    payment_token: str
    ends: str
    idempotency_key: str


def draw(
    orders: Sequence[HistoricOrder], products: Sequence[Product], *, count: int, seed: int, run: str
) -> list[Shopper]:
    """`count` shoppers, the same for the same seed, but for what has to be new in every `run`."""
    random = Random(seed)  # noqa: S311 - a reproducible draw, not a secret
    of_sku = {article.sku: product for product in products for article in product.articles}
    return [
        _shopper(random.choice(orders), of_sku, random, visit=f"{run}-{number}") for number in range(count)
    ]


def _shopper(order: HistoricOrder, of_sku: dict[str, Product], random: Random, *, visit: str) -> Shopper:
    token, _, ends = random.choices(PAYMENTS, weights=[share for _, share, _ in PAYMENTS])[0]
    first_article = of_sku[order.lines[0].sku]
    return Shopper(
        name=order.customer.name,
        email=f"{order.customer.id.lower()}.{visit}@replay.shop.test",
        password=digest("password", visit).hex()[:24],
        registers=random.random() < REGISTERING,
        category_read=first_article.category_slug,
        product_read=first_article.slug,
        items=tuple((line.sku, line.quantity) for line in order.lines),
        address=order.address,
        payment_token=token,
        ends=ends,
        idempotency_key=str(UUID(bytes=digest("order", visit)[:16])),
    )
