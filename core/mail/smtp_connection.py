"""This thread's connection to the SMTP server, kept from one mail to the next.

A new one costs both sides more than the mail does.
"""

import threading
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection

NOOP_SECONDS = 2  # for the answer to "are you still there?"


class _Connection(threading.local):
    """`backend` is open where it is not None; `to` is which server it is connected to."""

    backend: Any = None
    to: tuple[Any, ...] = ()


_kept = _Connection()


def send(message: EmailMessage) -> None:
    """Send the mail. Raises what Django's mail backend raises; then the next mail gets a new connection."""
    backend = _opened()
    try:
        backend.send_messages([message])
    except BaseException:
        drop()
        raise


def drop() -> None:
    """Close this thread's connection without saying QUIT: the server may not be listening any more."""
    backend, _kept.backend = _kept.backend, None
    if backend is not None and getattr(backend, "connection", None) is not None:
        backend.connection.close()


def _opened() -> Any:
    to = (settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT)
    if _kept.backend is None or _kept.to != to or not _is_still_there(_kept.backend):
        drop()
        backend = get_connection()
        backend.open()
        _kept.backend, _kept.to = backend, to
    return _kept.backend


def _is_still_there(backend: Any) -> bool:
    """Servers close what is idle for long, or has brought many mails."""
    smtp = getattr(backend, "connection", None)
    if smtp is None:  # another backend than SMTP, or it is closed
        return False
    try:
        smtp.sock.settimeout(NOOP_SECONDS)
        code, _ = smtp.noop()
        smtp.sock.settimeout(backend.timeout)
    except (SMTPException, OSError, AttributeError):  # smtplib has no socket left once it was closed
        return False
    return bool(code == 250)
