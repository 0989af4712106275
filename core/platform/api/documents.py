from typing import Any

from rest_framework import serializers


class RootDocument(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField()
    message = serializers.CharField()
    links = serializers.DictField(child=serializers.URLField())


class GreetingDocument(serializers.Serializer[Any]):
    message = serializers.CharField()

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`from` is a word of Python's own."""
        return {**super().get_fields(), "from": serializers.ChoiceField(["cache", "origin"])}


class HealthDocument(serializers.Serializer[Any]):
    status = serializers.CharField()
    timestamp = serializers.DateTimeField()


class CheckDocument(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["OK", "ERROR"])
    ms = serializers.FloatField()
    error = serializers.ChoiceField(["timeout", "unreachable"], required=False)


class ReadinessDocument(serializers.Serializer[Any]):
    status = serializers.ChoiceField(["OK", "ERROR"])
    checks = serializers.DictField(child=CheckDocument())
