"""Rows into PostgreSQL by COPY, which takes a quarter of the time of bulk_create."""

from collections.abc import Sequence

from django.db import connection
from django.db.models import AutoField, Field, JSONField, Model
from psycopg import sql
from psycopg.types.json import Jsonb


def copy(rows: Sequence[Model]) -> None:
    """Insert unsaved `rows` of one model. The instances do not learn the keys that the database gives.

    Raises Django's database errors.
    """
    meta = rows[0]._meta
    fields = [field for field in meta.concrete_fields if not isinstance(field, AutoField)]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(meta.db_table), sql.SQL(", ").join(sql.Identifier(field.column) for field in fields)
    )
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as stream:
        for row in rows:
            stream.write_row([_value(field, row) for field in fields])


def _value(field: "Field[object, object]", row: Model) -> object:
    value = field.pre_save(row, add=True)
    return Jsonb(value) if isinstance(field, JSONField) else value
