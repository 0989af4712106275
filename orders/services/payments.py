"""Taking money and giving it back. Each step: read the committed intent, call outside a transaction, settle.

Settling locks the order and then its payment, and does nothing where somebody else has settled the step;
so each step may run twice, also at the same time. The gateway's idempotency keys do the same over there.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core.crash_points import crash_point
from core.outbox.publishing import publish
from orders import states
from orders.events import PaymentAuthorised, PaymentOrphaned
from orders.gateways import gateway
from orders.gateways.base import Charge, Declined, StepRefused
from orders.models import Payment, Status

SYSTEM = "system"
LIVE = (Payment.Status.PENDING, Payment.Status.AUTHORISED, Payment.Status.CAPTURED)


def authorise(*, order_id: UUID, now: datetime) -> None:
    """Have the gateway hold the order's total. A payment declined, or too long in coming, fails the order.

    Raises ProviderUnavailable, BreakerOpen: call again later.
    """
    payment = _live(order_id)
    if payment is None or payment.status != Payment.Status.PENDING:
        return
    if now > payment.created_at + timedelta(hours=settings.ORDER_HOLD_HOURS):
        give_up(order_id=order_id, reason="The payment provider could not be reached in time", now=now)
        return
    crash_point("orders.authorise.before_call")
    try:
        charge = gateway(payment.gateway).authorise(
            key=payment.idempotency_key,
            order=payment.order.number,
            token=payment.token,
            amount=payment.amount,
            currency=payment.currency,
        )
    except Declined as declined:
        _settle_declined(payment=payment, code=declined.code, now=now)
    else:
        crash_point("orders.authorise.after_call")
        _settle_authorised(payment=payment, charge=charge, now=now)
        crash_point("orders.authorise.after_commit")


def capture(*, order_id: UUID, now: datetime) -> None:
    """Take what is held and call the order paid.

    Raises ProviderUnavailable, BreakerOpen: call again later.
    """
    payment = _live(order_id)
    if (
        payment is None
        or payment.status != Payment.Status.AUTHORISED
        or payment.order.status != Status.PENDING
    ):
        return
    crash_point("orders.capture.before_call")
    try:
        charge = gateway(payment.gateway).capture(
            key=f"{payment.idempotency_key}:capture",
            reference=payment.provider_reference,
            amount=payment.amount,
            currency=payment.currency,
        )
    except StepRefused as refused:
        give_up(order_id=order_id, reason=f"The payment could not be captured: {refused}", now=now)
    else:
        crash_point("orders.capture.after_call")
        _settle_captured(payment=payment, charge=charge, now=now)
        crash_point("orders.capture.after_commit")


@transaction.atomic
def give_up(*, order_id: UUID, reason: str, now: datetime) -> None:
    """Fail a pending order for good; its stock and whatever the provider holds go back. Else does nothing."""
    if states.lock(order_id) != Status.PENDING:
        return
    Payment.objects.filter(order_id=order_id, status__in=LIVE).update(
        status=Payment.Status.ABANDONED, error=reason[:300], updated_at=now
    )
    states.move(order_id=order_id, to=Status.PAYMENT_FAILED, actor=SYSTEM, reason=reason, now=now)


def give_back(*, order_id: UUID, now: datetime) -> None:
    """Void or refund what the gateway holds or took for an order that failed or was cancelled.

    The gateway's own truth decides, not what we believe of it. Raises ProviderUnavailable, BreakerOpen,
    and StepRefused where the gateway's truth changed meanwhile: call again later.
    """
    ended = Payment.objects.filter(
        order_id=order_id, order__status__in=[Status.PAYMENT_FAILED, Status.CANCELLED]
    ).exclude(status__in=[Payment.Status.DECLINED, Payment.Status.VOIDED, Payment.Status.REFUNDED])
    for payment in ended:
        crash_point("orders.give_back.before_call")
        charge = _undo(payment)
        crash_point("orders.give_back.after_call")
        _settle_given_back(payment=payment, charge=charge, now=now)
        crash_point("orders.give_back.after_commit")


def _undo(payment: Payment) -> Charge | None:
    provider = gateway(payment.gateway)
    charge = provider.fetch(key=payment.idempotency_key, reference=payment.provider_reference)
    if charge is None:
        return None
    key, left = payment.idempotency_key, charge.captured - charge.refunded
    if left > 0:
        return provider.refund(
            key=f"{key}:undo:{charge.refunded}",
            reference=charge.reference,
            amount=left,
            currency=charge.currency,
        )
    if charge.is_held:
        return provider.void(key=f"{key}:void", reference=charge.reference)
    return charge


@transaction.atomic
def _settle_authorised(*, payment: Payment, charge: Charge, now: datetime) -> None:
    order_status = states.lock(payment.order_id)
    known = _locked(payment)
    if known.status == Payment.Status.PENDING:
        _update(payment, Payment.Status.AUTHORISED, now, provider_reference=charge.reference)
        states.note(
            order_id=payment.order_id, status=order_status, actor=SYSTEM, reason="Payment authorised", now=now
        )
        publish(PaymentAuthorised(order_id=payment.order_id))
    elif known.status in (Payment.Status.ABANDONED, Payment.Status.VOIDED):
        _orphan(payment, charge, now)


@transaction.atomic
def _settle_captured(*, payment: Payment, charge: Charge, now: datetime) -> None:
    order_status = states.lock(payment.order_id)
    known = _locked(payment)
    if known.status == Payment.Status.AUTHORISED and order_status == Status.PENDING:
        _update(payment, Payment.Status.CAPTURED, now, captured=charge.captured)
        states.move(order_id=payment.order_id, to=Status.PAID, actor=SYSTEM, now=now)
    elif order_status in (Status.PAYMENT_FAILED, Status.CANCELLED):
        _orphan(payment, charge, now)


@transaction.atomic
def _settle_declined(*, payment: Payment, code: str, now: datetime) -> None:
    order_status = states.lock(payment.order_id)
    if _locked(payment).status != Payment.Status.PENDING or order_status != Status.PENDING:
        return
    _update(payment, Payment.Status.DECLINED, now, error=code)
    states.move(order_id=payment.order_id, to=Status.PAYMENT_FAILED, actor=SYSTEM, reason=code, now=now)


@transaction.atomic
def _settle_given_back(*, payment: Payment, charge: Charge | None, now: datetime) -> None:
    order_status = states.lock(payment.order_id)
    captured, refunded = (charge.captured, charge.refunded) if charge else (Decimal(0), Decimal(0))
    status = Payment.Status.REFUNDED if captured else Payment.Status.VOIDED
    if _locked(payment).status == status:
        return
    _update(payment, status, now, captured=captured, refunded=refunded)
    if captured and order_status == Status.CANCELLED:
        states.move(order_id=payment.order_id, to=Status.REFUNDED, actor=SYSTEM, now=now)
    else:
        reason = "Payment refunded" if captured else "Payment released"
        states.note(order_id=payment.order_id, status=order_status, actor=SYSTEM, reason=reason, now=now)


def _orphan(payment: Payment, charge: Charge, now: datetime) -> None:
    """The order ended while the gateway was at it: remember the reference and have the money sent back."""
    _update(payment, Payment.Status.ABANDONED, now, provider_reference=charge.reference)
    publish(PaymentOrphaned(order_id=payment.order_id))


def _live(order_id: UUID) -> Payment | None:
    return Payment.objects.filter(order_id=order_id, status__in=LIVE).select_related("order").first()


def _locked(payment: Payment) -> Payment:
    return Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)


def _update(payment: Payment, status: Payment.Status, now: datetime, **values: object) -> None:
    Payment.objects.filter(pk=payment.pk).update(status=status, updated_at=now, **values)
