"""Running one message: at least once delivered, its effect once.

A failure is recorded and tried again with back-off; after `max_attempts` the message is dead: its handler's
`on_dead` has compensated, staff see it and may replay it. `Postpone` waits without counting as a failure
(an outside service is known to be down).
"""

import math
import random
import time
from collections import deque
from collections.abc import Collection
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from core.observability import request_id
from core.outbox import messages
from core.outbox.carrying import carrying
from core.outbox.messages import Message
from core.outbox.models import OutboxMessage
from core.outbox.registry import Handler, handler_named, in_turn_with, restore
from core.resilience import database

log = structlog.get_logger(__name__)

FIRST_RETRY, LONGEST_RETRY = 1, 600  # seconds
LONGEST_POSTPONEMENT = 30  # seconds
TURN = 1  # seconds until a message that came before its turn is looked at again


class Postpone(Exception):
    """Raised by a handler that cannot work now: try again after `seconds`, not counted as a failure.

    A message that has waited long is tried less often, so that a long outage does not pile up work.
    """

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


def handle(message_id: int, *, until: float = math.inf) -> None:
    """As `run`, unless the message has been handled or is dead."""
    for message in messages.find_open([message_id]):
        run(message, until=until)


def run(message: Message, *, until: float = math.inf) -> list[int]:
    """Run an open message, and then what its handler published for its own queue (carrying).

    What comes after `until` (of time.monotonic) is not begun; the ids of what was left.
    """
    waiting = deque(_run(message))
    while waiting and time.monotonic() < until:
        waiting.extend(_run(waiting.popleft()))
    return [left.pk for left in waiting]


def _run(message: Message) -> list[Message]:
    """Run one message; the committed messages to carry on with."""
    handler = handler_named(message.handler)
    with request_id.bind(message.request_id), carrying(handler.queue) as carrier:
        try:
            _run_handler(handler, message)
        except Postpone as postponed:
            _retry_in(message, _pause(message, postponed), error=str(postponed))
        except Exception as error:
            if database.is_lost(error):  # nobody's failure, and nowhere to write it down
                raise
            record_failure(message, error)
    return carrier.messages


def _run_handler(handler: Handler, message: Message) -> None:
    if handler.transactional:
        _run_in_transaction(handler, message)
    else:
        handler.run(restore(handler, message.payload))
        messages.mark_handled(message.pk, now=timezone.now())


@transaction.atomic
def _run_in_transaction(handler: Handler, message: Message) -> None:
    """Marked first: who comes second waits for that, and then finds the message handled."""
    if _is_marked(handler, message):
        handler.run(restore(handler, message.payload))


def _is_marked(handler: Handler, message: Message) -> bool:
    """Raises Postpone where it is not the message's turn."""
    after = in_turn_with(handler)
    is_marked = messages.mark_handled(message.pk, now=timezone.now(), after=after)
    if after and not is_marked and messages.find_open([message.pk]):
        raise Postpone("An earlier one about the same is not done yet", seconds=TURN)
    return is_marked


def record_failure(message: Message, error: Exception) -> None:
    """Try the message again later; or, after its last attempt, bury it and compensate."""
    handler, attempts = handler_named(message.handler), message.attempts + 1
    log.warning(
        "handler_failed", handler=handler.name, message_id=message.pk, attempts=attempts, exc_info=error
    )
    if attempts >= handler.max_attempts:
        _bury(handler, message, error)
    else:
        pause = min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
        _retry_in(message, _scattered(pause), error=repr(error), failures=1)


def _pause(message: Message, postponed: Postpone) -> float:
    age = (timezone.now() - message.created_at).total_seconds()
    return _scattered(max(postponed.seconds, min(age / 4, LONGEST_POSTPONEMENT)))


def _scattered(seconds: float) -> float:
    """So that what failed together does not come back together."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311


def give_back(message_ids: Collection[int]) -> None:
    """Messages that were taken and not begun are due at once."""
    _open_messages().filter(pk__in=message_ids).update(next_attempt_at=timezone.now(), publications=0)


def _open_messages() -> QuerySet[OutboxMessage]:
    """To be narrowed by id; in words by which they are found by that (core.outbox.messages tells why)."""
    ended_at = Coalesce("handled_at", "dead_at")
    return OutboxMessage.objects.alias(ended_at=ended_at).filter(ended_at__isnull=True)


def _retry_in(message: Message, seconds: float, *, error: str, failures: int = 0) -> None:
    _open_messages().filter(pk=message.pk).update(
        next_attempt_at=timezone.now() + timedelta(seconds=seconds),
        attempts=F("attempts") + failures,
        publications=0,
        error=error[:2000],
    )


def _bury(handler: Handler, message: Message, error: Exception) -> None:
    """Give the message up and compensate, both or neither: where `on_dead` fails it stays open."""
    try:
        with transaction.atomic():
            is_buried = (
                _open_messages()
                .filter(pk=message.pk)
                .update(dead_at=timezone.now(), attempts=F("attempts") + 1, error=repr(error)[:2000])
            )
            if is_buried and handler.on_dead:
                handler.on_dead(restore(handler, message.payload))
    except Exception as failed:
        log.error("on_dead_failed", handler=handler.name, message_id=message.pk, exc_info=failed)
        _retry_in(message, LONGEST_RETRY, error=repr(failed), failures=1)
    else:
        log.error("message_dead", handler=message.handler, message_id=message.pk)
