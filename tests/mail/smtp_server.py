"""A real SMTP server whose answers a test chooses."""

import asyncio
import contextlib
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller
from django.conf import settings
from django.test import override_settings

from core.mail import smtp_connection
from localstack.ports import free_port


class Answering:
    """An aiosmtpd handler: accepts, unless `rcpt` or `data` holds another answer, or `hangs` is set.

    `noop` answers NOOP, or is "closed": then the connection ends. `connections` counts them.
    """

    def __init__(self) -> None:
        self.received: list[Message] = []
        self.rcpt = "250 OK"
        self.data = "250 Message accepted for delivery"
        self.hangs = False
        self.noop = "250 OK"
        self.connections = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_NOOP(self, server, session, envelope, arg):
        if self.noop == "closed":
            server.transport.close()
        return self.noop

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.rcpt.startswith("250"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope):
        if self.hangs:
            await asyncio.sleep(30)
        if self.data.startswith("250"):
            self.received.append(message_from_bytes(envelope.original_content))
        return self.data


@contextlib.contextmanager
def smtp_server(*, timeout: float = 5) -> Iterator[Answering]:
    handler = Answering()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        with _mail_goes_to(controller.port, timeout):
            yield handler
    finally:
        smtp_connection.drop()
        controller.stop(no_assert=True)


@contextlib.contextmanager
def no_smtp_server() -> Iterator[None]:
    with _mail_goes_to(free_port(), 5):
        yield


def _mail_goes_to(port: int, timeout: float):
    assert settings.EMAIL_BACKEND  # pytest-django sets one that keeps mails in memory
    return override_settings(
        EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        EMAIL_USE_TLS=False,
        EMAIL_HOST_USER="",
        EMAIL_TIMEOUT=timeout,
    )
