from typing import Any

from rest_framework import serializers


class ShortCategoryDocument(serializers.Serializer[Any]):
    slug = serializers.CharField()
    name = serializers.CharField()
    url = serializers.URLField()


class CategoryNodeDocument(ShortCategoryDocument):
    children = serializers.ListField(child=serializers.DictField(), help_text="Nodes like this one.")


class CategoryTreeDocument(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = CategoryNodeDocument(many=True)


class CategoryDocument(ShortCategoryDocument):
    parent = serializers.CharField(allow_null=True)  # type: ignore[assignment] # also a name of DRF's own
    ancestors = ShortCategoryDocument(many=True)
    children = ShortCategoryDocument(many=True)
