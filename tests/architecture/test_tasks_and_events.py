import re

import pytest
from celery import current_app
from django.conf import settings

from config.celery import app as celery_app
from core.outbox import Event
from core.outbox.registry import all_handlers
from core.outbox.tasks import handle_messages
from tests.architecture.house import ROOT, SHOP, sources

NAME = re.compile(r"(config|accounts|catalog|orders|todos|core)\.[a-z]+(_[a-z]+)*")
QUEUES = {queue.name for queue in settings.CELERY_TASK_QUEUES}


def _our_tasks():
    celery_app.loader.import_default_modules()
    return [t for t in celery_app.tasks.values() if t.__module__.split(".")[0] in SHOP]


def _our_events():
    """Those with a name: others only serve to be inherited from."""
    found, left = [], [Event]
    while left:
        children = left.pop().__subclasses__()
        found += [c for c in children if c.name and c.__module__.split(".")[0] in SHOP]
        left += children
    return found


def _queue_of(task):
    """Celery warns of a queue on the task itself; who sends it names the queue."""
    scheduled = [e for e in settings.CELERY_BEAT_SCHEDULE.values() if e["task"] == task.name]
    return next((entry.get("options", {}).get("queue") for entry in scheduled), None)


def test_tasks__all__have_a_stable_name():
    assert [t.name for t in _our_tasks() if not NAME.fullmatch(t.name)] == []


def test_tasks__all__state_limits_that_the_broker_outwaits():
    patience = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]

    assert [
        t.name
        for t in _our_tasks()
        if not (t.soft_time_limit and t.time_limit and t.soft_time_limit < t.time_limit < patience)
    ] == []


def test_tasks__all__have_a_queue_that_exists():
    """A message runs on the queue of its handler, which the relay names."""
    assert [
        t.name for t in _our_tasks() if t.name != handle_messages.name and _queue_of(t) not in QUEUES
    ] == []


def test_schedule__every_entry__names_a_task_that_exists():
    names = {t.name for t in _our_tasks()}

    assert [e["task"] for e in settings.CELERY_BEAT_SCHEDULE.values() if e["task"] not in names] == []


def test_events__all__have_a_handler():
    handled = {handler.event for handler in all_handlers()}

    assert [event.__name__ for event in _our_events() if event not in handled] == []


def test_events__names__are_unique_and_say_their_app():
    names = [event.name for event in _our_events()]

    assert names
    assert len(set(names)) == len(names)
    assert [name for name in names if not NAME.fullmatch(name)] == []


def test_handlers__all__have_a_queue_that_exists_and_a_name_of_their_app():
    assert [h.name for h in all_handlers() if h.queue not in QUEUES or not NAME.fullmatch(h.name)] == []


def test_handlers__lease__outlasts_the_task():
    assert [h.name for h in all_handlers() if h.lease < handle_messages.time_limit] == []


@pytest.mark.parametrize("call", [r"\.delay\(", r"\.apply_async\(", r"\.send_task\("])
def test_broker__only_the_relay__speaks_to_it(call):
    """A request that touched the broker would fail with it."""
    speaking = [p.relative_to(ROOT).as_posix() for p in sources(SHOP) if re.search(call, p.read_text())]

    assert set(speaking) <= {"core/outbox/broker.py"}


def test_app__that_django_uses__is_ours():
    assert current_app.main == "shop"
