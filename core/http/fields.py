from decimal import Context, Decimal
from typing import Any

from rest_framework import serializers

from core.money import CENT

WIDE = Context(
    prec=2 * serializers.DecimalField.MAX_STRING_LENGTH
)  # digits: more than a text that is taken may have


class AmountField(serializers.DecimalField):
    """Money with two decimals. A third one that is 0, as people write 1.250 KWD, is taken too."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(decimal_places=2, **kwargs)

    def validate_precision(self, value: Decimal) -> Decimal:
        is_third_zero = value.as_tuple().exponent == -3 and value.as_tuple().digits[-1] == 0
        return super().validate_precision(value.quantize(CENT, context=WIDE) if is_third_zero else value)
