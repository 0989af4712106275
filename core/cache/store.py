"""A read-through cache of finished bytes that is never stale after a writer's commit.

An entry remembers the generation of every tag that it was made from. Reading an entry and the present
generations is one MGET, and the entry counts only where they agree, so a commit that changes a
generation is seen by the next read of every process. A generation is a random token: one that Redis
evicted comes back as a new one, never as an old one.

Where an entry is missing one caller computes it, holding a short lock; the others wait for its entry.
An entry past its soft age is recomputed by one caller while the others are still served. Redis lost
means `compute` runs for every call: slower, never wrong.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import transaction
from redis.exceptions import RedisError

from core.cache.guard import RedisGuard
from core.cache.redis import client
from core.http.conditional import etag_of

HARD_TTL = 3600  # seconds an entry may lie in Redis
LOCK_SECONDS = 5  # a caller that died while computing holds up the others no longer than this
POLL_SECONDS = 0.005

guard = RedisGuard()


class Entry(NamedTuple):
    """Finished bytes with their ETag; `is_hit` tells whether they came from the cache."""

    body: bytes
    etag: str
    is_hit: bool


def read_through(
    key: str,
    *,
    tags: Sequence[str],
    compute: Callable[[], bytes],
    fresh_for: int = 300,
    kept_for: int = HARD_TTL,
) -> Entry:
    """The bytes at `key`, valid for the present generation of `tags`, computed by one caller if missing.

    `fresh_for` is the soft age in seconds, `kept_for` the hard one: short where strangers choose the key.
    Whatever `compute` raises is raised, and nothing is stored.
    """
    if not guard.is_up():
        return _computed(compute)
    try:
        _renew_pending()
        lookup = _Lookup(key, tags)
        entry = lookup.find()
    except RedisError as error:
        guard.trip(error)
        return _computed(compute)
    guard.recovered()
    return entry or _compute_and_store(lookup, compute, min(fresh_for, kept_for), kept_for)


def invalidate(*tags: str) -> None:
    """Make every entry of `tags` stale once the running transaction commits, before it is answered."""
    transaction.on_commit(lambda: renew(*tags))


def renew(*tags: str) -> None:
    """Make every entry of `tags` stale now.

    Where Redis is away this process renews them before it believes an entry again; handlers of outbox
    events call this a second time for writers that died in between.
    """
    try:
        client().mset({_tag_key(tag): _token() for tag in tags})
    except RedisError as error:
        guard.trip(error, pending=tags)


class _Lookup:
    """One read: the entry's keys, the generations it must agree with, and the lock of whoever computes."""

    def __init__(self, key: str, tags: Sequence[str]) -> None:
        self.key, self.lock_key = f"shop:entry:{key}", f"shop:lock:{key}"
        self.tag_keys = [_tag_key(tag) for tag in tags]
        self.generations: list[bytes] = []

    def find(self) -> Entry | None:
        """A valid entry, or None where this caller is the one to compute."""
        entry, is_aged = self._read()
        if entry is not None:
            return None if is_aged and self._lock() else entry
        return None if self._lock() else self._wait()

    def _read(self) -> tuple[Entry | None, bool]:
        *generations, raw = client().mget([*self.tag_keys, self.key])
        self.generations = self._complete(generations)
        if raw is None:
            return None, False
        made_from, soft_until, etag, body = raw.split(b"\n", 3)
        if made_from != b",".join(self.generations):
            return None, False
        return Entry(body, etag.decode(), is_hit=True), time.time() > float(soft_until)

    def _complete(self, generations: list[bytes | None]) -> list[bytes]:
        missing = [key for key, value in zip(self.tag_keys, generations, strict=True) if value is None]
        for key in missing:
            client().set(key, _token(), nx=True)
        found = client().mget(self.tag_keys) if missing else generations
        return [value or b"?" for value in found]

    def _lock(self) -> bool:
        return bool(client().set(self.lock_key, b"1", nx=True, ex=LOCK_SECONDS))

    def _wait(self) -> Entry | None:
        """Wait for whoever holds the lock; None where it died or its entry was outdated meanwhile."""
        deadline = time.monotonic() + LOCK_SECONDS
        while time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            entry, _ = self._read()
            if entry is not None or self._lock():
                return entry
        return None

    def give_up(self) -> None:
        """Let another caller compute: this one could not."""
        try:
            client().delete(self.lock_key)
        except RedisError as error:
            guard.trip(error)

    def write(self, entry: Entry, fresh_for: int, kept_for: int) -> None:
        head = f"{time.time() + fresh_for:.0f}\n{entry.etag}\n".encode()
        raw = b",".join(self.generations) + b"\n" + head + entry.body
        with client().pipeline(transaction=False) as pipe:
            pipe.set(self.key, raw, ex=kept_for).delete(self.lock_key).execute()


def _compute_and_store(lookup: _Lookup, compute: Callable[[], bytes], fresh_for: int, kept_for: int) -> Entry:
    try:
        entry = _computed(compute)
    except BaseException:
        lookup.give_up()
        raise
    try:
        lookup.write(entry, fresh_for, kept_for)
    except RedisError as error:
        guard.trip(error)
    return entry


def _renew_pending() -> None:
    pending = guard.take_pending()
    if pending:
        try:
            client().mset({_tag_key(tag): _token() for tag in pending})
        except RedisError as error:
            guard.trip(error, pending=pending)
            raise


def _computed(compute: Callable[[], bytes]) -> Entry:
    body = compute()
    return Entry(body, etag_of(body), is_hit=False)


def _tag_key(tag: str) -> str:
    return f"shop:gen:{tag}"


def _token() -> str:
    return secrets.token_hex(8)
