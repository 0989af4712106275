"""Running messages: each is delivered at least once, and has its effect once.

A failure is recorded and tried again with back-off; after `max_attempts` the message is dead: its handler's
`on_dead` has compensated, staff see it and may replay it. `Postpone` waits without counting as a failure
(an outside service is known to be down).
"""

import math
import random
import time
from collections import deque
from collections.abc import Collection, Sequence
from datetime import timedelta

import orjson
import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from core import rows
from core.observability import request_id
from core.outbox import inline
from core.outbox.models import OutboxMessage
from core.outbox.registry import Handler, handler_named, in_turn_with, restore
from core.outbox.work_sql import MARK_HANDLED, MARK_IN_TURN, OPEN, Message
from core.resilience import database

log = structlog.get_logger(__name__)

MIN_RETRY_SECONDS, MAX_RETRY_SECONDS = 1, 600
MAX_POSTPONE_SECONDS = 30
TURN_SECONDS = 1  # until a message that came before its turn is tried again


class Postpone(Exception):
    """Raised by a handler that cannot work now: try again after `seconds`, not counted as a failure.

    A message that has waited long is tried less often, so that a long outage does not pile up work.
    """

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


def find_open(message_ids: Sequence[int]) -> list[Message]:
    """Those of the messages that are neither handled nor dead, oldest first."""
    return [
        Message(pk, name, aggregate, orjson.loads(text), *rest)
        for pk, name, aggregate, text, *rest in rows.fetch(OPEN, {"ids": list(message_ids)})
    ]


def run(message: Message, *, until: float = math.inf) -> list[int]:
    """Run an open message, and then what its handler published for its own queue (core.outbox.inline).

    What comes after `until` (of time.monotonic) is not begun; the ids of what was left.
    """
    waiting = deque(_run(message))
    while waiting and time.monotonic() < until:
        waiting.extend(_run(waiting.popleft()))
    return [left.pk for left in waiting]


def _run(message: Message) -> list[Message]:
    """Run one message, and return its committed follow-ups."""
    handler = handler_named(message.handler)
    with request_id.bind(message.request_id), inline.collecting(handler.queue) as follow_ups:
        try:
            _run_handler(handler, message)
        except Postpone as postponed:
            _retry_in(message, _postponed_for(message, postponed), error=str(postponed))
        except Exception as error:
            if database.is_lost(error):  # nobody's failure, and nowhere to write it down
                raise
            record_failure(message, error)
    return follow_ups.messages


def _run_handler(handler: Handler, message: Message) -> None:
    if handler.transactional:
        _run_in_transaction(handler, message)
    else:
        _call(handler, message)
        _mark_handled(message)


@transaction.atomic
def _run_in_transaction(handler: Handler, message: Message) -> None:
    """Mark the message first: who comes second waits for that, and then finds it handled."""
    if _mark_in_turn(handler, message):
        _call(handler, message)


def _call(handler: Handler, message: Message) -> None:
    handler.run(restore(handler, message.payload))


def _mark_in_turn(handler: Handler, message: Message) -> bool:
    """End the message and lock its row until the transaction ends; False where somebody else has ended it.

    Raises Postpone where an earlier message about the same has to be handled first.
    """
    after = in_turn_with(handler)
    values = {"id": message.pk, "now": timezone.now(), "after": after}
    is_marked = rows.change(MARK_IN_TURN if after else MARK_HANDLED, values) == 1
    if after and not is_marked and find_open([message.pk]):
        raise Postpone("An earlier one about the same is not done yet", seconds=TURN_SECONDS)
    return is_marked


def _mark_handled(message: Message) -> None:
    rows.change(MARK_HANDLED, {"id": message.pk, "now": timezone.now()})


def record_failure(message: Message, error: Exception) -> None:
    """Try the message again later; or, after its last attempt, mark it dead and compensate."""
    handler, attempts = handler_named(message.handler), message.attempts + 1
    log.warning(
        "handler_failed", handler=handler.name, message_id=message.pk, attempts=attempts, exc_info=error
    )
    if attempts >= handler.max_attempts:
        _give_up(handler, message, error)
    else:
        seconds = min(MIN_RETRY_SECONDS * 2 ** (attempts - 1), MAX_RETRY_SECONDS)
        _retry_in(message, _scattered(seconds), error=repr(error), failures=1)


def _give_up(handler: Handler, message: Message, error: Exception) -> None:
    """Mark the message dead and compensate, both or neither: where `on_dead` fails it stays open."""
    try:
        with transaction.atomic():
            _mark_dead(handler, message, error)
    except Exception as failed:
        log.error("on_dead_failed", handler=handler.name, message_id=message.pk, exc_info=failed)
        _retry_in(message, MAX_RETRY_SECONDS, error=repr(failed), failures=1)
    else:
        log.error("message_dead", handler=message.handler, message_id=message.pk)


def _mark_dead(handler: Handler, message: Message, error: Exception) -> None:
    is_dead_now = _still_open(message.pk).update(
        dead_at=timezone.now(), attempts=F("attempts") + 1, error=repr(error)[:2000]
    )
    if is_dead_now and handler.on_dead:
        handler.on_dead(restore(handler, message.payload))


def requeue(message_ids: Collection[int]) -> None:
    """Messages that were taken and not begun are due at once."""
    _still_open(*message_ids).update(next_attempt_at=timezone.now(), publications=0)


def _retry_in(message: Message, seconds: float, *, error: str, failures: int = 0) -> None:
    _still_open(message.pk).update(
        next_attempt_at=timezone.now() + timedelta(seconds=seconds),
        attempts=F("attempts") + failures,
        publications=0,
        error=error[:2000],
    )


def _still_open(*message_ids: int) -> QuerySet[OutboxMessage]:
    """The messages that are open; in words by which they are found by their id (see work_sql)."""
    ended_at = Coalesce("handled_at", "dead_at")
    return OutboxMessage.objects.alias(ended_at=ended_at).filter(ended_at__isnull=True, pk__in=message_ids)


def _postponed_for(message: Message, postponed: Postpone) -> float:
    age = (timezone.now() - message.created_at).total_seconds()
    return _scattered(max(postponed.seconds, min(age / 4, MAX_POSTPONE_SECONDS)))


def _scattered(seconds: float) -> float:
    """The time varied a little, so that what failed together does not come back together."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311
