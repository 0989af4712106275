import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from threading import Barrier

import pytest
from django.db import connection
from django.utils import timezone

from core.mail.models import Mail
from core.outbox import work
from core.outbox.dead import replay
from core.outbox.models import OutboxMessage
from core.outbox.work import Postpone
from tests.messages import handle

pytestmark = pytest.mark.django_db


def _effect(event):
    """A row is an effect that can be counted."""
    Mail.objects.create(to="a@shop.test", subject=str(event.thing_id), text=str(event.count))


def _fail(event):
    raise RuntimeError("no luck")


def _handle(message_id):
    try:
        handle(message_id)
    finally:
        connection.close()


def _wait(message):
    message.refresh_from_db()
    return (message.next_attempt_at - timezone.now()).total_seconds()


def test_handle__delivered_shuffled_and_many_times__one_effect_each(on_thing, happen):
    on_thing(_effect)
    deliveries = [message.pk for message in happen(10) for _ in range(random.randint(1, 5))]
    random.shuffle(deliveries)

    for message_id in deliveries:
        handle(message_id)

    assert Mail.objects.count() == 10
    assert all(m.state == "handled" and m.attempts == 1 for m in OutboxMessage.objects.all())


@pytest.mark.django_db(transaction=True)
def test_handle__delivered_to_many_workers_at_once__one_effect_each(on_thing, happen):
    on_thing(_effect)
    deliveries = [message.pk for message in happen(5) for _ in range(8)]
    random.shuffle(deliveries)

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(_handle, deliveries))

    assert Mail.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_handle__second_worker_while_the_first_is_at_it__waits_and_finds_it_handled(on_thing, happen):
    both_started = Barrier(2, timeout=10)
    runs = []

    def slow(event):
        runs.append(event)
        both_started.wait()
        _effect(event)

    on_thing(slow)
    (message,) = happen()

    def second():
        both_started.wait()
        _handle(message.pk)

    with ThreadPoolExecutor(2) as pool:
        first, other = pool.submit(_handle, message.pk), pool.submit(second)
        first.result(), other.result()

    assert (len(runs), Mail.objects.count()) == (1, 1)


def test_handle__handler_fails__its_effect_is_undone_and_it_is_tried_again(on_thing, happen):
    def half(event):
        _effect(event)
        raise RuntimeError("after the effect")

    on_thing(half)
    (message,) = happen()

    handle(message.pk)

    assert not Mail.objects.exists()
    assert 0.5 < _wait(message) < 1.3
    assert (message.state, message.attempts) == ("retrying", 1)
    assert "after the effect" in message.error


def test_handle__fails_again_and_again__waits_longer_each_time(on_thing, happen):
    on_thing(_fail, max_attempts=20)
    (message,) = happen()

    pauses = []
    for _ in range(12):
        handle(message.pk)
        pauses.append(_wait(message))

    assert all(later > 1.2 * earlier for earlier, later in pairwise(pauses[:8]))
    assert pauses[-1] < 1.3 * work.MAX_RETRY_SECONDS


def test_handle__last_attempt_fails__is_dead_and_compensated_once(on_thing, happen):
    on_thing(_fail, max_attempts=2, on_dead=_effect)
    (message,) = happen()

    for _ in range(4):
        handle(message.pk)

    message.refresh_from_db()
    assert (message.state, message.attempts) == ("dead", 2)
    assert Mail.objects.count() == 1


def test_handle__compensation_fails__message_is_not_given_up(on_thing, happen):
    on_thing(_fail, max_attempts=1, on_dead=_fail)
    (message,) = happen()

    handle(message.pk)
    message.refresh_from_db()
    stuck = message.state
    on_thing(_fail, name="tests.other", max_attempts=1, on_dead=_effect)
    OutboxMessage.objects.update(handler="tests.other")
    handle(message.pk)

    message.refresh_from_db()
    assert (stuck, message.state) == ("retrying", "dead")
    assert Mail.objects.count() == 1


def test_replay__dead_message__is_due_and_runs(on_thing, happen):
    on_thing(_fail, max_attempts=1)
    dead, other = happen(2)
    handle(dead.pk)
    on_thing(_effect, name="tests.mended")
    OutboxMessage.objects.update(handler="tests.mended")

    assert replay([dead.pk, other.pk]) == 1

    handle(dead.pk)
    dead.refresh_from_db()
    assert dead.state == "handled"
    assert Mail.objects.count() == 1


def test_handle__postponed__waits_without_counting(on_thing, happen):
    def later(event):
        raise Postpone("not now", seconds=7)

    on_thing(later, max_attempts=1)
    (message,) = happen()

    for _ in range(5):
        handle(message.pk)

    assert 5.5 < _wait(message) < 8.5
    assert (message.state, message.attempts, message.error) == ("retrying", 0, "not now")


def test_handle__postponed_for_long__is_tried_less_often(on_thing, happen):
    def later(event):
        raise Postpone("not now", seconds=1)

    on_thing(later)
    (message,) = happen()
    OutboxMessage.objects.update(created_at=timezone.now() - timedelta(hours=2))

    handle(message.pk)

    assert 23 < _wait(message) < 37


def test_handle__not_transactional__runs_outside_any_transaction(on_thing, happen, transactional_db):
    seen = []
    on_thing(lambda event: seen.append(connection.in_atomic_block), transactional=False)
    (message,) = happen()

    handle(message.pk)

    message.refresh_from_db()
    assert (seen, message.state) == ([False], "handled")


def test_handle__no_such_message__does_nothing():
    handle(0)
