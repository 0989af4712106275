"""The books, added up again from what they are made of: lines, stock, money, refunds, vouchers (O12)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from orders.queries import ledger_sql

MOST = 1000  # differences of one kind that are counted and told; more are no more news
LONGEST = "10min"  # for one question: a request's limit is too short to read a large shop

QUESTIONS: Mapping[str, str] = {
    "units by the stock ledger": ledger_sql.STOCK_LEDGER,
    "units held by open reservations": ledger_sql.RESERVED_UNITS,
    "units held for the order": ledger_sql.RESERVATIONS,
    "units shipped": ledger_sql.SHIPPED_UNITS,
    "parcel": ledger_sql.UNSENT_PARCELS,
    "units returned": ledger_sql.RETURNED_UNITS,
    "sums of its lines": ledger_sql.LINES,
    "money taken": ledger_sql.MONEY_TAKEN,
    "payment": ledger_sql.OPEN_PAYMENTS,
    "refund": ledger_sql.PENDING_REFUNDS,
    "money given back": ledger_sql.MONEY_RETURNED,
    "refunds": ledger_sql.REFUNDS,
    "uses of the voucher": ledger_sql.VOUCHERS,
    "uses by the customer": ledger_sql.VOUCHER_CUSTOMERS,
    "voucher": ledger_sql.VOUCHERS_OF_ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """`what` of `subject` (an order, a SKU at a location, a voucher) is not what its ledger says."""

    what: str
    subject: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what} should be {self.expected}, is {self.found}"


def drift() -> list[Drift]:
    """The differences in our own books, at most MOST of a kind.

    Reads the whole shop, in one snapshot for each question.
    """
    return [each for what, question in QUESTIONS.items() for each in _answers(what, question)]


@transaction.atomic
def _answers(what: str, question: str) -> list[Drift]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST])
        cursor.execute(question, {})
        return [
            Drift(what=what, subject=subject, expected=expected, found=found)
            for subject, expected, found in cursor.fetchmany(MOST)
        ]
