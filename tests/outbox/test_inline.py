"""What a handler publishes for its own queue is run next, in place; else the relay sends it."""

import pytest
from django.db import transaction
from django.utils import timezone

from core.ids import uuid7
from core.mail.models import Mail
from core.outbox import inline
from core.outbox.models import OutboxMessage
from core.outbox.publishing import publish
from core.outbox.registry import handles
from core.outbox.relay import publish_batch
from tests.messages import handle
from tests.outbox.conftest import Thing

pytestmark = pytest.mark.django_db(transaction=True)


class ThingWentOn(Thing, name="tests.thing_went_on"):
    """The next step."""


@pytest.fixture
def seen():
    return []


@pytest.fixture
def chain(on_thing, seen):
    """A first step that publishes, and a second one on `queue` that runs `act`."""

    def make(*, queue="orders", transactional=True, act=lambda: None):
        def first(event):
            seen.append("first")
            with transaction.atomic():
                publish(ThingWentOn(thing_id=event.thing_id))

        @handles(ThingWentOn, name="tests.second", queue=queue)
        def second(event):
            seen.append("second")
            Mail.objects.create(to="a@shop.test", subject=str(event.thing_id), text="")
            act()

        on_thing(first, name="tests.first", queue="orders", transactional=transactional)

    return make


def _second():
    return OutboxMessage.objects.get(handler="tests.second")


def _due_in(message):
    return (message.next_attempt_at - timezone.now()).total_seconds()


@pytest.mark.parametrize("transactional", [True, False])
def test_inline__next_step_on_the_same_queue__is_run_at_once_and_once(chain, happen, seen, transactional):
    chain(transactional=transactional)
    (message,) = happen()

    handle(message.pk)
    relayed = publish_batch(lambda *sent: None).sent

    assert seen == ["first", "second"]
    assert (_second().state, _second().attempts, _second().publications) == ("handled", 1, 0)
    assert relayed == 0
    assert Mail.objects.count() == 1


def test_inline__next_step_on_another_queue__is_left_to_the_relay(chain, happen, seen):
    chain(queue="mail")
    (message,) = happen()

    handle(message.pk)

    assert seen == ["first"]
    assert _second().state == "waiting"
    assert _due_in(_second()) <= 0


def test_inline__step_rolled_back_after_publishing__leaves_no_follow_up(on_thing, chain, happen, seen):
    chain()

    def fails(event):
        publish(ThingWentOn(thing_id=uuid7()))
        raise RuntimeError("after publishing")

    on_thing(fails, name="tests.fails", queue="orders")
    for message in happen():
        handle(message.pk)

    assert seen == ["first", "second"]
    assert OutboxMessage.objects.filter(handler="tests.second").count() == 1


def test_inline__next_step_fails__waits_for_its_own_retry(chain, happen, seen):
    def fail():
        raise RuntimeError("no luck")

    chain(act=fail)
    (message,) = happen()

    handle(message.pk)

    message.refresh_from_db()
    assert (message.state, _second().state, _second().attempts) == ("handled", "retrying", 1)
    assert 0.5 < _due_in(_second()) < 1.3


def test_inline__worker_dies_before_the_next_step__the_relay_sends_it_when_its_lease_ends(
    chain, happen, seen
):
    deaths = [KeyboardInterrupt()]

    def die_once():
        if deaths:
            raise deaths.pop()

    chain(act=die_once)
    (message,) = happen()
    with pytest.raises(KeyboardInterrupt):
        handle(message.pk)
    leased_for, too_early = _due_in(_second()), _sent()

    OutboxMessage.objects.filter(handler="tests.second").update(next_attempt_at=timezone.now())
    in_time = _sent()
    handle(_second().pk)

    assert inline.LEASE.total_seconds() - 5 < leased_for <= inline.LEASE.total_seconds()
    assert _second().pk not in too_early
    assert in_time == [_second().pk]
    assert (_second().state, Mail.objects.count()) == ("handled", 1)


def test_inline__out_of_time__the_next_step_is_left(chain, happen, seen):
    chain()
    (message,) = happen()

    handle(message.pk, until=0)

    assert seen == ["first"]
    assert _due_in(_second()) > 0


def _sent():
    sent = []
    publish_batch(lambda message_ids, queue: sent.extend(message_ids))
    return sent
