"""Every error as application/problem+json (RFC 9457), whoever raised it: us, DRF, Django or the database."""

from http import HTTPStatus
from typing import Any

import orjson
import structlog
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from core.errors import DomainError, FieldError, NotFound, Unavailable
from core.observability import request_id

CONTENT_TYPE = "application/problem+json"
DATABASE_DOWN = (OperationalError, InterfaceError, PoolTimeout)
log = structlog.get_logger(__name__)


def problem(
    *, status: int, code: str, title: str, detail: str = "", errors: tuple[FieldError, ...] = ()
) -> dict[str, Any]:
    """The document itself. `type` is about:blank: `code` is what programs switch on."""
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": detail or title,
        "code": code,
        "request_id": request_id.current(),
        "errors": [{"field": e.field, "code": e.code, "detail": e.detail} for e in errors],
    }


def problem_response(error: DomainError) -> HttpResponse:
    """A plain Django response, for code outside DRF's views."""
    body = problem(
        status=error.status, code=error.code, title=error.title, detail=error.detail, errors=error.errors
    )
    return HttpResponse(
        orjson.dumps(body), status=error.status, content_type=CONTENT_TYPE, headers=_headers(error)
    )


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None lets an unknown exception rise to Django's 500."""
    set_rollback()
    match exc:
        case DomainError():
            return _render_domain_error(exc)
        case Http404():
            return _render_domain_error(NotFound())
        case PermissionDenied():
            return _render_api_exception(exceptions.PermissionDenied())
        case exceptions.APIException():
            return _render_api_exception(exc)
        case OperationalError() | InterfaceError() | PoolTimeout():
            log.warning("database_unavailable", error=str(exc))
            return _render_domain_error(Unavailable("The database does not answer"))
    return None


def _render_domain_error(error: DomainError) -> Response:
    body = problem(
        status=error.status, code=error.code, title=error.title, detail=error.detail, errors=error.errors
    )
    return Response(body, status=error.status, headers=_headers(error), content_type=CONTENT_TYPE)


def _headers(error: DomainError) -> dict[str, str]:
    return {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}


def _render_api_exception(exc: exceptions.APIException) -> Response:
    status = exc.status_code
    headers = {}
    if getattr(exc, "auth_header", None):
        headers["WWW-Authenticate"] = exc.auth_header  # type: ignore[attr-defined]
    if getattr(exc, "wait", None) is not None:
        headers["Retry-After"] = str(max(1, round(exc.wait)))  # type: ignore[attr-defined]
    if isinstance(exc, exceptions.ValidationError):
        errors = tuple(_flatten(exc.get_full_details()))
        body = problem(
            status=status, code="invalid", title="Invalid request", detail=_sum_up(errors), errors=errors
        )
    else:
        body = problem(status=status, code=_code(exc), title=HTTPStatus(status).phrase, detail=_sentence(exc))
    return Response(body, status=status, headers=headers, content_type=CONTENT_TYPE)


def _code(exc: exceptions.APIException) -> str:
    codes = exc.get_codes()
    return codes if isinstance(codes, str) else exc.default_code


def _sentence(exc: exceptions.APIException) -> str:
    detail = exc.detail.get("detail", exc.default_detail) if isinstance(exc.detail, dict) else exc.detail
    return str(detail)


def _flatten(details: Any, path: str = "") -> list[FieldError]:
    """DRF's nested error details as a flat list: {"lines": [{"sku": [...]}]} names `lines[0].sku`."""
    if isinstance(details, dict) and set(details) == {"message", "code"} and isinstance(details["code"], str):
        return [FieldError(field=path, code=details["code"], detail=str(details["message"]))]
    if isinstance(details, dict):
        return [e for key, value in details.items() for e in _flatten(value, _join(path, str(key)))]
    if _are_messages(details):
        return [e for value in details for e in _flatten(value, path)]
    return [e for index, value in enumerate(details) for e in _flatten(value, f"{path}[{index}]")]


def _are_messages(details: Any) -> bool:
    return all(isinstance(v, dict) and isinstance(v.get("message"), str) and "code" in v for v in details)


def _join(path: str, key: str) -> str:
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else key


def _sum_up(errors: tuple[FieldError, ...]) -> str:
    return "; ".join(f"{e.field}: {e.detail}" if e.field else e.detail for e in errors[:3])


class _Plain(DomainError):
    """A status that Django itself answers with."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        self.status, self.code, self.title = status, code, HTTPStatus(status).phrase  # type: ignore[misc]
        super().__init__(detail)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(_Plain(400, "bad_request"))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(_Plain(403, "permission_denied"))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(NotFound(f"There is nothing at {request.path}"))


def server_error(request: HttpRequest) -> HttpResponse:
    return problem_response(
        _Plain(500, "internal_error", "Something went wrong here; the request id finds it")
    )
