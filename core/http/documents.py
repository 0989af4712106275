"""What the documents of all apps share: an `XDocument` describes what goes out, and the schema shows it."""

from decimal import Context, Decimal
from typing import Any

from rest_framework import serializers

from core.money import CENT

WIDE = Context(
    prec=2 * serializers.DecimalField.MAX_STRING_LENGTH
)  # digits: more than a text that is taken may have


class MoneyField(serializers.DecimalField):
    """An amount: a decimal string with two decimals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_digits": 14, "decimal_places": 2, **kwargs})


class AmountField(serializers.DecimalField):
    """Money with two decimals. A third one that is 0, as people write 1.250 KWD, is taken too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(decimal_places=2, **kwargs)

    def validate_precision(self, value: Decimal) -> Decimal:
        is_third_zero = value.as_tuple().exponent == -3 and value.as_tuple().digits[-1] == 0
        return super().validate_precision(value.quantize(CENT, context=WIDE) if is_third_zero else value)
