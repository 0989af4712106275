"""The SMTP server of the local stack: keeps every mail in a Maildir, delivers none.

MAIL_INBOX_DIR=... python -m core.localstack.inbox PORT
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from aiosmtpd.handlers import Mailbox
from aiosmtpd.smtp import SMTP

from core.localstack.ports import HOST


async def serve(*, directory: Path, port: int) -> None:
    """Receive mail until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    stopping = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    handler = Mailbox(_maildir(directory))
    server = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True), HOST, port)
    async with server:
        await stopping.wait()


def _maildir(directory: Path) -> Path:
    """mailbox.Maildir makes its three parts only together with `directory`, which may be there already."""
    for part in ("tmp", "new", "cur"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    return directory


if __name__ == "__main__":
    asyncio.run(serve(directory=Path(os.environ["MAIL_INBOX_DIR"]), port=int(sys.argv[1])))
