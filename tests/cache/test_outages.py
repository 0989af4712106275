"""Redis refused, frozen, restarted: slower, never wrong, never an error."""

import os
import threading
import time

import pytest

from core.cache import connection, read_through, renew, store


class Origin:
    def __init__(self):
        self.calls, self.value = 0, b"first"

    def __call__(self):
        self.calls += 1
        return self.value


def read(origin):
    return read_through("page", tags=("catalog",), compute=origin)


def wait_until_back():
    deadline = time.monotonic() + 10
    while not store.guard.is_up:
        assert time.monotonic() < deadline, "the outage never ended"
        threading.Event().wait(0.01)


def test_refused__reads_and_renewals__are_right_and_quick(own_redis):
    origin = Origin()
    read(origin)
    own_redis.stop()

    begun, bodies = time.monotonic(), []
    for n in range(50):
        origin.value = str(n).encode()
        renew("catalog")
        bodies.append(read(origin).body)

    assert bodies == [str(n).encode() for n in range(50)]
    assert time.monotonic() - begun < 1


def test_frozen__only_the_first_waits_for_its_time_out(own_redis):
    origin = Origin()
    read(origin)
    own_redis.freeze()

    times = []
    for _ in range(20):
        begun = time.monotonic()
        assert read(origin).body == b"first"
        times.append(time.monotonic() - begun)

    assert 0.2 < times[0] < 0.6
    assert max(times[1:]) < 0.1


def test_back_after_freeze__what_was_written_meanwhile_is_seen(own_redis):
    origin = Origin()
    read(origin)
    own_redis.freeze()
    origin.value = b"second"
    renew("catalog")

    own_redis.thaw()

    assert read(origin).body == b"second"
    wait_until_back()
    assert read(origin).body == b"second"
    assert read(origin).is_hit


def test_frozen_for_the_writer_only__readers_elsewhere_learn_of_it_after_the_outage(own_redis, monkeypatch):
    """The generation is renewed by the process that could not, without another request to it."""
    origin = Origin()
    read(origin)
    monkeypatch.setattr(store.guard, "_renew", own_renewal := FailingTwice(store._set_new_generations))
    store.guard.lost(TimeoutError("a partition"))
    origin.value = b"second"
    renew("catalog")

    wait_until_back()

    assert own_renewal.failures == 2
    assert read(origin).body == b"second"


class FailingTwice:
    def __init__(self, renewal):
        self.renewal, self.failures = renewal, 0

    def __call__(self, tags):
        if self.failures < 2:
            self.failures += 1
            raise connection.RedisConnectionError("a partition")
        self.renewal(tags)


def test_restarted_from_an_older_snapshot__its_entries_are_not_believed(own_redis):
    origin = Origin()
    read(origin)
    own_redis.client.save()
    origin.value = b"second"
    renew("catalog")
    assert read(origin).body == b"second"
    own_redis.stop()
    own_redis.start()
    assert own_redis.client.exists("shop:entry:page")  # the old generation and the old entry are there

    wait_until_back()

    assert read(origin).body == b"second"


def test_connection_closed_by_the_server__is_opened_again_without_an_outage(own_redis):
    origin = Origin()
    read(origin)
    own_redis.client.client_kill_filter(_type="normal", skipme=True)

    assert read(origin).is_hit
    assert store.guard.is_up


def test_out_of_memory__reads_go_on(own_redis):
    own_redis.client.config_set("maxmemory", 1)
    own_redis.client.config_set("maxmemory-policy", "noeviction")

    assert read(Origin()).body == b"first"
    renew("catalog")


@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_fork__the_child_has_a_connection_of_its_own(own_redis):
    def reads_own(name):
        mine = {read_through(name, tags=("catalog",), compute=name.encode).body for _ in range(500)}
        return mine == {name.encode()}

    assert reads_own("parent")
    child = os.fork()
    if child == 0:
        try:
            os._exit(0 if reads_own("child") else 1)
        finally:
            os._exit(2)
    is_right = reads_own("parent")
    _, status = os.waitpid(child, 0)

    assert (os.waitstatus_to_exitcode(status), is_right) == (0, True)
