"""Every error as application/problem+json (RFC 9457), whoever raised it: us, DRF, Django or the database."""

import math
from http import HTTPStatus
from typing import Any, NamedTuple

import orjson
import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from psycopg.errors import ForeignKeyViolation
from psycopg_pool import PoolTimeout
from rest_framework import exceptions
from rest_framework.response import Response

from core.errors import CHALLENGE, Conflict, DomainError, FieldError, NotFound, TooLarge, Unavailable
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
    return _plain(_of_domain_error(error))


def answer(exc: Exception) -> HttpResponse | None:
    """The problem that `exc` stands for as a plain response; None where it stands for none (a 500)."""
    described = _describe(exc)
    return described and _plain(described)


def exception_handler(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's EXCEPTION_HANDLER. None lets an unknown exception rise to Django's 500."""
    described = _describe(exc)
    if described is None:
        return None
    return Response(
        described.body, status=described.status, headers=described.headers, content_type=CONTENT_TYPE
    )


class _Described(NamedTuple):
    status: int
    body: dict[str, Any]
    headers: dict[str, str]


def _plain(described: _Described) -> HttpResponse:
    return HttpResponse(
        orjson.dumps(described.body, default=str),
        status=described.status,
        content_type=CONTENT_TYPE,
        headers=described.headers,
    )


def _describe(exc: Exception) -> _Described | None:
    exc = _translate(exc)
    if isinstance(exc, DomainError):
        return _of_domain_error(exc)
    return _of_api_exception(exc) if isinstance(exc, exceptions.APIException) else None


def _translate(exc: Exception) -> Exception:
    """What Django or the database raised, as an error of ours or of DRF's."""
    translated = exc
    match exc:
        case Http404():
            translated = NotFound()
        case PermissionDenied():
            translated = exceptions.PermissionDenied()
        case RequestDataTooBig():
            translated = TooLarge()
        case UnreadablePostError():
            translated = exceptions.ParseError("The body ended early")
        case IntegrityError(__cause__=ForeignKeyViolation()):
            translated = Conflict("Something that this refers to is gone")
        case OperationalError() | InterfaceError() | PoolTimeout():
            log.warning("database_unavailable", error=str(exc))
            translated = Unavailable("The database does not answer")
    return translated


def _of_domain_error(error: DomainError) -> _Described:
    body = problem(
        status=error.status, code=error.code, title=error.title, detail=error.detail, errors=error.errors
    )
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE
    return _Described(error.status, body, headers)


def _of_api_exception(exc: exceptions.APIException) -> _Described:
    status = exc.status_code
    if isinstance(exc, exceptions.ValidationError):
        errors = tuple(_flatten(exc.get_full_details()))
        body = problem(
            status=status, code="invalid", title="Invalid request", detail=_sum_up(errors), errors=errors
        )
    else:
        body = problem(status=status, code=_code(exc), title=HTTPStatus(status).phrase, detail=_sentence(exc))
    return _Described(status, body, _headers(exc))


def _headers(exc: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if exc.status_code == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = CHALLENGE
    if getattr(exc, "wait", None) is not None:
        headers["Retry-After"] = str(max(1, math.ceil(exc.wait)))  # type: ignore[attr-defined]
    return headers


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
        return [e for key, value in details.items() for e in _flatten(value, _join(path, key))]
    if _are_messages(details):
        return [e for value in details for e in _flatten(value, path)]
    return [e for index, value in enumerate(details) for e in _flatten(value, f"{path}[{index}]")]


def _are_messages(details: Any) -> bool:
    return all(isinstance(v, dict) and isinstance(v.get("message"), str) and "code" in v for v in details)


def _join(path: str, key: str | int) -> str:
    if key == "non_field_errors":
        return path
    if isinstance(key, int):  # a ListField names its bad items by index
        return f"{path}[{key}]"
    return f"{path}.{key}" if path else key


def _sum_up(errors: tuple[FieldError, ...]) -> str:
    return "; ".join(f"{e.field}: {e.detail}" if e.field else e.detail for e in errors[:3])


class _Plain(DomainError):
    """A status that Django itself answers with."""

    def __init__(self, status: int, code: str, detail: str = "") -> None:
        self.status, self.code, self.title = status, code, HTTPStatus(status).phrase  # type: ignore[misc]
        super().__init__(detail)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig):
        return problem_response(TooLarge())
    return problem_response(_Plain(400, "bad_request"))


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(_Plain(403, "permission_denied"))


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return problem_response(NotFound(f"There is nothing at {request.path}"))


def server_error(request: HttpRequest) -> HttpResponse:
    return problem_response(
        _Plain(500, "internal_error", "Something went wrong here; the request id finds it")
    )
