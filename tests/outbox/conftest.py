from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone

from core.ids import uuid7
from core.outbox import Event, registry
from core.outbox.models import OutboxMessage
from core.outbox.publishing import publish
from core.outbox.registry import handles


class Thing(Event):
    thing_id: UUID

    def aggregate(self) -> str:
        return str(self.thing_id)


class ThingHappened(Thing, name="tests.thing_happened"):
    """Its id is inherited."""

    count: int = 0


@pytest.fixture(autouse=True)
def own_registry(monkeypatch):
    """Handlers registered here are gone afterwards."""
    monkeypatch.setattr(registry, "_handlers", dict(registry._handlers))


@pytest.fixture
def on_thing():
    """Register `run` for ThingHappened: `on_thing(run, max_attempts=2)`."""

    def register(run, name="tests.handler", **options):
        return handles(ThingHappened, name=name, **options)(run)

    return register


@pytest.fixture
def happen(db):
    """Publish events in a transaction of their own; the messages, oldest first."""

    def publish_some(count=1):
        with transaction.atomic():
            publish(*(ThingHappened(thing_id=uuid7(), count=number) for number in range(count)))
        return list(OutboxMessage.objects.order_by("id"))

    return publish_some


@pytest.fixture
def make_due():
    def run():
        OutboxMessage.objects.update(next_attempt_at=timezone.now())

    return run
