"""A message is found by its id, however many are open: their index would be read whole each time."""

import pytest
from django.db import connection
from django.utils import timezone

from core.outbox import handling, messages

pytestmark = pytest.mark.django_db


def _plan(statement, values):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {statement}", values)
        return "\n".join(line for (line,) in cursor.fetchall())


def _put_off():
    return str(handling._open_messages().filter(pk=1).query), None


@pytest.mark.parametrize(
    "made",
    [
        lambda: (messages._OPEN, [list(range(1, 17))]),
        lambda: (messages._MARK_HANDLED, [timezone.now(), 1]),
        lambda: (messages._MARK_IN_TURN, [timezone.now(), 1, ["tests.handler"]]),
        _put_off,
    ],
    ids=["find", "mark", "mark in turn", "put off"],
)
def test_plan__message_by_its_id__reads_the_key_alone(made, happen):
    happen()

    plan = _plan(*made())

    assert "core_outboxmessage_pkey" in plan
    assert "outbox_open" not in plan
