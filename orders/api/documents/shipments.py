from typing import Any

from rest_framework import serializers

from orders.models import Return, Shipment
from orders.pricing.offers import MAX_UNITS


class OrderItemDocument(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_UNITS)


class OrderShipmentDocument(serializers.Serializer[Any]):
    """A shipment inside its order."""

    carrier = serializers.CharField()
    tracking_number = serializers.CharField(allow_blank=True)
    status = serializers.CharField()
    lines = OrderItemDocument(many=True)
    shipped_at = serializers.DateTimeField(allow_null=True)


class SentShipmentDocument(serializers.ModelSerializer[Shipment]):
    lines = OrderItemDocument(many=True)

    class Meta:
        model = Shipment
        fields = ["id", "carrier", "tracking_number", "status", "lines", "shipped_at"]


class ReturnDocument(serializers.ModelSerializer[Return]):
    lines = OrderItemDocument(many=True)

    class Meta:
        model = Return
        fields = ["id", "lines", "restock", "reason", "created_at"]
