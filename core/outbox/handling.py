"""Running one message: at least once delivered, its effect once.

A failure is recorded and tried again with back-off; after `max_attempts` the message is dead: its handler's
`on_dead` has compensated, staff see it and may replay it. `Postpone` waits without counting as a failure
(an outside service is known to be down).
"""

import random
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from core.crash_points import crash_point
from core.observability import request_id
from core.outbox.models import OutboxMessage
from core.outbox.registry import Handler, handler_named, restore

log = structlog.get_logger(__name__)

FIRST_RETRY, LONGEST_RETRY = 1, 600  # seconds
LONGEST_POSTPONEMENT = 30  # seconds


class Postpone(Exception):
    """Raised by a handler that cannot work now: try again after `seconds`, not counted as a failure.

    A message that has waited long is tried less often, so that a long outage does not pile up work.
    """

    def __init__(self, reason: str, *, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


def handle(message_id: int) -> None:
    """Run the message's handler unless it has been handled, is dead or is being handled elsewhere."""
    message = _open_messages().filter(pk=message_id).first()
    if message is None:
        return
    handler = handler_named(message.handler)
    with request_id.bind(message.request_id):
        try:
            _run(handler, message)
        except Postpone as postponed:
            _retry_in(message, _pause(message, postponed), error=str(postponed))
        except Exception as error:  # noqa: BLE001 - any failure of any handler is recorded and retried
            _record_failure(handler, message, error)


def _open_messages() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(handled_at__isnull=True, dead_at__isnull=True)


def _run(handler: Handler, message: OutboxMessage) -> None:
    if handler.transactional:
        _run_in_transaction(handler, message)
    else:
        handler.run(restore(handler, message.payload))
        crash_point("core.handling.before_mark")
        _mark_handled(message)
    crash_point("core.handling.after_commit")


@transaction.atomic
def _run_in_transaction(handler: Handler, message: OutboxMessage) -> None:
    """Whoever comes second waits for the first, and then finds the message handled."""
    if _open_messages().select_for_update().filter(pk=message.pk).exists():
        handler.run(restore(handler, message.payload))
        _mark_handled(message)
        crash_point("core.handling.before_commit")


def _mark_handled(message: OutboxMessage) -> None:
    OutboxMessage.objects.filter(pk=message.pk).update(
        handled_at=timezone.now(), attempts=F("attempts") + 1, error=""
    )


def _record_failure(handler: Handler, message: OutboxMessage, error: Exception) -> None:
    attempts = message.attempts + 1
    log.warning(
        "handler_failed", handler=handler.name, message_id=message.pk, attempts=attempts, exc_info=error
    )
    if attempts >= handler.max_attempts:
        _bury(handler, message, error)
    else:
        pause = min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
        _retry_in(message, _scattered(pause), error=repr(error), failures=1)


def _pause(message: OutboxMessage, postponed: Postpone) -> float:
    age = (timezone.now() - message.created_at).total_seconds()
    return _scattered(max(postponed.seconds, min(age / 4, LONGEST_POSTPONEMENT)))


def _scattered(seconds: float) -> float:
    """So that what failed together does not come back together."""
    return seconds * random.uniform(0.8, 1.2)  # noqa: S311


def _retry_in(message: OutboxMessage, seconds: float, *, error: str, failures: int = 0) -> None:
    _open_messages().filter(pk=message.pk).update(
        next_attempt_at=timezone.now() + timedelta(seconds=seconds),
        attempts=F("attempts") + failures,
        publications=0,
        error=error[:2000],
    )


def _bury(handler: Handler, message: OutboxMessage, error: Exception) -> None:
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
            crash_point("core.handling.before_bury")
    except Exception as failed:
        log.error("on_dead_failed", handler=handler.name, message_id=message.pk, exc_info=failed)
        _retry_in(message, LONGEST_RETRY, error=repr(failed), failures=1)
    else:
        log.error("message_dead", handler=message.handler, message_id=message.pk)


def skip(*, message_id: int, reason: str, actor: str) -> bool:
    """End a dead message: nobody will run it, and `actor` has said why. False where it is not dead."""
    dead = OutboxMessage.objects.filter(pk=message_id, dead_at__isnull=False)
    return bool(
        dead.update(dead_at=None, handled_at=timezone.now(), skipped_by=actor[:300], skip_reason=reason[:300])
    )


def replay(message_ids: list[int]) -> int:
    """Bring dead messages back, due at once; how many were dead."""
    return OutboxMessage.objects.filter(pk__in=message_ids, dead_at__isnull=False).update(
        dead_at=None, attempts=0, publications=0, next_attempt_at=timezone.now()
    )
