"""Whether everything agrees: asked over HTTP, and of database and provider where they can be reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError

from drills.oracle import each_order, ledgers
from drills.oracle.answers import Acknowledged, AnswerLog
from drills.replay import promises
from drills.replay.ending import Ended, Patience
from drills.replay.http import Shop
from drills.replay.inbox import Inbox
from drills.replay.shopping import Placed
from orders.models import Order


class Database(StrEnum):
    """Whether the deep check is made: where DATABASE_URL knows the orders, in any case, or not."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """`ledgers` has the discrepancies of each one that was checked; `repeats`, mails that came twice."""

    ledgers: dict[str, list[str]]
    mails: int | None
    repeats: int
    checked: list[str]
    unchecked: list[str]

    @property
    def discrepancies(self) -> list[str]:
        return [sentence for found in self.ledgers.values() for sentence in found]


def check(
    shop: Shop,
    orders: Sequence[Placed],
    ended: Sequence[Ended],
    *,
    database: Database,
    within: float,
    log: AnswerLog | None = None,
    repeats_allowed: int = 0,
) -> Verdict:
    """Ask until there is no discrepancy, or the same for `within` seconds: mails follow the orders soon.

    Where some have not ended there is nothing to wait for: it asks once. Where there is a `log` of
    answers, it says which orders were acknowledged. `repeats_allowed` is how many mails killed
    workers may have sent and not marked as sent: those are sent again, under the same Message-ID.
    """
    acknowledged = log.orders() if log else [_acknowledged(placed) for placed in orders]
    contradictions = log.contradictions() if log else []
    is_deep, reason = _reach(orders, database)
    patience, known = Patience(within if len(ended) == len(orders) else 0), None
    while True:
        verdict = _check_once(
            shop,
            orders,
            ended,
            acknowledged if is_deep else None,
            reason=reason,
            repeats_allowed=repeats_allowed,
        )
        verdict.ledgers["answers"].extend(contradictions)
        has_changed = known is not None and verdict.discrepancies != known
        if not verdict.discrepancies or not patience.goes_on(shop.stopping, has_changed=has_changed):
            return verdict
        known = verdict.discrepancies


def _check_once(
    shop: Shop,
    orders: Sequence[Placed],
    ended: Sequence[Ended],
    acknowledged: Sequence[Acknowledged] | None,
    *,
    reason: str,
    repeats_allowed: int,
) -> Verdict:
    found = {"answers": promises.broken(orders, ended)}
    checked, unchecked = ["orders over HTTP"], [reason] if acknowledged is None else []
    received = shop.mails()
    inbox = Inbox.about(ended, received or [])
    if received is None:
        unchecked.append("mails over HTTP (no inbox at /dev/mail)")
    else:
        checked.append("mails in the inbox")
        found["inbox"] = list(inbox.discrepancies(ended, repeats_allowed=repeats_allowed))
    if acknowledged is not None:
        provider = ledgers.sandbox_ledger()
        found |= ledgers.by_ledger(acknowledged, provider=provider)
        found["each order"] = each_order.discrepancies(acknowledged, provider=provider)
        checked.append("orders, stock ledger, payments, outbox and mails in the database")
        (checked if provider else unchecked).append("the payment provider's and the carrier's own ledgers")
    mails = None if received is None else len(inbox.mails)
    repeats = len(inbox.repeats)
    return Verdict(ledgers=found, mails=mails, repeats=repeats, checked=checked, unchecked=unchecked)


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
