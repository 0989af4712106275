"""A queued mail as Django's backends send it, written by hand.

Every order sends several, and the standard library's classes for messages take ten times as long for the
same few headers.
"""

from binascii import b2a_qp
from email.header import Header
from email.utils import formatdate, parseaddr
from functools import cache

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address

from core.mail.models import Mail

# Text that is quoted-printable never contains "=_" (RFC 2045, 6.7), so no part can end too early.
BOUNDARY = "=_part"


class Letter(EmailMultiAlternatives):
    """A mail that is sent again has the same Message-ID, by which receivers know it (RFC 5322, 3.6.4)."""

    def __init__(self, mail: Mail) -> None:
        sender = _sanitized(settings.DEFAULT_FROM_EMAIL)
        domain = parseaddr(sender)[1].rpartition("@")[2]
        headers = {"X-Mail-ID": str(mail.pk), "Message-ID": f"<{mail.pk}@{domain}>"}
        self._mail = mail
        super().__init__(mail.subject, mail.text, sender, [mail.to], headers=headers)
        if mail.html:
            self.attach_alternative(mail.html, "text/html")

    def message(self) -> "Written":
        headers = {
            "Subject": Header(self._mail.subject, header_name="Subject").encode(),
            "From": self.from_email,
            "To": sanitize_address(self._mail.to, "utf-8"),
            "Date": formatdate(),
            **self.extra_headers,
            "MIME-Version": "1.0",
        }
        return Written("".join(f"{name}: {value}\n" for name, value in headers.items()) + self._content())

    def _content(self) -> str:
        text = _part("text/plain", self._mail.text)
        if not self._mail.html:
            return text
        parts = (text, _part("text/html", self._mail.html))
        joined = "".join(f"--{BOUNDARY}\n{part}\n" for part in parts)
        return f'Content-Type: multipart/alternative; boundary="{BOUNDARY}"\n\n{joined}--{BOUNDARY}--\n'


class Written(str):
    """Lines of ASCII. Has of an email.message.Message what backends use."""

    __slots__ = ()

    def as_bytes(self, linesep: str = "\n") -> bytes:
        return self.replace("\n", linesep).encode("ascii")

    def get_charset(self) -> None:
        """None is UTF-8."""


def _part(kind: str, text: str) -> str:
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    quoted = b2a_qp(lines.encode(), istext=True).decode("ascii")
    return f'Content-Type: {kind}; charset="utf-8"\nContent-Transfer-Encoding: quoted-printable\n\n{quoted}'


@cache
def _sanitized(address: str) -> str:
    return sanitize_address(address, "utf-8")
