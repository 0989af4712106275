"""Does everything agree? Asked over HTTP, and of the database and the provider where they can be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError

from drills import agreement
from drills.agreement import Acknowledged
from drills.answers import AnswerLog
from drills.replay import promises
from drills.replay.http import Shop
from drills.replay.inbox import Inbox
from drills.replay.settling import Patience, Settled
from drills.replay.shopping import Placed
from orders.models import Order


class Database(StrEnum):
    """Whether the deep check is made: where DATABASE_URL knows the orders, in any case, or not."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`books` has the disagreements of each book that was looked into; `repeats`, mails that came twice."""

    books: dict[str, list[str]]
    mails: int | None
    repeats: int
    checked: list[str]
    unchecked: list[str]

    @property
    def disagreements(self) -> list[str]:
        return [sentence for found in self.books.values() for sentence in found]


def check(
    shop: Shop,
    orders: Sequence[Placed],
    settled: Sequence[Settled],
    *,
    database: Database,
    within: float,
    log: AnswerLog | None = None,
    repeats_allowed: int = 0,
) -> Verdict:
    """Ask until nothing disagrees, or the same for `within` seconds: mails follow the orders by a moment.

    Where orders are not settled there is nothing to wait for: one look. Where there is a `log` of
    answers, it says which orders were acknowledged. `repeats_allowed` is how many mails killed
    workers may have sent and not marked as sent: those are sent again, under the same Message-ID.
    """
    acknowledged = log.orders() if log else [_acknowledged(placed) for placed in orders]
    contradictions = log.contradictions() if log else []
    is_deep, reason = _reach(orders, database)
    patience, known = Patience(within if len(settled) == len(orders) else 0), None
    while True:
        verdict = _check_once(
            shop,
            orders,
            settled,
            acknowledged if is_deep else None,
            reason=reason,
            repeats_allowed=repeats_allowed,
        )
        verdict.books["answers"].extend(contradictions)
        news = known is not None and verdict.disagreements != known
        if not verdict.disagreements or not patience.goes_on(shop.stopping, is_news=news):
            return verdict
        known = verdict.disagreements


def _check_once(
    shop: Shop,
    orders: Sequence[Placed],
    settled: Sequence[Settled],
    acknowledged: Sequence[Acknowledged] | None,
    *,
    reason: str,
    repeats_allowed: int,
) -> Verdict:
    books = {"answers": promises.broken(orders, settled)}
    checked, unchecked = ["orders over HTTP"], [reason] if acknowledged is None else []
    received = shop.mails()
    inbox = Inbox.about(settled, received or [])
    if received is None:
        unchecked.append("mails over HTTP (no inbox at /dev/mail)")
    else:
        checked.append("mails in the inbox")
        books["inbox"] = list(inbox.disagreements(settled, repeats_allowed=repeats_allowed))
    if acknowledged is not None:
        ledger = agreement.sandbox_ledger()
        books |= agreement.by_book(acknowledged, provider=ledger)
        checked.append("orders, stock ledger, payments, outbox and mails in the database")
        (checked if ledger else unchecked).append("the payment provider's and the carrier's own books")
    mails = None if received is None else len(inbox.mails)
    repeats = len(inbox.repeats)
    return Verdict(books=books, mails=mails, repeats=repeats, checked=checked, unchecked=unchecked)


def _reach(orders: Sequence[Placed], database: Database) -> tuple[bool, str]:
    """Whether the database behind DATABASE_URL is this shop's, and why not."""
    if database is Database.OFF:
        return False, "the database (not asked for)"
    try:
        is_this_shop = Order.objects.filter(pk__in=[placed.id for placed in orders]).exists()
    except DatabaseError as error:
        is_this_shop, reason = False, f"the database (DATABASE_URL cannot be read: {str(error).strip()})"
    else:
        reason = "the database (DATABASE_URL knows none of these orders: another shop's)"
    return is_this_shop or database is Database.REQUIRED, reason


def _acknowledged(placed: Placed) -> Acknowledged:
    return Acknowledged(id=placed.id, number=placed.number, total=placed.total, email=placed.shopper.email)
