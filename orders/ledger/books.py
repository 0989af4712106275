"""The books, added up again from what they are made of: lines, stock, money, refunds, vouchers (O12)."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, transaction

from orders.ledger import questions

MOST = 1000  # differences of one kind that are counted and told; more are no more news
LONGEST = "10min"  # for one question: a request's limit is too short to read a large shop

QUESTIONS: Mapping[str, str] = {
    "units by the stock ledger": questions.STOCK_LEDGER,
    "units held by open reservations": questions.RESERVED_UNITS,
    "units held for the order": questions.RESERVATIONS,
    "units shipped": questions.SHIPPED_UNITS,
    "parcel": questions.UNSENT_PARCELS,
    "units returned": questions.RETURNED_UNITS,
    "sums of its lines": questions.LINES,
    "money taken": questions.MONEY_TAKEN,
    "payment": questions.OPEN_PAYMENTS,
    "refund": questions.PENDING_REFUNDS,
    "money given back": questions.MONEY_RETURNED,
    "refunds": questions.REFUNDS,
    "uses of the voucher": questions.VOUCHERS,
    "uses by the customer": questions.VOUCHER_CUSTOMERS,
    "voucher": questions.VOUCHERS_OF_ENDED,
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
