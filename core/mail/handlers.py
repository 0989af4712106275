"""Sending. The only repeat possible: SMTP accepted the mail and the worker died before it was marked sent."""

from smtplib import SMTPException, SMTPRecipientsRefused

import structlog
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from core.mail.models import Mail
from core.mail.services import MailQueued
from core.outbox import handles
from core.outbox.handling import Postpone
from core.resilience.breaker import Breaker, BreakerOpen

log = structlog.get_logger(__name__)

smtp = Breaker("smtp", threshold=5, pause=10)
PERMANENT = range(500, 600)


@handles(MailQueued, name="core.send_mail", queue="mail", transactional=False, max_attempts=20)
def send_mail(event: MailQueued) -> None:
    mail = Mail.objects.filter(pk=event.mail_id, status=Mail.Status.QUEUED).first()
    if mail is None:
        return
    try:
        with smtp.guard(failures=(OSError,)):  # smtplib's errors are OSErrors
            _message(mail).send()
    except BreakerOpen as down:
        raise Postpone(str(down), seconds=down.seconds) from down
    except SMTPRecipientsRefused as refused:
        _settle_refusal(mail, refused)
        return
    except (SMTPException, OSError) as failed:
        raise Postpone(f"SMTP: {failed!r}", seconds=15) from failed
    Mail.objects.filter(pk=mail.pk).update(status=Mail.Status.SENT, sent_at=timezone.now(), error="")


def _message(mail: Mail) -> EmailMultiAlternatives:
    message = EmailMultiAlternatives(
        mail.subject, mail.text, to=[mail.to], headers={"X-Mail-ID": str(mail.pk)}
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    return message


def _settle_refusal(mail: Mail, refused: SMTPRecipientsRefused) -> None:
    """A 5xx for the recipient is final; a 4xx (greylisting, full mailbox) is tried again."""
    code, reason = next(iter(refused.recipients.values()))
    if code not in PERMANENT:
        raise Postpone(f"SMTP {code}: {reason!r}", seconds=60) from refused
    log.warning("mail_refused", mail_id=str(mail.pk), code=code)
    Mail.objects.filter(pk=mail.pk).update(status=Mail.Status.FAILED, error=f"{code} {reason!r}")
