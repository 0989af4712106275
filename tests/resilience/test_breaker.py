"""The breaker between threads, between processes, and without Redis."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from core.cache import store
from core.cache.guard import RedisGuard
from core.cache.redis import client
from core.ids import uuid7
from core.resilience import breaker as module
from core.resilience.breaker import Breaker, BreakerOpen


class Down(Exception):
    pass


@pytest.fixture
def service():
    return f"service-{uuid7().hex}"


@pytest.fixture
def lose_redis(monkeypatch):
    """Call it, and the breaker has no Redis any more."""
    monkeypatch.setattr(store, "guard", RedisGuard("test", store._set_new_generations))
    asked = []

    def lost():
        asked.append(1)
        raise RedisConnectionError("gone")

    def lose():
        monkeypatch.setattr(module, "client", lost)
        monkeypatch.setattr(module, "connection", lost)
        return asked

    return lose


@pytest.fixture
def no_redis(lose_redis):
    lose_redis()


def _fail(breaker, times):
    for _ in range(times):
        with pytest.raises(Down), breaker.guard(failures=(Down,)):
            raise Down


def _open(service, *, pause=60.0):
    breaker = Breaker(service, threshold=3, pause=pause)
    _fail(breaker, 3)
    return breaker


def _end_pause(service):
    client().hset(f"shop:breaker:{service}", "until", "0")


def test_guard__fewer_failures_than_the_threshold__stays_closed(service):
    breaker = Breaker(service, threshold=3)
    _fail(breaker, 2)

    assert breaker.state() == "closed"


def test_guard__a_success_between_failures__starts_the_count_again(service):
    breaker = Breaker(service, threshold=3)
    _fail(breaker, 2)
    with breaker.guard(failures=(Down,)):
        pass
    _fail(breaker, 2)

    assert breaker.state() == "closed"


def test_guard__open__refuses_without_calling_and_says_how_long(service):
    breaker = _open(service)

    with pytest.raises(BreakerOpen) as refused, breaker.guard():
        pytest.fail("the service was called")

    assert 0 < refused.value.seconds <= 60


def test_guard__other_exceptions__do_not_count(service):
    breaker = Breaker(service, threshold=3)
    for _ in range(5):
        with pytest.raises(ValueError, match="ours"), breaker.guard(failures=(Down,)):
            raise ValueError("ours")

    assert breaker.state() == "closed"


def test_guard__another_breaker_object_of_the_service__sees_it_open(service):
    _open(service)

    with pytest.raises(BreakerOpen), Breaker(service, threshold=3).guard():
        pytest.fail("the service was called")


def test_half_open__fifty_threads__one_probes(service):
    _open(service)
    _end_pause(service)
    probes, refusals = _all_at_once(lambda: Breaker(service, threshold=3), callers=50)

    assert (probes, refusals) == (1, 49)


def test_half_open__fifty_threads_and_no_redis__one_probes(service, no_redis):
    breaker = _open(service, pause=0.0)
    probes, refusals = _all_at_once(lambda: breaker, callers=50)

    assert (probes, refusals) == (1, 49)


def _all_at_once(breaker_of, *, callers):
    """How many entered and how many were refused while the first to enter was still inside."""
    start, refused, entered = threading.Barrier(callers), [], []
    everyone_asked = threading.Event()

    def call(_):
        breaker = breaker_of()
        start.wait()
        try:
            with breaker.guard():
                entered.append(1)
                everyone_asked.wait(10)
        except BreakerOpen:
            refused.append(1)
        if len(refused) == callers - 1:
            everyone_asked.set()

    with ThreadPoolExecutor(callers) as threads:
        list(threads.map(call, range(callers)))
    return len(entered), len(refused)


PROCESS = """
import sys, django
django.setup()
from core.resilience.breaker import Breaker, BreakerOpen
breaker = Breaker(sys.argv[1], threshold=3)
print("ready", flush=True)
sys.stdin.readline()
try:
    with breaker.guard():
        print("probe", flush=True)
        sys.stdin.readline()
except BreakerOpen:
    print("refused", flush=True)
"""


def test_half_open__four_processes__one_probes(service):
    _open(service)
    _end_pause(service)
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROCESS, service],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=None,
        )
        for _ in range(4)
    ]
    assert [p.stdout.readline() for p in processes] == ["ready\n"] * 4

    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    outcomes = sorted(p.stdout.readline().strip() for p in processes)
    for process in processes:
        process.communicate("leave\n")

    assert outcomes == ["probe", "refused", "refused", "refused"]
    assert Breaker(service, threshold=3).state() == "closed"


def test_half_open__probe_succeeds__closes_for_everybody(service):
    breaker = _open(service)
    _end_pause(service)

    with breaker.guard():
        pass

    assert Breaker(service, threshold=3).state() == "closed"


def test_half_open__probe_fails__opens_again(service):
    breaker = _open(service)
    _end_pause(service)

    _fail(breaker, 1)

    assert breaker.state() == "open"


def test_half_open__probe_ends_without_an_outcome__the_next_caller_probes(service):
    breaker = _open(service)
    _end_pause(service)
    with pytest.raises(KeyboardInterrupt), breaker.guard(failures=(Down,)):
        raise KeyboardInterrupt

    with breaker.guard():
        pass

    assert breaker.state() == "closed"


def test_half_open__probe_failed_between_read_and_claim__refuses(service, monkeypatch):
    """A caller that read "half open", and then was slow, must not probe an open breaker."""
    breaker, claim = _open(service), Breaker._claim_probe
    _end_pause(service)

    def slow_claim(self):
        client().hset(self._key, "until", str(time.time() + 60))  # another's probe failed meanwhile
        return claim(self)

    monkeypatch.setattr(Breaker, "_claim_probe", slow_claim)
    with pytest.raises(BreakerOpen), breaker.guard():
        pytest.fail("the service was called")

    assert not client().exists(f"shop:breaker:{service}:probe")


def test_guard__redis_lost__each_process_keeps_its_own(service, no_redis):
    breaker = _open(service)

    assert breaker.state() == "open"
    assert Breaker(service, threshold=3).state() == "closed"


def test_guard__redis_lost_while_open__stays_open(service, lose_redis):
    breaker = _open(service)
    lose_redis()

    assert breaker.state() == "open"


def test_guard__redis_lost__is_asked_once_and_then_passed_by(service, lose_redis, monkeypatch):
    """Each try would wait for its time-out where Redis is frozen."""
    monkeypatch.setattr(store.guard, "_renew", _still_away)
    asked = lose_redis()

    _open(service)

    assert len(asked) == 1


def _still_away(tags):
    raise RedisConnectionError("gone")
