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

    def post(event, *, secret=SECRET, seconds=0, **changes):
        raw, at = json.dumps(event).encode(), str(int(time.time()) + seconds)
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signature = base64.b64encode(
            hmac.digest(key, b"evt_1." + at.encode() + b"." + raw, hashlib.sha256)
        ).decode()
        headers = {"webhook-id": "evt_1", "webhook-timestamp": at, "webhook-signature": f"v1,{signature}"}
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
@pytest.mark.parametrize("event", [{}, [], "x", None, {"type": "x", "data": {}}, {"type": "x", "data": []}])
def test_post__signed_and_no_event__is_400(rates, signed, event):
    answer = signed(event)

    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_not_understood")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes", [{"currency": "JPY", "captured": 2990}, {"captured": 100, "refunded": 200}, {"amount": "much"}]
)
def test_post__signed_and_impossible__is_400_and_changes_nothing(order, signed, changes):
    answer = signed(_event(order, **changes))

    payment = order.payments.get()
    assert (answer.status_code, answer.json()["code"]) == (400, "webhook_not_understood")
    assert (payment.status, payment.captured, ProviderEvent.objects.count()) == ("pending", 0, 0)


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
def test_process__payment_made__shop_hears_of_it_by_itself(
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


def test_sender__shop_is_down__keeps_the_news_and_tells_it_again(tmp_path):
    ledger = Ledger(tmp_path / "ledger.sqlite3")
    sender = Sender(ledger, url=f"http://127.0.0.1:{free_port()}", secret=SECRET)
    ledger.on_news = lambda: None
    with ledger._write() as db:
        ledger.tell(db, "payment.authorised", {"id": "sandbox_1"})

    sender._send(ledger.rows("SELECT * FROM event")[0])

    (event,) = ledger.rows("SELECT * FROM event")
    assert event["attempts"] == 1
    assert event["due"] >= int(time.time())
    ledger.close()


@pytest.mark.django_db
def test_post__signed__what_follows_belongs_to_the_request_that_placed_the_order(guest, body, signed):
    placed = guest.order(body, **{"X-Request-ID": "placed-by-this"})
    order = Order.objects.get(pk=placed.json()["id"])

    answer = signed(_event(order), **{"X-Request-ID": "news-of-provider"})

    assert answer.status_code == 204
    step = OutboxMessage.objects.get(handler="orders.capture_payment")
    assert step.request_id == "placed-by-this"
