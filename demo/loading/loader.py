"""The whole file into the database, in one transaction: a load that is killed leaves nothing behind."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import connection, transaction
from django.db.models import Model

from catalog.services import cache_tags, read_model
from catalog.services.stock import default_location
from core.resilience import time_limits
from demo import articles, history, source
from demo.loading import catalogue, copying, people, sales, stock
from demo.progress import bar
from orders.models import Order

BATCH = 1000
LOCK = 7_346_112  # one load at a time
MAX_MINUTES = 30  # of a statement, or of another load, on a machine that is busy with something else


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """How many rows each kind has got; empty where the data was there already."""

    rows: dict[str, int]

    @property
    def is_new(self) -> bool:
        return bool(self.rows)


def load() -> Loaded:
    """Fill the shop with the demo data, unless it is there.

    All or nothing. Raises IntegrityError where something of the shop's own has a SKU, slug or e-mail
    of the file.
    """
    lines = source.read_lines()
    products = articles.products(lines)
    orders = people.with_alice(history.orders(lines, articles.skus(products)))
    with transaction.atomic():
        time_limits.extend(minutes=MAX_MINUTES)
        _wait_for_others()
        counts = {} if _is_loaded(orders) else _insert(products, orders)
        people.ensure_log_ins()
    return Loaded(rows=counts)


def _wait_for_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _is_loaded(orders: Sequence[history.HistoricOrder]) -> bool:
    return Order.objects.filter(number=sales.number(orders[0].id)).exists()


def _insert(products: Sequence[articles.Product], orders: Sequence[history.HistoricOrder]) -> dict[str, int]:
    tree = catalogue.categories(products)
    product_rows, variant_rows = catalogue.product_rows(products, tree)
    variants = {variant.sku: variant for variant in variant_rows}
    users = people.user_rows(orders)
    sold = sales.rows(orders, users, variants)
    stocked = stock.rows(sold, orders, variants, default_location())
    kinds: dict[str, Sequence[Model]] = {
        "customers": list(users.values()),
        "products": product_rows,
        "variants": variant_rows,
        "orders": sold.orders,
        "order lines": sold.lines,
        "order events": sold.events,
        "payments": sold.payments,
        "shipments": sold.shipments,
        "stock levels": stocked.levels,
        "stock ledger entries": stocked.entries,
    }
    _store(list(kinds.values()))
    read_model.rebuild()
    cache_tags.announce(cache_tags.LISTS, cache_tags.CATEGORIES)
    return {"categories": len(tree)} | {kind: len(rows) for kind, rows in kinds.items()}


def _store(tables: Sequence[Sequence[Model]]) -> None:
    with bar(total=sum(map(len, tables)), label="", unit="rows") as progress:
        for batch in chain.from_iterable(map(_batches, tables)):
            copying.copy(batch)
            progress.update(len(batch))


def _batches(rows: Sequence[Model]) -> list[Sequence[Model]]:
    return [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
