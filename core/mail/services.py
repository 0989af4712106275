"""Mails are written down in the transaction that causes them and sent by a worker, through the outbox."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import translation

from core.errors import FieldError, Invalid
from core.mail.models import Mail
from core.mail.rendering import render
from core.outbox import Event
from core.outbox.publishing import publish

CLAIM = timedelta(seconds=90)  # longer than the hard time limit of the task that sends


@dataclass(frozen=True, kw_only=True)
class MailQueued(Event):
    name: ClassVar[str] = "core.mail_queued"
    mail_id: UUID

    def aggregate(self) -> str:
        return str(self.mail_id)


@transaction.atomic
def queue(*, to: str, subject: str, text: str, html: str = "", cause: str | None = None) -> Mail:
    """Queue one mail; with a `cause`, at most one per cause: a repeat returns the first.

    Raises Invalid for an address or subject of more than one line: it would forge headers.
    """
    _refuse_lines(to=to, subject=subject)
    fields = {"to": to, "subject": subject, "text": text, "html": html}
    if cause is None:
        mail, is_new = Mail.objects.create(**fields), True
    else:
        mail, is_new = Mail.objects.get_or_create(cause=cause, defaults=fields)
    if is_new:
        publish(MailQueued(mail_id=mail.pk))
    return mail


def _refuse_lines(**headers: str) -> None:
    errors = [
        FieldError(field=name, code="invalid", detail="Give one line")
        for name, value in headers.items()
        if len(value.splitlines()) > 1 or value.endswith(("\r", "\n"))
    ]
    if errors:
        raise Invalid("A mail header is one line", errors=errors)


def queue_template(*, to: str, template: str, context: dict[str, Any], cause: str, language: str) -> Mail:
    """Queue a mail from templates `<template>.subject.txt`, `.txt` and `.html`, in `language`."""
    with translation.override(language):
        mail = render(template, context)
    return queue(to=to, subject=mail.subject, text=mail.text, html=mail.html, cause=cause)


@transaction.atomic
def requeue(*, mail_ids: Iterable[UUID]) -> int:
    """Send failed mails again; how many of `mail_ids` had failed."""
    failed = Mail.objects.select_for_update().filter(pk__in=list(mail_ids), status=Mail.Status.FAILED)
    found = list(failed.order_by("pk").values_list("pk", flat=True))
    Mail.objects.filter(pk__in=found).update(status=Mail.Status.QUEUED, error="")
    publish(*(MailQueued(mail_id=pk) for pk in found))
    return len(found)


def claim(*, mail_id: UUID, now: datetime) -> bool:
    """Take a queued mail for sending until `now + CLAIM`; False where it is not queued or another has it."""
    unclaimed = Q(claimed_until__isnull=True) | Q(claimed_until__lte=now)
    queued = Mail.objects.filter(unclaimed, pk=mail_id, status=Mail.Status.QUEUED)
    return bool(queued.update(claimed_until=now + CLAIM))


def claimed_for(*, mail_id: UUID, now: datetime) -> float:
    """Seconds until the present claim of the mail ends by itself; 0 where there is none."""
    until = Mail.objects.filter(pk=mail_id).values_list("claimed_until", flat=True).first()
    return max(0.0, (until - now).total_seconds()) if until else 0.0


def release(*, mail_id: UUID, error: str) -> None:
    """Give a claimed mail back: it stays queued."""
    Mail.objects.filter(pk=mail_id).update(claimed_until=None, error=error)


def mark_sent(*, mail_id: UUID, now: datetime) -> None:
    Mail.objects.filter(pk=mail_id).update(status=Mail.Status.SENT, sent_at=now, claimed_until=None, error="")


def mark_failed(*, mail_id: UUID, error: str) -> None:
    Mail.objects.filter(pk=mail_id).update(status=Mail.Status.FAILED, claimed_until=None, error=error)
