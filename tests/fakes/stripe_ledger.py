"""What the fake Stripe knows: intents, charges, refunds, events. Amounts are whole minor units."""

import itertools
import re
import threading
import time
from copy import deepcopy
from typing import Any

DECLINES = {
    "pm_card_chargeDeclined": ("card_declined", "generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": ("card_declined", "insufficient_funds"),
    "pm_card_authenticationRequired": ("authentication_required", "authentication_required"),
}
GOOD_MEANS = {"pm_card_visa", "tok_visa", "ctoken_visa"}
ASKS_FOR_THE_CUSTOMER = "pm_card_threeDSecure2Required"
CANCELLABLE = ("requires_payment_method", "requires_action", "requires_capture")
MIN_AMOUNT = 1

Document = dict[str, Any]


class Refusal(Exception):
    """A Stripe error: its status and the members of `error`."""

    def __init__(self, status: int, kind: str, code: str, **members: Any) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"error": {"type": kind, "code": code, "message": f"Refused: {code}", **members}}


def invalid(code: str, **members: Any) -> Refusal:
    return Refusal(400, "invalid_request_error", code, **members)


class Ledger:
    """Every method is one change under one lock; what is returned is a copy."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._numbers = itertools.count(1)
        self.intents: dict[str, Document] = {}
        self.charges: dict[str, Document] = {}
        self.refunds: dict[str, Document] = {}
        self.events: list[Document] = []
        self.search_lag = 0.0  # seconds until search knows an intent
        self.asks_whatever_is_said = False  # where error_on_requires_action does not help
        self._fresh = threading.local()

    def create_intent(self, form: Document) -> Document:
        means = _means_of_payment(form)
        if means not in GOOD_MEANS | DECLINES.keys() | {ASKS_FOR_THE_CUSTOMER}:
            raise invalid("resource_missing", param="payment_method")
        if int(form["amount"]) < MIN_AMOUNT:
            raise invalid("amount_too_small", param="amount")
        if (form["confirm"], form["capture_method"]) != ("true", "manual"):
            raise invalid("parameter_unknown", param="confirm")
        with self._lock:
            intent = self._new_intent(form)
            if means in DECLINES:
                raise self._declined(intent, *DECLINES[means])
            if means == ASKS_FOR_THE_CUSTOMER:
                return self._ask_for_customer(intent, form)
            self._authorise(intent)
            return self._shown(intent, form)

    def confirm(self, number: str) -> None:
        """The customer has confirmed after all, in the browser."""
        with self._lock:
            intent = self._one(number)
            assert intent["status"] == "requires_action", intent["status"]
            self._authorise(intent)

    def capture(self, number: str, form: Document) -> Document:
        with self._lock:
            intent = self._held(number)
            amount = int(form["amount_to_capture"])
            if not 0 < amount <= intent["amount_capturable"]:
                raise invalid("amount_too_large", param="amount_to_capture")
            charge = self.charges[intent["latest_charge"]]
            charge |= {"captured": True, "amount_captured": amount}
            charge["amount_refunded"] = charge["amount"] - amount  # as Stripe has it: the rest is "refunded"
            intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
            self._record_event("charge.captured", charge)
            self._record_event("payment_intent.succeeded", intent)
            return self._shown(intent, form)

    def cancel(self, number: str, form: Document) -> Document:
        with self._lock:
            intent = self._one(number)
            if intent["status"] not in CANCELLABLE:
                raise invalid("payment_intent_unexpected_state")
            if intent["latest_charge"]:
                charge = self.charges[intent["latest_charge"]]
                charge |= {"refunded": True, "amount_refunded": charge["amount"]}
            intent |= {"status": "canceled", "amount_capturable": 0}
            self._record_event("payment_intent.canceled", intent)
            return self._shown(intent, form)

    def refund(self, form: Document) -> Document:
        with self._lock:
            charge = self.charges[self._one(form["payment_intent"])["latest_charge"]]
            amount, left = int(form["amount"]), charge["amount"] - charge["amount_refunded"]
            if not charge["captured"] or not 0 < amount <= left:
                raise invalid("charge_already_refunded" if not left else "amount_too_large", param="amount")
            charge["amount_refunded"] += amount
            charge["refunded"] = charge["amount_refunded"] == charge["amount"]
            refund = {
                **self._new("re", "refund"),
                "payment_intent": form["payment_intent"],
                "amount": amount,
                "currency": charge["currency"],
                "metadata": form.get("metadata", {}),
                "status": "succeeded",
            }
            self.refunds[refund["id"]] = refund
            self._record_event("charge.refunded", charge)
            return deepcopy(refund)

    def fail_refund(self) -> None:
        """The customer's bank sends the only refund back."""
        with self._lock:
            (refund,), (charge,) = self.refunds.values(), self.charges.values()
            refund["status"] = "failed"
            charge["amount_refunded"], charge["refunded"] = 0, False
            self._record_event("refund.failed", refund)

    def retrieve(self, number: str, form: Document) -> Document:
        with self._lock:
            return self._shown(self._one(number), form)

    def list_intents(self, form: Document) -> Document:
        with self._lock:
            since = int(form.get("created", {}).get("gte", 0))
            recent = [i for i in self.intents.values() if i["created"] >= since]
            return _page("/v1/payment_intents", recent, form)

    def list_refunds(self, form: Document) -> Document:
        with self._lock:
            of = form["payment_intent"]
            return _page("/v1/refunds", [r for r in self.refunds.values() if r["payment_intent"] == of], form)

    def search(self, form: Document) -> Document:
        found = re.fullmatch(r"metadata\['(\w+)'\]:'(.*)'", form["query"])
        if not found:
            raise invalid("parameter_invalid", param="query")
        name, value = found[1], found[2].replace("\\'", "'")
        known = time.time() - self.search_lag
        with self._lock:
            rows = [i for i in self.intents.values() if i["metadata"].get(name) == value]
            data = [deepcopy(i) for i in rows if i["created"] <= known]
        return {
            "object": "search_result",
            "data": data,
            "has_more": False,
            "url": "/v1/payment_intents/search",
        }

    def take_new_events(self) -> list[Document]:
        """What this thread's changes have recorded since it last asked."""
        events = getattr(self._fresh, "events", [])
        self._fresh.events = []
        return events

    def _new(self, prefix: str, kind: str) -> Document:
        number = f"{prefix}_{next(self._numbers):014d}"
        return {"id": number, "object": kind, "created": int(time.time()), "livemode": False}

    def _new_intent(self, form: Document) -> Document:
        intent = {
            **self._new("pi", "payment_intent"),
            "amount": int(form["amount"]),
            "amount_capturable": 0,
            "amount_received": 0,
            "currency": form["currency"],
            "capture_method": form["capture_method"],
            "metadata": form.get("metadata", {}),
            "latest_charge": None,
            "last_payment_error": None,
            "status": "requires_payment_method",
        }
        self.intents[intent["id"]] = intent
        return intent

    def _authorise(self, intent: Document) -> None:
        charge = {
            **self._new("ch", "charge"),
            "payment_intent": intent["id"],
            "amount": intent["amount"],
            "amount_captured": 0,
            "amount_refunded": 0,
            "captured": False,
            "refunded": False,
            "currency": intent["currency"],
            "metadata": intent["metadata"],
            "status": "succeeded",
        }
        self.charges[charge["id"]] = charge
        intent |= {"status": "requires_capture", "latest_charge": charge["id"]}
        intent["amount_capturable"] = intent["amount"]
        self._record_event("payment_intent.amount_capturable_updated", intent)

    def _ask_for_customer(self, intent: Document, form: Document) -> Document:
        if form.get("error_on_requires_action") == "true" and not self.asks_whatever_is_said:
            raise self._declined(intent, "authentication_required", "authentication_required")
        intent |= {"status": "requires_action", "next_action": {"type": "use_stripe_sdk"}}
        self._record_event("payment_intent.requires_action", intent)
        return self._shown(intent, form)

    def _declined(self, intent: Document, code: str, decline_code: str) -> Refusal:
        refusal = Refusal(402, "card_error", code, decline_code=decline_code)
        intent["last_payment_error"] = dict(refusal.body["error"])
        self._record_event("payment_intent.payment_failed", intent)
        return refusal

    def _record_event(self, kind: str, thing: Document) -> None:
        event = {**self._new("evt", "event"), "type": kind, "data": {"object": deepcopy(thing)}}
        self.events.append(event)
        self._fresh.events = [*getattr(self._fresh, "events", []), event]

    def _one(self, number: str) -> Document:
        if number not in self.intents:
            raise Refusal(404, "invalid_request_error", "resource_missing", param="intent")
        return self.intents[number]

    def _held(self, number: str) -> Document:
        intent = self._one(number)
        if intent["status"] != "requires_capture":
            raise invalid("payment_intent_unexpected_state")
        return intent

    def _shown(self, intent: Document, form: Document) -> Document:
        shown = deepcopy(intent)
        if "latest_charge" in form.get("expand", {}).values() and intent["latest_charge"]:
            shown["latest_charge"] = deepcopy(self.charges[intent["latest_charge"]])
        return shown


def _means_of_payment(form: Document) -> str:
    token: str = form.get("payment_method") or form.get("confirmation_token") or ""
    return token or form.get("payment_method_data", {}).get("card", {}).get("token", "")


def _page(url: str, rows: list[Document], form: Document) -> Document:
    """Newest first, after `starting_after`, as Stripe's lists are."""
    rows = sorted(rows, key=lambda row: row["id"], reverse=True)
    if "starting_after" in form:
        rows = [row for row in rows if row["id"] < form["starting_after"]]
    limit = int(form.get("limit", 10))
    return {
        "object": "list",
        "data": deepcopy(rows[:limit]),
        "has_more": len(rows) > limit,
        "url": url,
    }
