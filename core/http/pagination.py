"""Keyset pages: a cursor holds the last row's ordering values, so page 10,000 costs what page 1 does.

A cursor is signed together with its ordering, so only values that a row had come back into a query.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Any

import orjson
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

DEFAULT_SIZE, MAX_SIZE = 20, 100
SIGNATURE_BYTES = 12


class KeysetPagination(BasePagination):
    """Pages by `view.ordering_fields`, a dict from the public name to a model field.

    The view gives `ordering_fields = {"created_at": "created_at", ...}` and `ordering = "-created_at"`;
    `id` breaks ties. Ordering fields must not be null. An unknown ordering, a bad page_size or a
    cursor that is not ours is a 400.
    """

    def paginate_queryset(
        self, queryset: QuerySet[Any], request: Request | HttpRequest, view: APIView | None = None
    ) -> list[Any]:
        self.request = request
        self.size = _page_size(request)
        self.fields = _order(request, view)
        self.context = f"{queryset.model._meta.label_lower} {' '.join(self.fields)}"
        self.cursor = _decode(request.GET.get("cursor"), self.context)
        backwards = self.cursor is not None and self.cursor[0]
        order = [_flip(f) if backwards else f for f in self.fields]
        rows = list(self._after_cursor(queryset.order_by(*order), backwards=backwards)[: self.size + 1])
        has_more, self.page = len(rows) > self.size, rows[: self.size]
        if backwards:
            self.page.reverse()
        self.has_next = bool(self.page) and (has_more or backwards)
        self.has_previous = bool(self.page) and (has_more if backwards else self.cursor is not None)
        return self.page

    def _after_cursor(self, queryset: QuerySet[Any], *, backwards: bool) -> QuerySet[Any]:
        if self.cursor is None:
            return queryset
        return queryset.filter(_beyond(self.fields, self.cursor[1], backwards=backwards))

    def get_paginated_response(self, data: Any) -> Response:
        return Response(self.envelope(data))

    def envelope(self, data: Any) -> dict[str, Any]:
        """The list document of the contract around rendered rows."""
        return {
            "next": self._link(self.page[-1], backwards=False) if self.has_next else None,
            "previous": self._link(self.page[0], backwards=True) if self.has_previous else None,
            "results": data,
        }

    def _link(self, row: Model, *, backwards: bool) -> str:
        values = [_value(row, f.lstrip("-")) for f in self.fields]
        cursor = _encode(values, backwards=backwards, context=self.context)
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        names = [n for f in getattr(view, "ordering_fields", {}) for n in (f, f"-{f}")]
        return [
            _parameter("cursor", {"type": "string"}, "Opaque; taken from next or previous."),
            _parameter(
                "page_size", {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": DEFAULT_SIZE}
            ),
            _parameter("ordering", {"type": "string", "enum": names}),
        ]


def _parameter(name: str, schema: dict[str, Any], description: str = "") -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _page_size(request: Request | HttpRequest) -> int:
    raw = request.GET.get("page_size", str(DEFAULT_SIZE))
    if not (raw.isascii() and raw.isdigit() and 1 <= int(raw[:9]) <= MAX_SIZE):
        raise _bad("page_size", f"Give a whole number from 1 to {MAX_SIZE}")
    return int(raw)


def _order(request: Request | HttpRequest, view: Any) -> list[str]:
    name = request.GET.get("ordering", view.ordering)
    field = view.ordering_fields.get(name.removeprefix("-"))
    if field is None:
        raise _bad("ordering", f"Order by one of: {', '.join(view.ordering_fields)}; a leading - reverses")
    sign = "-" if name.startswith("-") else ""
    return [f"{sign}{field}"] if field in ("id", "pk") else [f"{sign}{field}", f"{sign}pk"]


def _beyond(fields: list[str], values: list[Any], *, backwards: bool) -> Q:
    """(a, b) > (x, y) as SQL that an index serves: a >= x and (a > x or b > y)."""
    names = [f.lstrip("-") for f in fields]
    op = "lt" if fields[0].startswith("-") != backwards else "gt"
    tie = Q(**{f"{names[-1]}__{op}": values[-1]})
    if len(names) == 1:
        return tie
    return Q(**{f"{names[0]}__{op}e": values[0]}) & (Q(**{f"{names[0]}__{op}": values[0]}) | tie)


def _value(row: Any, field: str) -> Any:
    for part in [field] if isinstance(row, dict) else field.split("__"):
        row = row[part] if isinstance(row, dict) else getattr(row, part)
    return row


def _flip(field: str) -> str:
    return field[1:] if field.startswith("-") else f"-{field}"


def _encode(values: list[Any], *, backwards: bool, context: str) -> str:
    raw = orjson.dumps([backwards, values], default=str)
    return base64.urlsafe_b64encode(_signature(raw, context) + raw).decode().rstrip("=")


def _decode(cursor: str | None, context: str) -> tuple[bool, list[Any]] | None:
    if cursor is None:
        return None
    try:
        signed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise _bad("cursor", "This cursor is not one of ours") from error
    signature, raw = signed[:SIGNATURE_BYTES], signed[SIGNATURE_BYTES:]
    if not hmac.compare_digest(signature, _signature(raw, context)):
        raise _bad("cursor", "This cursor is not one of ours, or of another ordering")
    backwards, values = orjson.loads(raw)
    return backwards, values


def _signature(raw: bytes, context: str) -> bytes:
    key = hashlib.blake2b(settings.SECRET_KEY.encode(), person=b"cursor").digest()
    return hashlib.blake2b(raw + b"\n" + context.encode(), key=key, digest_size=SIGNATURE_BYTES).digest()


def _bad(field: str, detail: str) -> ValidationError:
    return ValidationError({field: [detail]}, code="invalid")
