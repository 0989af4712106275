"""The storm's parts; tests/journeys/test_chaos.py lets it loose on a whole shop."""

import os
import signal
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from drills.chaos import report
from drills.chaos.faults import FAULTS, Fault
from drills.chaos.stack import NothingToKill, OwnStack
from drills.chaos.storm import Storm, Strike
from drills.replay.tally import Attempt
from localstack.layout import Layout
from localstack.record import SUPERVISOR, Record, only_supervisor

FORKS = "import os, time; child = os.fork(); child and print(child, flush=True); time.sleep(60)"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WEB, RELAY, WORKER_CHILD = (
    next(fault for fault in FAULTS if fault.name == name) for name in ("web master", "relay", "worker child")
)


@pytest.fixture
def layout(tmp_path):
    made = Layout(tmp_path)
    made.make_directories()
    return made


@pytest.fixture
def entrance():
    """A server of our own, which plays nginx."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening.getsockname()[1]


@pytest.fixture
def recorded(layout, entrance):
    """The record of a stack that runs, with ourselves as supervisor and nginx, and a worker with a child."""
    worker = subprocess.Popen([sys.executable, "-c", FORKS], stdout=subprocess.PIPE, start_new_session=True)
    child = int(worker.stdout.readline())
    record = Record(layout.record)
    for name, pid in ((SUPERVISOR, os.getpid()), ("nginx", os.getpid()), ("worker", worker.pid)):
        record.add(name, pid)
    with only_supervisor(layout.lock):
        yield worker, child
    os.killpg(worker.pid, signal.SIGKILL)
    worker.communicate()


def test_behind__no_stack_or_one_that_has_ended__refuses(layout, entrance):
    with pytest.raises(NothingToKill, match="No local stack of this checkout is running"):
        OwnStack.behind(f"http://127.0.0.1:{entrance}", layout)

    Record(layout.record).add("nginx", os.getpid())
    with pytest.raises(NothingToKill, match="No local stack of this checkout is running"):
        OwnStack.behind(f"http://127.0.0.1:{entrance}", layout)


@pytest.mark.parametrize(
    "address", ["http://shop.example:{port}", "http://127.0.0.1:1", "http://10.0.0.1:{port}"]
)
def test_behind__another_host_or_port__refuses(layout, recorded, entrance, address):
    url = address.format(port=entrance)

    with pytest.raises(NothingToKill, match="is not the local stack of this checkout"):
        OwnStack.behind(url, layout)


def test_faults__servers_of_somebody_else__are_left_alone(layout, recorded, entrance):
    stack = OwnStack.behind(f"http://localhost:{entrance}", layout)

    assert [fault.name for fault in stack.faults()] == ["worker child", "worker"]


def test_kill__child__leaves_its_parent(layout, recorded):
    worker, child = recorded

    killed = OwnStack(layout).kill(WORKER_CHILD, Random(1))

    assert killed == child
    assert worker.poll() is None


def test_kill__nothing_recorded_at_the_moment__kills_nothing(layout, recorded):
    assert OwnStack(layout).kill(RELAY, Random(1)) is None


class _Stack:
    """Records who was to be killed; the storm ends when it is enough."""

    def __init__(self, layout):
        self.layout = layout
        self.killed = []

    def faults(self):
        return FAULTS

    def kill(self, fault, random):
        self.killed.append(fault.name)
        return 1


def test_storm__short_visit__strikes_with_each_fault_once_all_the_same(layout):
    stack, shown = _Stack(layout), []

    with Storm(stack, every=0.001, seed=1).raging(shown.append):
        pass

    assert Counter(stack.killed) == Counter(fault.name for fault in FAULTS)
    assert [strike.fault.name for strike in shown] == stack.killed


def test_storm__same_seed__same_order(layout):
    first, again, other = _Stack(layout), _Stack(layout), _Stack(layout)

    for stack, seed in ((first, 1), (again, 1), (other, 2)):
        with Storm(stack, every=0.001, seed=seed).raging(lambda _: None):
            pass

    assert first.killed == again.killed != other.killed


def test_storm__visit_ended__ends_at_once(layout):
    stack = _Stack(layout)

    with pytest.raises(KeyboardInterrupt), Storm(stack, every=3600, seed=1).raging(lambda _: None):
        raise KeyboardInterrupt

    assert stack.killed == []


def test_storm__stack_has_ended__says_so(layout):
    class Ended(_Stack):
        def kill(self, fault, random):
            raise NothingToKill("The local stack has ended")

    with (
        pytest.raises(NothingToKill, match="has ended"),
        Storm(Ended(layout), every=0.001, seed=1).raging(lambda _: None),
    ):
        pass


def _strike(fault: Fault, at: float) -> Strike:
    return Strike(fault=fault, pid=1, at=at, time=NOON + timedelta(seconds=at))


def _attempt(began: float, ended: float, failure: str = "", route: str = "POST /orders") -> Attempt:
    return Attempt(route=route, began=began, ended=ended, failure=failure)


def test_outcomes__failures__count_for_the_strike_that_began_the_outage():
    strikes = [_strike(WEB, 10), _strike(RELAY, 11), _strike(RELAY, 20), _strike(WEB, 30)]
    attempts = [
        _attempt(1, 2, "503"),  # before the first
        _attempt(9, 10.5, "connection lost"),
        _attempt(12, 13, "503"),
        _attempt(13, 14),
        _attempt(21, 22),
        _attempt(29, 31, "503", route="GET /products"),
        _attempt(31, 33),
    ]

    web, relay = sorted(report.outcomes(strikes, attempts, {}), key=lambda outcome: outcome.fault == "relay")

    assert (web.times, web.failures) == (2, Counter({"503": 2, "connection lost": 1}))
    assert (relay.times, relay.failures) == (2, Counter())
    assert (web.to_order, relay.to_order) == (4, 2)


def test_outcomes__times__are_the_longest_until_an_order_sent_afterwards_was_accepted():
    strikes = [_strike(WEB, 10), _strike(WEB, 20)]
    attempts = [
        _attempt(9, 10.5),  # sent before the strike
        _attempt(11, 12, route="GET /products"),
        _attempt(12, 14),
        _attempt(20.5, 21),
    ]

    (web,) = report.outcomes(strikes, attempts, {strikes[1]: 0.25})

    assert (web.to_order, web.to_work) == (4, 0.25)
