"""What has become of each acknowledged order: its turns, mails, voucher, charge and shipments, one by one."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from core import rows
from drills.oracle.answers import Acknowledged
from drills.oracle.each_order_sql import STATEMENTS
from orders.ledger.discrepancies import Discrepancy
from orders.models import Payment, Shipment, Status
from orders.providers.currencies import to_minor_units

ENDED_WITHOUT_MONEY = {Status.PAYMENT_FAILED, Status.CANCELLED, Status.REFUNDED}
SENT = [Shipment.Status.SHIPPED, Shipment.Status.DELIVERED]


def discrepancies(
    acknowledged: Collection[Acknowledged], *, provider: Mapping[str, Any] | None = None
) -> list[str]:
    """One sentence for each. The orders have to be at their end; `provider` is the sandbox's own ledger."""
    found = [*_answers(acknowledged)]
    if provider:
        found += [*_money(acknowledged, provider), *_shipments(acknowledged, provider)]
    return found


def _answers(orders: Collection[Acknowledged]) -> Iterator[str]:
    ids = [order.id for order in orders]
    for what, statement in STATEMENTS.items():
        for subject, expected, found in rows.fetch(statement, {"ids": ids}):
            yield str(Discrepancy(what=what, subject=subject, expected=expected, found=found))


def _money(orders: Collection[Acknowledged], ledger: Mapping[str, Any]) -> Iterator[str]:
    """One charge at the provider for each of our payments, with the same amounts."""
    theirs: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for charge in ledger["payments"]:
        theirs[charge["reference"]].append(charge)
    known = Payment.objects.filter(order_id__in=[order.id for order in orders]).select_related("order")
    for payment in known:
        yield from _of_payment(payment, theirs[payment.order.number])


def _of_payment(payment: Payment, charges: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    number, status = payment.order.number, payment.order.status
    if len(charges) > 1:
        yield f"{number}: charged {len(charges)} times"
    taken = sum(charge["captured"] for charge in charges), sum(charge["refunded"] for charge in charges)
    ours = tuple(to_minor_units(each, payment.currency) for each in (payment.captured, payment.refunded))
    if taken != ours:
        yield f"{number}: the provider took and refunded {taken} cents, we know of {ours}"
    held = [charge for charge in charges if charge["status"] == "authorised"]
    if held and status != Status.PENDING:
        yield f"{number}: is {status}, and the provider still holds money for it"
    if status in ENDED_WITHOUT_MONEY and ours[0] != ours[1]:
        yield f"{number}: is {status}, with {ours[0] - ours[1]} cents kept"


def _shipments(orders: Collection[Acknowledged], ledger: Mapping[str, Any]) -> Iterator[str]:
    """The carrier has the parcels that we call sent, and no other."""
    numbers = {order.number for order in orders}
    theirs = Counter(parcel["key"] for parcel in ledger["parcels"] if parcel["reference"] in numbers)
    sent = Shipment.objects.filter(order__number__in=numbers, carrier="sandbox", status__in=SENT)
    ours = Counter(sent.values_list("idempotency_key", flat=True))
    for key in theirs.keys() | ours.keys():
        if theirs[key] != ours[key]:
            yield f"Parcel {key}: sent {ours[key]} times, the carrier has {theirs[key]}"
