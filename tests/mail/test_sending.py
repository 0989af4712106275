"""Workers sending queued mail to a real SMTP server that accepts, refuses, hangs or is not there."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from core.cache.redis import client
from core.errors import Invalid
from core.mail import services, smtp, smtp_connection
from core.mail.handlers import send_mail
from core.mail.models import Mail
from core.mail.services import MailQueued
from core.outbox import work
from core.outbox.dead import replay
from core.outbox.models import OutboxMessage
from core.outbox.work import Postpone
from core.retention import prune
from tests.mail.smtp_server import no_smtp_server, smtp_server
from tests.messages import handle

hide_tokens = import_module("core.migrations.0005_mail_holds_secret").hide_tokens
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _closed_breaker():
    smtp.breaker._local.reset()
    client().delete("shop:breaker:smtp", "shop:breaker:smtp:probe")


def _queue(**fields):
    with transaction.atomic():
        return services.queue(**{"to": "ada@shop.test", "subject": "Hello", "text": "Text"} | fields)


def _deliver(*mails):
    for message in OutboxMessage.objects.filter(aggregate__in=[str(m.pk) for m in mails]).order_by("id"):
        handle(message.pk)


def _state(mail):
    mail.refresh_from_db()
    return mail.status


def test_send__server_accepts__arrives_as_written_and_is_marked_sent():
    mail = _queue(subject="Größe ✓", text="Grüße\n", html="<p>Grüße")

    with smtp_server() as server:
        _deliver(mail)

    (received,) = server.received
    text, html = [part for part in received.walk() if not part.is_multipart()]
    assert received["To"] == "ada@shop.test"
    assert received["X-Mail-ID"] == str(mail.pk)
    assert received["Message-ID"] == f"<{mail.pk}@localhost>"
    assert text.get_payload(decode=True).decode().strip() == "Grüße"
    assert html.get_content_type() == "text/html"
    assert _state(mail) == Mail.Status.SENT
    assert mail.sent_at is not None


def test_send__message_delivered_again__sends_nothing():
    mail = _queue()

    with smtp_server() as server:
        _deliver(mail)
        OutboxMessage.objects.update(handled_at=None)
        _deliver(mail)

    assert len(server.received) == 1


def test_send__recipient_refused_for_good__is_failed_and_not_tried_again():
    mail = _queue()

    with smtp_server() as server:
        server.rcpt = "550 No such user"
        _deliver(mail)

    assert _state(mail) == Mail.Status.FAILED
    assert mail.error == "550 No such user"
    assert OutboxMessage.objects.get().handled_at is not None


def test_send__content_refused_for_good__is_failed():
    mail = _queue()

    with smtp_server() as server:
        server.data = "554 Looks like spam"
        _deliver(mail)

    assert _state(mail) == Mail.Status.FAILED


@pytest.mark.parametrize("where", ["rcpt", "data"])
def test_send__refused_for_now__stays_queued_and_goes_out_later(where):
    mail = _queue()

    with smtp_server() as server:
        setattr(server, where, "451 Greylisted")
        _deliver(mail)
        waiting = OutboxMessage.objects.get()
        between = _state(mail)
        setattr(server, where, "250 OK")
        _deliver(mail)

    assert between == Mail.Status.QUEUED
    assert waiting.next_attempt_at > timezone.now()
    assert waiting.attempts == 0
    assert _state(mail) == Mail.Status.SENT


def test_send__greylisted_for_three_days__is_given_up():
    mail = _queue()

    with smtp_server() as server, time_machine.travel(timezone.now() + timedelta(days=3, minutes=1)):
        server.rcpt = "450 Mailbox busy"
        _deliver(mail)

    assert _state(mail) == Mail.Status.FAILED


def test_send__server_hangs__is_given_up_in_time_and_tried_again():
    mail = _queue()

    with smtp_server(timeout=0.5) as server:
        server.hangs = True
        _deliver(mail)
        server.hangs = False
        _deliver(mail)

    assert _state(mail) == Mail.Status.SENT
    assert len(server.received) == 1


def test_send__five_bad_addresses__do_not_open_the_breaker():
    mails = [_queue() for _ in range(6)]

    with smtp_server() as server:
        server.rcpt = "550 No such user"
        _deliver(*mails)

    assert smtp.breaker.state() == "closed"


def test_send__no_server__opens_the_breaker_and_recovers_with_one_probe():
    mails = [_queue() for _ in range(8)]

    with no_smtp_server():
        _deliver(*mails)
    opened = smtp.breaker.state()
    errors = set(OutboxMessage.objects.values_list("error", flat=True))
    with smtp_server() as server:
        _deliver(*mails)
        while_open = len(server.received)
        client().hset("shop:breaker:smtp", "until", "0")
        _deliver(*mails)

    assert opened == "open"
    assert any("not being called" in error for error in errors)
    assert while_open == 0
    assert {_state(mail) for mail in mails} == {Mail.Status.SENT}
    assert len(server.received) == 8


@pytest.mark.django_db(transaction=True)
def test_send__five_workers_get_the_same_message__one_sends():
    mail = _queue()
    message_id = OutboxMessage.objects.get().pk
    together = threading.Barrier(5)

    def work(_):
        try:
            together.wait()
            handle(message_id)
        finally:
            smtp_connection.drop()
            connection.close()

    with smtp_server() as server, ThreadPoolExecutor(5) as workers:
        list(workers.map(work, range(5)))

    assert len(server.received) == 1
    assert _state(mail) == Mail.Status.SENT


def test_send__about_the_same__waits_until_the_earlier_one_is_sent():
    first, second = _queue(about="order 1"), _queue(about="order 1")
    other, none = _queue(about="order 2"), _queue()

    with smtp_server() as server:
        _deliver(second, other, none)
        before = [_state(mail) for mail in (first, second, other, none)]
        waits = OutboxMessage.objects.get(aggregate=str(second.pk))
        _deliver(first)
        _deliver(second)

    assert before == ["queued", "queued", "sent", "sent"]
    assert (waits.state, waits.attempts) == ("retrying", 0)
    arrived = [mail["X-Mail-ID"] for mail in server.received]
    assert arrived == [str(mail.pk) for mail in (other, none, first, second)]


def test_send__about_the_same__does_not_wait_for_one_that_failed_for_good():
    first, second = _queue(about="order 1"), _queue(about="order 1")

    with smtp_server() as server:
        server.rcpt = "550 No such user"
        _deliver(first)
        server.rcpt = "250 OK"
        _deliver(second)

    assert (_state(first), _state(second)) == ("failed", "sent")


def test_send__given_up__is_failed_and_the_next_about_the_same_is_sent(give_up):
    first, second = _queue(about="order 1"), _queue(about="order 1")

    give_up(first)
    with smtp_server():
        _deliver(second)

    assert (_state(first), _state(second)) == ("failed", "sent")
    assert OutboxMessage.objects.get(aggregate=str(first.pk)).state == "dead"


@pytest.fixture
def give_up(monkeypatch):
    """Have the mail's message fail for the last time."""

    def run(mail):
        with smtp_server(), monkeypatch.context() as broken:
            broken.setattr(smtp, "send", _raise)
            OutboxMessage.objects.filter(aggregate=str(mail.pk)).update(attempts=1000)
            _deliver(mail)

    return run


def _replay(mail):
    return replay(list(OutboxMessage.objects.filter(aggregate=str(mail.pk)).values_list("pk", flat=True)))


def test_send__given_up_and_replayed__is_sent_once(give_up):
    mail = _queue()
    give_up(mail)
    given_up = _state(mail)

    with smtp_server() as server:
        replayed = [_replay(mail), _deliver(mail), _replay(mail), _deliver(mail)]

    assert (given_up, _state(mail), len(server.received)) == ("failed", "sent", 1)
    assert replayed == [1, None, 0, None]


def test_send__replayed_and_queued_again_by_staff__is_sent_once(give_up):
    mail = _queue()
    give_up(mail)

    services.requeue(mail_ids=[mail.pk])
    with smtp_server() as server:
        _replay(mail)
        _deliver(mail)

    assert (_state(mail), len(server.received)) == ("sent", 1)
    assert {message.state for message in OutboxMessage.objects.all()} == {"handled"}


def test_send__replayed_while_an_earlier_one_about_the_same_waits__is_sent_after_it(give_up):
    first, second = _queue(about="order 1"), _queue(about="order 1")
    services.claim(mail_id=first.pk, now=timezone.now())
    OutboxMessage.objects.filter(aggregate=str(second.pk)).update(dead_at=timezone.now())
    services.mark_failed(mail_id=second.pk, error="It could not be sent")
    _replay(second)

    with smtp_server() as server:
        _deliver(second)
        services.release(mail_id=first.pk, error="")
        _deliver(first, second)

    arrived = [mail["X-Mail-ID"] for mail in server.received]
    assert arrived == [str(first.pk), str(second.pk)]


def test_send__second_copy_of_a_message_whose_mail_was_refused__holds_up_no_later_mail():
    first = _queue(about="order 1")
    (copy,) = work.find_open([OutboxMessage.objects.get().pk])  # another worker has read it

    with smtp_server() as server:
        server.rcpt = "550 No such user"
        _deliver(first)
        server.rcpt = "450 Greylisted"
        work.run(copy)
        server.rcpt = "250 OK"
        second = _queue(about="order 1")
        _deliver(second)

    assert (_state(first), _state(second)) == ("failed", "sent")


def test_send__mail_is_gone__is_done():
    mail = _queue()
    Mail.objects.all().delete()

    _deliver(mail)

    assert OutboxMessage.objects.get().state == "handled"


def _raise(mail):
    raise RuntimeError("a fault of ours")


def test_send__worker_died_while_sending__another_sends_when_the_claim_ends():
    mail = _queue()
    services.claim(mail_id=mail.pk, now=timezone.now())

    with smtp_server() as server:
        _deliver(mail)
        too_early = len(server.received)
        with time_machine.travel(timezone.now() + services.CLAIM + timedelta(seconds=1)):
            _deliver(mail)

    assert (too_early, len(server.received)) == (0, 1)


def test_send__worker_died_a_minute_ago__is_tried_again_as_soon_as_the_claim_ends():
    mail = _queue()
    services.claim(mail_id=mail.pk, now=timezone.now() - services.CLAIM + timedelta(seconds=10))

    with pytest.raises(Postpone) as put_off:
        send_mail(MailQueued(mail_id=mail.pk))

    assert 5 < put_off.value.seconds <= 10


@pytest.mark.django_db(transaction=True)
def test_send__database_restarts_after_the_server_took_it__is_marked_and_not_sent_again(monkeypatch):
    mail, send = _queue(), smtp.send

    def send_and_lose_the_database(mail):
        send(mail)
        with pytest.raises(OperationalError), connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(smtp, "send", send_and_lose_the_database)
    with smtp_server() as server:
        _deliver(mail)

    assert len(server.received) == 1
    assert _state(mail) == Mail.Status.SENT


def test_queue__same_cause_twice__is_one_mail():
    first, second = _queue(cause="order 1 placed"), _queue(cause="order 1 placed")

    assert first == second
    assert OutboxMessage.objects.count() == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Hello\nBcc: all@shop.test"},
        {"subject": "Hello\r\n\r\nbody"},
        {"subject": "Hello\n"},
        {"to": "a@shop.test\nBcc: b@shop.test"},
    ],
)
def test_queue__header_of_two_lines__is_refused(fields):
    with pytest.raises(Invalid):
        _queue(**fields)

    assert not Mail.objects.exists()


def test_send__one_mail_after_the_other__on_one_connection():
    mails = [_queue() for _ in range(3)]

    with smtp_server() as server:
        _deliver(*mails)

    assert (len(server.received), server.connections) == (3, 1)


@pytest.mark.parametrize("ends", ["closed", "421 Too many mails"])
def test_send__server_has_ended_the_connection__a_new_one_is_made(ends):
    mails = [_queue() for _ in range(3)]

    with smtp_server() as server:
        _deliver(mails[0])
        server.noop = ends
        _deliver(mails[1])
        server.noop = "250 OK"
        _deliver(mails[2])

    assert {_state(mail) for mail in mails} == {Mail.Status.SENT}
    assert (len(server.received), server.connections) == (3, 2)
    assert smtp.breaker.state() == "closed"


def test_send__a_mail_was_refused__the_next_is_not_mixed_up_with_it():
    refused, accepted = _queue(to="nobody@shop.test"), _queue(to="ada@shop.test")

    with smtp_server() as server:
        server.data = "554 Looks like spam"
        _deliver(refused)
        server.data = "250 OK"
        _deliver(accepted)

    assert (_state(refused), _state(accepted)) == (Mail.Status.FAILED, Mail.Status.SENT)
    assert [mail["To"] for mail in server.received] == ["ada@shop.test"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("to", "x@\u200eexample.com"),
        ("to", f"x@{'a' * 64}.com"),
        ("to", f"{'a' * 65}@example.com"),
        ("to", "no address"),
        ("subject", "two\nlines"),
    ],
)
def test_send__cannot_be_written_as_a_mail__fails_at_once_by_its_name_and_holds_up_nothing(field, value):
    first, second = _queue(about="order 1"), _queue(about="order 1")
    Mail.objects.filter(pk=first.pk).update(**{field: value})  # as it was stored before it was checked

    with smtp_server() as server:
        _deliver(first)
        _deliver(second)

    assert (_state(first), _state(second), len(server.received)) == ("failed", "sent", 1)
    assert "cannot be written as a mail" in first.error
    assert smtp.breaker.state() == "closed"


def test_send__holds_a_secret__is_forgotten_once_it_is_sent():
    mails = [_queue(text="token", html="token", holds_secret=secret) for secret in (True, False)]

    with smtp_server() as server:
        _deliver(*mails)

    assert [_state(mail) for mail in mails] == ["sent", "sent"]
    assert [(mail.text, mail.html) for mail in mails] == [("", ""), ("token", "token")]
    assert len(server.received) == 2


def test_requeue__secret_that_was_forgotten__stays_failed():
    mail = _queue(text="token", holds_secret=True)
    services.mark_failed(mail_id=mail.pk, error="550 No such user")

    prune(now=timezone.now() + timedelta(days=4))

    assert services.requeue(mail_ids=[mail.pk]) == 0
    assert (_state(mail), mail.text) == ("failed", "")


def test_migration__mails_from_before__are_hidden_and_those_sent_emptied():
    sent, queued, other = (
        _queue(text="token", cause=cause)
        for cause in (
            "accounts.verify_email:1:a@shop.test",
            "accounts.verify_email:2:b@shop.test",
            "orders:1",
        )
    )
    Mail.objects.filter(pk__in=[sent.pk, other.pk]).update(status="sent")

    hide_tokens(apps, None)

    found = {mail.pk: (mail.text, mail.holds_secret) for mail in Mail.objects.all()}
    assert found == {sent.pk: ("", True), queued.pk: ("token", True), other.pk: ("token", False)}


def test_send__international_domain__goes_out_as_idna_2008():
    mail = _queue(to="x@fa\u00df.de")

    with smtp_server() as server:
        _deliver(mail)

    assert server.received[0]["To"] == "x@xn--fa-hia.de"
