"""A database of its own for processes that commit: a copy of the test database, with its tables and rates."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connection, connections
from psycopg import sql


@contextmanager
def copied_database(name: str, *, server_url: str) -> Iterator[str]:
    """Its URL; dropped at the end. pytest-django's database has to be set up, and unused for a moment."""
    connections.close_all()
    with psycopg.connect(server_url, autocommit=True) as server:
        template = connection.settings_dict["NAME"]
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        server.execute(drop)
        copy = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(copy.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        finally:
            server.execute(drop)


@contextmanager
def using_database(name: str) -> Iterator[None]:
    """Django's default connection leads to database `name`, in every thread that opens one meanwhile."""
    known = connection.settings_dict["NAME"]
    _point_to(name)
    try:
        yield
    finally:
        _point_to(known)


def _point_to(name: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = connections.settings["default"]["NAME"] = name
