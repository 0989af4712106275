"""Cursors: the ordering values of a row at the edge of a page, signed together with their list and ordering.

Only values that a row had come back into a query, and only into the list that they were taken from.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Any, NamedTuple

import orjson
from django.conf import settings

SIGNATURE_BYTES = 12


class NotOurs(ValueError):
    """The text is no cursor that was made here for this list and ordering."""


class Cursor(NamedTuple):
    """The page begins after `values`, or ends before them where it is read backwards."""

    backwards: bool
    values: list[Any]


def encode(cursor: Cursor, *, context: str) -> str:
    """`context` names the list and its ordering."""
    raw = orjson.dumps([*cursor], default=str)
    return base64.urlsafe_b64encode(_signature(raw, context) + raw).decode().rstrip("=")


def decode(text: str, *, context: str) -> Cursor:
    """What `encode` was given, times and ids as text. Raises NotOurs."""
    try:
        signed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise NotOurs from error
    signature, raw = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(raw, context)):
        raise NotOurs
    return Cursor(*orjson.loads(raw))


def _signature(raw: bytes, context: str) -> bytes:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), person=b"cursor").digest()
    return hashlib.blake2b(raw + b"\n" + context.encode(), key=key, digest_size=SIGNATURE_BYTES).digest()
