"""From a basket to a pending order. Nothing outside PostgreSQL is touched."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from catalog.services import stock
from core.ids import uuid7
from core.outbox.publishing import publish
from orders.checkout import recording, voucher_uses
from orders.checkout.guests import Buyer, token_hash
from orders.events import OrderPlaced
from orders.pricing import offers


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedOrder:
    """The order as it was committed. `token` opens a guest's order; else empty.

    Only its hash is stored, and for a day the answer that is kept for an Idempotency-Key.
    """

    order: recording.NewOrder
    number: str
    token: str


@transaction.atomic
def place_order(*, buyer: Buyer, basket: offers.Basket, payment_token: str, now: datetime) -> PlacedOrder:
    """Turn a basket into a pending order, hold its stock, and have it paid and shipped by the workers.

    Raises what quoting.price raises, and OutOfStock naming every line that cannot be filled.
    """
    offer = offers.price(basket=basket, customer_key=buyer.key, now=now)
    token = "" if buyer.customer_id else secrets.token_urlsafe(24)
    order = recording.NewOrder(
        id=uuid7(),
        customer_id=buyer.customer_id,
        email=buyer.email,
        token_hash=token_hash(token) if token else "",
        language=buyer.language,
        currency=offer.currency,
        quote=offer.quote,
        lines=_lines(offer),
        shipping_address=basket.shipping_address,
        shipping_method=offer.shipping_method,
        payment_token=payment_token,
        now=now,
    )
    until = now + timedelta(hours=settings.ORDER_HOLD_HOURS)
    stock.reserve(owner=order.id, quantities=order.units_by_variant(), until=until, now=now)
    number = recording.record(order, gateway=settings.PAYMENT_GATEWAY)
    if offer.voucher:
        voucher_uses.claim(voucher=offer.voucher, order_id=order.id, customer_key=buyer.key, now=now)
    publish(OrderPlaced(order_id=order.id))
    return PlacedOrder(order=order, number=number, token=token)


def _lines(offer: offers.Offer) -> tuple[recording.NewLine, ...]:
    return tuple(
        recording.NewLine(
            variant_id=offer.variants[line.sku].variant_id,
            name=offers.name_of(offer.variants[line.sku]),
            priced=line,
        )
        for line in offer.quote.lines
    )
