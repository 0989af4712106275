"""Our own ledgers, added up again and compared: lines, stock, money, refunds, vouchers (O12)."""

from dataclasses import dataclass

from django.db import connection, transaction

from core.outbox.registry import saga_steps
from core.resilience import time_limits
from orders.ledger.questions import LEDGER_QUESTIONS, LedgerQuestion

MAX_OF_A_KIND = 1000  # discrepancies that are counted; more are no more news
MAX_QUESTION_MINUTES = 10  # of one question: a request's limit is too short to read a large shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Discrepancy:
    """`what` of `subject` (an order, a SKU at a location, a voucher) is not what its ledger says."""

    what: str
    subject: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.subject}: {self.what} should be {self.expected}, is {self.found}"


def find() -> list[Discrepancy]:
    """The discrepancies between our own ledgers, at most MAX_OF_A_KIND of a kind.

    Reads the whole shop, in one snapshot for each question.
    """
    return [each for question in LEDGER_QUESTIONS for each in _answers(question)]


@transaction.atomic
def _answers(question: LedgerQuestion) -> list[Discrepancy]:
    time_limits.extend(minutes=MAX_QUESTION_MINUTES)
    with connection.cursor() as cursor:
        cursor.execute(question.statement, {"saga_steps": saga_steps()})
        return [
            Discrepancy(what=question.what, subject=subject, expected=expected, found=found)
            for subject, expected, found in cursor.fetchmany(MAX_OF_A_KIND)
        ]
