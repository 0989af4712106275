"""What is there before any app: a root, a greeting, and whether the shop stands."""

from functools import lru_cache

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from prometheus_client import CONTENT_TYPE_LATEST
from rest_framework.permissions import AllowAny

from core.http.conditional import PUBLIC, bytes_response, etag_of
from core.http.lean import LeanReads, Readers
from core.observability import metrics
from core.platform import greeting, readiness
from core.platform.api.documents import GreetingDocument, HealthDocument, ReadinessDocument, RootDocument

NOT_STORED = "no-store"
A_SECOND = "public, max-age=0, s-maxage=1"  # however many probe, the application answers one a second


class PublicRead(LeanReads):
    """A read that asks for nobody's credentials, so a bad token does no harm either."""

    readers = Readers.ANYBODY
    authentication_classes = []
    permission_classes = [AllowAny]


class RootView(PublicRead):
    permission_classes = [AllowAny]

    @extend_schema(responses=RootDocument)
    def get(self, request: HttpRequest) -> HttpResponse:
        body, etag = _root()
        return bytes_response(request, body, etag=etag, cache_control=PUBLIC)


@lru_cache(maxsize=1)
def _root() -> tuple[bytes, str]:
    names = ("health", "readiness", "schema", "docs")
    body = orjson.dumps(
        {
            "name": "Shop",
            "version": settings.VERSION,
            "message": "A shop back end and a to-do API.",
            "links": {name: f"{settings.PUBLIC_URL}{reverse(name)}" for name in names},
        }
    )
    return body, etag_of(body)


class HelloView(PublicRead):
    permission_classes = [AllowAny]

    @extend_schema(responses=GreetingDocument)
    def get(self, request: HttpRequest, name: str) -> HttpResponse:
        body, is_cached = greeting.greet(name)
        kept = PUBLIC if is_cached else NOT_STORED
        return HttpResponse(body, content_type="application/json", headers={"Cache-Control": kept})


class HealthView(PublicRead):
    """Liveness: this process answers. Touches nothing else."""

    permission_classes = [AllowAny]

    @extend_schema(responses=HealthDocument)
    def get(self, request: HttpRequest) -> HttpResponse:
        body = b'{"status":"OK","timestamp":"%b"}' % timezone.now().isoformat().encode()
        return HttpResponse(body, content_type="application/json", headers={"Cache-Control": A_SECOND})


class ReadinessView(PublicRead):
    """Whether this process can work: 503 names what does not answer."""

    permission_classes = [AllowAny]

    @extend_schema(
        responses={200: ReadinessDocument, 503: OpenApiResponse(ReadinessDocument, "Something is away")}
    )
    def get(self, request: HttpRequest) -> HttpResponse:
        checks = readiness.check_all()
        is_ready = all(check["status"] == "OK" for check in checks.values())
        return HttpResponse(
            orjson.dumps({"status": "OK" if is_ready else "ERROR", "checks": checks}),
            status=200 if is_ready else 503,
            content_type="application/json",
            headers={"Cache-Control": NOT_STORED} | ({} if is_ready else {"Retry-After": "1"}),
        )


class MetricsView(PublicRead):
    """Metrics for Prometheus, which asks each process at its own port: nginx answers 404."""

    permission_classes = [AllowAny]

    @extend_schema(responses={(200, "text/plain"): str})
    def get(self, request: HttpRequest) -> HttpResponse:
        headers = {"Cache-Control": NOT_STORED}
        return HttpResponse(metrics.exposition(), content_type=CONTENT_TYPE_LATEST, headers=headers)
