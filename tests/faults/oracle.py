"""Whether everybody tells the same story: customers' answers, our books, the provider's books, the inbox.

Our own books are compared by orders.demo.agreement; here is what only a test can know besides.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from orders.demo import agreement
from orders.demo.agreement import Acknowledged
from orders.models import Order, Payment, Status
from tests.faults.acknowledged import AnswerLog

ENDED_WITHOUT_MONEY = {Status.PAYMENT_FAILED, Status.CANCELLED, Status.REFUNDED}


def disagreements(
    log: AnswerLog,
    *,
    ledger: Mapping[str, Any],
    inbox: Sequence[Mapping[str, str]] = (),
    given_up: Collection[str] = (),
) -> list[str]:
    """One sentence for each; empty where nothing was lost, doubled or oversold.

    `given_up`: handlers whose messages the test has made dead.
    """
    orders = log.orders()
    found = log.contradictions() + agreement.disagreements(orders, provider=ledger)
    found += [*_money(orders, ledger), *_repeated_mails(orders, inbox)]
    return [sentence for sentence in found if not _is_expected(sentence, given_up)]


def _is_expected(sentence: str, given_up: Collection[str]) -> bool:
    return any(f"{handler}: outbox message should be handled, is dead" in sentence for handler in given_up)


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


def _repeated_mails(orders: Collection[Acknowledged], inbox: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """Mails that arrived more than once."""
    buyers = {order.email for order in orders}
    counts = Counter((mail["to"], mail["subject"]) for mail in inbox if mail["to"] in buyers)
    for (to, subject), count in counts.items():
        if count > 1:
            yield f"{to}: {subject!r} arrived {count} times"


def _cents(amount: Decimal) -> int:
    return int(amount * 100)
