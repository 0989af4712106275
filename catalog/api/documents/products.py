from typing import Any

from rest_framework import serializers

from core.http.documents import MoneyField


class PriceField(MoneyField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, min_value=0, **kwargs)


class ListedProductDocument(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    price = PriceField(help_text="The lowest of its variants.")
    currency = serializers.CharField()
    compare_at_price = PriceField(allow_null=True)
    in_stock = serializers.BooleanField()
    category = serializers.CharField(allow_null=True, help_text="Slug of its category.")
    image = serializers.URLField(allow_null=True)
    url = serializers.URLField()


class ProductPageDocument(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ListedProductDocument(many=True)


class VariantDocument(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    price = PriceField()
    currency = serializers.CharField()
    compare_at_price = PriceField(allow_null=True)
    available = serializers.IntegerField()
    attributes = serializers.DictField()


class ProductDocument(ListedProductDocument):
    description = serializers.CharField()
    attributes = serializers.DictField()
    published_from = serializers.DateTimeField(allow_null=True)
    published_until = serializers.DateTimeField(allow_null=True)
    variants = VariantDocument(many=True)
    images = serializers.ListField(child=serializers.URLField())
