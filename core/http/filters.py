"""The filters of a list, declared as a serializer of its query string."""

from collections.abc import Callable, Iterator
from typing import Any

from django.http import QueryDict
from rest_framework import serializers

from core import grammar
from core.errors import FieldError, Invalid
from core.http.fields import MOMENT_EXPECTED

PAGE_PARAMETERS = frozenset({"cursor", "page_size", "ordering"})


def _flag(text: str) -> bool:
    if text not in ("true", "false"):
        raise grammar.Unreadable(text)
    return text == "true"


def _whole(text: str) -> int:
    return grammar.whole(text, minimum=-grammar.MAX_ID, maximum=grammar.MAX_ID)


# DRF's own fields read whatever Python does, so they get their value read already.
_GRAMMARS: list[tuple[type[serializers.Field[Any, Any, Any, Any]], Callable[[str], Any], str]] = [
    (serializers.BooleanField, _flag, "Give true or false"),
    (serializers.DateTimeField, grammar.moment, MOMENT_EXPECTED),
    (serializers.IntegerField, _whole, "Give a whole number"),
    (serializers.DecimalField, grammar.decimal, "Give a number such as 19.90"),
]


class QueryFilters(serializers.Serializer[Any]):
    """Subclass with one optional field per filter; also names them in the schema (`parameters=[...]`)."""

    @classmethod
    def parse(cls, query: QueryDict) -> dict[str, Any]:
        """The given filters, typed. A parameter that does not exist, is repeated or does not fit is a 400."""
        faults = list(cls()._faults_of_names(query))
        given: dict[str, Any] = {}
        for name, field in cls().fields.items():
            try:
                given |= {name: _read(field, str(query[name]))} if name in query else {}
            except grammar.Unreadable as error:
                faults.append(FieldError(field=name, code="invalid", detail=str(error)))
        filters = cls(data=given)
        faults += filters._faults_of_values()
        if faults:
            raise Invalid("; ".join(f"{f.field}: {f.detail}" for f in faults[:3]), errors=faults)
        return filters.validated_data

    def _faults_of_names(self, query: QueryDict) -> Iterator[FieldError]:
        known = ", ".join([*self.fields, *sorted(PAGE_PARAMETERS)])
        for name in sorted(query):
            if name not in self.fields and name not in PAGE_PARAMETERS:
                detail = f"There is no such filter; there are: {known}"
                yield FieldError(field=name[:100], code="unknown", detail=detail)
            elif len(query.getlist(name)) > 1:
                yield FieldError(field=name, code="repeated", detail="Give it once")

    def _faults_of_values(self) -> list[FieldError]:
        self.is_valid()
        return [
            FieldError(field=name, code=error.code, detail=str(error))
            for name, errors in self.errors.items()
            for error in errors
        ]


def _read(field: Any, text: str) -> Any:
    """The value of one parameter, by the grammar of its field where that has one.

    Raises Unreadable with a sentence on what is expected.
    """
    for kind, read, expected in _GRAMMARS:
        if isinstance(field, kind):
            try:
                return read(text)
            except (grammar.Unreadable, OverflowError) as error:
                raise grammar.Unreadable(expected) from error
    return text
