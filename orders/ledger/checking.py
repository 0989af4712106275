"""Reconciles our ledgers with each other, and recent payments with their providers, and keeps the result."""

from collections.abc import Iterator
from dataclasses import astuple
from datetime import datetime, timedelta

from django.db.models import QuerySet

from core.outbox.models import OutboxMessage
from core.outbox.registry import saga_steps
from core.resilience.breaker import BreakerOpen
from orders.ledger import discrepancies
from orders.ledger.discrepancies import Discrepancy
from orders.models import LedgerCheck, Payment
from orders.providers import GATEWAYS, gateway
from orders.providers.base import ProviderUnavailable

RECENT = timedelta(hours=25)  # a night's run overlaps with the one before
MAX_PAYMENTS = 500
MAX_KEPT = 200  # discrepancies of one check; `count` has more of them
CHECKS_KEPT = timedelta(days=365)


def reconcile(*, now: datetime, asks_providers: bool = True) -> LedgerCheck:
    """Compare, keep what was found as a LedgerCheck, and delete checks older than a year.

    Payments of the last day are compared at their provider, one call each. Changes nothing else.
    """
    found = discrepancies.find()
    compared, note = 0, ""
    if asks_providers:
        payments = list(recent_payments(now=now))
        try:
            for payment in payments:
                found += _with_provider(payment)
                compared += 1
        except (ProviderUnavailable, BreakerOpen) as down:
            note = f"{len(payments) - compared} payments could not be compared: {down}"
    LedgerCheck.objects.filter(at__lt=now - CHECKS_KEPT).delete()
    return LedgerCheck.objects.create(
        at=now,
        count=len(found),
        drift=[astuple(each) for each in found[:MAX_KEPT]],
        payments_compared=compared,
        note=note[:300],
    )


def recent_payments(*, now: datetime) -> QuerySet[Payment]:
    """The payments whose provider is asked: the newest changed since last night, at most MAX_PAYMENTS."""
    recent = Payment.objects.filter(updated_at__gte=now - RECENT, gateway__in=GATEWAYS, amount__gt=0)
    known = recent.exclude(status=Payment.Status.DECLINED).select_related("order")
    return known.order_by("-created_at")[:MAX_PAYMENTS]


def _with_provider(payment: Payment) -> Iterator[Discrepancy]:
    if _as_provider_says(payment) == _as_we_say(payment) or _is_under_way(payment):
        return
    payment.refresh_from_db()  # it may have gone on while we asked, and be done with it
    theirs = _as_provider_says(payment)
    if theirs != _as_we_say(payment) and not _is_under_way(payment):
        yield Discrepancy(
            what="payment, by its provider,",
            subject=payment.order.number,
            expected=theirs,
            found=_as_we_say(payment),
        )


def _as_provider_says(payment: Payment) -> str:
    charge = gateway(payment.gateway).fetch(key=payment.idempotency_key, reference=payment.provider_reference)
    if charge is None:
        return "0.00 taken, 0.00 refunded"
    return f"{charge.captured} taken, {charge.refunded} refunded{', more held' if charge.is_held else ''}"


def _as_we_say(payment: Payment) -> str:
    is_held = payment.status == Payment.Status.AUTHORISED
    return f"{payment.captured} taken, {payment.refunded} refunded{', more held' if is_held else ''}"


def _is_under_way(payment: Payment) -> bool:
    return OutboxMessage.objects.filter(
        aggregate=str(payment.order_id),
        handler__in=saga_steps(),
        handled_at__isnull=True,
        dead_at__isnull=True,
    ).exists()
