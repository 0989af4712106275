"""What a provider says of a payment becomes ours, in one place: the answers of workers and its webhooks.

Each function locks the order, then its payment. What it receives may be old, and come twice, also at once:
amounts captured and refunded only grow, and a step that somebody else has settled is left as it is.
"""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from core import rows
from core.outbox.publishing import publish
from orders import states
from orders.actors import SYSTEM
from orders.events import PaymentAuthorised, PaymentOrphaned, PaymentRefunded
from orders.models import Payment, Status
from orders.providers.base import Charge
from orders.shipments.cancel import cancel_pending

_payment = rows.Reader(Payment, alias="p")
# The order's row is locked first. A payment that changed while we waited for that is read as it is now.
_LOCK = f"""
WITH o AS (SELECT id, status FROM orders_order WHERE id = %(order)s FOR UPDATE)
SELECT {_payment.columns}, o.status
FROM o JOIN orders_payment p ON p.order_id = o.id WHERE p.id = %(payment)s FOR UPDATE OF p
"""  # noqa: S608
_UPDATED = ("pk", "status", "provider_reference", "captured", "refunded", "error", "updated_at")
_UPDATE = """
UPDATE orders_payment SET status = %(status)s, provider_reference = %(provider_reference)s,
    captured = %(captured)s, refunded = %(refunded)s, error = %(error)s, updated_at = %(updated_at)s
WHERE id = %(pk)s
"""
ENDED = (Status.PAYMENT_FAILED, Status.CANCELLED)  # orders that want no money


@transaction.atomic
def settle(*, payment: Payment, charge: Charge, now: datetime) -> None:
    """Bring the payment and its order up to `charge`.

    Held: the capture is set off. Captured: the order is paid. Let go, or captured in part: the order fails.
    Refunded: recorded, and the order with it. Money for an order that wants none: it is sent back.
    """
    known, order_status = locked(payment)
    charge = replace(
        charge,
        captured=max(known.captured, charge.captured),
        refunded=max(known.refunded, charge.refunded),
    )
    if order_status == Status.PENDING:
        _settle_pending(known, charge, now)
    elif order_status in ENDED:
        _settle_ended(known, charge, order_status, now)
    else:
        _settle_refunds(known, charge, order_status, now)


@transaction.atomic
def settle_free(*, payment: Payment, now: datetime) -> None:
    """Call an order of 0 paid, unless it is past that."""
    known, order_status = locked(payment)
    if order_status != Status.PENDING:
        return
    _update(known, Payment.Status.CAPTURED, now)
    states.move(
        order_id=known.order_id, to=Status.PAID, actor=SYSTEM, reason="There was nothing to pay", now=now
    )


@transaction.atomic
def settle_declined(*, payment: Payment, code: str, now: datetime) -> None:
    """The provider will not take this payment: fail its order, unless it is past that."""
    known, order_status = locked(payment)
    if order_status != Status.PENDING:
        return
    if known.status == Payment.Status.PENDING:
        _update(known, Payment.Status.DECLINED, now, error=code[:300])
        states.move(order_id=known.order_id, to=Status.PAYMENT_FAILED, actor=SYSTEM, reason=code, now=now)


@transaction.atomic
def settle_never_made(*, payment: Payment, now: datetime) -> None:
    """The provider knows of no such payment: there is nothing to reverse for an order that has ended."""
    known, order_status = locked(payment)
    if order_status in ENDED and known.status != Payment.Status.VOIDED and not known.captured:
        _update(known, Payment.Status.VOIDED, now)
        _close(known, order_status, now)


@transaction.atomic
def record_came_back(*, payment: Payment, amount: Decimal, now: datetime) -> None:
    """Record that a refund has not reached the customer, and that the provider will not try again.

    It stays refunded in our ledger, because it is owed: staff pay it in another way. The next check of
    the ledger compares the payment with its provider.
    """
    known, order_status = locked(payment)
    _update(known, known.status, now)
    reason = f"A refund of {amount} {known.currency} could not be credited: it is to be paid in another way"
    _record(known, order_status, reason, now)


@transaction.atomic
def give_up(*, order_id: UUID, reason: str, now: datetime) -> None:
    """Fail an order for good if it is pending; its stock and whatever the provider holds are released."""
    if states.lock(order_id) == Status.PENDING:
        _fail(order_id, reason, now)


def locked(payment: Payment) -> tuple[Payment, str]:
    """The payment and its order's status, as they are now and stay until the transaction ends."""
    row = rows.fetch_one(_LOCK, {"order": payment.order_id, "payment": payment.pk})
    if row is None:
        raise Payment.DoesNotExist
    return _payment.read(row), str(row[_payment.width])


def _settle_pending(known: Payment, charge: Charge, now: datetime) -> None:
    if charge.captured:
        _settle_captured(known, charge, now)
    elif not charge.is_held:
        _fail(known.order_id, "The payment provider let the payment go", now)
    elif known.status == Payment.Status.PENDING:
        _update(known, Payment.Status.AUTHORISED, now, provider_reference=charge.reference)
        _record(known, Status.PENDING, "Payment authorised", now)
        publish(PaymentAuthorised(order_id=known.order_id))


def _settle_captured(known: Payment, charge: Charge, now: datetime) -> None:
    _update(
        known,
        Payment.Status.CAPTURED,
        now,
        provider_reference=charge.reference,
        captured=charge.captured,
    )
    if charge.captured < known.amount:
        _fail(known.order_id, f"Only {charge.captured} of {known.amount} were captured", now)
        return
    states.move(order_id=known.order_id, to=Status.PAID, actor=SYSTEM, now=now)
    _settle_refunds(known, charge, Status.PAID, now)


def _settle_ended(known: Payment, charge: Charge, order_status: str, now: datetime) -> None:
    amounts = {"captured": charge.captured, "refunded": charge.refunded}
    _publish_refund(known, charge)
    if charge.captured > charge.refunded or (charge.is_held and not charge.captured):
        _update(known, Payment.Status.ABANDONED, now, provider_reference=charge.reference, **amounts)
        publish(PaymentOrphaned(order_id=known.order_id))
        return
    status = Payment.Status.REFUNDED if charge.captured else Payment.Status.VOIDED
    if known.status not in (status, Payment.Status.DECLINED):
        _update(known, status, now, **amounts)
        _close(known, order_status, now)


def _settle_refunds(known: Payment, charge: Charge, order_status: str, now: datetime) -> None:
    """Settle refunds of an order that was paid; what is older than that says nothing."""
    if charge.refunded <= known.refunded:
        return
    is_whole = charge.refunded == charge.captured
    # A paid order that is not shipped yet is cancelled first: its stock goes back too.
    ends_by_cancelling = is_whole and order_status == Status.PAID
    status = Payment.Status.REFUNDED if is_whole and not ends_by_cancelling else known.status
    _publish_refund(known, charge)
    _update(known, status, now, captured=charge.captured, refunded=charge.refunded)
    reason = f"{charge.refunded} of {charge.captured} {known.currency} refunded"
    to = _after_refund(order_status, is_whole=is_whole)
    if ends_by_cancelling:  # at the carrier too, by a handler
        cancel_pending(known.order_id)
    if to in states.ALLOWED[order_status]:
        states.move(
            order_id=known.order_id, to=to, actor=SYSTEM, reason=reason, data=_refunded(known), now=now
        )
    else:
        _record(known, order_status, reason, now, data=_refunded(known))


def _after_refund(order_status: str, *, is_whole: bool) -> Status:
    """The status after a refund.

    An order refunded in part before it is shipped stays paid: the rest of it is still to be shipped.
    """
    if order_status == Status.PAID:
        return Status.CANCELLED if is_whole else Status.PAID
    return Status.REFUNDED if is_whole else Status.PARTIALLY_REFUNDED


def _fail(order_id: UUID, reason: str, now: datetime) -> None:
    Payment.objects.filter(order_id=order_id, status__in=Payment.LIVE).update(
        status=Payment.Status.ABANDONED, error=reason[:300], updated_at=now
    )
    states.move(order_id=order_id, to=Status.PAYMENT_FAILED, actor=SYSTEM, reason=reason, now=now)


def _close(known: Payment, order_status: str, now: datetime) -> None:
    """Record that the provider has nothing of the customer's any more; of an order of 0 it never had."""
    is_refunded = known.status == Payment.Status.REFUNDED
    if is_refunded and order_status == Status.CANCELLED:
        data = _refunded(known)
        states.move(order_id=known.order_id, to=Status.REFUNDED, actor=SYSTEM, data=data, now=now)
    elif is_refunded:
        _record(known, order_status, "Payment refunded", now, data=_refunded(known))
    elif known.amount:
        _record(known, order_status, "Payment released", now)


def _publish_refund(known: Payment, charge: Charge) -> None:
    """Publish a refund where more has been refunded than we knew."""
    amount = charge.refunded - known.refunded
    if amount > 0:
        publish(PaymentRefunded(order_id=known.order_id, amount=str(amount), refunded=str(charge.refunded)))


def _refunded(known: Payment) -> dict[str, str]:
    """What is kept on the timeline, from which the ledger is reconciled."""
    return {"refunded": str(known.refunded)}


def _record(
    known: Payment, order_status: str, reason: str, now: datetime, *, data: dict[str, str] | None = None
) -> None:
    states.record(
        order_id=known.order_id, status=order_status, actor=SYSTEM, reason=reason, data=data, now=now
    )


def _update(known: Payment, status: str, now: datetime, **values: object) -> None:
    """Write the payment. Its row is locked, so that what we do not change is what stands there."""
    for name, value in {"status": status, "updated_at": now, **values}.items():
        setattr(known, name, value)
    rows.change(_UPDATE, {name: getattr(known, name) for name in _UPDATED})
