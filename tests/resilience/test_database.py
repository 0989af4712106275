import os
import time

import psycopg
import pytest
from django.db import DatabaseError, connection

from core.resilience import database

pytestmark = pytest.mark.django_db(transaction=True)


def _backend():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def test_wait_until_up__server_has_ended_the_connection__takes_a_new_one():
    before = _backend()
    with psycopg.connect(os.environ["TEST_DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [before])

    is_up = database.wait_until_up(seconds=5)

    assert is_up
    assert _backend() != before


def _raised(statement):
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        return error


@pytest.mark.parametrize(
    ("statement", "is_lost"),
    [
        ("SELECT pg_terminate_backend(pg_backend_pid())", True),
        ("SET statement_timeout = 1; SELECT pg_sleep(1); RESET statement_timeout", False),
        ("SELECT 1/0", False),
    ],
)
def test_is_lost__only_for_a_connection_that_ended(*, statement, is_lost):
    error = _raised(statement)
    connection.close()

    assert database.is_lost(error) is is_lost


def test_is_lost__nobody_listens__is(monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")

    assert database.is_lost(_raised("SELECT 1"))
    assert not database.is_lost(ValueError("database"))


def test_retry__connection_lost_meanwhile__writes_again():
    calls = []

    def write():
        calls.append(1)
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())" if len(calls) == 1 else "SELECT 7")
            return cursor.fetchone()[0]

    assert database.retry(write, seconds=5) == 7
    assert len(calls) == 2


def test_retry__refused_by_a_database_that_is_there__is_raised():
    with pytest.raises(DatabaseError, match="division by zero"):
        database.retry(lambda: connection.cursor().execute("SELECT 1/0"), seconds=5)


def test_wait_until_up__server_away__gives_up_after_its_seconds(monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    started = time.monotonic()

    is_up = database.wait_until_up(seconds=0.3)

    assert not is_up
    assert 0.3 < time.monotonic() - started < 3
