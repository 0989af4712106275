"""One Redis, many threads."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.cache import read_through, renew, store
from core.cache.redis import client


class Origin:
    """What the cache stands before: counts how often it is asked."""

    def __init__(self, seconds=0.0):
        self.calls, self.value, self.seconds = 0, b"first", seconds
        self._lock = threading.Lock()

    def __call__(self):
        with self._lock:
            self.calls += 1
        value = self.value
        time.sleep(self.seconds)  # as long as a query takes
        return value


def read(origin, key="page", **kwargs):
    return read_through(key, tags=("catalog", "product:stool"), compute=origin, **kwargs)


def at_once(count, call):
    barrier = threading.Barrier(count)

    def run(_):
        barrier.wait(timeout=30)
        return call()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


def test_read__twice__computes_once_and_keeps_body_and_etag():
    origin = Origin()

    first, second = read(origin), read(origin)

    assert (first.is_hit, second.is_hit, origin.calls) == (False, True, 1)
    assert (first.body, first.etag) == (second.body, second.etag) == (b"first", first.etag)


@pytest.mark.parametrize("body", [b"", b"\n\n,\n", bytes(range(256)) * 300])
def test_read__any_bytes__come_back_unchanged(body):
    origin = Origin()
    origin.value = body

    assert [read(origin).body for _ in range(2)] == [body, body]
    assert origin.calls == 1


@pytest.mark.parametrize("tag", ["catalog", "product:stool"])
def test_renew__either_tag__the_next_read_is_new(tag):
    origin = Origin()
    read(origin)
    origin.value = b"second"

    renew(tag)

    assert read(origin).body == b"second"
    assert read(origin).is_hit


def test_renew__another_tag__changes_nothing():
    origin = Origin()
    read(origin)

    renew("product:chair")

    assert read(origin).is_hit


def test_read__50_readers_of_a_missing_entry__compute_once():
    origin = Origin(seconds=0.05)

    entries = at_once(50, lambda: read(origin))

    assert {e.body for e in entries} == {b"first"}
    assert origin.calls == 1


def test_read__written_while_another_computes__is_not_answered_with_the_old_bytes():
    origin, started, go_on = Origin(), threading.Event(), threading.Event()

    def slow():
        value = origin.value
        started.set()
        assert go_on.wait(10)
        return value

    with ThreadPoolExecutor(1) as pool:
        early = pool.submit(read, slow)
        assert started.wait(10)
        origin.value = b"second"
        renew("catalog")
        go_on.set()
        assert early.result().body == b"first"

    assert read(origin).body == b"second"


def test_read__compute_raises__is_raised_at_once_every_time():
    def fail():
        raise LookupError

    begun = time.monotonic()
    for _ in range(3):
        with pytest.raises(LookupError):
            read(fail)

    assert time.monotonic() - begun < store.LOCK_SECONDS / 2
    assert read(Origin()).body == b"first"


def test_read__lock_holder_died__holds_up_nobody_longer_than_the_lock(monkeypatch):
    monkeypatch.setattr(store, "LOCK_SECONDS", 1)
    client().set("shop:lock:page", "1", ex=60)  # a lock that nobody will release
    origin = Origin()

    begun = time.monotonic()
    entries = at_once(8, lambda: read(origin))

    assert {e.body for e in entries} == {b"first"}
    assert 0.9 < time.monotonic() - begun < 3


def test_read__past_its_soft_age__one_computes_while_the_others_are_served():
    origin = Origin(seconds=0.3)
    read(origin, fresh_for=-1)
    origin.value = b"second"

    entries = at_once(20, lambda: read(origin))

    assert origin.calls == 2
    assert sorted(e.body for e in entries) == [b"first"] * 19 + [b"second"]
    assert read(origin).body == b"second"


def test_read__generation_evicted__old_entries_never_come_back():
    origin = Origin()
    read(origin)
    origin.value = b"second"
    renew("catalog")
    client().delete("shop:gen:catalog")

    assert read(origin).body == b"second"
    client().delete("shop:gen:catalog", "shop:gen:product:stool")
    assert not read(origin).is_hit


def test_read__entry_evicted__is_computed_again():
    origin = Origin()
    read(origin)
    client().delete("shop:entry:page")

    assert not read(origin).is_hit


def test_read__kept_for__is_the_hard_end():
    read(Origin(), kept_for=7)

    assert 0 < client().ttl("shop:entry:page") <= 7


def test_read__hot__is_one_command(own_redis):
    origin = Origin()
    read(origin)
    before = own_redis.client.info("stats")["total_commands_processed"]

    for _ in range(10):
        assert read(origin).is_hit

    spent = own_redis.client.info("stats")["total_commands_processed"] - before
    assert spent == 10 + 1  # the INFO before is counted too
