"""Webhooks of payment providers: verified, kept once each, and settled as a worker's answer would be."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import structlog
from django.db import transaction

from core.errors import Invalid, NotFound
from core.observability import request_id
from core.outbox.models import OutboxMessage
from orders.models import Payment, ProviderEvent
from orders.payments import settling
from orders.providers import GATEWAYS, gateway
from orders.providers.base import News

log = structlog.get_logger(__name__)

EVENTS_KEPT = timedelta(days=30)  # providers repeat a webhook for days at the most


class NewsNotUnderstood(Invalid):
    code = "webhook_not_understood"
    title = "This is signed, and makes no sense"


def hear(*, provider: str, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
    """Take in a webhook; a second copy, or one about somebody else's payment, does nothing.

    `headers` ignore case. Raises NotFound for a provider that there is none of, SignatureInvalid, and
    NewsNotUnderstood.
    """
    if provider not in GATEWAYS:
        raise NotFound(f"There is no payment provider {provider}")
    try:
        news = gateway(provider).read_webhook(headers=headers, body=body, now=now)
    except (ArithmeticError, LookupError, TypeError, ValueError) as odd:
        raise NewsNotUnderstood(f"{type(odd).__name__} in the provider's event") from odd
    payment = _payment(provider, news)
    if payment is None:
        log.info("webhook_of_no_payment", provider=provider, kind=news.kind, event_id=news.event_id)
    else:
        _refuse_impossible(news, payment)
        with request_id.bind(_origin(payment) or request_id.current()):
            _take_in(provider, news, payment, body=body, now=now)


def forget(*, now: datetime) -> int:
    """Delete the events that no provider repeats any more; how many."""
    return ProviderEvent.objects.filter(received_at__lt=now - EVENTS_KEPT).delete()[0]


def _payment(provider: str, news: News) -> Payment | None:
    """By our key where it is told: the provider may be quicker with its news than with its answer."""
    payments = Payment.objects.filter(gateway=provider)
    if news.key:
        return payments.filter(idempotency_key=news.key).first()
    return payments.filter(provider_reference=news.reference).first() if news.reference else None


def _origin(payment: Payment) -> str | None:
    """The request that placed the order: what follows from the news follows from it."""
    messages = OutboxMessage.objects.filter(aggregate=str(payment.order_id)).order_by("id")
    return messages.values_list("request_id", flat=True).first()


def _refuse_impossible(news: News, payment: Payment) -> None:
    charge = news.charge
    if charge and (charge.currency != payment.currency or charge.refunded > charge.captured):
        log.error("webhook_impossible", event_id=news.event_id, payment_id=str(payment.pk))
        raise NewsNotUnderstood("Another currency, or more given back than was taken")


@transaction.atomic
def _take_in(provider: str, news: News, payment: Payment, *, body: bytes, now: datetime) -> None:
    _, is_new = ProviderEvent.objects.get_or_create(
        gateway=provider,
        event_id=news.event_id,
        defaults={"kind": news.kind, "payment": payment, "body": body.decode(), "received_at": now},
    )
    if not is_new:
        return
    if news.charge:
        settling.settle(payment=payment, charge=news.charge, now=now)
    elif news.declined:
        settling.settle_declined(payment=payment, code=news.declined, now=now)
    elif news.came_back:
        log.error("refund_came_back", payment_id=str(payment.pk), amount=str(news.came_back))
        settling.note_came_back(payment=payment, amount=news.came_back, now=now)
