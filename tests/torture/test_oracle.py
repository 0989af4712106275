"""The oracle itself: one thing is planted wrong at a time, and it is found."""

from collections import Counter
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone

from catalog.models import StockEntry
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from drills.oracle import comparison
from drills.oracle.answers import Answer
from orders.models import Order, Payment, Refund, Shipment, VoucherUse
from tests.factories.orders import OrderFactory, VoucherFactory
from tests.faults import children as child

pytestmark = pytest.mark.xdist_group("torture")


class Shipped:
    """A shipped order with a voucher that goes once, and what others know of it."""

    def __init__(self, order, ledger):
        self.order, self.ledger = order, ledger
        self.inbox = Counter(
            {str(pk): 1 for pk in Mail.objects.filter(to=order.email).values_list("pk", flat=True)}
        )
        (self.charge,) = [p for p in ledger["payments"] if p["reference"] == order.number]
        (self.parcel,) = [p for p in ledger["parcels"] if p["reference"] == order.number]
        self.refunds = {}


@pytest.fixture
def shipped(children, sandbox, guests, log, goods):
    voucher = VoucherFactory(code=uuid4().hex[:12], max_uses=1).code
    key, body = str(uuid4()), guests.body(*goods(), voucher=voucher)
    status, text = children.run(child.place, body, key)
    log.write(answer := Answer(key=key, email=body["email"], status=status, body=text))
    children.run(child.work)
    return Shipped(Order.objects.get(pk=answer.document["id"]), sandbox.ledger())


def _found(shipped, log):
    return comparison.discrepancies(log, ledger=shipped.ledger, inbox=shipped.inbox, refunds=shipped.refunds)


def _use_twice(shipped):
    use = VoucherUse.objects.get(order=shipped.order)
    VoucherUse.objects.create(voucher=use.voucher, order=OrderFactory(), customer_key="x")


def _let_go_once_more(shipped):
    held = StockEntry.objects.filter(cause=f"order:{shipped.order.pk}").first()
    held.pk, held.on_hand_change, held.reserved_change, held.reason = None, 0, -1, "released"
    held.save(force_insert=True)


def _promise(shipped):
    Refund.objects.create(
        order=shipped.order,
        payment=shipped.order.payments.get(),
        amount="5.00",
        status="succeeded",
        idempotency_key=uuid4().hex,
        settled_at=timezone.now(),
    )


def _messages(shipped, event):
    return OutboxMessage.objects.filter(aggregate=str(shipped.order.pk), event=event)


def _mails(shipped):
    return Mail.objects.filter(to=shipped.order.email)


PLANTED = {
    "charged 2 times": lambda s: s.ledger["payments"].append({**s.charge, "captured": 0}),
    "cents, we know of": lambda s: s.charge.update(refunded=1),
    "still holds money": lambda s: s.ledger["payments"].append(
        {**s.charge, "captured": 0, "status": "authorised"}
    ),
    "an order that does not exist": lambda s: s.ledger["payments"].append(
        {**s.charge, "reference": "S-NONE"}
    ),
    "cents kept": lambda s: Order.objects.filter(pk=s.order.pk).update(status="refunded"),
    "were to be refunded, 5.00 are promised": _promise,
    "were to be refunded, None are promised": lambda s: s.refunds.update({s.order.number: Decimal(5)}),
    "1.00 were": lambda s: Payment.objects.filter(order=s.order).update(refunded=1),
    "the carrier has 0": lambda s: s.ledger["parcels"].remove(s.parcel),
    "the carrier has 2": lambda s: s.ledger["parcels"].append(s.parcel),
    "the carrier has 1": lambda s: Shipment.objects.filter(order=s.order).update(idempotency_key=uuid4().hex),
    "shipments should be 1 with": lambda s: Shipment.objects.filter(order=s.order).update(
        location="elsewhere"
    ),
    "published should be 1, is 0": lambda s: _messages(s, "orders.order_shipped").delete(),
    "published should be 0, is 1": lambda s: _messages(s, "orders.order_paid").update(
        event="orders.order_cancelled"
    ),
    "mails should be 1, is 0": lambda s: _mails(s).first().delete(),
    "uses of vouchers should be 1, is 0": lambda s: VoucherUse.objects.filter(order=s.order).delete(),
    "voucher released should be false, is true": lambda s: VoucherUse.objects.filter(order=s.order).update(
        released_at=timezone.now()
    ),
    "orders with the voucher should be at most 1, is 2": _use_twice,
    "units sent or let go of those held should be 1, is 2": _let_go_once_more,
    "arrived 0 times": lambda s: s.inbox.clear(),
    "arrived 2 times": lambda s: s.inbox.update(list(s.inbox)),
}


def test_oracle__nothing_planted__finds_nothing(shipped, log):
    assert _found(shipped, log) == []


@pytest.mark.parametrize("sentence", PLANTED)
def test_oracle__planted__is_found(sentence, shipped, log):
    with transaction.atomic():
        PLANTED[sentence](shipped)
        found = _found(shipped, log)
        transaction.set_rollback(True)

    assert [each for each in found if sentence in each] != []
