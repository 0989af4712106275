"""GET /metrics: what Prometheus reads."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from core.ids import uuid7
from core.outbox.models import OutboxMessage
from orders.models import LedgerCheck

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def _samples(client):
    answer = client.get("/metrics")
    assert answer.status_code == 200
    families = text_string_to_metric_families(answer.content.decode())
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in families
        for sample in family.samples
    }


def _message(**changes):
    now = timezone.now()
    due = {"next_attempt_at": now - timedelta(seconds=30), "created_at": now - timedelta(seconds=90)}
    event = {"event_id": uuid7(), "event": "tests.thing", "handler": "tests.none", "payload": {}}
    return OutboxMessage.objects.create(**event | due | changes)


def test_metrics__messages_in_every_state__are_counted_with_their_lag(client):
    _message()
    _message(error="boom", next_attempt_at=timezone.now() + timedelta(hours=1))
    _message(dead_at=timezone.now())
    _message(handled_at=timezone.now())

    samples = _samples(client)

    states = {state: samples["shop_outbox_messages", state] for state in ("open", "due", "retrying", "dead")}
    assert states == {"open": 2, "due": 1, "retrying": 1, "dead": 1}
    assert 30 <= samples["shop_outbox_lag_seconds",] < 60
    assert 90 <= samples["shop_outbox_oldest_age_seconds",] < 120


def test_metrics__nothing_waits__lag_is_zero(client):
    samples = _samples(client)

    assert (samples["shop_outbox_messages", "due"], samples["shop_outbox_lag_seconds",]) == (0, 0)


def test_metrics__ledgers_checked__the_last_check_is_shown(client):
    LedgerCheck.objects.create(at=NOON - timedelta(days=1), count=0)
    LedgerCheck.objects.create(at=NOON, count=3, payments_compared=7)

    samples = _samples(client)

    assert samples["shop_ledger_differences",] == 3
    assert samples["shop_ledger_payments_compared",] == 7
    assert samples["shop_ledger_checked_timestamp_seconds",] == NOON.timestamp()


def test_metrics__ledgers_never_checked__says_nothing_of_them(client):
    assert not [name for name, *_ in _samples(client) if name.startswith("shop_ledger")]


def test_metrics__any_number_of_messages__same_queries(client, django_assert_num_queries):
    for _ in range(5):
        _message()

    with django_assert_num_queries(3):
        _samples(client)


def test_metrics__text_format__with_help_and_type(client):
    answer = client.get("/metrics", headers={"Authorization": "Bearer nonsense"})

    assert answer["Content-Type"].startswith("text/plain; version=")
    assert answer["Cache-Control"] == "no-store"
    assert b"# TYPE shop_outbox_lag_seconds gauge" in answer.content


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_metrics__other_method__is_405(client, method):
    assert getattr(client, method)("/metrics").status_code == 405
