from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from core import retention
from core.idempotency.models import IdempotencyRecord
from core.ids import uuid7
from core.mail import services as mail
from core.mail.models import Mail
from core.outbox.models import OutboxMessage

pytestmark = pytest.mark.django_db
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def now():
    return timezone.now()


def _message(now, **fields):
    return OutboxMessage.objects.create(
        event_id=uuid7(), event="e", handler="h", payload={}, created_at=now, next_attempt_at=now, **fields
    )


def _answer(at, **fields):
    record = IdempotencyRecord.objects.create(
        scope="guest", key=str(uuid7()), fingerprint="f", status=201, body=b"", **fields
    )
    IdempotencyRecord.objects.filter(pk=record.pk).update(created_at=at)
    return record


def test_prune__handled_messages__goes_after_seven_days(now):
    _message(now, handled_at=now - 7 * DAY - HOUR)
    kept = [
        _message(now, handled_at=now - 7 * DAY + HOUR),
        _message(now - 30 * DAY),
        _message(now, dead_at=now - 30 * DAY),
    ]

    counts = retention.prune(now=now)

    assert counts["messages"] == 1
    assert set(OutboxMessage.objects.all()) == set(kept)


def test_prune__answers__goes_after_24_hours(now):
    _answer(now - 24 * HOUR - HOUR)
    kept = _answer(now - 24 * HOUR + HOUR)

    retention.prune(now=now)

    assert list(IdempotencyRecord.objects.all()) == [kept]


@pytest.mark.parametrize(
    ("fields", "is_kept"),
    [({}, True), ({"dead_at": Now()}, True), ({"handled_at": Now()}, False)],
    ids=["open", "dead", "handled"],
)
def test_prune__answer_whose_work_is_unfinished__stays(now, fields, is_kept):
    _answer(now - 3 * DAY, request_id="request-1")
    _message(now, request_id="request-1", **fields)

    retention.prune(now=now)

    assert IdempotencyRecord.objects.exists() is is_kept


def test_prune__old_mail__loses_its_body_and_is_never_sent_again(now):
    with transaction.atomic():
        row = mail.queue(to="a@shop.test", subject="s", text="t", html="<p>t", cause="order 1")
    long_ago = now - 91 * DAY
    Mail.objects.update(status=Mail.Status.SENT, created_at=long_ago, sent_at=long_ago)

    retention.prune(now=now)
    with transaction.atomic():
        again = mail.queue(to="a@shop.test", subject="s", text="t", cause="order 1")

    row.refresh_from_db()
    assert (row.text, row.html, row.cause) == ("", "", "order 1")
    assert again.status == Mail.Status.SENT


def test_prune__more_than_one_run_takes__leaves_the_rest_for_the_next(now, monkeypatch):
    monkeypatch.setattr(retention, "BATCH", 2)
    monkeypatch.setattr(retention, "MAX_BATCHES", 2)
    for _ in range(5):
        _answer(now - 2 * DAY)

    counts = [retention.prune(now=now)["answers"] for _ in range(3)]

    assert counts == [4, 1, 0]
