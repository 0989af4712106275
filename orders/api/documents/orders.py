from typing import Any

from rest_framework import serializers

from core.http.documents import MoneyField
from orders.api.documents.payments import OrderRefundDocument
from orders.api.documents.pricing import OrderLineDocument, line_document
from orders.api.documents.shipments import OrderShipmentDocument
from orders.checkout.place import PlacedOrder
from orders.models import Status


class AddressDocument(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100)
    line1 = serializers.CharField(max_length=200)
    line2 = serializers.CharField(max_length=200, required=False)
    city = serializers.CharField(max_length=100)
    region = serializers.CharField(max_length=50, required=False)
    postal_code = serializers.CharField(max_length=20)
    country = serializers.CharField(max_length=2)
    phone = serializers.CharField(max_length=30, required=False)


class OrderSummaryDocument(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    currency = serializers.CharField()
    subtotal = MoneyField()
    discount = MoneyField()
    shipping = MoneyField()
    tax = MoneyField()
    tax_included = serializers.BooleanField(help_text="Whether the prices contain the tax.")
    total = MoneyField(help_text="What the customer pays.")
    created_at = serializers.DateTimeField()


class PlacedOrderDocument(OrderSummaryDocument):
    lines = OrderLineDocument(many=True)
    token = serializers.CharField(required=False, help_text="Guests only, once: sent later as X-Order-Token.")


class OrderDetailDocument(OrderSummaryDocument):
    email = serializers.EmailField()
    shipping_address = AddressDocument()
    shipping_method = serializers.CharField(allow_blank=True)
    updated_at = serializers.DateTimeField()
    lines = OrderLineDocument(many=True)
    shipments = OrderShipmentDocument(many=True)
    voucher = serializers.CharField(allow_null=True, help_text="The code that was used.")
    refunded = MoneyField(help_text="Given back so far, of a cancelled order too.")
    refunds = OrderRefundDocument(many=True, help_text="In parts, by staff.")


class OrderEventDocument(serializers.Serializer[Any]):
    from_status = serializers.CharField(allow_blank=True, help_text="Empty for the first entry.")
    to_status = serializers.ChoiceField(choices=Status.choices)
    actor = serializers.CharField(help_text="customer, guest, system or staff.")
    reason = serializers.CharField(allow_blank=True)
    data = serializers.DictField()  # type: ignore[assignment] # DRF takes it off the class again
    at = serializers.DateTimeField()


def placed_order_document(placed: PlacedOrder) -> dict[str, Any]:
    """An order that was just placed as `PlacedOrderDocument` describes it."""
    order, quote = placed.order, placed.order.quote
    document = {
        "id": order.id,
        "number": placed.number,
        "status": "pending",
        "currency": order.currency,
        "subtotal": quote.subtotal,
        "discount": quote.discount,
        "shipping": quote.shipping,
        "tax": quote.tax,
        "tax_included": quote.tax_included,
        "total": quote.total,
        "lines": [line_document(line.priced, name=line.name) for line in order.lines],
        "created_at": order.now,
    }
    return {**document, "token": placed.token} if placed.token else document
