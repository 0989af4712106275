from datetime import datetime
from uuid import UUID

from demo.history import digest


def historic_uuid(at: datetime, *parts: str) -> UUID:
    """A UUIDv7 (RFC 9562) made for `at`: it sorts among those of its day, and is the same on every load."""
    milliseconds = int(at.timestamp() * 1000)
    noise = int.from_bytes(digest(*parts)[:10])
    value = milliseconds << 80 | 0x7 << 76 | (noise >> 64 & 0xFFF) << 64 | 0b10 << 62 | noise & (1 << 62) - 1
    return UUID(int=value)
