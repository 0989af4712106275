"""Prices, as quotes and orders show them, and how an order can be sent."""

from typing import Any

from rest_framework import serializers

from catalog.queries.sale import VariantForSale
from core.http.documents import MoneyField
from orders.models import ShippingMethod
from orders.pricing import availability, offers
from orders.pricing.amounts import QuotedLine


class OrderLineDocument(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    unit_price = MoneyField()
    quantity = serializers.IntegerField()
    total = MoneyField(help_text="Unit price times quantity.")
    discount = MoneyField()
    tax = MoneyField(help_text="On the total after discount.")


class QuotedLineDocument(OrderLineDocument):
    availability = serializers.ChoiceField(
        choices=(availability.IN_STOCK, availability.SHORT, availability.SOLD_OUT)
    )
    available = serializers.IntegerField(help_text="Units that could be bought now.")


class QuoteDocument(serializers.Serializer[Any]):
    currency = serializers.CharField()
    subtotal = MoneyField()
    discount = MoneyField()
    shipping = MoneyField()
    shipping_method = serializers.CharField(allow_null=True, help_text="Null: not known without an address.")
    tax = MoneyField()
    tax_included = serializers.BooleanField(help_text="Whether the prices contain the tax.")
    total = MoneyField(help_text="What the customer would pay.")
    voucher = serializers.CharField(allow_null=True, help_text="The code that was applied.")
    lines = QuotedLineDocument(many=True)


class ShippingMethodDocument(serializers.ModelSerializer[ShippingMethod]):
    class Meta:
        model = ShippingMethod
        fields = ["code", "name", "price", "currency", "free_over", "countries"]


def quote_document(offer: offers.Offer) -> dict[str, Any]:
    """An offer as `QuoteDocument` describes it."""
    quote = offer.quote
    return {
        "currency": offer.currency,
        "subtotal": quote.subtotal,
        "discount": quote.discount,
        "shipping": quote.shipping,
        "shipping_method": offer.shipping_method,
        "tax": quote.tax,
        "tax_included": quote.tax_included,
        "total": quote.total,
        "voucher": offer.voucher.code if offer.voucher else None,
        "lines": [_quoted_line(priced, offer.variants[priced.sku]) for priced in quote.lines],
    }


def _quoted_line(priced: QuotedLine, variant: VariantForSale) -> dict[str, Any]:
    return {
        **line_document(priced, name=offers.name_of(variant)),
        "availability": availability.word_for(variant, quantity=priced.quantity),
        "available": availability.units_of(variant),
    }


def line_document(priced: QuotedLine, *, name: str) -> dict[str, Any]:
    """A line of an offer or order as `OrderLineDocument` describes it."""
    return {
        "sku": priced.sku,
        "name": name,
        "unit_price": priced.unit_price,
        "quantity": priced.quantity,
        "total": priced.total,
        "discount": priced.discount,
        "tax": priced.tax,
    }
