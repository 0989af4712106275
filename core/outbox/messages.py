"""A message as workers see it, and the statements by which they take and settle it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from django.db import connection


class Message(NamedTuple):
    """An open message of the outbox. `attempts` is how often its handler has failed."""

    pk: int
    handler: str
    aggregate: str
    payload: dict[str, Any]
    request_id: str
    attempts: int
    created_at: datetime


# "Neither handled nor dead" in words that the index of open messages does not answer to: it is small at most
# times, so PostgreSQL would keep a plan that reads all of it for each message, also when thousands are open.
_IS_OPEN = "coalesce(handled_at, dead_at) IS NULL"

_OPEN = f"""
SELECT id, handler, aggregate, payload::text, request_id, attempts, created_at
FROM core_outboxmessage WHERE id = ANY(%s) AND {_IS_OPEN} ORDER BY id
"""  # noqa: S608 - constants only

# Takes the row's lock and ends the message in one go: who comes second waits, and then finds nothing.
_MARK_HANDLED = f"""
UPDATE core_outboxmessage SET handled_at = %s, attempts = attempts + 1, error = ''
WHERE id = %s AND {_IS_OPEN}
"""  # noqa: S608 - constants only

# As above, unless an earlier message about the same for one of these handlers is open.
_MARK_IN_TURN = f"""{_MARK_HANDLED} AND NOT EXISTS (
    SELECT 1 FROM core_outboxmessage e
    WHERE e.aggregate = core_outboxmessage.aggregate AND e.id < core_outboxmessage.id
      AND e.handler = ANY(%s) AND coalesce(e.handled_at, e.dead_at) IS NULL
)
"""  # noqa: S608 - constants only


def find_open(message_ids: Sequence[int]) -> list[Message]:
    """Those of the messages that are neither handled nor dead, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [list(message_ids)])
        return [
            Message(pk, name, aggregate, orjson.loads(text), *rest)
            for pk, name, aggregate, text, *rest in cursor.fetchall()
        ]


def mark_handled(message_id: int, *, now: datetime, after: Sequence[str] = ()) -> bool:
    """End the message; False where somebody else has. Its row stays locked until the transaction ends.

    False also where an earlier message about the same is open for one of the handlers `after`.
    """
    with connection.cursor() as cursor:
        if after:
            cursor.execute(_MARK_IN_TURN, [now, message_id, list(after)])
        else:
            cursor.execute(_MARK_HANDLED, [now, message_id])
        return cursor.rowcount == 1
