"""Webhooks as they come in, over HTTP, and orders whose payment they report."""

import json

import pytest
from stripe import WebhookSignature

from orders import providers
from orders.models import Order, ProviderEvent
from tests.fakes.stripe_server import SECRET_KEY, WEBHOOK_SECRET, FakeStripe

URL = "/api/v1/payments/webhooks/stripe"


@pytest.fixture
def stripe(settings, sandbox):
    """Orders are paid through Stripe and sent by the sandbox's carrier."""
    with FakeStripe() as fake:
        settings.PAYMENT_GATEWAY = "stripe"
        settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRET = SECRET_KEY, WEBHOOK_SECRET
        settings.STRIPE_API_BASE = fake.url
        providers.gateway.cache_clear()
        yield fake
        providers.gateway.cache_clear()


@pytest.fixture
def place(guest, body, stripe):
    def run(token="pm_card_visa"):
        response = guest.order({**body, "payment": {"token": token}})
        assert response.status_code == 201, response.content
        return Order.objects.get(pk=response.json()["id"])

    return run


@pytest.fixture
def post(client):
    """Send an event as Stripe does; the answer."""

    def run(event, *, url=URL, secret=WEBHOOK_SECRET, at=None, **headers):
        raw = event if isinstance(event, str) else json.dumps(event)
        signature = WebhookSignature.generate_signature_header(raw, secret, at)
        headers = {"Stripe-Signature": signature} | headers
        return client.post(url, raw, content_type="application/json", headers=headers)

    return run


@pytest.fixture
def state():
    def read(order):
        order.refresh_from_db()
        return order.status, order.payments.get().status

    return read


@pytest.fixture
def kept():
    """How many events are stored."""
    return ProviderEvent.objects.count
