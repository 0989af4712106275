"""The sandbox provider and carrier (sandbox) over HTTP, each behind a breaker of its own."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson
from django.conf import settings
from django.core.checks import CheckMessage
from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from core.resilience.breaker import Breaker
from orders.providers.base import Charge, Declined, ProviderUnavailable, StepRefused, WebhookEvent
from orders.providers.currencies import from_minor_units, to_minor_units
from orders.providers.signatures import verified_id

TIMEOUTS = (1, 3)  # seconds to connect, and for each answer

CONNECTIONS = 16  # kept open, at the most: one for each thread of a worker is enough

payments_breaker = Breaker("sandbox-payments", threshold=10, pause=5)
carrier_breaker = Breaker("sandbox-carrier", threshold=10, pause=5)


class NotUnderstood(Exception):
    """The sandbox takes our request for wrong: a fault of ours, which no repeat mends."""


class SandboxGateway:
    """Implements providers.base.Gateway."""

    def __init__(self) -> None:
        self._http = _Client(payments_breaker)

    @staticmethod
    def check_settings() -> Iterable[CheckMessage]:
        return ()

    def authorise(self, *, key: str, order: str, token: str, amount: Decimal, currency: str) -> Charge:
        units = to_minor_units(amount, currency)
        body = {"reference": order, "token": token, "amount": units, "currency": currency}
        return _charge_of(self._http.post("/payments", key, body))

    def capture(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Charge:
        body = {"amount": to_minor_units(amount, currency)}
        return _charge_of(self._http.post(f"/payments/{reference}/capture", key, body))

    def void(self, *, key: str, reference: str) -> Charge:
        return _charge_of(self._http.post(f"/payments/{reference}/void", key, {}))

    def refund(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Charge:
        body = {"amount": to_minor_units(amount, currency)}
        return _charge_of(self._http.post(f"/payments/{reference}/refund", key, body))

    def fetch(self, *, key: str, reference: str = "") -> Charge | None:
        answer = self._http.get("/payments", {"key": key})
        return None if answer.status == HTTPStatus.NOT_FOUND else _charge_of(answer)

    def read_webhook(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        secret = settings.SANDBOX_WEBHOOK_SECRET
        event_id = verified_id(headers=headers, body=body, secret=secret, now=now)
        event = orjson.loads(body)
        payment = event["data"]
        return WebhookEvent(
            event_id=event_id,
            kind=event["type"],
            key=payment["key"],
            reference=payment["id"],
            charge=_charge(payment),
        )


class SandboxCarrier:
    """Implements providers.base.Carrier."""

    def __init__(self) -> None:
        self._http = _Client(carrier_breaker)

    def create_parcel(
        self, *, key: str, order: str, address: Mapping[str, Any], lines: Sequence[Mapping[str, Any]]
    ) -> str:
        body = {"reference": order, "address": dict(address), "lines": [dict(line) for line in lines]}
        answer = _refused(self._http.post("/parcels", key, body)).json()
        return str(answer["tracking_number"])

    def cancel_parcel(self, *, key: str) -> None:
        _refused(self._http.post("/parcels/cancel", f"{key}:cancel", {"key": key}))


class _Client:
    """HTTP with time-outs and a breaker; a lost answer, a 429 or a 5xx is ProviderUnavailable.

    Connections are kept and shared by the threads of the process.
    """

    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker
        self._pool = PoolManager(maxsize=CONNECTIONS, retries=False)

    def post(self, path: str, key: str, body: Mapping[str, Any]) -> BaseHTTPResponse:
        headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
        return self._send("POST", path, body=orjson.dumps(body), headers=headers)

    def get(self, path: str, query: Mapping[str, str]) -> BaseHTTPResponse:
        return self._send("GET", path, fields=query)

    def _send(self, method: str, path: str, **options: Any) -> BaseHTTPResponse:
        with self._breaker.guard(failures=(ProviderUnavailable,)):
            try:
                answer = self._pool.request(
                    method, settings.SANDBOX_URL + path, timeout=_time_out(), redirect=False, **options
                )
            except HTTPError as lost:
                raise ProviderUnavailable(f"{method} {path}: {type(lost).__name__}") from lost
            if answer.status >= 500 or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                raise ProviderUnavailable(f"{method} {path}: {answer.status}")
        return answer


def _time_out() -> Timeout:
    connect, read = TIMEOUTS
    return Timeout(connect=connect, read=read)


def _refused(answer: BaseHTTPResponse) -> BaseHTTPResponse:
    """The answer, unless it is a refusal. Raises Declined, StepRefused, NotUnderstood."""
    if answer.status == HTTPStatus.PAYMENT_REQUIRED:
        raise Declined(str(answer.json()["code"]))
    if answer.status == HTTPStatus.CONFLICT:
        raise StepRefused(answer.data.decode(errors="replace")[:200])
    if answer.status >= 400:
        raise NotUnderstood(f"{answer.status} {answer.data.decode(errors='replace')[:200]}")
    return answer


def _charge_of(answer: BaseHTTPResponse) -> Charge:
    return _charge(_refused(answer).json())


def _charge(body: Mapping[str, Any]) -> Charge:
    currency = body["currency"]
    return Charge(
        reference=body["id"],
        amount=from_minor_units(body["amount"], currency),
        currency=currency,
        captured=from_minor_units(body["captured"], currency),
        refunded=from_minor_units(body["refunded"], currency),
        is_held=body["status"] == "authorised",
    )
