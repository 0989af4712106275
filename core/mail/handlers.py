"""Sending. The only repeat possible: SMTP accepted the mail and the worker died before it was marked sent."""

import random
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.utils import timezone

from core.crash_points import crash_point
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
CLAIM_POLL = 1  # seconds; at the least, between looks at a mail that another worker has
DATABASE_WAIT = 15  # seconds
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
    crash_point("core.send_mail.before_call")
    try:
        smtp.send(mail)
    except smtp.Refused as refused:
        _settle_refusal(mail, refused, now=timezone.now())
    except BreakerOpen as down:
        _put_off(mail, str(down), seconds=down.seconds)
    except smtp.Unreachable as down:
        _put_off(mail, f"SMTP: {down}", seconds=RETRY_SECONDS)
    else:
        crash_point("core.send_mail.after_call")
        mark_sent = partial(services.mark_sent, mail_id=mail.pk, now=timezone.now())
        database.insist(mark_sent, seconds=DATABASE_WAIT)  # nobody else can know that it was sent
        crash_point("core.send_mail.after_commit")


def _wait_for_others(mail_id: UUID) -> None:
    """A mail that nobody can claim has been settled, is being sent, or is not the next about its subject."""
    if services.is_queued(mail_id=mail_id):
        left = services.claimed_for(mail_id=mail_id, now=timezone.now())
        reason = "Another worker is sending it, or died of it; or it waits for an earlier mail about the same"
        raise Postpone(reason, seconds=max(left, CLAIM_POLL))


def _settle_refusal(mail: Mail, refused: smtp.Refused, *, now: datetime) -> None:
    if not refused.is_permanent and now - mail.created_at < GIVE_UP_AFTER:
        _put_off(mail, f"SMTP: {refused}", seconds=GREYLIST_SECONDS)
    log.warning("mail_refused", mail_id=str(mail.pk), reason=str(refused))
    services.mark_failed(mail_id=mail.pk, error=str(refused))


def _put_off(mail: Mail, reason: str, *, seconds: float) -> None:
    """Spread over half as long again, so that a backlog does not come back at once."""
    services.release(mail_id=mail.pk, error=reason)
    raise Postpone(reason, seconds=seconds * random.uniform(1, 1.5))  # noqa: S311 - not a secret
