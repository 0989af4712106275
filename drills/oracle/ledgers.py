"""Whether our ledgers agree with each other, with what customers were answered, and with the provider's."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import requests
from django.conf import settings

from core import rows
from core.outbox.registry import saga_steps
from drills.oracle import ledgers_sql
from drills.oracle.answers import Acknowledged
from orders.ledger.discrepancies import Discrepancy
from orders.ledger.questions import LEDGER_QUESTIONS, Subject
from orders.providers.currencies import from_minor_units

Parameters = dict[str, Any]  # of ledgers_sql

MAX_SHOWN = 20  # discrepancies of one kind
PROVIDER = "provider and carrier"


def _about(subject: Subject) -> dict[str, str]:
    """What the nightly reconciliation asks, for the whole shop."""
    return {each.what: each.statement for each in LEDGER_QUESTIONS if each.subject is subject}


# What is asked of each ledger.
LEDGERS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "acknowledged order": ledgers_sql.ORDERS,
        "orders for one address": ledgers_sql.REPEATED_ORDERS,
        **_about(Subject.ORDERS),
    },
    "stock": {**_about(Subject.STOCK), "units still held after the end": ledgers_sql.KEPT_RESERVATIONS},
    "payments": _about(Subject.PAYMENTS),
    "vouchers": _about(Subject.VOUCHERS),
    "outbox": {"outbox message": ledgers_sql.MESSAGES},
    "mails": {"mail": ledgers_sql.MAILS},
}


def discrepancies(
    acknowledged: Collection[Acknowledged], *, provider: Mapping[str, Any] | None = None
) -> list[str]:
    """One sentence for each; empty where all is well."""
    found = by_ledger(acknowledged, provider=provider)
    return [sentence for sentences in found.values() for sentence in sentences]


def by_ledger(
    acknowledged: Collection[Acknowledged], *, provider: Mapping[str, Any] | None = None
) -> dict[str, list[str]]:
    """The discrepancies of each ledger that was checked.

    Lines, stock, money and vouchers are checked in the whole shop (orders.ledger), the rest for the
    `acknowledged` orders. These have to be at their end: what workers still have to do counts as a
    discrepancy. `provider` is the sandbox's own ledger (see `sandbox_ledger`), compared where given.
    """
    parameters = _parameters(acknowledged)
    found = {
        ledger: [sentence for what, ask in asked.items() for sentence in _answers(what, ask, parameters)]
        for ledger, asked in LEDGERS.items()
    }
    if provider:
        found[PROVIDER] = list(_with_provider(provider, parameters))
    return found


def sandbox_ledger() -> dict[str, Any] | None:
    """What the sandbox provider and carrier have written down; None where they cannot be reached."""
    try:
        answer = requests.get(f"{settings.SANDBOX_URL}/ledger", timeout=(1, 10))
    except requests.RequestException:
        return None
    ledger: dict[str, Any] | None = answer.json() if answer.status_code == HTTPStatus.OK else None
    return ledger


def _parameters(acknowledged: Collection[Acknowledged]) -> Parameters:
    return {
        "ids": [order.id for order in acknowledged],
        "numbers": [order.number for order in acknowledged],
        "totals": [order.total for order in acknowledged],
        "emails": [order.email for order in acknowledged],
        "saga_steps": saga_steps(),
    }


def _answers(what: str, question: str, parameters: Parameters) -> Iterator[str]:
    found_rows = rows.fetch(question, parameters)
    for subject, expected, found in found_rows[:MAX_SHOWN]:
        yield str(Discrepancy(what=what, subject=subject, expected=expected, found=found))
    if len(found_rows) > MAX_SHOWN:
        yield f"{what}: {len(found_rows) - MAX_SHOWN} more like these"


def _with_provider(ledger: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """The provider took each order's total once, and carried the parcels that we call sent; or neither."""
    charges, taken, parcels = Counter[str](), defaultdict[str, Decimal](Decimal), Counter[str]()
    for payment in ledger["payments"]:
        kept = payment["captured"] - payment["refunded"]
        taken[payment["reference"]] += from_minor_units(kept, payment["currency"])
        charges[payment["reference"]] += payment["captured"] > payment["refunded"]
    parcels.update(parcel["reference"] for parcel in ledger["parcels"])
    for number, due, due_parcels in rows.fetch(ledgers_sql.PROVIDER, parameters):
        if (taken[number], charges[number]) != (due, int(due > 0)):
            found = f"{taken[number]} in {charges[number]} charges"
            yield f"{number}: the provider should have taken {due} once, and took {found}"
        if parcels[number] != due_parcels:
            yield f"{number}: the carrier should have {due_parcels} parcels, has {parcels[number]}"
