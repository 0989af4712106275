from typing import Any

from rest_framework import serializers

from catalog.models import StockEntry


class StockEntryDocument(serializers.Serializer[Any]):
    sku = serializers.CharField(source="variant.sku")
    location = serializers.CharField(source="location.code")
    on_hand_change = serializers.IntegerField()
    reserved_change = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=StockEntry.Reason.choices)
    actor = serializers.CharField()
    at = serializers.DateTimeField()
