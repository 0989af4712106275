"""Does everything agree? Asked over HTTP, and of the database and the provider where they can be reached."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import DatabaseError

from orders.demo import agreement
from orders.demo.agreement import Acknowledged
from orders.demo.replay import promises
from orders.demo.replay.http import Shop
from orders.demo.replay.settling import Patience, Settled
from orders.demo.replay.shopping import Placed
from orders.models import Order


class Database(StrEnum):
    """Whether the deep check is made: where DATABASE_URL knows the orders, in any case, or not."""

    AUTO = "auto"
    REQUIRED = "required"
    OFF = "off"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    disagreements: list[str]
    mails: int | None
    checked: list[str]
    unchecked: list[str]


def check(
    shop: Shop, orders: Sequence[Placed], settled: Sequence[Settled], *, database: Database, within: float
) -> Verdict:
    """Ask until nothing disagrees, or the same for `within` seconds: mails follow the orders by a moment.

    Where orders are not settled there is nothing to wait for: one look.
    """
    is_deep, reason = _reach(orders, database)
    patience, known = Patience(within if len(settled) == len(orders) else 0), None
    while True:
        verdict = _check_once(shop, orders, settled, is_deep=is_deep, reason=reason)
        news = known is not None and verdict.disagreements != known
        if not verdict.disagreements or not patience.goes_on(shop.stopping, is_news=news):
            return verdict
        known = verdict.disagreements


def _check_once(
    shop: Shop, orders: Sequence[Placed], settled: Sequence[Settled], *, is_deep: bool, reason: str
) -> Verdict:
    found = promises.broken(orders, settled)
    checked, unchecked = ["orders over HTTP"], [] if is_deep else [reason]
    inbox = shop.mails()
    if inbox is None:
        unchecked.append("mails over HTTP (no inbox at /dev/mail)")
    else:
        checked.append("mails in the inbox")
        found += _mail_disagreements(inbox, settled)
    if is_deep:
        ledger = agreement.sandbox_ledger()
        found += agreement.disagreements([_acknowledged(placed) for placed in orders], provider=ledger)
        checked.append("orders, stock ledger, payments, outbox and mails in the database")
        (checked if ledger else unchecked).append("the payment provider's and the carrier's own books")
    mails = None if inbox is None else sum(_mails_of(inbox, settled).values())
    return Verdict(disagreements=found, mails=mails, checked=checked, unchecked=unchecked)


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


def _mails_of(inbox: Sequence[dict[str, str]], settled: Sequence[Settled]) -> Counter[tuple[str, str]]:
    """How often each (recipient, subject) about one of the orders lies in the inbox."""
    recipients = {each.placed.shopper.email: each.placed.number for each in settled}
    return Counter(
        (mail["to"], mail["subject"]) for mail in inbox if recipients.get(mail["to"], "\0") in mail["subject"]
    )


def _mail_disagreements(inbox: Sequence[dict[str, str]], settled: Sequence[Settled]) -> list[str]:
    """ "placed" has one subject and "shipped" another: as many of them as news, each once."""
    mails = _mails_of(inbox, settled)
    subjects = Counter(recipient for recipient, _ in mails)
    found = [f"{to}: {count} mails called {subject!r}" for (to, subject), count in mails.items() if count > 1]
    for each in settled:
        expected = promises.MAILS.get(each.status, 1)
        seen = subjects[each.placed.shopper.email]
        if seen != expected:
            found.append(f"{each.placed.number}: {seen} different mails in the inbox, should be {expected}")
    return found
