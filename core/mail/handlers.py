"""Sends queued mails. One is sent twice only where its worker died after SMTP had accepted it, before that
was recorded.
"""

import random
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.utils import timezone

from core.mail import services, smtp
from core.mail.models import Mail
from core.mail.services import MailQueued
from core.outbox import handles
from core.outbox.work import Postpone
from core.resilience import database
from core.resilience.breaker import BreakerOpen

log = structlog.get_logger(__name__)

RETRY_SECONDS = 15
GREYLIST_SECONDS = 60
MIN_CLAIMED_SECONDS = 1  # between two tries for a mail that another worker has
MAX_DATABASE_SECONDS = 15  # that the database may be away after a mail was sent
GIVE_UP_AFTER = timedelta(days=3)  # of temporary refusals (RFC 5321, 4.5.4.1 asks for days)


def _fail(event: MailQueued) -> None:
    """What was given up does not hold up later mails about the same; staff see it and may queue it again."""
    services.mark_failed(mail_id=event.mail_id, error="It could not be sent: see its outbox message")


def _revive(event: MailQueued) -> None:
    services.revive(mail_id=event.mail_id)


@handles(
    MailQueued,
    name="core.send_mail",
    queue="mail",
    transactional=False,
    max_attempts=20,
    on_dead=_fail,
    on_replay=_revive,
)
def send_mail(event: MailQueued) -> None:
    mail = services.claim(mail_id=event.mail_id, now=timezone.now())
    if mail is None:
        _wait_for_others(event.mail_id)
        return
    try:
        smtp.send(mail)
    except smtp.Refused as refused:
        _handle_refusal(mail, refused, now=timezone.now())
    except BreakerOpen as down:
        _send_later(mail, str(down), seconds=down.seconds)
    except smtp.Unreachable as down:
        _send_later(mail, f"SMTP: {down}", seconds=RETRY_SECONDS)
    else:
        mark_sent = partial(services.mark_sent, mail_id=mail.pk, now=timezone.now())
        database.retry(mark_sent, seconds=MAX_DATABASE_SECONDS)  # nobody else can know that it was sent


def _wait_for_others(mail_id: UUID) -> None:
    """What cannot be claimed was sent or has failed, is being sent, or is not the next about its subject."""
    if services.is_queued(mail_id=mail_id):
        left = services.claimed_for(mail_id=mail_id, now=timezone.now())
        reason = "Another worker is sending it, or died of it; or it waits for an earlier mail about the same"
        raise Postpone(reason, seconds=max(left, MIN_CLAIMED_SECONDS))


def _handle_refusal(mail: Mail, refused: smtp.Refused, *, now: datetime) -> None:
    """Try again for days where the server refused the mail for now; else it has failed."""
    if not refused.is_permanent and now - mail.created_at < GIVE_UP_AFTER:
        _send_later(mail, f"SMTP: {refused}", seconds=GREYLIST_SECONDS)
    log.warning("mail_refused", mail_id=str(mail.pk), reason=str(refused))
    services.mark_failed(mail_id=mail.pk, error=str(refused))


def _send_later(mail: Mail, reason: str, *, seconds: float) -> None:
    """Postpone the mail, spread over half as long again, so that a backlog does not come back at once."""
    services.release(mail_id=mail.pk, error=reason)
    raise Postpone(reason, seconds=seconds * random.uniform(1, 1.5))  # noqa: S311 - not a secret
