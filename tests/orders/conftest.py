import threading
from decimal import Decimal
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import orjson
import pytest
from django.core.cache import caches
from django.test import Client
from django.utils import timezone

from core.outbox.models import OutboxMessage
from core.outbox.relay import publish_batch
from orders.models import ShippingMethod, TaxRule
from orders.providers import sandbox as sandbox_gateway
from sandbox.application import Provider
from sandbox.ledger import Ledger
from tests.factories.accounts import UserFactory, bearer
from tests.factories.catalog import VariantFactory
from tests.factories.orders import ADDRESS, ShippingMethodFactory, TaxRuleFactory
from tests.messages import handle

ORDERS = "/api/v1/orders"
HANG = 0.6  # seconds that tok_timeout hangs here; the gateway waits half as long


class Caller(Client):
    """A shopper: a guest, or signed in as `user`."""

    def __init__(self, user=None):
        super().__init__(headers=bearer(user) if user else {})
        self.user = user

    def order(self, body, **headers):
        raw = body if isinstance(body, bytes) else orjson.dumps(body)
        return self.post(ORDERS, raw, content_type="application/json", headers=headers)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 100


class _Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        """Not into the test's output."""


class Sandbox:
    """The provider's process, here a thread, with its ledger."""

    def __init__(self, ledger):
        self.ledger = ledger

    def payments(self):
        return self.ledger.rows("SELECT * FROM payment ORDER BY id")

    def parcels(self):
        return self.ledger.rows("SELECT * FROM parcel ORDER BY id")


@pytest.fixture(autouse=True)
def empty_caches():
    yield
    caches["default"].clear()
    caches["limits"].clear()


@pytest.fixture
def rates(db):
    """One shipping method and one tax rule, whatever the migrations left in the tables."""
    ShippingMethod.objects.all().delete()
    TaxRule.objects.all().delete()
    return ShippingMethodFactory(code="standard", price=Decimal("4.90")), TaxRuleFactory()


@pytest.fixture
def variant(rates):
    return VariantFactory(sku="MUG", price=Decimal("12.50"), stock=10, product__name="Mug")


@pytest.fixture
def guest(db):
    return Caller()


@pytest.fixture
def alice(db):
    return Caller(UserFactory(email="alice@shop.test"))


@pytest.fixture
def charlie(db):
    return Caller(UserFactory(email="charlie@shop.test"))


@pytest.fixture
def body(variant):
    """A guest's order of two mugs."""
    return {
        "items": [{"sku": "MUG", "quantity": 2}],
        "email": "guest@shop.test",
        "shipping_address": dict(ADDRESS),
        "payment": {"token": "tok_ok"},
    }


@pytest.fixture
def sandbox(tmp_path, settings, monkeypatch):
    """The outside world, over real HTTP."""
    ledger = Ledger(tmp_path / "sandbox.sqlite3")
    provider = Provider(ledger, latency=0, hang=HANG)
    monkeypatch.setattr(sandbox_gateway, "TIMEOUTS", (1, HANG / 2))
    with make_server("127.0.0.1", 0, provider, server_class=_Server, handler_class=_Quiet) as server:
        settings.SANDBOX_URL = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Sandbox(ledger)
        server.shutdown()
        thread.join()
    ledger.close()


@pytest.fixture
def work():
    """Relay and worker in one: `work()` runs what is open, `rounds` times over, whenever it is due.

    Mails stay queued: sending them is core.mail's own business.
    """

    def run(rounds=6):
        for _ in range(rounds):
            _make_due()
            if not publish_batch(_handle).sent:
                return

    return run


def _handle(message_ids, queue):
    for message_id in message_ids:
        handle(message_id)


def _make_due():
    open_messages = OutboxMessage.objects.filter(handled_at__isnull=True, dead_at__isnull=True)
    open_messages.exclude(handler="core.send_mail").update(next_attempt_at=timezone.now())
    open_messages.filter(handler="core.send_mail").delete()
