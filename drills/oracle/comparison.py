"""All records of what happened, compared after a test of faults.

The test knows all customers, and what was confirmed to staff.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum

from core.mail.models import Mail
from drills.oracle import each_order, ledgers
from drills.oracle.answers import Acknowledged, AnswerLog
from drills.oracle.each_order import ENDED_WITHOUT_MONEY
from orders.models import Order, Refund

NOTHING: Mapping[str, Decimal] = {}


def discrepancies(
    log: AnswerLog,
    *,
    ledger: Mapping[str, Any],
    inbox: Counter[str] | None = None,
    refunds: Mapping[str, Decimal] = NOTHING,
    repeats: int = 0,
) -> list[str]:
    """One sentence for each; empty where nothing was lost, doubled or oversold.

    `ledger` is the provider's and carrier's own. `inbox` counts the mails that arrived, by their ids.
    `refunds`: what was confirmed to staff as refunded, by the number of the order. `repeats`: how many mails
    may have come twice, because workers died that were about to call them sent.
    """
    orders = log.orders()
    found = log.contradictions() + ledgers.discrepancies(orders, provider=ledger)
    found += each_order.discrepancies(orders, provider=ledger)
    found += [*_charges_of_nobody(ledger), *_refunds(orders, refunds)]
    if inbox is not None:
        found += _arrivals(orders, inbox, repeats)
    return found


def _charges_of_nobody(ledger: Mapping[str, Any]) -> Iterator[str]:
    charged = {charge["reference"] for charge in ledger["payments"]}
    for number in charged - set(Order.objects.values_list("number", flat=True)):
        yield f"{number}: the provider has a charge for an order that does not exist"


def _refunds(orders: Collection[Acknowledged], meant: Mapping[str, Decimal]) -> Iterator[str]:
    """Each promise of staff was kept, once; what was refunded besides belongs to an order that ended."""
    concerned = Order.objects.filter(pk__in=[order.id for order in orders])
    made = concerned.annotate(
        promised=Sum("refunds__amount", filter=~Q(refunds__status=Refund.Status.FAILED)),
        kept=Sum("refunds__amount", filter=Q(refunds__status=Refund.Status.SUCCEEDED)),
    )
    given = dict(concerned.values_list("pk").annotate(Sum("payments__refunded")))
    for pk, number, status, promised, kept in made.values_list("pk", "number", "status", "promised", "kept"):
        due = meant.get(number, 0)
        if (promised or 0, kept or 0) != (due, due):
            yield f"{number}: {due} were to be refunded, {promised} are promised, {kept or 0} refunded"
        if status not in ENDED_WITHOUT_MONEY and given[pk] != due:
            yield f"{number}: is {status}, {due} were to be refunded, {given[pk]} were"


def _arrivals(orders: Collection[Acknowledged], inbox: Counter[str], repeats: int) -> Iterator[str]:
    """Each mail that we call sent arrived, and arrived once."""
    written = Mail.objects.filter(to__in={order.email for order in orders})
    for mail in written.exclude(status=Mail.Status.QUEUED):
        times = inbox[str(mail.pk)]
        repeats -= max(times - 1, 0)
        if times < 1 or (times > 1 and repeats < 0):
            yield f"{mail.to}: {mail.subject!r} is {mail.status}, and arrived {times} times"
