"""What the documents of all apps share: an `XDocument` describes what goes out, and the schema shows it."""

from typing import Any

from rest_framework import serializers


class MoneyField(serializers.DecimalField):
    """An amount: a decimal string with two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 2, **kwargs})
