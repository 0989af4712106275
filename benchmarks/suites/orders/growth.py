"""The shop that the orders are measured in: its catalogue, and as many orders of the past as asked for."""

import json
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.errors import DuplicateTable

from benchmarks.ours import ADDRESS, STOCK
from benchmarks.suites.orders import growth_sql
from orders.checkout.numbers import ALPHABET

SKUS = 500
CURRENCY = "USD"
READER_ORDERS = 40  # of the one customer whose orders are read
TABLES = (
    "accounts_user, orders_order, orders_orderline, orders_orderevent, orders_payment",
    "catalog_stockentry, catalog_stocklevel, orders_shipment, core_mail, core_outboxmessage",
)


def sku(place: int) -> str:
    return f"BENCH-{place:04}"


def guest_token(ordinal: int) -> str:
    """Of the made-up order; even ordinals beyond READER_ORDERS are guests'."""
    return f"bench-{ordinal}"


def stock_catalogue(database: str, *, now: datetime) -> None:
    """SKUS products of one variant each, with STOCK units; does nothing where they are there already."""
    values = {"skus": SKUS, "stock": STOCK, "currency": CURRENCY, "at": now - timedelta(days=800)}
    with (
        suppress(DuplicateTable),
        psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection,
    ):
        connection.execute(growth_sql.CATALOGUE.encode(), values)


def grow(database: str, *, first: int, last: int, reader: UUID, now: datetime) -> None:
    """Make the orders with ordinals `first` to `last`, all shipped, and leave the tables as autovacuum would.

    One whose number a real order has taken is left out. The role has to be a superuser: foreign keys are not
    checked while the rows go in, by two connections at once.
    """
    with psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection:
        location = connection.execute("SELECT id FROM catalog_location WHERE code = 'main'").fetchone()
        values = {
            "first": first,
            "last": last,
            "now": now,
            "reader": reader,
            "reader_orders": READER_ORDERS,
            "alphabet": ALPHABET,
            "currency": CURRENCY,
            "address": json.dumps(ADDRESS),
            "location": location and location[0],
        }
        connection.execute(growth_sql.SALES.encode(), values)
    with ThreadPoolExecutor(len(growth_sql.HALVES)) as pool:
        list(pool.map(lambda half: _insert(database, half, values), growth_sql.HALVES))
        list(pool.map(lambda tables: _tidy(database, f"VACUUM (ANALYZE) {tables}"), TABLES))
    _tidy(database, "DROP TABLE benchmark_sale", "CHECKPOINT")


def _insert(database: str, statements: Iterable[str], values: Mapping[str, Any]) -> None:
    with psycopg.connect(database, cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        for statement in statements:
            connection.execute(statement.encode(), values)


def _tidy(database: str, *statements: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
