from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from core.errors import Unavailable
from core.http.problems import DATABASE_DOWN, problem_response

log = structlog.get_logger(__name__)


class DatabaseOutageMiddleware:
    """A database that restarts is a 503 with Retry-After, also outside DRF (admin, middleware)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DATABASE_DOWN):
            return None
        log.warning("database_unavailable", error=str(exception))
        return problem_response(Unavailable("The database does not answer"))
