"""Reads the Maildir that the inbox writes: after a load of orders, tens of thousands of mails."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from functools import lru_cache
from pathlib import Path

# The modern policy of `email` parses every header by grammar, at ten times the cost of this one.
_headers_only = BytesHeaderParser()


def mails(directory: Path, *, newest: int | None = None, with_bodies: bool = True) -> list[dict[str, str]]:
    """Mails, newest first: id, from, to (bare addresses), subject, at (RFC 3339, UTC), and text and html.

    All of them, or the `newest`. Without bodies a mail costs a tenth.
    """
    files = [(file.stat().st_mtime_ns, file) for file in (directory / "new").glob("*")]
    read = _whole if with_bodies else _headers
    return [read(file, received_ns) for received_ns, file in sorted(files, reverse=True)[:newest]]


def count(directory: Path) -> int:
    return sum(1 for _ in (directory / "new").glob("*"))


@lru_cache(maxsize=100_000)
def _headers(file: Path, received_ns: int) -> dict[str, str]:
    with file.open("rb") as stream:
        return _described(_headers_only.parse(stream), received_ns)


@lru_cache(maxsize=2000)
def _whole(file: Path, received_ns: int) -> dict[str, str]:
    message = message_from_bytes(file.read_bytes())
    bodies = {"text": _body(message, "text/plain"), "html": _body(message, "text/html")}
    return _described(message, received_ns) | bodies


def _described(message: Message, received_ns: int) -> dict[str, str]:
    return {
        "id": _header(message, "Message-ID"),
        "from": _header(message, "From"),
        "to": _header(message, "X-RcptTo") or _header(message, "To"),
        "subject": _header(message, "Subject"),
        "at": datetime.fromtimestamp(received_ns / 1e9, UTC).isoformat().replace("+00:00", "Z"),
    }


def _header(message: Message, name: str) -> str:
    return str(make_header(decode_header(message[name] or "")))


def _body(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and not part.get_filename():
            payload = part.get_payload(decode=True)
            charset = part.get_content_charset("utf-8")
            return payload.decode(charset, "replace") if isinstance(payload, bytes) else ""
    return ""
