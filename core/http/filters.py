"""The filters of a list, declared as a serializer of its query string."""

from typing import Any, Self

from django.http import QueryDict
from rest_framework import serializers

from core.errors import FieldError, Invalid

PAGE_PARAMETERS = frozenset({"cursor", "page_size", "ordering"})


class QueryFilters(serializers.Serializer[Any]):
    """Subclass with one optional field per filter; also names them in the schema (`parameters=[...]`)."""

    @classmethod
    def parse(cls, query: QueryDict) -> dict[str, Any]:
        """The given filters, typed. A parameter that does not exist or does not fit is a 400."""
        filters = cls(data=query.dict())
        filters._refuse_unknown(query)
        filters.is_valid(raise_exception=True)
        return filters.validated_data

    def _refuse_unknown(self: Self, query: QueryDict) -> None:
        unknown = sorted(set(query) - set(self.fields) - PAGE_PARAMETERS)
        if unknown:
            known = ", ".join([*self.fields, *sorted(PAGE_PARAMETERS)])
            detail = f"There is no such filter; there are: {known}"
            raise Invalid(
                detail, errors=[FieldError(field=name, code="unknown", detail=detail) for name in unknown]
            )
