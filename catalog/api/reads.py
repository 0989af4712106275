"""What the catalogue's lean reads share."""

from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request

from core import cache
from core.errors import FieldError, Invalid
from core.http.conditional import PRIVATE, PUBLIC, bytes_response
from core.http.permissions import IsStaff


class StaffWrites(IsStaff):
    """Anybody reads, staff write."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return request.method in ("GET", "HEAD", "OPTIONS") or super().has_permission(request, view)


def base_url(request: HttpRequest) -> str:
    """Scheme and host as the client sees them: addresses in an answer lead back the way it came."""
    return f"{request.scheme}://{request.get_host()}"


def cached(
    request: HttpRequest, key: str, *, tags: Sequence[str], compute: Callable[[], bytes]
) -> HttpResponse:
    """The bytes from the cache. Shared caches may keep them, unless the request had credentials: a writer
    must see its own writes.
    """
    entry = cache.read_through(key, tags=tags, compute=compute, fresh_for=settings.CATALOGUE_CACHE_SECONDS)
    meta = request.META
    is_known = meta.get("HTTP_AUTHORIZATION") or meta.get("HTTP_COOKIE")
    return bytes_response(request, entry.body, etag=entry.etag, cache_control=PRIVATE if is_known else PUBLIC)


def refuse_parameters(request: HttpRequest) -> None:
    """Filters that do not exist are refused, not ignored."""
    if request.META.get("QUERY_STRING"):
        errors = [FieldError(field=n, code="unknown", detail="There is no such filter") for n in request.GET]
        raise Invalid("This call has no parameters", errors=errors)
