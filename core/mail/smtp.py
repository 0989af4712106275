"""One mail to the SMTP server, behind a breaker, and what the server made of it."""

from email.errors import MessageError
from email.utils import parseaddr
from smtplib import SMTPDataError, SMTPException, SMTPRecipientsRefused, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from core import emails
from core.mail import smtp_connection
from core.mail.models import Mail
from core.resilience.breaker import Breaker

PERMANENT = range(500, 600)
CANNOT_BE_WRITTEN = 554  # what servers, too, say where nothing more exact fits (RFC 5321, 4.2.3)
UNWRITABLE = (ValueError, TypeError, LookupError, MessageError)  # what composing a mail raises, every time

breaker = Breaker("smtp", threshold=5, pause=10)


class Refused(Exception):
    """The server works and does not want this mail: for good, or (greylisting, full mailbox) for now."""

    def __init__(self, code: int, reason: bytes | str) -> None:
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
        super().__init__(f"{code} {text}")
        self.is_permanent = code in PERMANENT


class Unreachable(Exception):
    """No server, or one that could not take any mail now."""


def send(mail: Mail) -> None:
    """Send the mail. Raises Refused, Unreachable, or BreakerOpen where the server is known to be down."""
    with breaker.guard(failures=(Unreachable,)):
        refusal = _transmit(mail)
    if refusal is not None:
        raise refusal


def _transmit(mail: Mail) -> Refused | None:
    """A refusal is returned, not raised: for the breaker the server has answered."""
    try:
        message = _message(mail)
    except UNWRITABLE as error:
        return Refused(CANNOT_BE_WRITTEN, f"This cannot be written as a mail: {error!r}")
    try:
        smtp_connection.send(message)
    except SMTPRecipientsRefused as refused:
        return Refused(*next(iter(refused.recipients.values())))
    except (SMTPDataError, SMTPSenderRefused) as refused:
        if refused.smtp_code in PERMANENT:
            return Refused(refused.smtp_code, refused.smtp_error)
        raise Unreachable(repr(refused)) from refused
    except (SMTPException, OSError) as failed:
        raise Unreachable(repr(failed)) from failed
    return None


def _message(mail: Mail) -> EmailMultiAlternatives:
    """A mail that is sent again has the same Message-ID, by which receivers know it (RFC 5322, 3.6.4).

    Raises one of UNWRITABLE for what no server will ever be shown.
    """
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    headers = {"X-Mail-ID": str(mail.pk), "Message-ID": f"<{mail.pk}@{domain}>"}
    message = EmailMultiAlternatives(
        mail.subject, mail.text, to=[emails.for_transport(mail.to)], headers=headers
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    message.message()  # its headers are checked here, where the reason is known to be the mail
    return message
