"""The saga of an order: each event's next steps. docs/decisions/0002 says why there is no second engine.

Steps that call the outside are not transactional, safe to repeat, and compensated by `on_dead`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from django.utils import timezone

from catalog.services import stock
from core.outbox import handles
from core.outbox.work import Postpone
from core.resilience.breaker import BreakerOpen
from orders import cancellation, mails
from orders.checkout import voucher_uses
from orders.events import (
    GoodsReturned,
    OrderCancelled,
    OrderFact,
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

# Handlers are stored by name in messages that wait, so a name outlives the words of its first release.

# What moves an order on: while one of these waits the order is under way, and its ledgers need not agree.
_step = partial(handles, queue="orders", is_saga_step=True)
_calls = partial(_step, transactional=False)

# Steps that undo something: not given up before staff would want to see it.
_releases = partial(_step, max_attempts=COMPENSATION_ATTEMPTS)
_undoes = partial(_calls, max_attempts=COMPENSATION_ATTEMPTS)


def _fail_payment(event: OrderFact) -> None:
    settling.give_up(
        order_id=event.order_id, reason="The payment could not be carried out", now=timezone.now()
    )


def _fail_shipping(event: OrderFact) -> None:
    cancellation.give_up_shipping(
        order_id=event.order_id, reason="The order could not be shipped", now=timezone.now()
    )


def _abandon_refund(event: RefundRequested) -> None:
    refunds.abandon(refund_id=event.refund_id, now=timezone.now())


@_calls(OrderPlaced, name="orders.authorise_payment", on_dead=_fail_payment)
def authorise_payment(event: OrderPlaced) -> None:
    with _later_if_unavailable():
        steps.authorise(order_id=event.order_id, now=timezone.now())


@_calls(PaymentAuthorised, name="orders.capture_payment", on_dead=_fail_payment)
def capture_payment(event: PaymentAuthorised) -> None:
    with _later_if_unavailable():
        steps.capture(order_id=event.order_id, now=timezone.now())


@_calls(OrderPaid, name="orders.ship_order", on_dead=_fail_shipping)
def ship_order(event: OrderPaid) -> None:
    with _later_if_unavailable():
        dispatch.ship(order_id=event.order_id, now=timezone.now())


@_releases(OrderPaymentFailed, name="orders.release_failed")
@_releases(OrderCancelled, name="orders.release_cancelled")
def release_holdings(event: OrderFact) -> None:
    """What the order held for its customer is anybody's again."""
    now = timezone.now()
    stock.release(owner=event.order_id, now=now)
    voucher_uses.release(order_id=event.order_id, now=now)


@_undoes(OrderPaymentFailed, name="orders.give_back_failed")
@_undoes(OrderCancelled, name="orders.give_back_cancelled")
@_undoes(PaymentOrphaned, name="orders.give_back_orphaned")
def reverse_payment(event: OrderFact) -> None:
    with _later_if_unavailable():
        steps.reverse(order_id=event.order_id, now=timezone.now())


@_undoes(RefundRequested, name="orders.make_refund", on_skip=_abandon_refund)
def make_refund(event: RefundRequested) -> None:
    with _later_if_unavailable():
        refunds.carry_out(refund_id=event.refund_id, now=timezone.now())


@_undoes(OrderCancelled, name="orders.recall_parcels")
@_undoes(ShipmentsCancelled, name="orders.recall_called_off")
def cancel_shipments(event: OrderFact) -> None:
    with _later_if_unavailable():
        cancel.cancel_at_carrier(order_id=event.order_id)


@contextmanager
def _later_if_unavailable() -> Iterator[None]:
    """A provider that is down is no failure of the step: the order waits."""
    try:
        yield
    except BreakerOpen as known:
        raise Postpone(str(known), seconds=max(known.seconds, RETRY_SECONDS)) from known
    except ProviderUnavailable as down:
        raise Postpone(str(down), seconds=RETRY_SECONDS) from down


class _Mail(NamedTuple):
    """The mail `orders/<template>` to the customer, queued by the handler `orders.mail_<template>`.

    It is sent once for an order; or, where the event may come again, once for each value of its field
    `occasion`. `details` finds what only this mail shows.
    """

    event: type[OrderFact]
    template: str
    occasion: str = ""
    details: Callable[[Any], mails.Details] = mails.no_details


MAILS = (
    _Mail(OrderPlaced, "placed"),
    _Mail(OrderPaid, "paid"),
    _Mail(OrderCancelled, "cancelled"),
    _Mail(OrderPaymentFailed, "payment_failed"),
    _Mail(PaymentRefunded, "refunded", "refunded", mails.of_refund),  # the sum grows with each refund
    _Mail(OrderShipped, "shipped"),
    _Mail(ShipmentSent, "part_sent", "shipment_id", mails.of_shipment),
    _Mail(ShipmentsDelivered, "delivered", "shipment_id"),  # the first of those that arrived together
    _Mail(GoodsReturned, "returned", "return_id", mails.of_return),
)


def _queue_mail(mail: _Mail, event: OrderFact) -> None:
    mails.queue(
        order_id=event.order_id,
        template=f"orders/{mail.template}",
        cause=event.name,
        occasion=str(getattr(event, mail.occasion)) if mail.occasion else "",
        details=mail.details(event),
    )


# In turn: customers read of their order in the sequence in which it happened.
for _mail in MAILS:
    handles(_mail.event, name=f"orders.mail_{_mail.template}", queue="mail", in_turn=True)(
        partial(_queue_mail, _mail)
    )
