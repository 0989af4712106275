"""A read-through cache of finished bytes that is never stale after a writer's commit has been answered.

An entry remembers the generation of every tag that it was made from, read before the data was. Reading an
entry and the present generations is one MGET, and the entry counts only where they agree, so a commit
that renews a generation is seen by the next read of every process. A generation is a random token: one that
Redis evicted comes back as a new one, never as an old one. The server's run id is part of the
comparison too: a Redis that came back from an older snapshot, or a replica that took over, has another.

Where an entry is missing one caller computes it, holding a short lock; the others wait for its entry.
An entry past its soft age is recomputed by one caller while the others are still served. Redis lost
means `compute` runs for every call: slower, never wrong (core.cache.guard). Measured in docs/decisions/0003.
"""

import secrets
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from django.db import transaction
from redis.exceptions import RedisError

from core.cache.connection import Command, connection
from core.cache.guard import RedisGuard
from core.http.conditional import etag_of

HARD_TTL = 3600  # seconds an entry may lie in Redis
GENERATION_TTL = 86_400  # seconds; what ends with a generation is read anew, so its end is harmless
LOCK_SECONDS = 5  # a caller that died while computing holds up the others no longer than this
FIRST_POLL, MAX_POLL = 0.002, 0.02  # seconds


class Entry(NamedTuple):
    """Finished bytes with their ETag; `is_hit` says whether they came from the cache."""

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
    `compute` reads from the primary database, outside a transaction that began earlier. Whatever it raises
    is raised, and nothing is stored.
    """
    if not guard.is_up:
        return _computed(compute)
    lookup = _Lookup(key, tags)
    try:
        entry = lookup.find()
    except RedisError as error:
        guard.lost(error)
        return _computed(compute)
    return entry or _compute_and_store(lookup, compute, min(fresh_for, kept_for), kept_for)


def invalidate(*tags: str) -> None:
    """Make every entry of `tags` stale once the running transaction commits, before it is answered."""
    transaction.on_commit(lambda: renew(*tags))


def renew(*tags: str) -> None:
    """Make every entry of `tags` stale now. Raises nothing.

    Where Redis cannot be reached this process renews them at the end of the outage, before it believes an
    entry again. Handlers of outbox events call this a second time, for writers that died in between and
    for processes that did not notice an outage.
    """
    if not tags or guard.keeps(tags):
        return
    try:
        _set_new_generations(set(tags))
    except RedisError as error:
        guard.lost(error, pending=tags)


class _Lookup:
    """One read: the entry's keys, the generations it must agree with, and the lock of whoever computes."""

    __slots__ = ("key", "lock_key", "made_from", "tag_keys")

    def __init__(self, key: str, tags: Sequence[str]) -> None:
        self.key, self.lock_key = f"shop:entry:{key}", f"shop:lock:{key}"
        self.tag_keys = [_tag_key(tag) for tag in tags]
        self.made_from = b""

    def find(self) -> Entry | None:
        """A valid entry, or None where this caller is the one to compute."""
        ((*generations, raw),) = connection().run(("MGET", *self.tag_keys, self.key))
        entry, is_aged = self._judge(generations, raw)
        return self._claim_or_wait() if entry is None or is_aged else entry

    def _claim_or_wait(self) -> Entry | None:
        """Find as `find` does and take the lock; None also where its holder is not done in LOCK_SECONDS."""
        deadline, pause, never = time.monotonic() + LOCK_SECONDS, FIRST_POLL, threading.Event()
        while True:
            claim = ("SET", self.lock_key, "1", "NX", "EX", LOCK_SECONDS)
            is_ours, (*generations, raw) = connection().run(claim, ("MGET", *self.tag_keys, self.key))
            entry, is_aged = self._judge(generations, raw)
            if entry is not None and not (is_ours and is_aged):
                if is_ours:  # its last holder has just finished
                    self.give_up()
                return entry
            if is_ours or time.monotonic() > deadline:
                return None
            never.wait(pause)  # the holder may be another process: there is no event to wait on
            pause = min(pause * 2, MAX_POLL)

    def _judge(self, generations: list[bytes | None], raw: bytes | None) -> tuple[Entry | None, bool]:
        """The entry where it is valid, and whether it is past its soft age."""
        present = generations if None not in generations else self._complete()
        self.made_from = b",".join((connection().run_id, *present))
        if raw is None:
            return None, False
        made_from, soft_until, etag, body = raw.split(b"\n", 3)
        if made_from != self.made_from:
            return None, False
        return Entry(body, etag.decode(), is_hit=True), time.time() > float(soft_until)

    def _complete(self) -> list[bytes]:
        """Generations for tags that never had one, or lost it: by whoever is first."""
        first = [("SET", key, _token(), "NX", "EX", GENERATION_TTL) for key in self.tag_keys]
        *_, found = connection().run(*first, ("MGET", *self.tag_keys))
        return [value or _token().encode() for value in found]  # evicted at once: agrees with no entry

    def give_up(self) -> None:
        """Let another caller compute: this one could not."""
        try:
            connection().run(("DEL", self.lock_key))
        except RedisError as error:
            guard.lost(error)

    def write(self, entry: Entry, fresh_for: int, kept_for: int) -> None:
        head = f"\n{time.time() + fresh_for:.0f}\n{entry.etag}\n".encode()
        raw = self.made_from + head + entry.body
        connection().run(("SET", self.key, raw, "EX", kept_for), ("DEL", self.lock_key))


def _compute_and_store(lookup: _Lookup, compute: Callable[[], bytes], fresh_for: int, kept_for: int) -> Entry:
    try:
        entry = _computed(compute)
    except BaseException:
        lookup.give_up()
        raise
    try:
        lookup.write(entry, fresh_for, kept_for)
    except RedisError as error:
        guard.lost(error)
    return entry


def _computed(compute: Callable[[], bytes]) -> Entry:
    body = compute()
    return Entry(body, etag_of(body), is_hit=False)


def _set_new_generations(tags: set[str]) -> None:
    commands: list[Command] = [("SET", _tag_key(tag), _token(), "EX", GENERATION_TTL) for tag in tags]
    connection().run(*commands or [("PING",)])


def _tag_key(tag: str) -> str:
    return f"shop:gen:{tag}"


def _token() -> str:
    return secrets.token_hex(8)


guard = RedisGuard("cache", _set_new_generations)
