import os

import pytest
from django.core.cache import caches

from core.limits.counters import MAX_COUNT_SECONDS


@pytest.fixture
def counters():
    caches["limits"].clear()
    return caches["limits"]


def test_counter__begun_once__counts_up_and_ends(counters):
    begun = [counters.add("k", 1, 60), counters.add("k", 1, 60)]

    assert begun == [True, False]
    assert [counters.incr("k"), counters.incr("k")] == [2, 3]
    assert 0 < counters.ttl("k") <= 60


def test_counter__lost_between_its_two_commands__is_not_kept_for_ever(counters):
    assert counters.incr("k") == 1
    assert 0 < counters.ttl("k") <= MAX_COUNT_SECONDS


def test_counter__in_a_forked_child__does_not_share_the_connection(counters):
    counters.add("k", 1, 60)
    child = os.fork()
    if child == 0:
        os._exit(counters.incr("k"))

    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 2
    assert counters.incr("k") == 3
