import importlib
import os
import subprocess
import sys
from textwrap import dedent

import pytest
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.test.utils import CaptureQueriesContext

from core.ids import uuid7
from core.observability import request_id
from core.outbox.models import OutboxMessage
from core.outbox.publishing import publish
from core.outbox.registry import handler_named, handles, restore
from tests.outbox.conftest import ThingHappened


def test_publish__transaction_commits__one_message_for_each_handler(on_thing, happen):
    on_thing(print, name="tests.one")
    on_thing(print, name="tests.two", queue="mail")

    messages = happen()

    assert {m.handler for m in messages} == {"tests.one", "tests.two"}
    assert len({m.event_id for m in messages}) == 1
    assert {m.state for m in messages} == {"waiting"}
    assert messages[0].aggregate == messages[0].payload["thing_id"]


@pytest.mark.django_db(transaction=True)
def test_publish__transaction_rolls_back__nothing_is_left(on_thing):
    on_thing(print)

    with pytest.raises(ZeroDivisionError), transaction.atomic():  # noqa: PT012
        publish(ThingHappened(thing_id=uuid7()))
        raise ZeroDivisionError

    assert not OutboxMessage.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_publish__outside_a_transaction__is_refused(on_thing):
    with pytest.raises(TransactionManagementError):
        publish(ThingHappened(thing_id=uuid7()))


@pytest.mark.django_db(transaction=True)
def test_publish__process_killed_before_its_commit__nothing_is_left(tmp_path):
    program = dedent(
        """
        import os, signal
        import django; django.setup()
        from django.db import transaction
        from core.mail.services import queue
        with transaction.atomic():
            queue(to="a@shop.test", subject="s", text="t")
            os.kill(os.getpid(), signal.SIGKILL)
        """
    )

    killed = subprocess.run([sys.executable, "-c", program], env=_environment(), timeout=60, check=False)

    assert killed.returncode == -9
    assert not OutboxMessage.objects.exists()


def _environment():
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
    return {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}


def test_publish__many_events__are_one_insert(on_thing, db):
    on_thing(print, name="tests.one")
    on_thing(print, name="tests.two")

    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        publish(*(ThingHappened(thing_id=uuid7()) for _ in range(20)))

    assert len([query for query in captured if "INSERT INTO core_outboxmessage" in query["sql"]]) == 1
    assert OutboxMessage.objects.count() == 40


def test_publish__within_a_request__carries_its_id(on_thing, happen):
    on_thing(print)

    with request_id.bind("request-1234"):
        (message,) = happen()

    assert message.request_id == "request-1234"


def test_restore__inherited_uuid__is_the_event_as_published(on_thing):
    on_thing(print)
    event = ThingHappened(thing_id=uuid7(), count=3)

    assert restore(handler_named("tests.handler"), event.payload()) == event


def test_restore__annotations_as_text__is_the_event_as_published(tmp_path, monkeypatch):
    (tmp_path / "textual_events.py").write_text(
        dedent(
            """
            from __future__ import annotations
            from uuid import UUID
            from core.outbox import Event

            class Textual(Event, name="tests.textual"):
                one: UUID
                other: UUID | None = None
                text: str = ""
            """
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    textual_events = importlib.import_module("textual_events")

    handles(textual_events.Textual, name="tests.textual_handler")(print)
    event = textual_events.Textual(one=uuid7(), text=str(uuid7()))

    assert restore(handler_named("tests.textual_handler"), event.payload()) == event


def test_handles__same_name_twice__is_refused(on_thing):
    on_thing(print)

    with pytest.raises(ValueError, match=r"tests\.handler"):
        on_thing(print)
