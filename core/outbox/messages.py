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
    payload: dict[str, Any]
    request_id: str
    attempts: int
    created_at: datetime


_OPEN = """
SELECT id, handler, payload::text, request_id, attempts, created_at
FROM core_outboxmessage
WHERE id = ANY(%s) AND handled_at IS NULL AND dead_at IS NULL
ORDER BY id
"""

# Takes the row's lock and ends the message in one go: who comes second waits, and then finds nothing.
_MARK_HANDLED = """
UPDATE core_outboxmessage SET handled_at = %s, attempts = attempts + 1, error = ''
WHERE id = %s AND handled_at IS NULL AND dead_at IS NULL
"""


def find_open(message_ids: Sequence[int]) -> list[Message]:
    """Those of the messages that are neither handled nor dead, oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, [list(message_ids)])
        return [Message(pk, name, orjson.loads(text), *rest) for pk, name, text, *rest in cursor.fetchall()]


def mark_handled(message_id: int, *, now: datetime) -> bool:
    """End the message; False where somebody else has. Its row stays locked until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_MARK_HANDLED, [now, message_id])
        return cursor.rowcount == 1
