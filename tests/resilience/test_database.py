import os
import time

import psycopg
import pytest
from django.db import connection

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


def test_wait_until_up__server_away__gives_up_after_its_seconds(monkeypatch):
    connection.close()
    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    started = time.monotonic()

    is_up = database.wait_until_up(seconds=0.3)

    assert not is_up
    assert 0.3 < time.monotonic() - started < 3
