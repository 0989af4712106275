"""What is deleted once nobody needs it, in small batches: each its own short transaction."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from core.compute.models import ComputeJob
from core.idempotency.models import IdempotencyRecord
from core.mail.models import Mail
from core.outbox.models import OutboxMessage

BATCH = 1000
MAX_BATCHES = 50  # of each kind in one run; what is left goes with the next

MESSAGES_KEPT = timedelta(days=7)
ANSWERS_KEPT = timedelta(hours=24)
MAIL_BODIES_KEPT = timedelta(days=90)
MAIL_SECRETS_KEPT = timedelta(days=3)
COMPUTATIONS_KEPT = timedelta(days=7)


def prune(*, now: datetime) -> dict[str, int]:
    """Delete what is past its time; how many of each kind.

    The record that a mail was sent stays without its body: its cause must not be mailed again.
    """
    return {
        "messages": _in_batches(_handled_messages(now - MESSAGES_KEPT), _delete),
        "answers": _in_batches(_finished_answers(now - ANSWERS_KEPT), _delete),
        "mail_bodies": _in_batches(_mails_with_body(now - MAIL_BODIES_KEPT), _empty),
        "mail_secrets": _in_batches(_secrets(now - MAIL_SECRETS_KEPT), _empty),
        "computations": _in_batches(
            ComputeJob.objects.filter(created_at__lt=now - COMPUTATIONS_KEPT), _delete
        ),
    }


def _handled_messages(before: datetime) -> QuerySet[OutboxMessage]:
    """Dead ones stay: staff decide about them."""
    return OutboxMessage.objects.filter(handled_at__lt=before)


def _finished_answers(before: datetime) -> QuerySet[IdempotencyRecord]:
    """Answers whose request caused nothing that is still under way: a late repeat must not do it twice."""
    unfinished = OutboxMessage.objects.filter(
        request_id=OuterRef("request_id"), handled_at__isnull=True
    ).exclude(request_id="")
    return IdempotencyRecord.objects.filter(~Exists(unfinished), created_at__lt=before)


def _mails_with_body(before: datetime) -> QuerySet[Mail]:
    """Sent before then, so queued before then too: by that they are found."""
    return Mail.objects.filter(~Q(text=""), sent_at__lt=before, created_at__lt=before)


def _secrets(before: datetime) -> QuerySet[Mail]:
    """Of mails that failed, and that nobody sent again while what they say was still good for something."""
    return Mail.objects.filter(
        ~Q(text=""), holds_secret=True, status=Mail.Status.FAILED, created_at__lt=before
    )


def _in_batches(rows: QuerySet, work: Callable[[QuerySet], int]) -> int:  # type: ignore[type-arg]
    total = 0
    for _ in range(MAX_BATCHES):
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        total += work(rows.model._default_manager.filter(pk__in=keys))
        if len(keys) < BATCH:
            break
    return total


def _delete(rows: QuerySet) -> int:  # type: ignore[type-arg]
    return rows.delete()[0]


def _empty(rows: QuerySet) -> int:  # type: ignore[type-arg]
    return rows.update(text="", html="")
