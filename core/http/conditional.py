"""Conditional requests (RFC 9110, 13): strong ETags over the finished bytes."""

import hashlib

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_etags

from core.errors import PreconditionFailed

PUBLIC = "public, max-age=0, s-maxage=1, stale-while-revalidate=5"
PRIVATE = "private, no-cache"


def etag_of(body: bytes) -> str:
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def bytes_response(request: HttpRequest, body: bytes, *, etag: str, cache_control: str) -> HttpResponse:
    """200 with the finished bytes, or 304 where If-None-Match holds their ETag."""
    headers = {"ETag": etag, "Cache-Control": cache_control}
    offered = request.META.get("HTTP_IF_NONE_MATCH")
    if offered and _matches(offered, etag):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(body, content_type="application/json", headers=headers)


def check_if_match(request: HttpRequest, etag: str) -> None:
    """Raise PreconditionFailed where If-Match is given and does not name `etag`."""
    offered = request.META.get("HTTP_IF_MATCH")
    if offered is not None and not _matches(offered, etag):
        raise PreconditionFailed("If-Match names another version than the present one")


def _matches(offered: str, etag: str) -> bool:
    """Compare tags without W/: ours are strong, and a proxy that compressed the body has marked them so."""
    tags = [t.strip().removeprefix("W/") for t in parse_etags(offered)]
    return "*" in tags or etag in tags
