"""Statements of our own where the ORM's work around one costs more than the statement.

For paths that every order takes; anywhere else the ORM reads better. A row may still become an instance.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

import orjson
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import JSONField, Model

M = TypeVar("M", bound=Model)
Values = Mapping[str, Any] | Sequence[Any]  # for %(name)s, or for %s in order


def fetch(statement: str, values: Values) -> list[tuple[Any, ...]]:
    """The rows that the statement answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def fetch_one(statement: str, values: Values) -> tuple[Any, ...] | None:
    """The first row, or None."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()


def change(statement: str, values: Values) -> int:
    """How many rows the statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return int(cursor.rowcount)


def array(values: Iterable[object]) -> str:
    """PostgreSQL's text form of an array, for a parameter that the statement casts; no value may be None.

    psycopg finds out the type of every list anew, which costs six times as much as writing it.
    """
    return (
        "{" + ",".join([_quoted(value) if isinstance(value, str) else str(value) for value in values]) + "}"
    )


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class Reader(Generic[M]):
    """Instances of `model` from rows; `columns` is what to select, from the table or its alias `alias`.

    With `names` only these fields are read; the others would be fetched when asked for, as with `only`.
    """

    def __init__(self, model: type[M], *names: str, alias: str = "") -> None:
        fields = [f for f in model._meta.concrete_fields if not names or f.attname in names]
        self._model, self._names = model, [field.attname for field in fields]
        self._json = [place for place, field in enumerate(fields) if isinstance(field, JSONField)]
        self.width = len(fields)
        self.columns = ", ".join(f'{alias or model._meta.db_table}."{field.column}"' for field in fields)

    def read(self, row: tuple[Any, ...]) -> M:
        """An instance of the model from the first `width` values of the row."""
        values = list(row[: self.width])
        for place in self._json:
            values[place] = orjson.loads(values[place])
        return self._model.from_db(DEFAULT_DB_ALIAS, self._names, values)
