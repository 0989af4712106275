"""The tool itself: it kills where it is told to, once where that is asked, and costs nothing else."""

import timeit

import pytest

from core.crash_points import crash_point
from core.ids import uuid7
from tests.faults import children as child

pytestmark = pytest.mark.xdist_group("torture")


def _pass_by(step):
    crash_point(step)
    return "alive"


@pytest.mark.parametrize(("armed", "outcome"), [("a.step", child.KILLED), ("another.step", "alive")])
def test_crash_point__armed__kills_its_process_there_only(armed, outcome, children):
    assert children.run(_pass_by, "a.step", crash_at=armed) == outcome


def test_crash_point__once__kills_the_first_passage(children, tmp_path):
    children.changed["CRASH_ONCE_FILE"] = str(tmp_path / "died")

    passages = [children.run(_pass_by, "a.step", crash_at="a.step") for _ in range(3)]

    assert passages == [child.KILLED, "alive", "alive"]


def test_crash_point__unarmed__costs_less_than_making_an_id():
    crossing = min(timeit.repeat(lambda: crash_point("a.step"), number=2000, repeat=5))
    making_an_id = min(timeit.repeat(uuid7, number=2000, repeat=5))

    assert crossing < making_an_id
