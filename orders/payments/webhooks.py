"""Webhooks of payment providers: verified, kept once each, and settled as a worker's answer would be."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from core.errors import NotFound
from core.observability import request_id
from core.outbox.models import OutboxMessage
from orders.models import Payment, ProviderEvent
from orders.payments import settling, webhook_content
from orders.payments.webhook_content import WebhookNotUnderstood
from orders.providers import GATEWAYS, gateway
from orders.providers.base import WebhookEvent

log = structlog.get_logger(__name__)

EVENTS_KEPT = timedelta(days=30)  # providers repeat a webhook for days at the most


def receive(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Verify, keep and settle a webhook; a second copy, or one about somebody else's payment, does nothing.

    `headers` ignore case. Raises NotFound for a provider that there is none of, SignatureInvalid, and
    WebhookNotUnderstood.
    """
    if provider not in GATEWAYS:
        raise NotFound(f"There is no payment provider {provider}")
    event = _read(provider, headers, body, now)
    payment = _payment(provider, event)
    if payment is None:
        log.info("webhook_of_no_payment", provider=provider, kind=event.kind, event_id=event.event_id)
    else:
        _refuse_impossible(event, payment)
        with request_id.bind(_origin(payment) or request_id.current()):
            _take_in(provider, event, payment, body=body, now=now)


def forget(*, now: datetime) -> int:
    """Delete the events that no provider repeats any more; returns how many."""
    return ProviderEvent.objects.filter(received_at__lt=now - EVENTS_KEPT).delete()[0]


def _read(provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
    try:
        event = gateway(provider).read_webhook(headers=headers, body=body, now=now)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as odd:
        raise WebhookNotUnderstood(f"{type(odd).__name__} in the provider's event") from odd
    webhook_content.check(event)
    return event


def _payment(provider: str, event: WebhookEvent) -> Payment | None:
    """The event's payment, by our key if named: a webhook may be quicker than the provider's answer."""
    payments = Payment.objects.filter(gateway=provider)
    if event.key:
        return payments.filter(idempotency_key=event.key).first()
    return payments.filter(provider_reference=event.reference).first() if event.reference else None


def _origin(payment: Payment) -> str | None:
    """The request that placed the order: what follows from the webhook follows from it."""
    messages = OutboxMessage.objects.filter(aggregate=str(payment.order_id)).order_by("id")
    return messages.values_list("request_id", flat=True).first()


def _refuse_impossible(event: WebhookEvent, payment: Payment) -> None:
    try:
        webhook_content.check_against(event, payment)
    except WebhookNotUnderstood:
        log.error("webhook_impossible", event_id=event.event_id, payment_id=str(payment.pk))
        raise


@transaction.atomic
def _take_in(provider: str, event: WebhookEvent, payment: Payment, *, body: bytes, now: datetime) -> None:
    _, is_new = ProviderEvent.objects.get_or_create(
        gateway=provider,
        event_id=event.event_id,
        defaults={"kind": event.kind, "payment": payment, "body": body.decode(), "received_at": now},
    )
    if not is_new:
        return
    if event.charge:
        settling.settle(payment=payment, charge=event.charge, now=now)
    elif event.declined:
        settling.settle_declined(payment=payment, code=event.declined, now=now)
    elif event.came_back:
        log.error("refund_came_back", payment_id=str(payment.pk), amount=str(event.came_back))
        settling.record_came_back(payment=payment, amount=event.came_back, now=now)
