"""The OpenAPI document and the page that shows it, without an asset from elsewhere."""

from functools import lru_cache

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny

from core.http.conditional import PUBLIC, bytes_response, etag_of
from core.http.lean import LeanReads, Readers
from core.json import dumps


class SchemaView(LeanReads):
    """OpenAPI 3.1, as JSON."""

    readers = Readers.ANYBODY
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: HttpRequest) -> HttpResponse:
        body, etag = _document()
        return bytes_response(request, body, etag=etag, cache_control=PUBLIC)


class DocsView(LeanReads):
    """Swagger UI."""

    readers = Readers.ANYBODY
    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(exclude=True)
    def get(self, request: HttpRequest) -> HttpResponse:
        return render(request, "core/docs.html")


@lru_cache(maxsize=1)
def _document() -> tuple[bytes, str]:
    """The code of a running process does not change, so neither does its schema."""
    body = dumps(SchemaGenerator().get_schema(request=None, public=True))
    return body, etag_of(body)
