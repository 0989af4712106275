"""HTTP around the sandbox's payment provider and carrier."""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from sandbox import carrier, payments
from sandbox.ledger import Answer, Ledger

STEP = re.compile(r"/payments/sandbox_(\d{1,18})/(capture|void|refund)")
ONE = re.compile(r"/payments/sandbox_(\d{1,18})")

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], Any]


class Provider:
    """The WSGI application."""

    def __init__(self, ledger: Ledger, *, latency: float, hang: float) -> None:
        self._ledger, self._latency, self._hang = ledger, latency, hang

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        time.sleep(self._latency)
        try:
            answer = self._route(environ)
        except (KeyError, TypeError, ValueError) as error:
            answer = Answer(400, {"code": "malformed", "detail": repr(error)})
        body = json.dumps(answer.body).encode()
        headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", headers)
        return [body]

    def _route(self, environ: Environ) -> Answer:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if method == "GET":
            return self._read(path, environ["QUERY_STRING"])
        if method != "POST":
            return Answer(405, {"code": "method_not_allowed"})
        raw = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        key = environ["HTTP_IDEMPOTENCY_KEY"]
        fingerprint = hashlib.sha256(path.encode() + b"\n" + raw).hexdigest()
        return self._write(path, key, json.loads(raw or b"{}"), fingerprint)

    def _read(self, path: str, query: str) -> Answer:
        if path == "/health":
            return Answer(200, {"status": "OK"})
        if path == "/ledger":
            return Answer(200, self._whole())
        if path == "/payments":
            return payments.fetch(self._ledger, key=parse_qs(query)["key"][0])
        found = ONE.fullmatch(path)
        return payments.fetch(self._ledger, number=int(found[1])) if found else payments.MISSING

    def _write(self, path: str, key: str, body: dict[str, Any], fingerprint: str) -> Answer:
        if path == "/payments":
            answer = payments.authorise(self._ledger, key, body, fingerprint)
            if body["token"] == payments.HANGING and not answer.is_replay:
                time.sleep(self._hang)
            return answer
        if path == "/parcels":
            return carrier.create_parcel(self._ledger, key, body, fingerprint)
        if path == "/parcels/cancel":
            return carrier.cancel_parcel(self._ledger, key, body, fingerprint)
        step = STEP.fullmatch(path)
        if step is None:
            return payments.MISSING
        steps: dict[str, Callable[..., Answer]] = {
            "capture": partial(payments.capture, body=body),
            "void": payments.void,
            "refund": partial(payments.refund, body=body),
        }
        return steps[step[2]](self._ledger, key, int(step[1]), fingerprint=fingerprint)

    def _whole(self) -> dict[str, Any]:
        """Everything the ledger holds: what tests and the replay compare with the shop's own rows."""
        return {
            "payments": self._ledger.rows("SELECT * FROM payment ORDER BY id"),
            "parcels": self._ledger.rows("SELECT id, key, reference FROM parcel ORDER BY id"),
        }
