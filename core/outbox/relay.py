"""From PostgreSQL to the broker: committed messages, those whose retry is due, and those that got lost.

Messages are claimed for a short time, sent outside any transaction, many of one queue at once, and then
leased: a frozen broker holds no lock, and several relays never claim the same message. What a killed relay
had claimed is due again when the claim ends; what had been sent by then is sent twice, which handlers make
harmless.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from django.db import connection
from django.utils import timezone

from core.outbox.registry import all_handlers, handler_named, is_known

log = structlog.get_logger(__name__)

BATCH = 200
TOGETHER = 16  # messages in one task: what the threads of a worker do in one go or two
CLAIM = timedelta(seconds=5)
# Seconds. Leases double so that what waits in a long queue, or kills its worker each time, is not sent again
# and again; no further than this, so that an order whose worker was killed several times does not wait for an
# hour. 100,000 messages that wait in queues are then 21 tasks a second.
LONGEST_LEASE = 300
UNKNOWN_HANDLER_PAUSE = timedelta(seconds=60)

Send = Callable[[list[int], str], None]


class QueueRefused(Exception):
    """Raised by `send`: the broker takes nothing for this queue now, but perhaps for another."""


class QueuesRefused(Exception):
    """The broker took nothing for `queues`, and `sent` messages for the others."""

    def __init__(self, queues: Collection[str], *, sent: int) -> None:
        super().__init__(f"Nothing was taken for {', '.join(sorted(queues))}")
        self.queues = queues
        self.sent = sent


class _Claimed(NamedTuple):
    pk: int
    handler: str
    publications: int
    due_at: datetime


def publish_batch(send: Send, *, but: Collection[str] = ()) -> int:
    """Send up to BATCH due messages with `send(message_ids, queue)`, none for the queues `but`; how many.

    Where `send` raises QueueRefused the other queues go on, and then QueuesRefused is raised. Whatever else
    it raises is raised at once. The messages not sent are due as they were before.
    """
    claimed_until = timezone.now() + CLAIM
    messages = _claim(claimed_until, but)
    leases = _put_off_unknown(messages)
    refused: set[str] = set()
    try:
        for queue, group in _tasks(message for message in messages if message.pk not in leases):
            if queue not in refused and not _sent(send, group, queue):
                refused.add(queue)
            if queue not in refused:
                leases |= {message.pk: _leased_until(message) for message in group}
    finally:
        if messages:
            unsent = {message.pk: message.due_at for message in messages if message.pk not in leases}
            _settle(leases, unsent, claimed_until)
    if refused:
        raise QueuesRefused(refused, sent=len(leases))
    return len(messages)


def _sent(send: Send, group: list[_Claimed], queue: str) -> bool:
    try:
        send([message.pk for message in group], queue)
    except QueueRefused as refused:
        log.warning("queue_refused", queue=queue, error=str(refused))
        return False
    return True


_CLAIM = """
WITH due AS (
    SELECT id, next_attempt_at FROM core_outboxmessage
    WHERE handled_at IS NULL AND dead_at IS NULL AND next_attempt_at <= %(now)s
      AND handler <> ALL(%(but)s::text[])
    ORDER BY next_attempt_at LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE core_outboxmessage m SET next_attempt_at = %(until)s
FROM due WHERE m.id = due.id
RETURNING m.id, m.handler, m.publications, due.next_attempt_at
"""


def _claim(until: datetime, but: Collection[str]) -> list[_Claimed]:
    """Oldest first."""
    passed_over = [handler.name for handler in all_handlers() if handler.queue in but]
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": timezone.now(), "most": BATCH, "until": until, "but": passed_over})
        return sorted(_Claimed(*row) for row in cursor.fetchall())


def _put_off_unknown(messages: list[_Claimed]) -> dict[int, datetime]:
    """Those that this release cannot handle: a newer one wrote them, or their handler was removed."""
    unknown = [message for message in messages if not is_known(message.handler)]
    for message in unknown:
        log.error("no_such_handler", handler=message.handler, message_id=message.pk)
    until = timezone.now() + UNKNOWN_HANDLER_PAUSE
    return {message.pk: until for message in unknown}


def _tasks(messages: Iterable[_Claimed]) -> Iterator[tuple[str, list[_Claimed]]]:
    """Messages of one queue, up to TOGETHER at a time, heavy ones each alone."""
    waiting: dict[tuple[str, int], list[_Claimed]] = {}
    for message in messages:
        handler = handler_named(message.handler)
        waiting.setdefault((handler.queue, 1 if handler.is_heavy else TOGETHER), []).append(message)
    for (queue, most), group in waiting.items():
        for first in range(0, len(group), most):
            yield queue, group[first : first + most]


def _leased_until(message: _Claimed) -> datetime:
    """When to send it again unless its handler has settled it by then."""
    lease = handler_named(message.handler).lease * 2**message.publications
    return timezone.now() + timedelta(seconds=min(lease, LONGEST_LEASE))


# A row that its worker is handling now, or has put off meanwhile, is left as the worker wants it.
_SETTLE = """
WITH mine AS (
    SELECT id FROM core_outboxmessage
    WHERE id = ANY(%(ids)s) AND next_attempt_at = %(claimed_until)s AND handled_at IS NULL
    FOR UPDATE SKIP LOCKED
)
UPDATE core_outboxmessage m
SET next_attempt_at = s.due, publications = m.publications + s.sent
FROM mine
JOIN unnest(%(ids)s::bigint[], %(due)s::timestamptz[], %(sent)s::int[]) AS s (id, due, sent) USING (id)
WHERE m.id = mine.id
"""


def _settle(leases: dict[int, datetime], unsent: dict[int, datetime], claimed_until: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            {
                "ids": [*leases, *unsent],
                "due": [*leases.values(), *unsent.values()],
                "sent": [1] * len(leases) + [0] * len(unsent),
                "claimed_until": claimed_until,
            },
        )
