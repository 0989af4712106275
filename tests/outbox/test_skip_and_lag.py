"""What staff do with a message that cannot be handled, and how far behind the outbox is."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from core import retention
from core.outbox import queries
from core.outbox.dead import replay, skip
from core.outbox.models import OutboxMessage
from tests.factories.accounts import UserFactory
from tests.messages import handle

pytestmark = pytest.mark.django_db
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture
def ran(on_thing):
    done = []
    on_thing(done.append)
    return done


@pytest.fixture
def office(client, settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(UserFactory(admin=True, email="staff@shop.test"))
    return client


def _mark_dead(message):
    OutboxMessage.objects.filter(pk=message.pk).update(dead_at=timezone.now(), error="boom")


def _skip(message):
    return skip(message_id=message.pk, reason="Done by hand", actor="staff@shop.test")


def test_skip__dead__is_over_for_good_with_reason_and_name(ran, happen):
    (message,) = happen()
    _mark_dead(message)

    assert _skip(message)
    handle(message.pk)
    replayed = replay([message.pk])

    message.refresh_from_db()
    assert (message.state, message.skip_reason, message.skipped_by, message.error) == (
        "skipped",
        "Done by hand",
        "staff@shop.test",
        "boom",
    )
    assert (ran, replayed) == ([], 0)


@pytest.mark.parametrize("change", [{}, {"handled_at": Now()}])
def test_skip__not_dead__changes_nothing(ran, happen, change):
    (message,) = happen()
    OutboxMessage.objects.update(**change)

    assert not _skip(message)
    message.refresh_from_db()
    assert message.skipped_by == ""


def test_skip__handler_has_a_promise_to_undo__is_done_once(on_thing, happen):
    undone = []
    on_thing(print, on_skip=undone.append)
    (message,) = happen()
    _mark_dead(message)

    assert [_skip(message), _skip(message)] == [True, False]

    assert [str(event.thing_id) for event in undone] == [message.aggregate]


def test_skip__undoing_fails__is_not_skipped(on_thing, happen):
    def fail(event):
        raise RuntimeError("not now")

    on_thing(print, on_skip=fail)
    (message,) = happen()
    _mark_dead(message)

    with pytest.raises(RuntimeError):
        _skip(message)

    message.refresh_from_db()
    assert message.state == "dead"


def test_skip__handler_of_another_release__is_skipped(ran, happen):
    (message,) = happen()
    _mark_dead(message)
    OutboxMessage.objects.update(handler="tests.gone")

    assert _skip(message)


def test_prune__skipped_long_ago__is_forgotten(ran, happen):
    (message,) = happen()
    _mark_dead(message)
    _skip(message)

    retention.prune(now=timezone.now() + retention.MESSAGES_KEPT + timedelta(seconds=1))

    assert not OutboxMessage.objects.exists()


def test_skip_action__with_reason__skips(office, ran, happen):
    (message,) = happen()
    _mark_dead(message)
    url = reverse("admin:core_outboxmessage_skip", args=[message.pk])

    asked = office.post(url, {"_form_submitted": "on", "reason": ""}).content.decode()
    done = office.post(url, {"_form_submitted": "on", "reason": "Done by hand"}, follow=True)

    assert 'name="reason"' in asked
    assert "The message is skipped" in done.content.decode()
    message.refresh_from_db()
    assert (message.state, message.skipped_by) == ("skipped", "staff@shop.test")


def test_skip_action__may_only_read__is_refused(client, settings, ran, happen):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    looker = UserFactory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_outboxmessage"))
    client.force_login(looker)
    (message,) = happen()
    _mark_dead(message)

    answer = client.post(
        reverse("admin:core_outboxmessage_skip", args=[message.pk]), {"_form_submitted": "on", "reason": "x"}
    )

    message.refresh_from_db()
    assert (answer.status_code, message.state) == (403, "dead")


def test_lag__due_postponed_dead_and_handled__are_distinguished(ran, happen):
    now = timezone.now()
    due, fresh, later, dead, handled = happen(5)
    minute = timedelta(minutes=1)
    for message, change in (
        (due, {"next_attempt_at": now - 2 * minute, "created_at": now - 5 * minute}),
        (fresh, {"next_attempt_at": now - minute}),
        (later, {"next_attempt_at": now + minute, "error": "down"}),
        (dead, {"next_attempt_at": now - 9 * minute, "dead_at": now}),
        (handled, {"next_attempt_at": now - 9 * minute, "handled_at": now}),
    ):
        OutboxMessage.objects.filter(pk=message.pk).update(**change)

    found = queries.lag(now=now)

    assert found == queries.Lag(open=3, due=2, retrying=1, dead=1, lag=120.0, oldest=300.0)


def test_lag__nothing_there__is_zero():
    assert queries.lag(now=timezone.now()) == queries.Lag(
        open=0, due=0, retrying=0, dead=0, lag=0.0, oldest=0.0
    )


@pytest.mark.parametrize(("age", "is_dead", "code"), [(5, False, 0), (60, False, 1), (5, True, 1)])
def test_outbox_status__max_lag__decides_the_exit_code(ran, happen, age, is_dead, code):
    first, second = happen(2)
    OutboxMessage.objects.update(next_attempt_at=timezone.now() - timedelta(seconds=age))
    if is_dead:
        _mark_dead(second)
    output, ended = StringIO(), 0

    try:
        call_command("outbox_status", "--max-lag", "30", stdout=output)
    except SystemExit as end:
        ended = end.code

    assert ended == code
    assert f"lag {age}." in output.getvalue()
    assert first.pk
