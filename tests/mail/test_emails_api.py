import pytest

from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from tests.factories.accounts import UserFactory, bearer

EMAILS = "/api/v1/emails"
LETTER = {"to": "ada@shop.test", "subject": "Hello", "body": "Text"}
pytestmark = pytest.mark.django_db


@pytest.fixture
def staff():
    return UserFactory(staff=True)


def _send(client, user, sent, **headers):
    return client.post(EMAILS, sent, content_type="application/json", headers=bearer(user) | headers)


def test_emails__staff__are_queued_for_a_worker(client, staff):
    response = _send(client, staff, LETTER)

    mail = Mail.objects.get()
    assert response.status_code == 202
    assert response.json() == {"id": str(mail.pk), "status": "queued"}
    assert (mail.to, mail.subject, mail.text) == ("ada@shop.test", "Hello", "Text")
    assert OutboxMessage.objects.get().handler == "core.send_mail"


def test_emails__customer__is_403(client):
    response = _send(client, UserFactory(), LETTER)

    assert (response.status_code, response["Content-Type"]) == (403, "application/problem+json")
    assert not Mail.objects.exists()


def test_emails__staff_no_more__is_403_although_the_token_says_so(client, staff):
    headers = bearer(staff)
    staff.is_staff = False
    staff.save()

    response = client.post(EMAILS, LETTER, content_type="application/json", headers=headers)

    assert response.status_code == 403


def test_emails__nobody__is_401(client):
    assert client.post(EMAILS, LETTER, content_type="application/json").status_code == 401


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": "Hello\nBcc: all@shop.test"}, "subject"),
        ({"subject": "a\u2028b"}, "subject"),
        ({"subject": "x" * 201}, "subject"),
        ({"subject": ""}, "subject"),
        ({"to": "nobody"}, "to"),
        ({"to": "a@shop.test, b@shop.test"}, "to"),
        ({"to": "a@shop.test\r\nBcc: b@shop.test"}, "to"),
        ({"body": ""}, "body"),
        ({"body": None}, "body"),
    ],
)
def test_emails__bad_field__is_400_naming_it(client, staff, change, field):
    response = _send(client, staff, LETTER | change)

    assert response.status_code == 400
    assert [e["field"] for e in response.json()["errors"]] == [field]
    assert not Mail.objects.exists()


def test_emails__same_idempotency_key__queues_one(client, staff):
    answers = [_send(client, staff, LETTER, **{"Idempotency-Key": "letter-1"}) for _ in range(3)]

    assert len({a.content for a in answers}) == 1
    assert [a.get("Idempotent-Replayed") for a in answers] == [None, "true", "true"]
    assert Mail.objects.count() == 1


def test_emails__too_often__is_429_with_retry_after(client, staff, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"emails": (2, 60)}

    answers = [_send(client, staff, LETTER) for _ in range(3)]

    assert [a.status_code for a in answers] == [202, 202, 429]
    assert int(answers[-1]["Retry-After"]) >= 1
