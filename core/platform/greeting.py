"""The greeting of `/hello/{name}`: the smallest thing that shows the cache at work."""

import unicodedata

import orjson

from core import cache
from core.errors import Invalid

MAX_NAME_LENGTH = 64
KEPT_SECONDS = 60  # anybody may ask for any name, so a name does not stay long in Redis
NOT_IN_A_NAME = {"Cc", "Cs", "Zl", "Zp"}  # control characters, surrogates, line separators


def greet(name: str) -> tuple[bytes, bool]:
    """The finished answer and whether it came from the cache. Raises Invalid for what is no name."""
    if not name.isprintable() or len(name) > MAX_NAME_LENGTH or not name.strip():
        _refuse_unprintable(name)
    entry = cache.read_through(
        f"hello:{name}", tags=(), compute=lambda: orjson.dumps(f"Hello, {name}!"), kept_for=KEPT_SECONDS
    )
    origin = b"cache" if entry.is_hit else b"origin"
    return b'{"message":%b,"from":"%b"}' % (entry.body, origin), entry.is_hit


def _refuse_unprintable(name: str) -> None:
    if not 1 <= len(name) <= MAX_NAME_LENGTH or not name.strip():
        raise Invalid.at("name", f"A name has 1 to {MAX_NAME_LENGTH} characters")
    if any(unicodedata.category(character) in NOT_IN_A_NAME for character in name):
        raise Invalid.at("name", "A name has no control characters")
