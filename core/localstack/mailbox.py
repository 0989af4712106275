"""Reads the Maildir that the inbox writes."""

from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

MAILS_REMEMBERED = 2000


def mails(directory: Path) -> list[dict[str, str]]:
    """Every mail, newest first: id, from, to (bare addresses), subject, text, html, at (RFC 3339, UTC)."""
    files = [(file.stat().st_mtime_ns, file) for file in (directory / "new").glob("*")]
    return [_mail(file, received_ns) for received_ns, file in sorted(files, reverse=True)]


@lru_cache(maxsize=MAILS_REMEMBERED)
def _mail(file: Path, received_ns: int) -> dict[str, str]:
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    return {
        "id": message["Message-ID"] or "",
        "from": message["From"] or "",
        "to": message["X-RcptTo"] or message["To"] or "",
        "subject": message["Subject"] or "",
        "text": _body(message, "plain"),
        "html": _body(message, "html"),
        "at": datetime.fromtimestamp(received_ns / 1e9, UTC).isoformat().replace("+00:00", "Z"),
    }


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return part.get_content() if part else ""
