"""This thread's connection to the SMTP server, kept from one mail to the next.

A new one costs both sides more than the mail does.
"""

import threading
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

STILL_THERE_SECONDS = 2  # for the answer to "are you still there?"


class _Link(threading.local):
    """`backend` is open where it is not None; `to` is which server it is connected to."""

    backend: Any = None
    to: tuple[Any, ...] = ()


_link = _Link()


def send(message: EmailMessage) -> None:
    """Raises what Django's mail backend raises; then the next mail gets a new connection."""
    backend = _opened()
    try:
        backend.send_messages([message])
    except BaseException:
        hang_up()
        raise


def hang_up() -> None:
    """Close this thread's connection without a word: the server may not be listening any more."""
    backend, _link.backend = _link.backend, None
    if backend is not None and getattr(backend, "connection", None) is not None:
        backend.connection.close()


def _opened() -> Any:
    to = (settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT)
    if _link.backend is None or _link.to != to or not _is_still_there(_link.backend):
        hang_up()
        backend = get_connection()
        backend.open()
        _link.backend, _link.to = backend, to
    return _link.backend


def _is_still_there(backend: Any) -> bool:
    """Servers close what is idle for long, or has brought many mails."""
    smtp = getattr(backend, "connection", None)
    if smtp is None:  # another backend than SMTP, or it is closed
        return False
    try:
        smtp.sock.settimeout(STILL_THERE_SECONDS)
        code, _ = smtp.noop()
        smtp.sock.settimeout(backend.timeout)
    except (SMTPException, OSError, AttributeError):  # smtplib has no socket left once it was closed
        return False
    return bool(code == 250)
