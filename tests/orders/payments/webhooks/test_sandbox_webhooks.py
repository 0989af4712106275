"""The sandbox's own webhooks: from its process to the shop's server, and what a shop makes of forged ones."""

import base64
import hashlib
import hmac
import json
import time
from threading import Event

import pytest
from django.utils import timezone

from core.outbox.models import OutboxMessage
from localstack.ports import free_port
from orders import providers
from orders.models import Order, ProviderEvent
from orders.payments import steps, webhooks
from sandbox.ledger import Ledger
from sandbox.webhooks import Sender
from tests.fakes.sandbox_process import running_sandbox

SECRET = "whsec_" + base64.b64encode(b"a secret of the sandbox's own").decode()
URL = "/api/v1/payments/webhooks/sandbox"


@pytest.fixture
def order(guest, body):
    return Order.objects.get(pk=guest.order(body).json()["id"])


@pytest.fixture
def signed(client, settings):
    """Post as the sandbox does; the answer."""
    settings.SANDBOX_WEBHOOK_SECRET = SECRET

    def post(event, *, secret=SECRET, seconds=0, event_id="evt_1", **changes):
        raw = event if isinstance(event, bytes) else json.dumps(event).encode()
        at, key = str(int(time.time()) + seconds), base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{event_id}.{at}.".encode() + raw
        signature = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        headers = {"webhook-id": event_id, "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
        return client.post(URL, raw, content_type="application/json", headers=headers | changes)

    return post


def _event(order, **changes):
    payment = order.payments.get()
    data = {
        "id": "sandbox_1",
        "key": payment.idempotency_key,
        "status": "authorised",
        "currency": "USD",
        "amount": 2990,
        "captured": 0,
        "refunded": 0,
    }
    return {"type": "payment.authorised", "data": data | changes}


@pytest.mark.django_db
@pytest.mark.parametrize(
    "event",
    [
        *({}, [], "x", None, {"type": "x", "data": {}}, {"type": "x", "data": []}),
        *(b"", b"\xff\xfe", b"{", b"NaN", b"[" * 5000, b'{"type": "\\ud800"}'),
    ],
)
def test_post__signed_and_no_event__is_400(rates, signed, event):
    answer = signed(event)

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_not_understood")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [
        {"currency": "JPY", "captured": 2990},
        {"captured": 100, "refunded": 200},
        *({"amount": odd} for odd in ("much", "2990", "2_990", 2990.0, True, None, -1, 10**14, 10**40)),
        *({"captured": odd} for odd in ("2990", 2990.5, True, -1, 2991, 10**14, 10**400)),
        *({"refunded": odd} for odd in ("0", False, -1, [], {})),
        *({"currency": odd} for odd in ("", "USD\0", "usd", "X" * 500, 5, None, ["USD"], {})),
        *({"id": odd} for odd in ("sandbox\0", "x" * 256, 5, None, [], {"a": 1})),
        *({"key": odd} for odd in ("key\0", "x" * 81, 5, None, [], {"a": 1})),
    ],
)
def test_post__signed_and_impossible__is_400_and_changes_nothing(order, signed, changes):
    answer = signed(_event(order, **changes))

    payment = order.payments.get()
    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_not_understood")
    assert (payment.status, payment.captured, ProviderEvent.objects.count()) == ("pending", 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["", "x" * 101, "x" * 500, "payment\0", 5, None, ["x"], {"a": 1}])
def test_post__signed_with_a_type_that_cannot_be_kept__is_400(order, signed, kind):
    answer = signed({**_event(order), "type": kind})

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_not_understood")
    assert ProviderEvent.objects.count() == 0


@pytest.mark.django_db
@pytest.mark.parametrize("event_id", ["x" * 256, "x" * 300, "evt\0", "evt\x7f", "x" * 4000])
def test_post__signed_with_an_id_that_cannot_be_kept__is_400(order, signed, event_id):
    answer = signed(_event(order), event_id=event_id)

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_not_understood")
    assert (order.payments.get().status, ProviderEvent.objects.count()) == ("pending", 0)


@pytest.mark.django_db
def test_post__id_and_type_as_long_as_their_columns__are_kept(order, signed):
    answer = signed({**_event(order), "type": "x" * 100}, event_id="x" * 255)

    assert (answer.status_code, ProviderEvent.objects.count()) == (204, 1)


@pytest.mark.django_db
def test_post__signed__is_settled_and_a_copy_is_not(order, signed):
    answers = [signed(_event(order)).status_code for _ in range(2)]

    assert answers == [204, 204]
    assert (order.payments.get().status, ProviderEvent.objects.count()) == ("authorised", 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "forgery",
    [
        {"secret": "whsec_" + base64.b64encode(b"another").decode()},
        {"seconds": -1000},
        {"seconds": 1000},
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": "now"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1,\u00e4"},
        {"webhook-signature": ""},
    ],
    ids=lambda forgery: next(iter(forgery)),
)
def test_post__forged__is_refused(order, signed, forgery):
    answer = signed(_event(order), **forgery)

    assert (answer.status_code, answer.json()["code"]) == (400, "signature_invalid")
    assert order.payments.get().status == "pending"


@pytest.mark.django_db
@pytest.mark.parametrize("secret", ["", "whsec_no base64"])
def test_post__shop_without_a_usable_secret__takes_none(order, signed, settings, secret):
    settings.SANDBOX_WEBHOOK_SECRET = secret

    assert signed(_event(order)).status_code == 400


@pytest.mark.parametrize("name", ["SANDBOX_WEBHOOK_SECRET", "SANDBOX_WEBHOOK_SECRET_FILE"])
@pytest.mark.django_db(transaction=True)
def test_process__payment_made__shop_is_notified_by_itself(
    live_server, order, settings, tmp_path, monkeypatch, *, name
):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    settings.SANDBOX_URL, settings.SANDBOX_WEBHOOK_SECRET = f"http://127.0.0.1:{free_port()}", SECRET
    received, real = Event(), webhooks.receive

    def receive(**values):
        real(**values)
        received.set()

    monkeypatch.setattr(webhooks, "receive", receive)
    with running_sandbox(
        settings.SANDBOX_URL,
        SANDBOX_LEDGER=str(tmp_path / "ledger.sqlite3"),
        SANDBOX_WEBHOOK_URL=live_server.url + URL,
        **{name: str(tmp_path / "secret") if name.endswith("FILE") else SECRET},
    ):
        providers.gateway("sandbox").authorise(
            key=order.payments.get().idempotency_key,
            order=order.number,
            token="tok_ok",
            amount=order.total,
            currency="USD",
        )
        is_received = received.wait(10)
        steps.capture(order_id=order.pk, now=timezone.now())

    assert is_received
    order.refresh_from_db()
    assert (order.status, order.payments.get().status) == ("paid", "captured")


def test_sender__shop_is_down__keeps_the_event_and_sends_it_again(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    sender = Sender(ledger, url=f"http://127.0.0.1:{free_port()}", secret=SECRET)
    ledger.on_event = lambda: None
    with ledger._write() as db:
        ledger.record_event(db, "payment.authorised", {"id": "sandbox_1"})

    sender._send(ledger.rows("SELECT * FROM event")[0])

    (event,) = ledger.rows("SELECT * FROM event")
    assert event["attempts"] == 1
    assert event["due"] >= int(time.time())
    ledger.close()


@pytest.mark.django_db
def test_post__signed__what_follows_belongs_to_the_request_that_placed_the_order(guest, body, signed):
    placed = guest.order(body, **{"X-Request-ID": "placed-by-this"})
    order = Order.objects.get(pk=placed.json()["id"])

    answer = signed(_event(order), **{"X-Request-ID": "id-of-provider"})

    assert answer.status_code == 204
    step = OutboxMessage.objects.get(handler="orders.capture_payment")
    assert step.request_id == "placed-by-this"
