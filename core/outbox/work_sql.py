"""The statements by which a worker takes messages and ends them, and the row that it reads."""

from datetime import datetime
from typing import Any, NamedTuple


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

OPEN = f"""
SELECT id, handler, aggregate, payload::text, request_id, attempts, created_at
FROM core_outboxmessage WHERE id = ANY(%(ids)s) AND {_IS_OPEN} ORDER BY id
"""  # noqa: S608 - constants only

# Takes the row's lock and ends the message in one go: who comes second waits, and then finds nothing.
MARK_HANDLED = f"""
UPDATE core_outboxmessage SET handled_at = %(now)s, attempts = attempts + 1, error = ''
WHERE id = %(id)s AND {_IS_OPEN}
"""  # noqa: S608 - constants only

# As above, unless an earlier message about the same for one of the handlers `after` is open.
MARK_IN_TURN = f"""{MARK_HANDLED} AND NOT EXISTS (
    SELECT 1 FROM core_outboxmessage e
    WHERE e.aggregate = core_outboxmessage.aggregate AND e.id < core_outboxmessage.id
      AND e.handler = ANY(%(after)s) AND coalesce(e.handled_at, e.dead_at) IS NULL
)
"""  # noqa: S608 - constants only
