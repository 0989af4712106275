"""From a basket to a pending order. Nothing outside PostgreSQL is touched."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db import transaction

from catalog.queries.sale import VariantForSale, variants_for_sale
from catalog.services import stock
from core.crash_points import crash_point
from core.errors import FieldError, Invalid
from core.ids import uuid7
from core.outbox.publishing import publish
from orders import pricing
from orders.events import OrderPlaced
from orders.queries.history import token_hash
from orders.queries.rates import Rates, rates_for
from orders.services import recording

LARGEST_TOTAL = Decimal(10) ** 10  # far above any order, below what the columns hold


class UnknownSku(Invalid):
    code = "unknown_sku"
    title = "Not for sale"


class MixedCurrencies(Invalid):
    code = "mixed_currencies"
    title = "One order has one currency"


class ShippingUnavailable(Invalid):
    code = "shipping_unavailable"
    title = "This cannot be sent there"


class OrderTooLarge(Invalid):
    code = "order_too_large"
    title = "The order is too large"


@dataclass(frozen=True, kw_only=True, slots=True)
class Buyer:
    """Who orders: an account, or (`customer_id` None) a guest. `language` is that of the mails."""

    customer_id: UUID | None
    email: str
    language: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Basket:
    """What is ordered: units by SKU. An empty `shipping_method` takes the first that fits the address."""

    quantities: Mapping[str, int]
    shipping_address: Mapping[str, str]
    shipping_method: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PlacedOrder:
    """The order as it was committed. `token` opens a guest's order and is stored nowhere; else empty."""

    order: recording.NewOrder
    number: str
    token: str


@transaction.atomic
def place_order(*, buyer: Buyer, basket: Basket, payment_token: str, now: datetime) -> PlacedOrder:
    """Turn a basket into a pending order, hold its stock, and have it paid and shipped by the workers.

    Raises UnknownSku, MixedCurrencies, ShippingUnavailable, OrderTooLarge, and OutOfStock naming every line
    that cannot be filled.
    """
    variants = _variants(basket)
    currency = _currency(variants)
    rates = _rates(basket, currency)
    quote = _price(basket, variants, rates)
    token = "" if buyer.customer_id else secrets.token_urlsafe(24)
    order = recording.NewOrder(
        id=uuid7(),
        customer_id=buyer.customer_id,
        email=buyer.email,
        token_hash=token_hash(token) if token else "",
        language=buyer.language,
        currency=currency,
        quote=quote,
        lines=_lines(quote, variants),
        shipping_address=basket.shipping_address,
        shipping_method=rates.method or "",
        payment_token=payment_token,
        now=now,
    )
    until = now + timedelta(hours=settings.ORDER_HOLD_HOURS)
    crash_point("orders.checkout.before_reserve")
    stock.reserve(owner=order.id, quantities=order.units_by_variant(), until=until, now=now)
    crash_point("orders.checkout.after_reserve")
    number = recording.record(order, gateway=settings.PAYMENT_GATEWAY)
    crash_point("orders.checkout.after_record")
    publish(OrderPlaced(order_id=order.id))
    crash_point("orders.checkout.after_publish")
    return PlacedOrder(order=order, number=number, token=token)


def _variants(basket: Basket) -> dict[str, VariantForSale]:
    found = variants_for_sale(basket.quantities.keys())
    missing = [sku for sku in basket.quantities if sku not in found]
    if missing:
        raise UnknownSku(
            f"Not for sale: {', '.join(missing)}",
            errors=[
                FieldError(field=f"items[sku={sku}]", code="unknown_sku", detail=f"{sku} is not for sale")
                for sku in missing
            ],
        )
    return found


def _currency(variants: Mapping[str, VariantForSale]) -> str:
    currencies = sorted({variant.currency for variant in variants.values()})
    if len(currencies) > 1:
        raise MixedCurrencies(f"The items are priced in {' and '.join(currencies)}: order them apart")
    return currencies[0]


def _rates(basket: Basket, currency: str) -> Rates:
    address = basket.shipping_address
    rates = rates_for(
        country=address["country"],
        region=address.get("region", ""),
        currency=currency,
        method=basket.shipping_method,
    )
    if rates.method is None:
        asked = basket.shipping_method or "Nothing"
        detail = f"{asked} does not ship to {address['country']} in {currency}"
        error = FieldError(field="shipping_method", code="shipping_unavailable", detail=detail)
        raise ShippingUnavailable(detail, errors=[error])
    return rates


def _price(basket: Basket, variants: Mapping[str, VariantForSale], rates: Rates) -> pricing.Quote:
    items = [
        pricing.Item(sku=sku, unit_price=variants[sku].price, quantity=units)
        for sku, units in basket.quantities.items()
    ]
    quote = pricing.quote(items, shipping=rates.shipping, tax=rates.tax)
    if quote.subtotal + quote.shipping + quote.tax >= LARGEST_TOTAL:
        detail = f"An order may be worth less than {LARGEST_TOTAL:f}"
        raise OrderTooLarge(detail, errors=[FieldError(field="items", code="order_too_large", detail=detail)])
    return quote


def _lines(quote: pricing.Quote, variants: Mapping[str, VariantForSale]) -> tuple[recording.NewLine, ...]:
    return tuple(
        recording.NewLine(
            variant_id=variants[line.sku].variant_id, name=_name(variants[line.sku]), priced=line
        )
        for line in quote.lines
    )


def _name(variant: VariantForSale) -> str:
    name = variant.product_name
    return f"{name}, {variant.variant_name}" if variant.variant_name else name
