"""The saga of an order: each event's next steps. docs/decisions/0002 tells why there is no second engine.

Steps that call the outside are not transactional, safe to repeat, and compensated by `on_dead`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.utils import timezone

from catalog.services import stock
from core.crash_points import crash_point, crash_points_of_commit
from core.outbox import handles
from core.outbox.handling import Postpone
from core.resilience.breaker import BreakerOpen
from orders import cancellation, mails
from orders.checkout import voucher_uses
from orders.events import (
    GoodsReturned,
    OrderCancelled,
    OrderNews,
    OrderPaid,
    OrderPaymentFailed,
    OrderPlaced,
    OrderShipped,
    PaymentAuthorised,
    PaymentOrphaned,
    PaymentRefunded,
    RefundRequested,
    ShipmentsCancelled,
    ShipmentsDelivered,
    ShipmentSent,
)
from orders.payments import refunds, settling, steps
from orders.providers.base import ProviderUnavailable
from orders.shipments import cancel, dispatch

RETRY_SECONDS = 1.0
COMPENSATION_ATTEMPTS = 50  # about seven hours; then staff see it as dead and replay it


# A step that undoes something outside: not given up before staff would want to see it.
_undoes = partial(handles, queue="orders", transactional=False, max_attempts=COMPENSATION_ATTEMPTS)

# News for the customer, who reads it in the order in which it happened.
_mails = partial(handles, queue="mail", in_turn=True)


def _fail_payment(event: OrderNews) -> None:
    settling.give_up(
        order_id=event.order_id, reason="The payment could not be carried out", now=timezone.now()
    )


def _fail_shipping(event: OrderNews) -> None:
    cancellation.give_up_shipping(
        order_id=event.order_id, reason="The order could not be shipped", now=timezone.now()
    )


def _abandon_refund(event: RefundRequested) -> None:
    refunds.abandon(refund_id=event.refund_id, now=timezone.now())


@handles(
    OrderPlaced, name="orders.authorise_payment", queue="orders", transactional=False, on_dead=_fail_payment
)
def authorise_payment(event: OrderPlaced) -> None:
    with _later_if_unavailable():
        steps.authorise(order_id=event.order_id, now=timezone.now())


@handles(
    PaymentAuthorised,
    name="orders.capture_payment",
    queue="orders",
    transactional=False,
    on_dead=_fail_payment,
)
def capture_payment(event: PaymentAuthorised) -> None:
    with _later_if_unavailable():
        steps.capture(order_id=event.order_id, now=timezone.now())


@handles(OrderPaid, name="orders.ship_order", queue="orders", transactional=False, on_dead=_fail_shipping)
def ship_order(event: OrderPaid) -> None:
    with _later_if_unavailable():
        dispatch.ship(order_id=event.order_id, now=timezone.now())


@handles(
    OrderPaymentFailed,
    name="orders.release_failed",
    queue="orders",
    max_attempts=COMPENSATION_ATTEMPTS,
)
@handles(OrderCancelled, name="orders.release_cancelled", queue="orders", max_attempts=COMPENSATION_ATTEMPTS)
def release_holdings(event: OrderNews) -> None:
    """What the order held for its customer is anybody's again."""
    now = timezone.now()
    stock.release(owner=event.order_id, now=now)
    crash_point("orders.release.after_stock")
    voucher_uses.release(order_id=event.order_id, now=now)
    crash_points_of_commit("orders.release")


@_undoes(OrderPaymentFailed, name="orders.give_back_failed")
@_undoes(OrderCancelled, name="orders.give_back_cancelled")
@_undoes(PaymentOrphaned, name="orders.give_back_orphaned")
def reverse_payment(event: OrderNews) -> None:
    with _later_if_unavailable():
        steps.reverse(order_id=event.order_id, now=timezone.now())


@_undoes(RefundRequested, name="orders.make_refund", on_skip=_abandon_refund)
def make_refund(event: RefundRequested) -> None:
    with _later_if_unavailable():
        refunds.carry_out(refund_id=event.refund_id, now=timezone.now())


@_undoes(OrderCancelled, name="orders.recall_parcels")
@_undoes(ShipmentsCancelled, name="orders.recall_called_off")
def cancel_shipments(event: OrderNews) -> None:
    with _later_if_unavailable():
        cancel.cancel_at_carrier(order_id=event.order_id)


@_mails(OrderPlaced, name="orders.mail_placed")
def mail_placed(event: OrderPlaced) -> None:
    mails.queue_news(order_id=event.order_id, template="orders/placed", cause=event.name)


@_mails(OrderPaid, name="orders.mail_paid")
def mail_paid(event: OrderPaid) -> None:
    mails.queue_news(order_id=event.order_id, template="orders/paid", cause=event.name)


@_mails(OrderCancelled, name="orders.mail_cancelled")
def mail_cancelled(event: OrderCancelled) -> None:
    mails.queue_news(order_id=event.order_id, template="orders/cancelled", cause=event.name)


@_mails(OrderPaymentFailed, name="orders.mail_payment_failed")
def mail_payment_failed(event: OrderPaymentFailed) -> None:
    mails.queue_news(order_id=event.order_id, template="orders/payment_failed", cause=event.name)


@_mails(PaymentRefunded, name="orders.mail_refunded")
def mail_refunded(event: PaymentRefunded) -> None:
    """The sum grows with each refund, so it tells them apart."""
    mails.queue_news(
        order_id=event.order_id,
        template="orders/refunded",
        cause=event.name,
        occasion=event.refunded,
        more={"amount": event.amount, "refunded": event.refunded},
    )


@_mails(OrderShipped, name="orders.mail_shipped")
def mail_shipped(event: OrderShipped) -> None:
    mails.queue_news(order_id=event.order_id, template="orders/shipped", cause=event.name)


@_mails(ShipmentSent, name="orders.mail_part_sent")
def mail_part_sent(event: ShipmentSent) -> None:
    mails.queue_part_sent(order_id=event.order_id, shipment_id=event.shipment_id, cause=event.name)


@_mails(ShipmentsDelivered, name="orders.mail_delivered")
def mail_delivered(event: ShipmentsDelivered) -> None:
    """The first of these shipments tells this delivery from others."""
    mails.queue_news(
        order_id=event.order_id,
        template="orders/delivered",
        cause=event.name,
        occasion=str(event.shipment_id),
    )


@_mails(GoodsReturned, name="orders.mail_returned")
def mail_returned(event: GoodsReturned) -> None:
    mails.queue_returned(order_id=event.order_id, return_id=event.return_id, cause=event.name)


@contextmanager
def _later_if_unavailable() -> Iterator[None]:
    """A provider that is down is no failure of the step: the order waits."""
    try:
        yield
    except BreakerOpen as known:
        raise Postpone(str(known), seconds=max(known.seconds, RETRY_SECONDS)) from known
    except ProviderUnavailable as down:
        raise Postpone(str(down), seconds=RETRY_SECONDS) from down
