"""A Stripe of our own on loopback: HTTP, idempotency keys, faults on demand, signed webhooks.

    with FakeStripe() as stripe:
        stripe.fail("lose", on="/v1/payment_intents")   # the next such request commits, then is cut off
        ...
        stripe.ledger.charges                           # its truth, to compare with ours

Idempotency as Stripe documents it: the same key and request replay the kept answer, failures included; other
values under the key are a 400, a request while the first one runs is a 409. Requests that fail validation,
are limited or never began keep nothing.
"""

import contextlib
import json
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from stripe import WebhookSignature

from tests.fakes.stripe_ledger import Document, Ledger, Refusal, invalid

SECRET_KEY, WEBHOOK_SECRET = "sk_test_fake", "whsec_fake"
INTENT = re.compile(r"/v1/payment_intents/(pi_\d+)(?:/(capture|cancel))?")
SERVER_FAILURE = {"error": {"type": "api_error", "message": "An error of Stripe's own"}}
RATE_LIMITED = {"error": {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many"}}

# lose: commit, then cut the connection. hang: commit, then say nothing. delay: commit, finish when let go.
# reset: cut before anything is done. down: 500 before anything is done. kept_500: commit, and keep a 500
# as the key's answer. limit: 429.
FaultKind = Literal["lose", "hang", "delay", "reset", "down", "kept_500", "limit"]

FOR_ANY = {"reset", "down", "limit"}  # the others are of requests that change something


@dataclass
class Fault:
    kind: FaultKind
    on: str
    times: int


@dataclass
class Kept:
    """What a key is bound to; `status` 0 while its first request runs."""

    request: tuple[str, str]
    status: int = 0
    body: Document | None = None


class Cut(Exception):
    """The connection is to end without an answer."""


class FakeStripe:
    """`url` is for STRIPE_API_BASE. With `webhook_url`, each event is sent before its request is answered."""

    def __init__(self, *, webhook_url: str = "", copies: int = 1) -> None:
        self.ledger = Ledger()
        self.webhook_url, self.copies = webhook_url, copies
        self.requests: list[tuple[str, str]] = []
        self.is_delaying, self.let_go = threading.Event(), threading.Event()
        self._faults: list[Fault] = []
        self._kept: dict[str, Kept] = {}
        self._lock = threading.Lock()
        handler = partial(_Handler, self)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.let_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def fail(self, kind: FaultKind, *, on: str = "", times: int = 1) -> None:
        """Fail the next `times` requests whose path contains `on`."""
        with self._lock:
            self._faults.append(Fault(kind, on, times))

    def stop_failing(self) -> None:
        with self._lock:
            self._faults.clear()

    def forget_keys(self) -> None:
        """What happens to keys after a day."""
        self._kept.clear()

    def calls(self, path: str) -> int:
        """How many requests a path has had."""
        return sum(requested == path for _, requested in self.requests)

    def send(self, *events: Document, secret: str = WEBHOOK_SECRET) -> list[int]:
        """Deliver the events in this order; the status that each was answered with."""
        return [_post(self.webhook_url, json.dumps(event), secret) for event in events]

    def answer(self, method: str, path: str, form: Document, key: str | None) -> tuple[int, Document, bool]:
        """Status, body, and whether it is the kept answer to an older request. Raises Cut."""
        fault = self._fault(method, path)
        self.requests.append((method, path))
        if fault == "reset":
            raise Cut
        if fault in ("down", "limit"):
            return (500, SERVER_FAILURE, False) if fault == "down" else (429, RATE_LIMITED, False)
        if method == "GET" or key is None:  # Stripe takes keys on changes only
            return *self._act(method, path, form), False
        answer = self._once(path, form, key, fault)
        if fault == "hang":
            self.let_go.wait()
        if fault in ("lose", "hang"):
            raise Cut
        return answer

    def _fault(self, method: str, path: str) -> FaultKind | None:
        with self._lock:
            for fault in self._faults:
                if fault.times > 0 and fault.on in path and (method == "POST" or fault.kind in FOR_ANY):
                    fault.times -= 1
                    return fault.kind
        return None

    def _once(
        self, path: str, form: Document, key: str, fault: FaultKind | None
    ) -> tuple[int, Document, bool]:
        request = (path, json.dumps(form, sort_keys=True))
        with self._lock:
            kept = self._kept.get(key)
            if kept is None:
                kept = self._kept[key] = Kept(request)
            elif kept.request != request:
                return 400, _error("idempotency_error", "idempotency_key_reused"), False
            elif not kept.status:
                return 409, _error("idempotency_error", "idempotency_key_in_use"), False
            else:
                return kept.status, kept.body or {}, True
        status, body = self._act("POST", path, form)
        self._announce()
        if fault == "delay":
            self.is_delaying.set()
            self.let_go.wait()
        if status == 400 and path == "/v1/payment_intents":  # validation: nothing has begun
            del self._kept[key]
        if fault == "kept_500":
            status, body = 500, SERVER_FAILURE
        kept.body, kept.status = body, status
        return status, body, False

    def _act(self, method: str, path: str, form: Document) -> tuple[int, Document]:
        try:
            return 200, self._route(method, path)(form)
        except Refusal as refusal:
            return refusal.status, refusal.body

    def _route(self, method: str, path: str) -> Callable[[Document], Document]:
        ledger = self.ledger
        fixed = {
            ("POST", "/v1/payment_intents"): ledger.create_intent,
            ("GET", "/v1/payment_intents"): ledger.list_intents,
            ("GET", "/v1/payment_intents/search"): ledger.search,
            ("POST", "/v1/refunds"): ledger.refund,
            ("GET", "/v1/refunds"): ledger.list_refunds,
        }
        if (method, path) in fixed:
            return fixed[method, path]
        found = INTENT.fullmatch(path)
        if not found:
            raise invalid("url_invalid")
        act = {"capture": ledger.capture, "cancel": ledger.cancel, None: ledger.retrieve}[found[2]]
        return partial(act, found[1])

    def _announce(self) -> None:
        for event in self.ledger.take_new_events():
            if self.webhook_url:
                self.send(*[event] * self.copies)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, fake: FakeStripe, *args: Any) -> None:
        self._fake = fake
        super().__init__(*args)

    def do_GET(self) -> None:
        self._respond(urlsplit(self.path).query)

    def do_POST(self) -> None:
        self._respond(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())

    def _respond(self, encoded: str) -> None:
        if self.headers.get("Authorization") != f"Bearer {SECRET_KEY}":
            return self._write(401, _error("invalid_request_error", "invalid_api_key"), is_replay=False)
        key = self.headers.get("Idempotency-Key")
        try:
            answer = self._fake.answer(self.command, urlsplit(self.path).path, _nested(encoded), key)
        except Cut:
            self.close_connection = True
            return None
        return self._write(answer[0], answer[1], is_replay=answer[2])

    def _write(self, status: int, body: Document, *, is_replay: bool) -> None:
        raw = json.dumps(body).encode()
        with contextlib.suppress(ConnectionError):  # whoever asked may have given up
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            if is_replay:
                self.send_header("Idempotent-Replayed", "true")
            self.end_headers()
            self.wfile.write(raw)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def _error(kind: str, code: str) -> Document:
    return {"error": {"type": kind, "code": code, "message": f"Refused: {code}"}}


def _nested(encoded: str) -> Document:
    """`a[b][c]=1` as {"a": {"b": {"c": "1"}}}."""
    form: Document = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        first, *rest = re.findall(r"[^\[\]]+", name)
        at = form
        for part in rest:
            at, first = at.setdefault(first, {}), part
        at[first] = value
    return form


def _post(url: str, payload: str, secret: str) -> int:
    signature = WebhookSignature.generate_signature_header(payload, secret)
    headers = {"Content-Type": "application/json", "Stripe-Signature": signature}
    request = urllib.request.Request(url, payload.encode(), headers)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=10) as answer:
            status: int = answer.status
    except urllib.error.HTTPError as refused:
        with refused:
            status = refused.code
    return status
