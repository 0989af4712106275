"""The numbers of forms, which staff fill in: written as everywhere, so that `1_000` is no number of units."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from core import grammar


class WholeField(forms.IntegerField):
    """A whole number, as `core.grammar` has it."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and value:
            try:
                return grammar.whole(value, minimum=-grammar.MAX_ID, maximum=grammar.MAX_ID)
            except grammar.Unreadable as error:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        found: int | None = super().to_python(value)
        return found


class DecimalField(forms.DecimalField):
    """A decimal number, as `core.grammar` has it."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value:
            try:
                return grammar.decimal(value)
            except grammar.Unreadable as error:
                raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        return super().to_python(value)


# The field of a form that stands for a column. The first kind that fits counts.
_FIELDS: "list[tuple[type[models.Field[Any, Any]], type[forms.Field]]]" = [
    (models.DecimalField, DecimalField),
    (models.IntegerField, WholeField),
]


def form_class(column: "models.Field[Any, Any]") -> dict[str, type[forms.Field]]:
    """What to give to the column's `formfield` where it holds a number; else nothing."""
    return next(({"form_class": made} for kind, made in _FIELDS if isinstance(column, kind)), {})
