"""The SMTP server of the local stack: keeps every mail in a Maildir, delivers none.

MAIL_INBOX_DIR=... python -m localstack.inbox PORT
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from core.ids import uuid7
from localstack.ports import HOST


class Keeper:
    """Writes each mail with its recipients above it. Whoever reads sees all of it, or nothing yet."""

    def __init__(self, maildir: Path) -> None:
        self._maildir = maildir

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        name, received = uuid7().hex, bytes(envelope.original_content or b"")
        unfinished = self._maildir / "tmp" / name
        recipients = f"X-RcptTo: {', '.join(envelope.rcpt_tos)}\n".encode()
        unfinished.write_bytes(recipients + received.replace(b"\r\n", b"\n"))
        unfinished.rename(self._maildir / "new" / name)
        return "250 OK"


async def serve(*, directory: Path, port: int) -> None:
    """Receive mail until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    keeper = Keeper(_maildir(directory))
    server = await loop.create_server(lambda: SMTP(keeper, enable_SMTPUTF8=True), HOST, port)
    async with server:
        await stopping.wait()


def _maildir(directory: Path) -> Path:
    for part in ("tmp", "new", "cur"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    return directory


if __name__ == "__main__":
    asyncio.run(serve(directory=Path(os.environ["MAIL_INBOX_DIR"]), port=int(sys.argv[1])))
