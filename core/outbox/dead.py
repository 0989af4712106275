"""What staff decide about a dead message: that nobody is to run it, or that it is to run again."""

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from core.outbox.models import OutboxMessage
from core.outbox.registry import Handler, handler_named, is_known, restore


@transaction.atomic
def skip(*, message_id: int, reason: str, actor: str) -> bool:
    """End a dead message: nobody will run it, and `actor` has said why. False where it is not dead."""
    found = _locked([message_id])
    _dead([message_id]).update(
        dead_at=None, handled_at=timezone.now(), skipped_by=actor[:300], skip_reason=reason[:300]
    )
    for message in found:
        _follow(message, lambda handler: handler.on_skip)
    return bool(found)


@transaction.atomic
def replay(message_ids: list[int]) -> int:
    """Make dead messages due at once with all their attempts; how many were dead."""
    found = _locked(message_ids)
    _dead([message.pk for message in found]).update(
        dead_at=None, attempts=0, publications=0, next_attempt_at=timezone.now()
    )
    for message in found:
        _follow(message, lambda handler: handler.on_replay)
    return len(found)


def _dead(message_ids: list[int]) -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(pk__in=message_ids, dead_at__isnull=False)


def _locked(message_ids: list[int]) -> list[OutboxMessage]:
    return list(_dead(message_ids).select_for_update().order_by("pk"))


def _follow(message: OutboxMessage, what: Callable[[Handler], Callable[[Any], None] | None]) -> None:
    """What its handler does then; that of another release is not known, and does nothing."""
    handler = handler_named(message.handler) if is_known(message.handler) else None
    run = what(handler) if handler else None
    if handler and run:
        run(restore(handler, message.payload))
