import os
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from textwrap import dedent
from threading import Barrier

import pytest
from celery import current_app
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from core.outbox import broker, work
from core.outbox.broker import QueueRefused
from core.outbox.claims import CLAIM
from core.outbox.models import OutboxMessage
from core.outbox.relay import BATCH, MAX_TASK_MESSAGES, OUTAGE_SECONDS, Relay, publish_batch
from tests.messages import handle

pytestmark = pytest.mark.django_db


def _due_in(message):
    message.refresh_from_db()
    return (message.next_attempt_at - timezone.now()).total_seconds()


def test_publish_batch__due_messages__are_sent_to_their_queues_and_leased(on_thing, happen):
    on_thing(print, queue="orders", lease=40)
    messages = happen(3)
    sent = []

    outcome = publish_batch(lambda *call: sent.append(call))

    assert (outcome.sent, outcome.refused) == (3, frozenset())
    assert sent == [([message.pk for message in messages], "orders")]
    assert all(39 < _due_in(message) < 41 for message in messages)
    assert publish_batch(lambda *call: sent.append(call)).sent == 0


def test_publish_batch__nobody_answers__lease_doubles_up_to_five_minutes(on_thing, happen, make_due):
    on_thing(print, lease=60)
    (message,) = happen()

    leases = []
    for _ in range(5):
        make_due()
        publish_batch(lambda *call: None)
        leases.append(round(_due_in(message)))

    assert leases == [60, 120, 240, 300, 300]


def test_publish_batch__handled_dead_or_not_due__are_not_sent(on_thing, happen):
    on_thing(print)
    handled, dead, later, due = happen(4)
    now = timezone.now()
    OutboxMessage.objects.filter(pk=handled.pk).update(handled_at=now)
    OutboxMessage.objects.filter(pk=dead.pk).update(dead_at=now)
    OutboxMessage.objects.filter(pk=later.pk).update(next_attempt_at=now + timedelta(minutes=1))
    sent = []

    publish_batch(lambda message_ids, queue: sent.extend(message_ids))

    assert sent == [due.pk]


def test_publish_batch__broker_fails_in_mid_batch__the_rest_is_due_at_once(on_thing, happen):
    on_thing(print)
    messages = happen(MAX_TASK_MESSAGES + 5)
    sent = []

    def send(message_ids, queue):
        if sent:
            raise ConnectionError
        sent.extend(message_ids)

    with pytest.raises(ConnectionError):
        publish_batch(send)
    before = len(sent)
    publish_batch(lambda message_ids, queue: sent.extend(message_ids))

    assert before == MAX_TASK_MESSAGES
    assert sorted(sent) == [message.pk for message in messages]


def test_publish_batch__one_queue_refuses__the_others_are_sent_and_its_messages_stay_due(on_thing, happen):
    on_thing(print, queue="mail")
    on_thing(print, name="tests.other", queue="orders")
    happen(MAX_TASK_MESSAGES + 5)
    refusing, others = (
        OutboxMessage.objects.filter(handler=name) for name in ("tests.handler", "tests.other")
    )
    due = list(refusing.order_by("id").values_list("id", "next_attempt_at", "publications"))
    asked, sent = Counter(), []

    def send(message_ids, queue):
        asked[queue] += 1
        if queue == "mail":
            raise QueueRefused
        sent.extend(message_ids)

    outcome = publish_batch(send)

    assert (outcome.refused, outcome.sent) == ({"mail"}, MAX_TASK_MESSAGES + 5)
    assert sorted(sent) == sorted(others.values_list("pk", flat=True))
    assert asked == {"mail": 1, "orders": 2}
    assert list(refusing.order_by("id").values_list("id", "next_attempt_at", "publications")) == due


def test_publish_batch__queue_skipped__its_backlog_does_not_keep_the_others_waiting(on_thing, happen):
    on_thing(print, queue="mail")
    happen(BATCH + 1)
    on_thing(print, name="tests.other", queue="orders")
    happen(1)
    sent = []

    outcome = publish_batch(lambda message_ids, queue: sent.append(queue), skip_queues=["mail"])

    assert (outcome.sent, sent) == (1, ["orders"])


def test_publish_batch__worker_is_faster_than_the_relay__what_it_decided_stands(on_thing, happen):
    def postpone(event):
        raise work.Postpone("later", seconds=3)

    on_thing(postpone)
    on_thing(lambda event: None, name="tests.quick")
    happen()

    publish_batch(lambda message_ids, queue: [handle(pk) for pk in message_ids])

    put_off = OutboxMessage.objects.get(handler="tests.handler")
    assert 2 < _due_in(put_off) < 4
    assert OutboxMessage.objects.get(handler="tests.quick").state == "handled"


def test_publish_batch__handler_of_another_release__does_not_stop_the_others(on_thing, happen):
    on_thing(print)
    stranger, known = happen(2)
    OutboxMessage.objects.filter(pk=stranger.pk).update(handler="tests.from_the_future")
    sent = []

    publish_batch(lambda message_ids, queue: sent.extend(message_ids))

    assert sent == [known.pk]
    assert 50 < _due_in(stranger) < 70


@pytest.mark.django_db(transaction=True)
def test_publish_batch__two_relays_at_once__send_each_message_once(on_thing, happen):
    on_thing(print)
    messages = happen(BATCH + 50)
    sent, start = [], Barrier(2)

    def relay(_):
        start.wait()
        try:
            while publish_batch(lambda message_ids, queue: sent.extend(message_ids)).sent:
                pass
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(relay, range(2)))

    assert Counter(sent) == Counter(message.pk for message in messages)


@pytest.mark.django_db(transaction=True)
def test_publish_batch__sending__holds_no_lock_and_no_transaction(on_thing, happen):
    on_thing(print)
    happen()
    open_transactions = []

    def send(message_ids, queue):
        open_transactions.append(connection.in_atomic_block)
        with ThreadPoolExecutor(1) as pool:
            pool.submit(_lock_now, message_ids[0]).result()

    publish_batch(send)

    assert open_transactions == [False]


def _lock_now(message_id):
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM core_outboxmessage WHERE id = %s FOR UPDATE NOWAIT", [message_id])
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_publish_batch__relay_killed_in_mid_batch__another_sends_the_rest(tmp_path):
    program = dedent(
        """
        import os, signal
        import django; django.setup()
        from django.db import transaction
        from core.mail.services import queue
        from core.outbox.relay import publish_batch
        with transaction.atomic():
            for number in range(40):
                queue(to="a@shop.test", subject=str(number), text="t")
        sent = []
        def send(message_ids, queue):
            sent.append(message_ids)
            if len(sent) == 2:
                os.kill(os.getpid(), signal.SIGKILL)
        publish_batch(send)
        """
    )
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + "/" + connection.settings_dict["NAME"]
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings"}
    killed = subprocess.run([sys.executable, "-c", program], env=environment, timeout=60, check=False)
    waiting = [_due_in(message) for message in OutboxMessage.objects.all()]
    OutboxMessage.objects.update(next_attempt_at=timezone.now())  # the claim has run out
    sent = []

    publish_batch(lambda message_ids, queue: sent.extend(message_ids))

    assert killed.returncode == -signal.SIGKILL
    assert len(waiting) == 40
    assert max(waiting) <= CLAIM.total_seconds()
    assert len(sent) == 40


@pytest.fixture
def use_broker(monkeypatch):
    """Point the relay at a broker of the test: `use_broker(url)`."""

    def use(url):
        monkeypatch.setattr(current_app.conf, "broker_write_url", url)
        broker.connection.cache_clear()

    yield use
    broker.connection.cache_clear()


@pytest.fixture
def frozen():
    """A port that accepts and never says anything."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"redis://127.0.0.1:{server.getsockname()[1]}/0"


def test_relay__broker_works__messages_reach_their_queue(on_thing, happen):
    on_thing(print, queue="orders")
    (message,) = happen()

    call_command("relay_outbox", once=True)

    assert message.pk in _queued("orders")


def _queued(queue):
    """The ids of the messages waiting in `queue`, which is emptied."""
    found = []
    with current_app.connection_for_read() as kombu, kombu.SimpleQueue(queue) as waiting:
        while True:
            try:
                message = waiting.get(block=False)
            except waiting.Empty:
                return found
            found += message.payload[1]["message_ids"]
            message.ack()


def test_relay__broker_refuses__gives_up_at_once_and_messages_stay_due(on_thing, happen, use_broker):
    on_thing(print)
    (message,) = happen()
    use_broker("redis://127.0.0.1:1/0")

    started = time.monotonic()
    sent = Relay().publish_due()

    assert sent is None
    assert time.monotonic() - started < 3
    assert _due_in(message) <= 0


def test_relay__broker_frozen__gives_up_within_its_time_out_and_messages_stay_due(
    on_thing, happen, use_broker, frozen
):
    on_thing(print)
    (message,) = happen()
    use_broker(frozen)

    started = time.monotonic()
    sent = Relay().publish_due()

    assert sent is None
    assert time.monotonic() - started < 8
    assert _due_in(message) <= 0


@pytest.fixture
def asked(on_thing, happen, monkeypatch):
    """The queues that were sent to. `mail` refuses; more than a batch waits for it, before the others."""
    on_thing(print, queue="mail")
    happen(BATCH + 1)
    on_thing(print, name="tests.other", queue="orders")
    happen(1)
    queues = []

    def send(message_ids, queue):
        queues.append(queue)
        if queue == "mail":
            raise QueueRefused

    monkeypatch.setattr(broker, "send", send)
    return queues


def test_relay__queue_refuses__the_others_go_on_and_it_is_asked_again_after_a_pause(asked, monkeypatch):
    relay = Relay()

    counts = [relay.publish_due() for _ in range(3)]
    later = time.monotonic() + OUTAGE_SECONDS
    monkeypatch.setattr(time, "monotonic", lambda: later)
    relay.publish_due()

    assert (asked, counts) == (["mail", "orders", "mail"], [0, 1, 0])


def test_relay__once_behind_a_queue_that_refuses__sends_what_the_others_take(asked):
    call_command("relay_outbox", once=True)

    assert asked == ["mail", "orders"]


def test_relay__broker_comes_back__sends_what_waited(on_thing, happen, use_broker):
    on_thing(print, queue="orders")
    (message,) = happen()
    url = current_app.conf.broker_write_url
    use_broker("redis://127.0.0.1:1/0")
    Relay().publish_due()

    use_broker(url)

    assert Relay().publish_due() == 1
    assert message.pk in _queued("orders")
