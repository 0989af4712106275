"""`Idempotency-Key` for any unsafe view, in one line: `@idempotent` above `def post`.

The same key and request answer the same, byte for byte, with `Idempotent-Replayed: true`. While the first
use runs, a second is 409 with Retry-After; another body, path or method under the key is 422, and so are
other values of the view's `fingerprint_headers`. A view that is open to guests names there what it knows a
guest by: an answer may hold a secret, and is repeated to whoever has it alone. Keys belong to their user
(guests share one scope). The answer commits together with the effect, so a crash leaves both or neither. An
error answer wrote nothing and is not kept: the key may be used again. Kept for 24 hours.

The claim is an advisory lock that ends with the transaction, whoever dies; the unique constraint on
(scope, key) is what decides (semantics: Stripe; draft-ietf-httpapi-idempotency-key-header).
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, NamedTuple

import orjson
from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response

from core import rows
from core.errors import Conflict, DomainError, Invalid
from core.idempotency.models import IdempotencyRecord
from core.observability import request_id

HEADER = "Idempotency-Key"
IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER, str, "header", description="The same key and body answer the same, once done."
)
KEPT_HEADERS = ("Location", "ETag", "Content-Type")
View = Callable[..., Response | HttpResponse]


class KeyInUse(Conflict):
    code = "idempotency_key_in_use"
    title = "The first request with this key is still running"


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    title = "This key belongs to another request"
    status = 422


class _Use(NamedTuple):
    """One request under one key."""

    scope: str
    key: str
    fingerprint: str


def idempotent(view: View) -> View:
    """Wrap a DRF view method; the view runs inside one transaction with its stored answer."""

    @wraps(view)
    def wrapped(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        key = _read_key(request)
        if key is None:
            return view(self, request, *args, **kwargs)
        use = _Use(_scope(request), key, _fingerprint(self, request))
        try:
            with transaction.atomic():
                record = _claim(use)
                if record is not None:
                    return _replay(record, use)
                response = _rendered(self, view(self, request, *args, **kwargs))
                _conclude(use, response)
        except Exception:
            # It may have failed because the first use was done just after `_claim` had sought its answer.
            record = IdempotencyRecord.objects.filter(scope=use.scope, key=use.key).first()
            if record is None:
                raise
            return _replay(record, use)
        return response

    return wrapped


def _read_key(request: Request) -> str | None:
    key = request.headers.get(HEADER)
    if key is not None and not (1 <= len(key) <= 255 and key.isascii() and key.isprintable()):
        raise Invalid.at(HEADER, "Give 1 to 255 printable ASCII characters")
    return key


def _scope(request: Request) -> str:
    return f"user:{request.user.pk}" if request.user and request.user.is_authenticated else "guest"


def _fingerprint(view: Any, request: Request) -> str:
    stated = [f"{name}: {request.headers.get(name, '')}" for name in getattr(view, "fingerprint_headers", ())]
    digest = hashlib.sha256("\n".join([f"{request.method} {request.get_full_path()}", *stated, ""]).encode())
    digest.update(request._request.body)
    return digest.hexdigest()


# By hand: they are on the way of every order, and the ORM costs several times what the statements do.
_CLAIM = """
SELECT pg_try_advisory_xact_lock(%s), r.fingerprint, r.status, r.headers, r.body
FROM (SELECT) AS always LEFT JOIN core_idempotencyrecord r ON r.scope = %s AND r.key = %s
"""
_KEEP = """
INSERT INTO core_idempotencyrecord (scope, key, fingerprint, status, headers, body, request_id, created_at)
VALUES (%s, %s, %s, %s, %s::jsonb, %s, %s, %s)
"""


def _claim(use: _Use) -> IdempotencyRecord | None:
    """Take the lock for this transaction. Raises KeyInUse; returns the answer where there is one."""
    name = f"{use.scope}\n{use.key}".encode()
    lock = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
    ((is_ours, fingerprint, status, headers, body),) = rows.fetch(_CLAIM, [lock, use.scope, use.key])
    if not is_ours:
        raise KeyInUse("Ask again in a moment", retry_after=1)
    if fingerprint is None:
        return None
    return IdempotencyRecord(fingerprint=fingerprint, status=status, headers=orjson.loads(headers), body=body)


def _rendered(view: Any, response: Response | HttpResponse) -> Response | HttpResponse:
    if isinstance(response, Response) and not response.is_rendered:
        view.response = view.finalize_response(view.request, response)
        response.render()
    return response


def _conclude(use: _Use, response: HttpResponse) -> None:
    """Keep the answer with its effect; an error that was returned instead of raised takes both back."""
    if response.status_code < 400:
        _keep(use, response)
    else:
        transaction.set_rollback(True)


def _keep(use: _Use, response: HttpResponse) -> None:
    headers = {name: response[name] for name in KEPT_HEADERS if name in response}
    answer = (response.status_code, orjson.dumps(headers).decode(), response.content)
    rows.change(_KEEP, [*use, *answer, request_id.current(), timezone.now()])


def _replay(record: IdempotencyRecord, use: _Use) -> HttpResponse:
    if record.fingerprint != use.fingerprint:
        raise KeyReused("Use a new key for a new request")
    headers = {**record.headers, "Idempotent-Replayed": "true"}
    return HttpResponse(bytes(record.body), status=record.status, headers=headers)
