"""Many messages in one task: at once, and none of them hurts its neighbours."""

import signal
import threading
from concurrent.futures import wait

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection, connections, transaction
from django.utils import timezone

from core.ids import uuid7
from core.mail.models import Mail
from core.outbox import batches
from core.outbox.models import OutboxMessage
from core.outbox.publishing import publish
from core.outbox.tasks import handle_messages
from core.outbox.work import Postpone
from tests.outbox.conftest import ThingHappened

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 4
NEVER = 30  # seconds that no test waits


@pytest.fixture(autouse=True)
def _own_threads(settings):
    """Threads that are gone at the end, with their connections."""
    settings.WORKER_THREADS = THREADS
    batches._threads.cache_clear()
    yield
    pool, together = batches._threads(), threading.Barrier(THREADS)

    def close():
        together.wait(10)
        connections.close_all()

    wait([pool.submit(close) for _ in range(THREADS)])
    pool.shutdown()
    batches._threads.cache_clear()


def _effect(event):
    Mail.objects.create(to="a@shop.test", subject=str(event.count), text="")


def _run(messages, **options):
    batches.run([message.pk for message in messages], **options)


def _states():
    return list(OutboxMessage.objects.order_by("id").values_list("error", "handled_at"))


def _due_in(message):
    message.refresh_from_db()
    return (message.next_attempt_at - timezone.now()).total_seconds()


def test_batch__many_messages__each_is_run_once(on_thing, happen):
    on_thing(_effect)
    messages = happen(20)

    handle_messages(message_ids=[m.pk for m in messages])
    handle_messages(message_ids=[m.pk for m in messages])

    assert sorted(int(mail.subject) for mail in Mail.objects.all()) == list(range(20))
    assert set(OutboxMessage.objects.values_list("attempts", flat=True)) == {1}


def test_batch__messages_that_wait__are_run_at_once(on_thing, happen):
    together = threading.Barrier(THREADS, timeout=10)
    on_thing(lambda event: together.wait())

    _run(happen(THREADS))

    assert not together.broken
    assert all(handled_at for _, handled_at in _states())


@pytest.mark.parametrize("count", [1, 3])
def test_batch__database_ends_the_connections__each_message_is_run_again_at_once(on_thing, happen, count):
    lost = set()

    def lose_the_first_connection(event):
        if event.count not in lost:
            lost.add(event.count)
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        _effect(event)

    on_thing(lose_the_first_connection)

    _run(happen(count))

    assert len(lost) == Mail.objects.count() == count
    assert all(handled_at and not error for error, handled_at in _states())


def _publish(*events):
    with transaction.atomic():
        publish(*events)
    return list(OutboxMessage.objects.order_by("id"))


def test_batch__in_turn__one_after_the_other_for_each_aggregate_and_aggregates_at_once(on_thing):
    ran, both = [], threading.Barrier(2, timeout=10)

    def meet(event):
        both.wait()  # the other aggregate's message of the same number
        ran.append((event.thing_id, event.count))

    on_thing(meet, in_turn=True)
    things = uuid7(), uuid7()

    _run(_publish(*(ThingHappened(thing_id=thing, count=count) for count in range(3) for thing in things)))

    assert all(handled_at for _, handled_at in _states())
    for thing in things:
        assert [count for which, count in ran if which == thing] == [0, 1, 2]


def test_batch__not_in_turn__messages_of_one_aggregate_are_run_at_once(on_thing):
    together, thing = threading.Barrier(3, timeout=10), uuid7()
    on_thing(lambda event: together.wait())

    _run(_publish(*(ThingHappened(thing_id=thing, count=count) for count in range(3))))

    assert all(handled_at for _, handled_at in _states())


@pytest.mark.parametrize(("attempts", "after"), [(0, []), (1000, ["1", "2"])])
def test_batch__in_turn_and_the_first_fails__the_next_wait_until_it_is_dead(on_thing, attempts, after):
    def refuse_the_first(event):
        if event.count == 0:
            raise RuntimeError("poisoned")
        _effect(event)

    on_thing(refuse_the_first, in_turn=True)
    thing = uuid7()
    messages = _publish(*(ThingHappened(thing_id=thing, count=count) for count in range(3)))
    OutboxMessage.objects.filter(pk=messages[0].pk).update(attempts=attempts)

    _run(messages)

    assert [mail.subject for mail in Mail.objects.order_by("id")] == after
    assert [m.attempts for m in OutboxMessage.objects.order_by("id")][1:] == [len(after) // 2] * 2


def test_batch__in_turn__the_earlier_one_is_with_another_worker__waits_without_counting_as_failure(on_thing):
    on_thing(_effect, in_turn=True)
    thing = uuid7()
    first, second = _publish(*(ThingHappened(thing_id=thing, count=count) for count in range(2)))

    _run([second])
    waits = OutboxMessage.objects.get(pk=second.pk)
    _run([first])
    _run([second])

    assert (waits.state, waits.attempts, "earlier" in waits.error) == ("retrying", 0, True)
    assert 0 < (waits.next_attempt_at - timezone.now()).total_seconds() <= 2
    assert [mail.subject for mail in Mail.objects.order_by("id")] == ["0", "1"]


def test_handles__in_turn_and_not_transactional__is_refused(on_thing):
    with pytest.raises(ValueError, match="transactional"):
        on_thing(_effect, in_turn=True, transactional=False)


def test_batch__one_fails_and_one_is_put_off__neighbours_are_handled(on_thing, happen):
    def one_in_three(event):
        if event.count == 1:
            raise RuntimeError("poisoned")
        if event.count == 4:
            raise Postpone("later", seconds=9)
        _effect(event)

    on_thing(one_in_three)
    messages = happen(6)

    _run(messages)

    assert [error for error, handled_at in _states() if not handled_at] == [
        "RuntimeError('poisoned')",
        "later",
    ]
    assert Mail.objects.count() == 4
    assert 7 < _due_in(messages[4]) < 11


def test_batch__a_handler_that_hangs_until_time_is_up__fails_alone(on_thing, happen):
    released = threading.Event()

    def hang(event):
        if event.count == 0:
            released.wait(NEVER)
            raise SystemExit  # as if killed: nothing is recorded by its own thread
        _effect(event)

    on_thing(hang, transactional=False)
    messages = happen(6)

    def out_of_time(*_):
        threading.Timer(0.5, released.set).start()  # the hard limit would end the process here
        raise SoftTimeLimitExceeded

    known = signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, 1)
    try:
        _run(messages)
    finally:
        signal.signal(signal.SIGALRM, known)

    messages[0].refresh_from_db()
    assert (messages[0].state, messages[0].attempts) == ("retrying", 1)
    assert "OutOfTime" in messages[0].error
    assert Mail.objects.count() == 5


def test_batch__not_begun_when_its_time_is_over__is_due_at_once(on_thing, happen, monkeypatch):
    on_thing(_effect)
    messages = happen(6)
    OutboxMessage.objects.update(publications=1, next_attempt_at=timezone.now() + timezone.timedelta(hours=1))
    monkeypatch.setattr(batches, "MAX_START_SECONDS", -1)

    _run(messages)

    assert Mail.objects.count() == 0
    assert all(_due_in(message) <= 0 for message in messages)
    assert set(OutboxMessage.objects.values_list("attempts", "publications")) == {(0, 0)}


@pytest.mark.parametrize("is_redelivered", [False, True])
def test_batch__that_has_killed_a_worker__is_run_one_by_one_in_any_order(on_thing, happen, is_redelivered):
    order = []
    on_thing(lambda event: order.append((event.count, threading.current_thread() is threading.main_thread())))
    messages = happen(12)

    _run(messages, is_redelivered=is_redelivered)

    assert sorted(number for number, _ in order) == list(range(12))
    assert {is_main for _, is_main in order} == {is_redelivered}
    if is_redelivered:
        assert [number for number, _ in order] != list(range(12))


def test_batch__connection_lost_in_one_thread__its_next_message_gets_a_new_one(on_thing, happen):
    def lose(event):
        if event.count == 0:
            connections["default"].connection.close()
        _effect(event)

    on_thing(lose)
    messages = happen(12)

    _run(messages, is_redelivered=False)

    lost = [message for message in OutboxMessage.objects.order_by("id") if not message.handled_at]
    assert [message.pk for message in lost] == [messages[0].pk]
    assert Mail.objects.count() == 11
