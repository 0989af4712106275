"""Taking money, and reversing that. Each step: read the committed intent, call outside a transaction, settle.

A step may run twice, also at the same time: payments.settling does nothing where somebody else has settled
it, and the gateway's idempotency keys do the same over there.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

from core.rows import Reader, fetch_one
from orders.models import Order, Payment, Status
from orders.payments import settling
from orders.providers import gateway
from orders.providers.base import Charge, Declined, StepRefused

_payment = Reader(Payment, alias="p")
_order = Reader(Order, "id", "number", "status", alias="o")
_LIVE = f"""
SELECT {_payment.columns}, {_order.columns}
FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.order_id = %(order)s AND p.status = ANY(%(live)s::text[])
"""  # noqa: S608 - columns of our own


def authorise(*, order_id: UUID, now: datetime) -> None:
    """Have the gateway hold the order's total. A payment declined, or too long in coming, fails the order.

    Where the total is 0 the order is paid, and no gateway is called. Raises ProviderUnavailable,
    BreakerOpen: call again later.
    """
    payment = live(order_id)
    if payment is None:
        _find_orphan(order_id, now)
        return
    if payment.status != Payment.Status.PENDING:
        return
    if not payment.amount:
        settling.settle_free(payment=payment, now=now)
        return
    if now > payment.created_at + timedelta(hours=settings.ORDER_HOLD_HOURS):
        settling.give_up(
            order_id=order_id, reason="The payment provider could not be reached in time", now=now
        )
        return
    try:
        charge = gateway(payment.gateway).authorise(
            key=payment.idempotency_key,
            order=payment.order.number,
            token=payment.token,
            amount=payment.amount,
            currency=payment.currency,
        )
    except Declined as declined:
        settling.settle_declined(payment=payment, code=declined.code, now=now)
    else:
        settling.settle(payment=payment, charge=charge, now=now)


def capture(*, order_id: UUID, now: datetime) -> None:
    """Take what is held and call the order paid.

    Raises ProviderUnavailable, BreakerOpen: call again later.
    """
    payment = live(order_id)
    if (
        payment is None
        or payment.status != Payment.Status.AUTHORISED
        or payment.order.status != Status.PENDING
    ):
        return
    try:
        charge = gateway(payment.gateway).capture(
            key=f"{payment.idempotency_key}:capture",
            reference=payment.provider_reference,
            amount=payment.amount,
            currency=payment.currency,
        )
    except StepRefused as refused:
        _settle_refusal(payment, refused, now)
    else:
        settling.settle(payment=payment, charge=charge, now=now)


def reverse(*, order_id: UUID, now: datetime) -> None:
    """Void or refund what the gateway holds or took for an order that failed or was cancelled.

    The gateway's own truth decides, not what we believe of it. Raises ProviderUnavailable, BreakerOpen,
    and StepRefused where the gateway's truth changed meanwhile: call again later.
    """
    ended = Payment.objects.filter(order_id=order_id, order__status__in=settling.ENDED).exclude(
        status__in=[Payment.Status.DECLINED, Payment.Status.VOIDED, Payment.Status.REFUNDED]
    )
    for payment in ended:
        charge = _undo(payment)
        if charge is None:
            settling.settle_never_made(payment=payment, now=now)
        else:
            settling.settle(payment=payment, charge=charge, now=now)


def ask(*, payment: Payment, now: datetime) -> None:
    """Settle what the provider knows of the payment. Raises ProviderUnavailable, BreakerOpen."""
    charge = gateway(payment.gateway).fetch(key=payment.idempotency_key, reference=payment.provider_reference)
    if charge is not None:
        settling.settle(payment=payment, charge=charge, now=now)


def live(order_id: UUID) -> Payment | None:
    """The payment that may still bring the order its money; its order has number and status."""
    row = fetch_one(_LIVE, {"order": order_id, "live": [status.value for status in Payment.LIVE]})
    if row is None:
        return None
    payment = _payment.read(row)
    payment.order = _order.read(row[_payment.width :])
    return payment


def _find_orphan(order_id: UUID, now: datetime) -> None:
    """Settle a payment of an order that has ended.

    An earlier try may have reached the provider after that, and then died.
    """
    ended = Payment.objects.filter(order_id=order_id, order__status__in=settling.ENDED)
    for payment in ended.exclude(status=Payment.Status.DECLINED).exclude(amount=0):
        ask(payment=payment, now=now)


def _settle_refusal(payment: Payment, refused: StepRefused, now: datetime) -> None:
    """Settle a refused capture: somebody has before us, or never will."""
    charge = gateway(payment.gateway).fetch(key=payment.idempotency_key, reference=payment.provider_reference)
    if charge is None or charge.is_held:
        reason = f"The payment could not be captured: {refused}"
        settling.give_up(order_id=payment.order_id, reason=reason, now=now)
    else:
        settling.settle(payment=payment, charge=charge, now=now)


def _undo(payment: Payment) -> Charge | None:
    """Void or refund at the provider; None where the provider knows of no such payment."""
    if not payment.amount:
        return None
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
