"""From a basket to a pending order. Nothing outside PostgreSQL is touched."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction

from catalog.services import stock
from core.ids import uuid7
from core.outbox.publishing import publish
from orders.checkout import recording, voucher_uses
from orders.checkout.guests import Buyer
from orders.events import OrderPlaced
from orders.pricing import offers


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedOrder:
    """The order as it was committed. `token` opens a guest's order; a customer's has none.

    Only its hash is stored, and for a day the answer that is kept for an Idempotency-Key.
    """

    order: recording.NewOrder
    number: str
    token: str | None


@transaction.atomic
def place_order(
    *, buyer: Buyer, basket: offers.Basket, details: recording.OrderDetails, now: datetime
) -> PlacedOrder:
    """Turn a basket into a pending order, hold its stock, and have it paid and shipped by the workers.

    Raises what offers.price raises, OutOfStock naming every line that cannot be filled, VoucherExhausted.
    """
    offer = offers.price(basket=basket, customer_key=buyer.key, now=now)
    order = _decide(buyer=buyer, basket=basket, offer=offer, details=details, now=now)
    stock.reserve(owner=order.id, quantities=order.units_by_variant(), now=now)
    number = recording.record(order, gateway=settings.PAYMENT_GATEWAY)
    _claim_voucher(order)
    publish(OrderPlaced(order_id=order.id))
    return PlacedOrder(order=order, number=number, token=order.guest_token)


def _decide(
    *,
    buyer: Buyer,
    basket: offers.Basket,
    offer: offers.Offer,
    details: recording.OrderDetails,
    now: datetime,
) -> recording.NewOrder:
    return recording.NewOrder(
        id=uuid7(),
        buyer=buyer,
        guest_token=None if buyer.customer_id else secrets.token_urlsafe(24),
        basket=basket,
        offer=offer,
        lines=recording.lines_of(offer),
        details=details,
        now=now,
    )


def _claim_voucher(order: recording.NewOrder) -> None:
    voucher = order.offer.voucher
    if voucher is not None:
        voucher_uses.claim(voucher=voucher, order_id=order.id, buyer=order.buyer, now=order.now)
