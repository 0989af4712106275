"""The one base of every refusal that a caller can act on. core.http.problems renders it (RFC 9457)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Self

# The WWW-Authenticate header that a 401 must carry (RFC 9110, 11.6.1).
CHALLENGE = 'Bearer realm="api"'


@dataclass(frozen=True, kw_only=True)
class FieldError:
    """One reason, bound to the request field that it concerns (`items[0].sku`)."""

    field: str
    code: str
    detail: str


class DomainError(Exception):
    """A rule of the shop refuses. Subclasses name the fact and give `code`, `title` and `status`.

    `detail` is a sentence for a person; `errors` name the fields at fault; `retry_after` (seconds)
    becomes the Retry-After header.
    """

    code: ClassVar[str] = "invalid"
    title: ClassVar[str] = "The request cannot be carried out"
    status: ClassVar[int] = 400

    def __init__(
        self, detail: str = "", *, errors: Sequence[FieldError] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = tuple(errors)
        self.retry_after = retry_after

    @classmethod
    def at(cls, field: str, detail: str) -> Self:
        """The refusal of one field of the request, for the reason that `code` names."""
        return cls(detail, errors=[FieldError(field=field, code=cls.code, detail=detail)])


class Invalid(DomainError):
    """The body parsed, but a field in it does not fit."""

    title = "Invalid request"


class NotFound(DomainError):
    """Not there, or not the caller's: the answer is the same for both."""

    code = "not_found"
    title = "Not found"
    status = 404


class Conflict(DomainError):
    """The present state does not allow it."""

    code = "conflict"
    title = "Conflict with the present state"
    status = 409


class PreconditionFailed(DomainError):
    """If-Match named another version than the present one."""

    code = "precondition_failed"
    title = "The resource has changed"
    status = 412


class TooLarge(DomainError):
    """The body is larger than the endpoint takes."""

    code = "too_large"
    title = "Content too large"
    status = 413


class Unavailable(DomainError):
    """A part that the answer needs is down. Always carries Retry-After."""

    code = "unavailable"
    title = "Temporarily unavailable"
    status = 503

    def __init__(self, detail: str = "", *, retry_after: int = 1) -> None:
        super().__init__(detail, retry_after=retry_after)
