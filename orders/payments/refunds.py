"""Refunding an order that goes on, in part or whole.

The intent is committed first and counted against what was captured; a worker calls the gateway under the
refund's own key and settles. Cancelling reverses whatever is left, without a refund of its own.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum

from core import money
from core.errors import Conflict, FieldError, Invalid
from core.ids import uuid7
from core.outbox.publishing import publish
from orders import states
from orders.actors import SYSTEM
from orders.events import RefundRequested
from orders.models import Payment, Refund, Status
from orders.models.order import ZERO
from orders.payments import settling, steps
from orders.providers import GATEWAYS, gateway
from orders.providers.base import Charge, StepRefused
from orders.shipments import quantities

PAID = (Status.PAID, Status.SHIPPED, Status.DELIVERED, Status.PARTIALLY_REFUNDED, Status.RETURNED)


class NotRefundable(Conflict):
    code = "not_refundable"
    title = "Nothing was captured for this order"


class RefundReused(Conflict):
    code = "refund_reused"
    title = "A different refund was requested under this id"


class RefundTooLarge(Conflict):
    code = "refund_too_large"
    title = "That is more than is left of what was paid"


@transaction.atomic
def request(
    *,
    order_id: UUID,
    amount: Decimal,
    units: Mapping[str, int],
    reason: str,
    actor: str,
    now: datetime,
    refund_id: UUID | None = None,
) -> Refund:
    """Promise the customer `amount` back; a worker has the gateway do it. `units` by SKU say for what.

    With a `refund_id` of the caller's, a repeat returns the first. Raises NotRefundable, RefundTooLarge,
    RefundReused, UnknownLine, Invalid for half a yen or more units than were ordered, NotFound.
    """
    status = states.lock(order_id)
    known = _known(refund_id, order_id, amount) if refund_id else None
    if known is not None:
        return known
    payment = _captured(order_id, status)
    _refuse_more_than_ordered(order_id, units)
    _refuse_too_fine(amount, payment.currency)
    _refuse_too_large(amount, payment)
    refund = Refund(
        pk=refund_id or uuid7(),
        order_id=order_id,
        payment=payment,
        amount=amount,
        lines=quantities.as_lines(units),
        reason=reason,
        actor=actor,
        created_at=now,
    )
    refund.idempotency_key = f"refund:{refund.pk}"
    refund.save(force_insert=True)
    Payment.objects.filter(pk=payment.pk).update(promised=F("promised") + amount)
    to_come = f"{amount} {payment.currency} to be refunded"
    states.record(order_id=order_id, status=status, actor=actor, reason=to_come, now=now)
    publish(RefundRequested(order_id=order_id, refund_id=refund.pk))
    return refund


def carry_out(*, refund_id: UUID, now: datetime) -> None:
    """Have the gateway make a pending refund; its key makes a second try the same refund.

    Raises ProviderUnavailable, BreakerOpen: call again later.
    """
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status != Refund.Status.PENDING:
        return
    payment = refund.payment
    try:
        charge = gateway(payment.gateway).refund(
            key=refund.idempotency_key,
            reference=payment.provider_reference,
            amount=refund.amount,
            currency=payment.currency,
        )
    except StepRefused as refused:
        steps.ask(payment=payment, now=now)  # it has less left than we thought
        _settle_failed(refund, "was refused", error=str(refused), now=now)
    else:
        _settle(refund, charge, now)


def abandon(*, refund_id: UUID, now: datetime) -> None:
    """End a pending refund that nobody will make: its amount can be promised again. A repeat does nothing."""
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    _settle_failed(refund, "was given up", error="Staff have skipped it", now=now)


def _known(refund_id: UUID, order_id: UUID, amount: Decimal) -> Refund | None:
    known = Refund.objects.filter(pk=refund_id).first()
    if known is not None and (known.order_id, known.amount) != (order_id, amount):
        raise RefundReused("Ask for another refund under an id of its own")
    return known


def _refuse_more_than_ordered(order_id: UUID, units: Mapping[str, int]) -> None:
    ordered = quantities.refuse_unknown(order_id, units)
    errors = [
        FieldError(field=f"lines[sku={sku}]", code="invalid", detail=f"{ordered[sku]} of {sku} were ordered")
        for sku, quantity in units.items()
        if quantity > ordered[sku]
    ]
    if errors:
        raise Invalid("; ".join(error.detail for error in errors), errors=errors)


def _captured(order_id: UUID, status: str) -> Payment:
    captured = Payment.objects.filter(order_id=order_id, status=Payment.Status.CAPTURED, captured__gt=0)
    ours = captured.filter(gateway__in=GATEWAYS).select_for_update(of=("self",))
    payment = ours.first() if status in PAID else None
    if payment is None:
        raise NotRefundable(f"The order is {status}, and no provider here has money of it")
    return payment


def _left(payment: Payment) -> Decimal:
    """What can still be refunded.

    What pending refunds have promised counts as gone, even where a webhook has reported one already.
    """
    pending = payment.refunds.filter(status=Refund.Status.PENDING).aggregate(sum=Sum("amount"))["sum"]
    gone = max(payment.promised, payment.refunded + (pending or ZERO))
    return max(payment.captured - gone, ZERO)


def _refuse_too_large(amount: Decimal, payment: Payment) -> None:
    left = _left(payment)
    if amount > left:
        detail = f"{left} {payment.currency} are left of {payment.captured} {payment.currency}"
        raise RefundTooLarge.at("amount", detail)


def _refuse_too_fine(amount: Decimal, currency: str) -> None:
    if not money.fits(amount, currency):
        raise Invalid.at("amount", f"{amount} is finer than {currency} is counted")


@transaction.atomic
def _settle(refund: Refund, charge: Charge, now: datetime) -> None:
    """Settle a refund that was made.

    What the provider says counts, also where staff have given the refund up meanwhile.
    """
    states.lock(refund.order_id)
    pending = Refund.objects.filter(pk=refund.pk, status=Refund.Status.PENDING)
    pending.update(status=Refund.Status.SUCCEEDED, settled_at=now)
    settling.settle(payment=refund.payment, charge=charge, now=now)


@transaction.atomic
def _settle_failed(refund: Refund, how: str, *, error: str, now: datetime) -> None:
    """Settle a refund that was not made, or given up.

    The provider has less left than we thought: refunded there, or the order was cancelled.
    """
    status = states.lock(refund.order_id)
    pending = Refund.objects.filter(pk=refund.pk, status=Refund.Status.PENDING)
    if pending.update(status=Refund.Status.FAILED, error=error[:300], settled_at=now):
        promised = F("promised") - refund.amount
        Payment.objects.filter(pk=refund.payment_id).update(promised=promised, updated_at=now)
        reason = f"The refund of {refund.amount} {refund.payment.currency} {how}"
        states.record(order_id=refund.order_id, status=status, actor=SYSTEM, reason=reason, now=now)
