"""Whether everybody tells the same story: customers' answers, our books, the provider's books, the inbox.

Our own books are compared by drills.agreement; here is what only a test can know besides.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Q, Sum

from core.mail.models import Mail
from drills import agreement
from drills.agreement import Acknowledged
from drills.answers import AnswerLog
from orders.models import Order, Payment, Refund, Shipment, Status
from tests.faults.oracle_sql import QUESTIONS

ENDED_WITHOUT_MONEY = {Status.PAYMENT_FAILED, Status.CANCELLED, Status.REFUNDED}
SENT = [Shipment.Status.SHIPPED, Shipment.Status.DELIVERED]
NOTHING: Mapping[str, Decimal] = {}


def disagreements(
    log: AnswerLog,
    *,
    ledger: Mapping[str, Any],
    inbox: Counter[str] | None = None,
    refunds: Mapping[str, Decimal] = NOTHING,
    repeats: int = 0,
) -> list[str]:
    """One sentence for each; empty where nothing was lost, doubled or oversold.

    `inbox` counts the mails that arrived, by their ids. `refunds`: what staff were told will be given back,
    by the number of the order. `repeats`: how many mails may have come twice, because workers died that were
    about to call them sent.
    """
    orders = log.orders()
    found = log.contradictions() + agreement.disagreements(orders, provider=ledger)
    found += [*_money(orders, ledger), *_refunds(orders, refunds), *_parcels(orders, ledger)]
    found += _answers(orders)
    if inbox is not None:
        found += _arrivals(orders, inbox, repeats)
    return found


def _answers(orders: Collection[Acknowledged]) -> Iterator[str]:
    with connection.cursor() as cursor:
        for what, question in QUESTIONS.items():
            cursor.execute(question, {"ids": [order.id for order in orders]})
            for subject, expected, found in cursor.fetchall():
                yield f"{subject}: {what} should be {expected}, is {found}"


def _money(orders: Collection[Acknowledged], ledger: Mapping[str, Any]) -> Iterator[str]:
    """One charge at the provider for each of our payments, with the same amounts, and none besides."""
    theirs: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for charge in ledger["payments"]:
        theirs[charge["reference"]].append(charge)
    known = Payment.objects.filter(order_id__in=[order.id for order in orders]).select_related("order")
    for payment in known:
        yield from _of_payment(payment, theirs[payment.order.number])
    for number in theirs.keys() - set(Order.objects.values_list("number", flat=True)):
        yield f"{number}: the provider has a charge for an order that does not exist"


def _of_payment(payment: Payment, charges: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    number, status = payment.order.number, payment.order.status
    if len(charges) > 1:
        yield f"{number}: charged {len(charges)} times"
    taken = sum(charge["captured"] for charge in charges), sum(charge["refunded"] for charge in charges)
    ours = _cents(payment.captured), _cents(payment.refunded)
    if taken != ours:
        yield f"{number}: the provider took and gave back {taken} cents, we know of {ours}"
    held = [charge for charge in charges if charge["status"] == "authorised"]
    if held and status != Status.PENDING:
        yield f"{number}: is {status}, and the provider still holds money for it"
    if status in ENDED_WITHOUT_MONEY and ours[0] != ours[1]:
        yield f"{number}: is {status}, with {ours[0] - ours[1]} cents kept"


def _refunds(orders: Collection[Acknowledged], meant: Mapping[str, Decimal]) -> Iterator[str]:
    """Each promise of staff was kept, once; what was given back besides belongs to an order that ended."""
    concerned = Order.objects.filter(pk__in=[order.id for order in orders])
    made = concerned.annotate(
        promised=Sum("refunds__amount", filter=~Q(refunds__status=Refund.Status.FAILED)),
        kept=Sum("refunds__amount", filter=Q(refunds__status=Refund.Status.SUCCEEDED)),
    )
    given = dict(concerned.values_list("pk").annotate(Sum("payments__refunded")))
    for order in made:
        due, kept = meant.get(order.number, 0), order.kept or 0
        if (order.promised or 0, kept) != (due, due):
            yield f"{order.number}: {due} were to be refunded, {order.promised} are promised, {kept} refunded"
        if order.status not in ENDED_WITHOUT_MONEY and given[order.pk] != due:
            yield f"{order.number}: is {order.status}, {due} were to be refunded, {given[order.pk]} were"


def _parcels(orders: Collection[Acknowledged], ledger: Mapping[str, Any]) -> Iterator[str]:
    """The carrier has the parcels that we call sent, and no other."""
    numbers = {order.number for order in orders}
    theirs = Counter(parcel["key"] for parcel in ledger["parcels"] if parcel["reference"] in numbers)
    sent = Shipment.objects.filter(order__number__in=numbers, carrier="sandbox", status__in=SENT)
    ours = Counter(sent.values_list("idempotency_key", flat=True))
    for key in theirs.keys() | ours.keys():
        if theirs[key] != ours[key]:
            yield f"Parcel {key}: sent {ours[key]} times, the carrier has {theirs[key]}"


def _arrivals(orders: Collection[Acknowledged], inbox: Counter[str], repeats: int) -> Iterator[str]:
    """Each mail that we call sent arrived, and arrived once."""
    written = Mail.objects.filter(to__in={order.email for order in orders})
    for mail in written.exclude(status=Mail.Status.QUEUED):
        times = inbox[str(mail.pk)]
        repeats -= max(times - 1, 0)
        if times < 1 or (times > 1 and repeats < 0):
            yield f"{mail.to}: {mail.subject!r} is {mail.status}, and arrived {times} times"


def _cents(amount: Decimal) -> int:
    return int(amount * 100)
