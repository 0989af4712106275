"""Mails are recorded in the transaction that causes them, and sent by a worker, through the outbox."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation

from core import rows
from core.errors import FieldError, Invalid
from core.mail.models import Mail
from core.mail.rendering import render
from core.outbox import Event
from core.outbox.publishing import publish

CLAIM = timedelta(seconds=90)  # longer than the hard time limit of the task that sends

_mail = rows.Reader(Mail, alias="m")
_INSERT = """
INSERT INTO core_mail (
    id, cause, about, "to", subject, text, html, holds_secret, status, created_at, sent_at, claimed_until,
    error
) VALUES (
    %(id)s, %(cause)s, %(about)s, %(to)s, %(subject)s, %(text)s, %(html)s, %(holds_secret)s, %(status)s,
    %(created_at)s, %(sent_at)s, %(claimed_until)s, %(error)s
) ON CONFLICT (cause) DO NOTHING
"""
_CLAIM = f"""
UPDATE core_mail m SET claimed_until = %(until)s
WHERE m.id = %(id)s AND m.status = 'queued' AND (m.claimed_until IS NULL OR m.claimed_until <= %(now)s)
  AND NOT EXISTS (
    SELECT 1 FROM core_mail e WHERE e.about = m.about AND e.about <> '' AND e.status = 'queued'
      AND (e.created_at, e.id) < (m.created_at, m.id)
  )
RETURNING {_mail.columns}
"""  # noqa: S608 - columns of our own
_SENT = """
UPDATE core_mail SET status = 'sent', sent_at = %(now)s, claimed_until = NULL, error = '',
    text = CASE WHEN holds_secret THEN '' ELSE text END, html = CASE WHEN holds_secret THEN '' ELSE html END
WHERE id = %(id)s
"""


class MailQueued(Event, name="core.mail_queued"):
    mail_id: UUID

    def aggregate(self) -> str:
        return str(self.mail_id)


def queue(
    *,
    to: str,
    subject: str,
    text: str,
    html: str = "",
    cause: str | None = None,
    about: str = "",
    holds_secret: bool = False,
) -> Mail:
    """Queue one mail; with a `cause`, at most one per cause: a repeat returns the first.

    It is sent after those `about` the same that were queued before. Where it `holds_secret`, nobody but its
    receiver reads it.

    Raises Invalid for an address or subject of more than one line: it would forge headers.
    """
    _refuse_lines(to=to, subject=subject)
    mail = Mail(
        to=to,
        subject=subject,
        text=text,
        html=html,
        holds_secret=holds_secret,
        cause=cause,
        about=about,
        created_at=timezone.now(),
    )
    values = {field.attname: getattr(mail, field.attname) for field in Mail._meta.concrete_fields}
    with transaction.atomic(savepoint=False):
        if not rows.change(_INSERT, values | {"status": str(mail.status)}):
            return Mail.objects.get(cause=cause)
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


def queue_template(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    cause: str,
    language: str,
    about: str = "",
    holds_secret: bool = False,
) -> Mail:
    """Queue a mail from templates `<template>.subject.txt`, `.txt` and `.html`, in `language`."""
    with translation.override(language):
        mail = render(template, context)
    return queue(
        to=to,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        cause=cause,
        about=about,
        holds_secret=holds_secret,
    )


@transaction.atomic
def requeue(*, mail_ids: Iterable[UUID]) -> int:
    """Send failed mails again; how many of `mail_ids` had failed and have a text still."""
    failed = Mail.objects.select_for_update().filter(pk__in=list(mail_ids), status=Mail.Status.FAILED)
    failed = failed.exclude(holds_secret=True, text="")
    found = list(failed.order_by("pk").values_list("pk", flat=True))
    Mail.objects.filter(pk__in=found).update(status=Mail.Status.QUEUED, error="")
    publish(*(MailQueued(mail_id=pk) for pk in found))
    return len(found)


def claim(*, mail_id: UUID, now: datetime) -> Mail | None:
    """Take a queued mail for sending until `now + CLAIM`.

    None where it is not queued, another has it, or an earlier one about the same is still queued.
    """
    row = rows.fetch_one(_CLAIM, {"id": mail_id, "now": now, "until": now + CLAIM})
    return _mail.read(row) if row else None


def is_queued(*, mail_id: UUID) -> bool:
    return Mail.objects.filter(pk=mail_id, status=Mail.Status.QUEUED).exists()


def claimed_for(*, mail_id: UUID, now: datetime) -> float:
    """Seconds until the present claim of the mail ends by itself; 0 where there is none."""
    until = Mail.objects.filter(pk=mail_id).values_list("claimed_until", flat=True).first()
    return max(0.0, (until - now).total_seconds()) if until else 0.0


def release(*, mail_id: UUID, error: str) -> None:
    """End the claim of a mail that was not sent: it stays queued."""
    Mail.objects.filter(pk=mail_id).update(claimed_until=None, error=error)


def mark_sent(*, mail_id: UUID, now: datetime) -> None:
    """Once it is with the server nobody here needs the secret that it may hold."""
    rows.change(_SENT, {"id": mail_id, "now": now})


def mark_failed(*, mail_id: UUID, error: str) -> None:
    """Mark the mail failed unless it has been sent. Only `requeue` and `revive` send it again."""
    queued = Mail.objects.filter(pk=mail_id, status=Mail.Status.QUEUED)
    queued.update(status=Mail.Status.FAILED, claimed_until=None, error=error)


def revive(*, mail_id: UUID) -> None:
    """A failed mail whose message will be run again is queued. Its message's transaction commits it."""
    failed = Mail.objects.filter(pk=mail_id, status=Mail.Status.FAILED).exclude(holds_secret=True, text="")
    failed.update(status=Mail.Status.QUEUED, error="")
