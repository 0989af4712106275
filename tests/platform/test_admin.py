import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models.functions import Now
from django.test import override_settings
from django.utils import timezone

from core.mail import services as mail
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from tests.factories.accounts import UserFactory
from tests.factories.todos import TodoFactory

pytestmark = [pytest.mark.django_db]
PAGES = ["core/outboxmessage", "core/mail", "core/idempotencyrecord", "core/computejob", "todos/todo"]


@pytest.fixture(autouse=True)
def _static_files_by_plain_name():
    with override_settings(
        STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
    ):
        yield


@pytest.fixture
def admin(client):
    client.force_login(UserFactory(admin=True))
    return client


@pytest.fixture
def viewer(client):
    user = UserFactory(staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client.force_login(user)
    return client


def _queued(**fields):
    with transaction.atomic():
        return mail.queue(**{"to": "ada@shop.test", "subject": "Hello", "text": "Text"} | fields)


def _run(client, page, action, row):
    data = {"action": action, "_selected_action": [row.pk]}
    return client.post(f"/admin/{page}/", data, follow=True)


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("query", ["", "?q=ada"])
def test_lists__staff__are_shown(admin, page, query):
    _queued()
    TodoFactory()

    assert admin.get(f"/admin/{page}/{query}").status_code == 200


@pytest.mark.parametrize("page", ["core/mail", "core/outboxmessage", "todos/todo"])
def test_lists__more_rows__cost_no_more_queries(admin, page, django_assert_max_num_queries):
    def count(rows):
        for _ in range(rows):
            _queued()
            TodoFactory()
        with django_assert_max_num_queries(30) as queries:
            admin.get(f"/admin/{page}/")
        return len(queries)

    admin.get(f"/admin/{page}/")

    assert count(1) == count(10)


def test_rows__by_hand__cannot_be_added_changed_or_deleted(admin):
    row = _queued()

    answers = [
        admin.get("/admin/core/mail/add/").status_code,
        admin.post(f"/admin/core/mail/{row.pk}/change/", {"status": "sent"}).status_code,
        admin.post(f"/admin/core/mail/{row.pk}/delete/", {"post": "yes"}).status_code,
    ]

    row.refresh_from_db()
    assert answers == [403, 403, 403]
    assert row.status == Mail.Status.QUEUED


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        ("dead", {"dead_at": Now(), "error": "x"}),
        ("retrying", {"error": "x"}),
        ("open", {}),
        ("handled", {"handled_at": Now()}),
    ],
)
def test_outbox__filtered_by_state__shows_that_state(admin, state, fields):
    _queued()
    OutboxMessage.objects.update(**fields)

    shown = admin.get(f"/admin/core/outboxmessage/?state={state}").context["cl"].result_count
    others = {"dead", "handled"} - {state}

    assert shown == 1
    assert all(
        admin.get(f"/admin/core/outboxmessage/?state={s}").context["cl"].result_count == 0 for s in others
    )


def test_replay__dead_message__runs_again(admin):
    _queued()
    OutboxMessage.objects.update(dead_at=timezone.now(), attempts=12)

    _run(admin, "core/outboxmessage", "replay", OutboxMessage.objects.get())

    message = OutboxMessage.objects.get()
    assert (message.dead_at, message.attempts) == (None, 0)


def test_requeue__failed_mail__is_queued_with_an_event(admin):
    row = _queued()
    Mail.objects.update(status=Mail.Status.FAILED, error="550 no")

    _run(admin, "core/mail", "requeue", row)

    row.refresh_from_db()
    assert (row.status, row.error) == (Mail.Status.QUEUED, "")
    assert OutboxMessage.objects.filter(aggregate=str(row.pk)).count() == 2


def test_requeue__sent_mail__is_left_alone(admin):
    row = _queued()
    Mail.objects.update(status=Mail.Status.SENT)

    _run(admin, "core/mail", "requeue", row)

    row.refresh_from_db()
    assert row.status == Mail.Status.SENT


def test_actions__staff_who_may_only_read__change_nothing(viewer):
    row = _queued()
    Mail.objects.update(status=Mail.Status.FAILED)
    OutboxMessage.objects.update(dead_at=timezone.now())

    _run(viewer, "core/mail", "requeue", row)
    _run(viewer, "core/outboxmessage", "replay", OutboxMessage.objects.get())

    row.refresh_from_db()
    assert row.status == Mail.Status.FAILED
    assert OutboxMessage.objects.get().dead_at is not None
