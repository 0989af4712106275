"""The keyset pages for DRF and its schema."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from core.http.pagination import DEFAULT_SIZE, MAX_SIZE, Ordering, page


class KeysetPagination(BasePagination):
    """`page` for DRF's own views; a lean read names the class so that the schema shows it as a list.

    The view gives `ordering`, an Ordering.
    """

    def paginate_queryset(
        self, queryset: QuerySet[Any, Any], request: Request, view: APIView | None = None
    ) -> list[Any]:
        ordering: Ordering = view.ordering  # type: ignore[union-attr]
        self.page = page(queryset, request.GET, ordering=ordering, url=request.build_absolute_uri())
        return self.page.rows

    def get_paginated_response(self, data: Any) -> Response:
        return Response(self.page.document(data))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        size = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
        names = view.ordering.choices  # type: ignore[attr-defined]
        return [
            _parameter("cursor", {"type": "string"}, "Opaque; taken from next or previous."),
            _parameter("page_size", size),
            _parameter("ordering", {"type": "string", "enum": names}),
        ]


def _parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}
