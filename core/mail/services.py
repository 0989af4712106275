"""Mails are written down in the transaction that causes them and sent by a worker, through the outbox."""

from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

from django.db import transaction
from django.template.loader import render_to_string

from core.mail.models import Mail
from core.outbox import Event
from core.outbox.publishing import publish


@dataclass(frozen=True, kw_only=True)
class MailQueued(Event):
    name: ClassVar[str] = "core.mail_queued"
    mail_id: UUID

    def aggregate(self) -> str:
        return str(self.mail_id)


@transaction.atomic
def queue(*, to: str, subject: str, text: str, html: str = "", cause: str | None = None) -> Mail:
    """Queue one mail; with a `cause`, at most one per cause: a repeat returns the first."""
    fields = {"to": to, "subject": subject, "text": text, "html": html}
    if cause is None:
        mail, is_new = Mail.objects.create(**fields), True
    else:
        mail, is_new = Mail.objects.get_or_create(cause=cause, defaults=fields)
    if is_new:
        publish(MailQueued(mail_id=mail.pk))
    return mail


def queue_template(*, to: str, template: str, context: dict[str, Any], cause: str) -> Mail:
    """Queue a mail from templates `<template>.subject.txt`, `.txt` and `.html` in the active language."""
    return queue(
        to=to,
        subject=" ".join(render_to_string(f"{template}.subject.txt", context).split()),
        text=render_to_string(f"{template}.txt", context),
        html=render_to_string(f"{template}.html", context),
        cause=cause,
    )
