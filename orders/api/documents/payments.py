from typing import Any

from rest_framework import serializers

from core.http.documents import MoneyField
from orders.api.documents.shipments import OrderItemDocument
from orders.models import Refund


class OrderRefundDocument(serializers.Serializer[Any]):
    """A refund inside its order."""

    amount = MoneyField()
    status = serializers.ChoiceField(choices=Refund.Status.choices)
    lines = OrderItemDocument(many=True, help_text="What it is for, where staff said so.")
    created_at = serializers.DateTimeField()
    settled_at = serializers.DateTimeField(allow_null=True, help_text="When the provider made or refused it.")


class RefundDocument(serializers.ModelSerializer[Refund]):
    currency = serializers.CharField(source="payment.currency")
    lines = OrderItemDocument(many=True)

    class Meta:
        model = Refund
        fields = ["id", "amount", "currency", "status", "reason", "lines", "created_at"]
