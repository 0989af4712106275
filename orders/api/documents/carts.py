"""A cart as its shopper sees it."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.http.documents import MoneyField
from orders.carts.contents import Contents
from orders.carts.opening import OpenedCart
from orders.carts.queries import Line
from orders.models import Cart
from orders.pricing import availability
from orders.pricing.amounts import ZERO, Quote, QuotedLine
from orders.pricing.offers import name_of


class PriceChangeDocument(serializers.Serializer[Any]):
    to = MoneyField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's own."""
        return {"from": MoneyField(), **super().get_fields()}


class CartLineDocument(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    product = serializers.CharField(help_text="Slug.")
    quantity = serializers.IntegerField()
    unit_price = MoneyField(allow_null=True, help_text="Of now; null where it is not for sale.")
    total = MoneyField(help_text="0.00 where it is not for sale.")
    discount = MoneyField()
    availability = serializers.ChoiceField(
        choices=(
            availability.IN_STOCK,
            availability.SHORT,
            availability.SOLD_OUT,
            availability.NOT_FOR_SALE,
        )
    )
    available = serializers.IntegerField(help_text="Units that could be bought now.")
    price_changed = PriceChangeDocument(
        allow_null=True, help_text="Since it was put in; null where it has not."
    )


class VoucherProblemDocument(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="E.g. voucher_expired.")
    detail = serializers.CharField()


class CartVoucherDocument(serializers.Serializer[Any]):
    code = serializers.CharField()
    problem = VoucherProblemDocument(
        allow_null=True, help_text="Why it takes nothing off; an order would fail."
    )


class AvailableDocument(serializers.Serializer[Any]):
    subtotal = MoneyField()
    discount = MoneyField()
    total = MoneyField()


class CartDocument(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    currency = serializers.CharField(allow_null=True, help_text="Null before there are items.")
    items = CartLineDocument(many=True)
    subtotal = MoneyField(help_text="Of what is for sale, at the prices of now.")
    discount = MoneyField()
    total = MoneyField(help_text="Before shipping and tax: POST /quotes with the cart answers those.")
    available = AvailableDocument(help_text="The same of the units that could be bought now.")
    voucher = CartVoucherDocument(allow_null=True)
    order = serializers.CharField(allow_null=True, help_text="The number of the order that was made of it.")
    expires_at = serializers.DateTimeField()


class KeptCartDocument(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    currency = serializers.CharField()
    code = serializers.CharField(help_text="E.g. mixed_currencies.")
    detail = serializers.CharField()


class OpenedCartDocument(CartDocument):
    kept_cart = KeptCartDocument(
        required=False, help_text="The guest's cart where it does not fit: it stays, and why."
    )
    token = serializers.CharField(required=False, help_text="Guests only, once: sent later as X-Cart-Token.")


def cart_document(cart: Cart, contents: Contents) -> dict[str, Any]:
    """A cart with its contents as `CartDocument` describes it."""
    quote = contents.quote
    priced = {line.sku: line for line in quote.lines}
    return {
        "id": cart.pk,
        "currency": cart.currency or None,
        "items": [_line(line, priced[line.sku] if line.variant else None) for line in contents.lines],
        "subtotal": quote.subtotal,
        "discount": quote.discount,
        "total": quote.total,
        "available": _available(contents.available),
        "voucher": _voucher(cart, contents),
        "order": cart.order.number if cart.order else None,
        "expires_at": cart.expires_at,
    }


def opened_cart_document(cart: dict[str, Any], opened: OpenedCart) -> dict[str, Any]:
    """As `OpenedCartDocument` describes it: `cart` as above, and what is told once."""
    told: dict[str, Any] = {"token": opened.token} if opened.token else {}
    if opened.kept:
        why = {"code": opened.kept.hindrance.code, "detail": opened.kept.hindrance.detail}
        told["kept_cart"] = {"id": opened.kept.cart_id, "currency": opened.kept.currency, **why}
    return {**cart, **told}


def _line(line: Line, priced: QuotedLine | None) -> dict[str, Any]:
    return {
        "sku": line.sku,
        "name": name_of(line.variant) if line.variant else line.name,
        "product": line.product,
        "quantity": line.quantity,
        "unit_price": line.variant.price if line.variant else None,
        "total": priced.total if priced else ZERO,
        "discount": priced.discount if priced else ZERO,
        "availability": availability.word_for(line.variant, quantity=line.quantity),
        "available": availability.units_of(line.variant),
        "price_changed": _price_change(line),
    }


def _available(quote: Quote) -> dict[str, Decimal]:
    return {"subtotal": quote.subtotal, "discount": quote.discount, "total": quote.total}


def _price_change(line: Line) -> dict[str, Decimal] | None:
    if line.variant is None or line.variant.price == line.price_when_added:
        return None
    return {"from": line.price_when_added, "to": line.variant.price}


def _voucher(cart: Cart, contents: Contents) -> dict[str, Any] | None:
    if cart.voucher is None:
        return None
    problem = contents.voucher_problem
    reason = {"code": problem.code, "detail": problem.detail} if problem else None
    return {"code": cart.voucher.code, "problem": reason}
