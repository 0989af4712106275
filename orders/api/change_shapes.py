"""Bodies and answers of what happens to an order after it was placed."""

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from rest_framework import serializers

from orders.api.shapes import ItemShape, Money
from orders.models import Refund, Return, Shipment
from orders.pricing.offers import MAX_ITEMS

LONGEST_REASON = 300
LINES: dict[str, Any] = {"many": True, "max_length": MAX_ITEMS}


class CancelRequest(serializers.Serializer[Any]):
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)


class RefundRequest(serializers.Serializer[Any]):
    amount = Money(min_value=Decimal("0.01"), help_text="In the order's currency.")
    reason = serializers.CharField(required=False, default="", allow_blank=True, max_length=LONGEST_REASON)
    lines = ItemShape(**LINES, required=False, default=list, help_text="What it is for.")


class ShipmentRequest(serializers.Serializer[Any]):
    lines = ItemShape(
        **LINES,
        required=False,
        allow_empty=False,
        help_text="Without them, all that was not sent yet.",
    )
    carrier = serializers.CharField(max_length=40)
    tracking_number = serializers.CharField(required=False, default="", allow_blank=True, max_length=80)


class ReturnRequest(serializers.Serializer[Any]):
    lines = ItemShape(**LINES, allow_empty=False)
    restock = serializers.BooleanField(help_text="For sale again; else written off.")
    reason = serializers.CharField(max_length=LONGEST_REASON)


class RefundShape(serializers.ModelSerializer[Refund]):
    currency = serializers.CharField(source="payment.currency")
    lines = ItemShape(many=True)

    class Meta:
        model = Refund
        fields = ["id", "amount", "currency", "status", "reason", "lines", "created_at"]


class SentShipment(serializers.ModelSerializer[Shipment]):
    lines = ItemShape(many=True)

    class Meta:
        model = Shipment
        fields = ["id", "carrier", "tracking_number", "status", "lines", "shipped_at"]


class ReturnShape(serializers.ModelSerializer[Return]):
    lines = ItemShape(many=True)

    class Meta:
        model = Return
        fields = ["id", "lines", "restock", "reason", "created_at"]


def units(lines: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """By SKU; one that is named again is added up."""
    total = Counter[str]()
    for line in lines:
        total[line["sku"]] += line["quantity"]
    return dict(total)
