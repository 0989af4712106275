"""Stripe, with PaymentIntents that are captured by hand.

Stripe keeps the answer to an idempotency key for 24 hours, failures of its own (500) included; after that
the key is new again. So an authorisation is not repeated later than that (ORDER_HOLD_HOURS, checked at
deployment), a refund is sought before it is made, and a kept failure is answered with what `fetch` finds.
"""

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson
import stripe
from django.conf import settings
from django.core.checks import Error

from core.resilience.breaker import Breaker
from orders.providers import stripe_objects
from orders.providers.base import (
    Charge,
    Declined,
    ProviderUnavailable,
    SignatureInvalid,
    StepRefused,
    WebhookEvent,
)
from orders.providers.currencies import to_minor_units
from orders.providers.stripe_objects import KEY

TIMEOUTS = (1.0, 3.0)  # seconds to connect, and for each answer
SEARCH_LAG = 600  # seconds; Stripe's search normally knows of a payment within one minute
PAGE, MAX_PAGES = 100, 50
KEY_HOURS = 24  # how long Stripe remembers an idempotency key
LATEST_CHARGE = "latest_charge"

DOWN = (
    stripe.APIConnectionError,
    stripe.APIError,  # 5xx, and the 409 of a key whose first request still runs
    stripe.RateLimitError,
    stripe.AuthenticationError,  # a key withdrawn: orders wait until the shop has its new one
    stripe.PermissionError,
)
# What a customer's own token or amount makes Stripe refuse, beside a declined card.
CUSTOMERS_FAULTS = ("payment_method", "confirmation_token", "source", "amount")

stripe.enable_telemetry = False  # it writes a file of its own and reports to Stripe on this machine
breaker = Breaker("stripe", threshold=10, pause=5)


class StripeGateway:
    """Implements providers.base.Gateway. A token is a PaymentMethod, a ConfirmationToken or a card token."""

    def __init__(self) -> None:
        client = stripe.StripeClient(
            settings.STRIPE_SECRET_KEY,
            base_addresses={"api": settings.STRIPE_API_BASE},
            http_client=stripe.RequestsClient(timeout=TIMEOUTS),
            max_network_retries=0,  # the outbox retries, later and for longer
        )
        self._intents, self._refunds = client.v1.payment_intents, client.v1.refunds

    @staticmethod
    def check_settings() -> Iterator[Error]:
        for name in ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET"):
            if not getattr(settings, name):
                yield Error(f"PAYMENT_GATEWAY is stripe, but {name} is empty", id="orders.E002")
        if not settings.STRIPE_API_BASE.startswith("https://"):
            yield Error(
                "STRIPE_API_BASE is not HTTPS: the secret key would travel in clear", id="orders.E003"
            )
        if settings.ORDER_HOLD_HOURS > KEY_HOURS:
            yield Error(
                f"ORDER_HOLD_HOURS is above {KEY_HOURS}, for which Stripe remembers an idempotency key",
                hint="A payment that is tried again after that may be made twice",
                id="orders.E004",
            )

    def authorise(self, *, key: str, order: str, token: str, amount: Decimal, currency: str) -> Charge:
        # A repeat must be the same to the letter: a release that changes these values is
        # refused (idempotency_error) for the payments that were under way.
        values: Any = {
            "amount": to_minor_units(amount, currency),
            "currency": currency.lower(),
            "capture_method": "manual",
            "confirm": True,
            "error_on_requires_action": True,
            "payment_method_types": ["card"],
            "description": order,
            "metadata": {KEY: key, "order": order},
            "expand": [LATEST_CHARGE],
            **_means_of_payment(token),
        }
        try:
            with _calling():
                intent = self._intents.create(values, {"idempotency_key": key})
        except stripe.InvalidRequestError as refused:
            if (refused.param or "").startswith(CUSTOMERS_FAULTS):
                raise Declined(refused.code or "invalid_request") from refused
            raise
        except ProviderUnavailable as down:
            return self._despite(down, key)
        if intent.status not in stripe_objects.MADE:
            return self._cancel_unconfirmed(intent.to_dict(), key)
        return stripe_objects.charge_of_intent(intent.to_dict())

    def capture(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Charge:
        values: Any = {"amount_to_capture": to_minor_units(amount, currency), "expand": [LATEST_CHARGE]}
        with _stepping():
            intent = self._intents.capture(reference, values, {"idempotency_key": key})
        return stripe_objects.charge_of_intent(intent.to_dict())

    def void(self, *, key: str, reference: str) -> Charge:
        with _stepping():
            intent = self._intents.cancel(reference, {"expand": [LATEST_CHARGE]}, {"idempotency_key": key})
        return stripe_objects.charge_of_intent(intent.to_dict())

    def refund(self, *, key: str, reference: str, amount: Decimal, currency: str) -> Charge:
        values: Any = {
            "payment_intent": reference,
            "amount": to_minor_units(amount, currency),
            "metadata": {KEY: key},
        }
        with _stepping():
            made = self._refund_with(key, reference) or self._refunds.create(values, {"idempotency_key": key})
            if made.status in stripe_objects.UNMADE:
                raise StepRefused(f"The refund {made.id} is {made.status}")
            intent = self._retrieve(reference)
        return stripe_objects.charge_of_intent(intent.to_dict())

    def fetch(self, *, key: str, reference: str = "") -> Charge | None:
        """What Stripe knows of the payment.

        Without `reference` it is found by search, or in the list of the last minutes, which search may lag.
        Raises ProviderUnavailable where those are too many to read.
        """
        with _calling():
            found = reference or self._searched(key) or self._listed(key)
            intent = self._retrieve(found) if found else None
        if intent is None or intent.status not in stripe_objects.MADE:
            return None
        return stripe_objects.charge_of_intent(intent.to_dict())

    def read_webhook(self, *, headers: Mapping[str, str], body: bytes, now: datetime) -> WebhookEvent:
        signature, secret = headers.get("Stripe-Signature", ""), settings.STRIPE_WEBHOOK_SECRET
        if not signature.isascii():  # the library would stumble over it
            raise SignatureInvalid
        try:
            stripe.WebhookSignature.verify_header(
                body, signature, secret, tolerance=settings.PAYMENT_WEBHOOK_TOLERANCE
            )
        except (stripe.SignatureVerificationError, UnicodeDecodeError) as forged:
            raise SignatureInvalid from forged
        return stripe_objects.webhook_event_of(orjson.loads(body))

    def _cancel_unconfirmed(self, intent: Mapping[str, Any], key: str) -> Charge:
        """Cancel what waits for a customer who has left, so that no later confirmation takes money."""
        try:
            self.void(key=f"{key}:unconfirmed", reference=intent["id"])
        except StepRefused as refused:
            charge = self.fetch(key=key, reference=intent["id"])  # it has gone on meanwhile
            if charge is None:
                raise ProviderUnavailable(f"{intent['id']} is neither made nor refused yet") from refused
            return charge
        raise Declined(stripe_objects.reason_of(intent))

    def _despite(self, down: ProviderUnavailable, key: str) -> Charge:
        """A failure that Stripe keeps for the key is no less final than another answer: find what it left."""
        cause = down.__cause__
        is_kept = (
            isinstance(cause, stripe.APIError)
            and (cause.http_status or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
            and (cause.headers or {}).get("Idempotent-Replayed") == "true"
        )
        charge = self.fetch(key=key) if is_kept else None
        if charge is None:
            raise down
        return charge

    def _retrieve(self, reference: str) -> stripe.PaymentIntent:
        return self._intents.retrieve(reference, {"expand": [LATEST_CHARGE]})

    def _refund_with(self, key: str, reference: str) -> stripe.Refund | None:
        refunds = self._refunds.list({"payment_intent": reference, "limit": PAGE}).auto_paging_iter()
        return next((made for made in refunds if stripe_objects.key_of(made.to_dict()) == key), None)

    def _searched(self, key: str) -> str | None:
        quoted = key.replace("\\", "\\\\").replace("'", "\\'")
        found = self._intents.search({"query": f"metadata['{KEY}']:'{quoted}'", "limit": 1}).data
        return found[0].id if found else None

    def _listed(self, key: str) -> str | None:
        since = int(time.time()) - SEARCH_LAG
        page = self._intents.list({"created": {"gte": since}, "limit": PAGE})
        for _ in range(MAX_PAGES):
            for intent in page.data:
                if stripe_objects.key_of(intent.to_dict()) == key:
                    return intent.id
            if not page.has_more:
                return None
            page = page.next_page()
        raise ProviderUnavailable("Too many payments in the last minutes to find this one among them")


@contextmanager
def _calling() -> Iterator[None]:
    """Call Stripe in this block: its errors are raised as the contract's.

    InvalidRequestError and IdempotencyError, our own faults, pass.
    """
    refusal: stripe.StripeError | None = None
    with breaker.guard(failures=(ProviderUnavailable,)):
        try:
            yield
        except stripe.StripeError as answer:
            if isinstance(answer, DOWN) and answer.http_status != HTTPStatus.CONFLICT:
                raise _unavailable(answer) from answer
            refusal = answer  # raised below: for the breaker this is an answer
    if isinstance(refusal, DOWN):
        raise _unavailable(refusal) from refusal
    if isinstance(refusal, stripe.CardError):
        raise Declined(_reason(refusal)) from refusal
    if refusal is not None:
        raise refusal


@contextmanager
def _stepping() -> Iterator[None]:
    """Call Stripe as in `_calling`; a step that Stripe refuses is refused for the payment's state."""
    try:
        with _calling():
            yield
    except stripe.InvalidRequestError as refused:
        if refused.code == "resource_missing":
            raise
        raise StepRefused(refused.code or str(refused.user_message)) from refused


def _unavailable(error: stripe.StripeError) -> ProviderUnavailable:
    return ProviderUnavailable(f"{type(error).__name__}: {error.user_message}"[:300])


def _reason(refused: stripe.CardError) -> str:
    """The bank's reason where there is one (`insufficient_funds`), else Stripe's (`card_declined`)."""
    declined = refused.error.decline_code if refused.error else None
    return declined or refused.code or "card_declined"


def _means_of_payment(token: str) -> Mapping[str, Any]:
    if token.startswith("ctoken_"):
        return {"confirmation_token": token}
    if token.startswith("tok_"):
        return {"payment_method_data": {"type": "card", "card": {"token": token}}}
    return {"payment_method": token}
