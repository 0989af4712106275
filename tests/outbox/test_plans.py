"""A message is found by its id, however many are open: their index would be read whole each time."""

import pytest
from django.db import connection
from django.utils import timezone

from core.outbox import work, work_sql

pytestmark = pytest.mark.django_db


def _plan(statement, values):
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def _set(command):
    with connection.cursor() as cursor:
        cursor.execute(command)


def _put_off():
    return str(work._still_open(1).query), None


by_id = pytest.mark.parametrize(
    "made",
    [
        lambda: (work_sql.OPEN, {"ids": list(range(1, 17))}),
        lambda: (work_sql.MARK_HANDLED, {"now": timezone.now(), "id": 1}),
        lambda: (work_sql.MARK_IN_TURN, {"now": timezone.now(), "id": 1, "after": ["tests.handler"]}),
        _put_off,
    ],
    ids=["find", "mark", "mark in turn", "put off"],
)


@by_id
def test_plan__message_by_its_id_of_many__reads_the_key(made, on_thing, happen):
    on_thing(lambda event: None)
    happen(2_000)
    _set("ANALYZE core_outboxmessage")

    assert "core_outboxmessage_pkey" in _plan(*made())


@by_id
def test_plan__message_by_its_id_when_few_are_open__cannot_read_their_index(made):
    _set("SET LOCAL enable_seqscan = off")

    assert "outbox_open" not in _plan(*made())
