"""Shapes of what the catalogue's API takes and gives. Rules live in the services."""

from typing import Any

from rest_framework import serializers

from catalog.attributes import check_attributes
from catalog.models import StockEntry
from catalog.skus import check_sku
from core.http.documents import AmountField

MOST_UNITS = 1_000_000_000


class Price(AmountField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, min_value=0, **kwargs)


class Currency(serializers.RegexField):
    """ISO 4217."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"^[A-Z]{3}$", **kwargs)


class AttributesField(serializers.DictField):
    """Names to short texts, numbers or booleans."""

    default_validators = [check_attributes]


class VariantBody(serializers.Serializer[Any]):
    sku = serializers.CharField(validators=[check_sku], required=False)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    price = Price()
    currency = Currency(required=False)
    compare_at_price = Price(required=False, allow_null=True)
    attributes = AttributesField(required=False)
    stock = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)


class ProductChanges(serializers.Serializer[Any]):
    """Body of PATCH. Price, currency, SKU and stock are those of a product's only variant."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    category = serializers.SlugField(max_length=100, required=False, allow_null=True)
    attributes = AttributesField(required=False)
    published_from = serializers.DateTimeField(required=False, allow_null=True)
    published_until = serializers.DateTimeField(required=False, allow_null=True)
    price = Price(required=False)
    currency = Currency(required=False)
    compare_at_price = Price(required=False, allow_null=True)
    sku = serializers.CharField(validators=[check_sku], required=False)
    stock = serializers.IntegerField(min_value=0, max_value=MOST_UNITS, required=False)
    variants = serializers.ListField(child=VariantBody(), required=False, min_length=1, max_length=100)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        beside = {"price", "currency", "compare_at_price", "sku", "stock"} & attrs.keys()
        if "variants" in attrs and beside:
            raise serializers.ValidationError(dict.fromkeys(beside, "Say it in the variants"))
        return attrs


class ProductBody(ProductChanges):
    """Body of POST: a name, and a price or variants with theirs."""

    name = serializers.CharField(max_length=200)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "price" not in attrs and "variants" not in attrs:
            raise serializers.ValidationError({"price": "Give a price, or variants"}, code="required")
        return super().validate(attrs)


class ListedProduct(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    price = Price(help_text="The lowest of its variants.")
    currency = serializers.CharField()
    compare_at_price = Price(allow_null=True)
    in_stock = serializers.BooleanField()
    category = serializers.CharField(allow_null=True, help_text="Slug of its category.")
    image = serializers.URLField(allow_null=True)
    url = serializers.URLField()


class ProductPage(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = ListedProduct(many=True)


class ShownVariant(serializers.Serializer[Any]):
    sku = serializers.CharField()
    name = serializers.CharField()
    price = Price()
    currency = serializers.CharField()
    compare_at_price = Price(allow_null=True)
    available = serializers.IntegerField()
    attributes = serializers.DictField()


class ShownProduct(ListedProduct):
    description = serializers.CharField()
    attributes = serializers.DictField()
    published_from = serializers.DateTimeField(allow_null=True)
    published_until = serializers.DateTimeField(allow_null=True)
    variants = ShownVariant(many=True)
    images = serializers.ListField(child=serializers.URLField())


class CategoryChangesBody(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=100, required=False)
    slug = serializers.SlugField(max_length=100, required=False)
    parent = serializers.SlugField(  # type: ignore[assignment] # also the name of a DRF attribute
        max_length=100, required=False, allow_null=True
    )


class CategoryBody(CategoryChangesBody):
    name = serializers.CharField(max_length=100)


class ShortCategory(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.URLField()


class CategoryNode(ShortCategory):
    children = serializers.ListField(child=serializers.DictField(), help_text="Nodes like this one.")


class CategoryTree(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CategoryNode(many=True)


class ShownCategory(ShortCategory):
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment]
    ancestors = ShortCategory(many=True)
    children = ShortCategory(many=True)


class StockChange(serializers.Serializer[Any]):
    REASONS = [r for r in StockEntry.Reason if r not in ("reserved", "released", "shipped")]

    location = serializers.SlugField(max_length=40, required=False)
    change = serializers.IntegerField(min_value=-MOST_UNITS, max_value=MOST_UNITS)
    reason = serializers.ChoiceField(choices=REASONS)

    def validate_change(self, value: int) -> int:
        if value == 0:
            raise serializers.ValidationError("Nothing would change")
        return value


class RecordedEntry(serializers.Serializer[Any]):
    sku = serializers.CharField(source="variant.sku")
    location = serializers.CharField(source="location.code")
    on_hand_change = serializers.IntegerField()
    reserved_change = serializers.IntegerField()
    reason = serializers.ChoiceField(choices=StockEntry.Reason.choices)
    actor = serializers.CharField()
    at = serializers.DateTimeField()
