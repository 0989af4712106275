"""Identifiers that leave the system: UUIDv7 (RFC 9562), ordered by time and not guessable."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """A new UUIDv7. Model fields use it as their default."""
    return _uuid7()
