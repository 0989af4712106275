from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from core.observability import request_id


class RequestIdMiddleware:
    """Accept or make X-Request-ID, bind it while the request lasts, and echo it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        rid = request_id.accept(request.META.get("HTTP_X_REQUEST_ID"))
        with request_id.bind(rid):
            response = self.get_response(request)
        response.headers["X-Request-ID"] = rid
        if not response.streaming:  # else gunicorn would answer in chunks
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response
