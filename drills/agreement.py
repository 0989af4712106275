"""Whether the shop's books agree with each other, with what it told its customers, and with the provider's.

A tool for tests and replays: it reads the tables of every app at once, which the product never does.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any
from uuid import UUID

import requests
from django.conf import settings
from django.db import connection

from core.outbox.registry import saga_steps
from drills import agreement_sql
from orders.ledger import discrepancies, questions
from orders.providers.currencies import from_minor_units

Parameters = dict[str, Any]  # of agreement_sql

SHOWN = 20  # disagreements of one kind
PROVIDER_BOOK = "provider and carrier"


def _of_ledger(*first_words: str) -> dict[str, str]:
    return {what: ask for what, ask in questions.QUESTIONS.items() if what.split()[0] in first_words}


_LINES, _STOCK, _VOUCHERS = _of_ledger("sums"), _of_ledger("units"), _of_ledger("uses", "voucher")
_MONEY = {what: ask for what, ask in questions.QUESTIONS.items() if what not in _LINES | _STOCK | _VOUCHERS}
# Each book with its questions.
BOOKS: Mapping[str, Mapping[str, str]] = {
    "orders": {
        "acknowledged order": agreement_sql.ORDERS,
        "orders for one address": agreement_sql.REPEATED_ORDERS,
        **_LINES,
    },
    "stock": {**_STOCK, "units still held after the end": agreement_sql.KEPT_RESERVATIONS},
    "payments": _MONEY,
    "vouchers": _VOUCHERS,
    "outbox": {"outbox message": agreement_sql.MESSAGES},
    "mails": {"mail": agreement_sql.MAILS},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledged:
    """An order as the shop answered 201 for it. `email` is used by no other test or run."""

    id: UUID
    number: str
    total: Decimal
    email: str


def disagreements(
    acknowledged: Collection[Acknowledged], *, provider: Mapping[str, Any] | None = None
) -> list[str]:
    """One sentence for each thing that does not agree; empty where all is well."""
    books = by_book(acknowledged, provider=provider)
    return [sentence for sentences in books.values() for sentence in sentences]


def by_book(
    acknowledged: Collection[Acknowledged], *, provider: Mapping[str, Any] | None = None
) -> dict[str, list[str]]:
    """The disagreements of each book that was looked into.

    Lines, stock, money and vouchers are looked at in the whole shop (queries.ledger), the rest for the
    `acknowledged` orders, which have to be settled: what workers still have to do counts as a disagreement.
    `provider` is the sandbox's own ledger (see `sandbox_ledger`), compared where given.
    """
    parameters = _parameters(acknowledged)
    found = {
        book: [told for what, ask in asked.items() for told in _answers(what, ask, parameters)]
        for book, asked in BOOKS.items()
    }
    if provider:
        found[PROVIDER_BOOK] = list(_with_provider(provider, parameters))
    return found


def sandbox_ledger() -> dict[str, Any] | None:
    """What the sandbox provider and carrier have written down; None where they cannot be reached."""
    try:
        answer = requests.get(f"{settings.SANDBOX_URL}/ledger", timeout=(1, 10))
    except requests.RequestException:
        return None
    books: dict[str, Any] | None = answer.json() if answer.status_code == HTTPStatus.OK else None
    return books


def _parameters(acknowledged: Collection[Acknowledged]) -> Parameters:
    return {
        "ids": [order.id for order in acknowledged],
        "numbers": [order.number for order in acknowledged],
        "totals": [order.total for order in acknowledged],
        "emails": [order.email for order in acknowledged],
        "saga_steps": saga_steps(),
    }


def _answers(what: str, question: str, parameters: Parameters) -> Iterator[str]:
    rows = _rows(question, parameters)
    for subject, expected, found in rows[:SHOWN]:
        yield str(discrepancies.Discrepancy(what=what, subject=subject, expected=expected, found=found))
    if len(rows) > SHOWN:
        yield f"{what}: {len(rows) - SHOWN} more like these"


def _rows(question: str, parameters: Parameters) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(question, parameters)
        return cursor.fetchall()


def _with_provider(books: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """The provider took each order's total once, and carried the parcels that we call sent; or neither."""
    charges, taken, parcels = Counter[str](), defaultdict[str, Decimal](Decimal), Counter[str]()
    for payment in books["payments"]:
        kept = payment["captured"] - payment["refunded"]
        taken[payment["reference"]] += from_minor_units(kept, payment["currency"])
        charges[payment["reference"]] += payment["captured"] > payment["refunded"]
    parcels.update(parcel["reference"] for parcel in books["parcels"])
    for number, due, due_parcels in _rows(agreement_sql.PROVIDER, parameters):
        if (taken[number], charges[number]) != (due, int(due > 0)):
            found = f"{taken[number]} in {charges[number]} charges"
            yield f"{number}: the provider should have taken {due} once, and took {found}"
        if parcels[number] != due_parcels:
            yield f"{number}: the carrier should have {due_parcels} parcels, has {parcels[number]}"
