"""The tool itself: it kills where it is set to, once where that is asked, and leaves the rest alone."""

import os
import re
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from pkgutil import resolve_name

import pytest
from django.db import transaction
from django.db.transaction import Atomic

from core import rows
from core.outbox import registry
from drills.crash_points import names, places
from drills.crash_points.installing import install
from tests.architecture.house import ROOT
from tests.faults import children as child

pytestmark = pytest.mark.xdist_group("torture")

HERE = __name__


@transaction.atomic
def _decorated():
    return "alive"


def _block(*, is_nested=False):
    with transaction.atomic() if is_nested else nullcontext(), transaction.atomic():
        pass
    return "alive"


def _rolled_back():
    with transaction.atomic():
        transaction.set_rollback(True)
    return "alive"


def _called():
    rows.change("SELECT %(one)s", {"one": 1})
    return "alive"


@pytest.mark.parametrize(
    ("act", "place", "outcome"),
    [
        (_decorated, "_decorated.before_commit", child.KILLED),
        (_decorated, "_decorated.after_commit", child.KILLED),
        (_block, "_block.before_commit", child.KILLED),
        (_block, "_decorated.before_commit", "alive"),
        (_rolled_back, "_rolled_back.before_commit", "alive"),
        (_rolled_back, "_rolled_back.after_commit", "alive"),
        (_called, "_called.before_change", child.KILLED),
        (_called, "_called.after_change", child.KILLED),
        (_block, "_called.after_change", "alive"),
    ],
)
def test_place__armed__kills_its_process_there_only(act, place, outcome, children):
    assert children.run(act, crash_at=f"{HERE}.{place}") == outcome


def test_place__once__kills_the_first_passage(children, tmp_path):
    once = replace(children, once_file=tmp_path / "died")

    passages = [once.run(_decorated, crash_at=f"{HERE}._decorated.before_commit") for _ in range(3)]

    assert passages == [child.KILLED, "alive", "alive"]


@pytest.mark.parametrize("place", sorted(names.NAMES))
def test_named_place__its_function_does_that(place):
    places.check(place)


def test_documented_points__exist():
    text = (ROOT / "docs" / "reliability.md").read_text()
    documented = re.findall(r"`((?:[a-z_]+\.)+(?:before|after)_[a-z_]+)`", text)

    for place in (place for name in documented for place in names.places_of(name)):
        places.check(place)
    assert len(documented) > 6


@pytest.mark.parametrize(
    "place",
    [
        "orders.no_such_module.cancel.before_commit",
        "orders.cancellation.no_such_function.before_commit",
        "orders.cancellation._is_cancelled.before_commit",  # it has no transaction
        "orders.payments.steps.capture.before_authorise",  # it calls another step
        "orders.payments.steps.capture.before_live",  # nobody wraps that
        "orders.payments.steps.capture",
        "orders.cancel.before_comit",
    ],
)
def test_install__no_such_place__is_refused(place):
    with pytest.raises(places.NoSuchPlace):
        install([place])


def test_install__nothing_armed__wraps_nothing():
    install([])

    wrapped = [Atomic.__exit__, *map(resolve_name, names.CALLED)]
    wrapped += [vars(kind)[method] for kind, method in places.providers()]
    wrapped += [handler.run for handler in registry.all_handlers()]
    functions = [getattr(each, "func", each) for each in wrapped]  # of a partial, what it calls
    assert [each for each in functions if "crash_points" in each.__code__.co_filename] == []


@pytest.mark.parametrize(("local_stack", "outcome"), [("true", "True True\n"), ("false", "False False\n")])
def test_environment__arms_processes_of_the_local_stack_only(local_stack, outcome):
    code = (
        "import django; django.setup()\n"
        "from django.conf import settings; from django.db.transaction import Atomic\n"
        "print('drills' in settings.INSTALLED_APPS, hasattr(Atomic.__exit__, '__wrapped__'))"
    )
    environment = {"LOCAL_STACK": local_stack, "CRASH_AT": "orders.cancel.before_commit"}

    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"} | environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert process.stdout == outcome
