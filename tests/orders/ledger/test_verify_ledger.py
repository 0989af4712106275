"""The ledgers after everything that may happen to orders, and with one thing wrong at a time (O12)."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from catalog.models import Reservation, StockLevel
from catalog.services import stock
from core.ids import uuid7
from core.outbox.models import OutboxMessage
from orders import cancellation
from orders.ledger import checking, discrepancies
from orders.ledger.questions import LEDGER_QUESTIONS
from orders.models import (
    LedgerCheck,
    Order,
    OrderLine,
    Payment,
    Refund,
    Return,
    Shipment,
    Voucher,
    VoucherCustomer,
    VoucherUse,
)
from orders.payments import refunds, steps
from orders.providers.sandbox import SandboxGateway
from orders.shipments import by_staff, returns
from orders.tasks import reconcile_ledgers
from tests.factories.accounts import UserFactory
from tests.factories.orders import VoucherFactory

pytestmark = pytest.mark.django_db
PLAIN_FILES = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}


@pytest.fixture
def shop(guest, body, sandbox, work, settings):
    """Orders with every end: their numbers by what became of them."""
    settings.CARRIER = "manual"
    body["voucher"] = VoucherFactory(code="TEN", max_uses_per_customer=20).code
    stock.adjust(sku="MUG", change=20, reason="received", actor="", now=timezone.now())
    orders = {}
    for name in ("paid", "part", "shipped", "refunded", "returned", "lost", "cancelled", "early", "declined"):
        token = "tok_declined" if name == "declined" else "tok_ok"
        answer = guest.order({**body, "payment": {"token": token}})
        orders[name] = Order.objects.get(pk=answer.json()["id"])
    _do(cancellation.cancel, orders["early"], reason="")
    work()
    _do(cancellation.cancel, orders["cancelled"], reason="")
    for name in ("part", "shipped", "refunded", "returned", "lost"):
        units = {"MUG": 1} if name == "part" else None
        _do(by_staff.send, orders[name], units=units, carrier="post", tracking_number="")
    for name, amount in (("paid", "1.00"), ("shipped", "5.00"), ("refunded", "27.40")):
        _do(refunds.request, orders[name], amount=Decimal(amount), units={}, reason="")
    _do(returns.receive, orders["returned"], units={"MUG": 2}, restock=True, reason="x")
    _do(returns.receive, orders["lost"], units={"MUG": 1}, restock=False, reason="x")
    work()
    return orders


def _do(service, order, **values):
    return service(order_id=order.pk, actor="staff:a", now=timezone.now(), **values)


def _discrepancies():
    return [str(each) for each in discrepancies.find()]


def test_discrepancies__orders_with_every_end__none(shop):
    statuses = {name: Order.objects.get(pk=order.pk).status for name, order in shop.items()}

    assert _discrepancies() == []
    assert statuses == {
        "paid": "paid",
        "part": "paid",
        "shipped": "partially_refunded",
        "refunded": "refunded",
        "returned": "returned",
        "lost": "shipped",
        "cancelled": "refunded",
        "early": "cancelled",
        "declined": "payment_failed",
    }


PLANTED = {
    "units by the stock ledger": lambda _: StockLevel.objects.update(on_hand=29),
    "units held by open reservations": lambda s: Reservation.objects.filter(owner=s["paid"].pk).delete(),
    "units held for the order": lambda s: Reservation.objects.filter(owner=s["part"].pk).update(
        owner=uuid7()
    ),
    "units shipped": lambda s: Shipment.objects.filter(order=s["part"]).update(
        lines=[{"sku": "MUG", "quantity": 2}]
    ),
    "shipment": lambda s: Shipment.objects.create(order=s["paid"], lines=[], idempotency_key="forgotten"),
    "units returned": lambda s: Return.objects.filter(order=s["lost"]).update(restock=True),
    "sums of its lines": lambda s: OrderLine.objects.filter(order=s["declined"]).delete(),
    "money taken": lambda s: Payment.objects.filter(order=s["paid"]).update(captured="20.00"),
    "payment": lambda s: Payment.objects.filter(order=s["early"]).update(status="abandoned"),
    "refund": lambda s: Refund.objects.filter(order=s["shipped"]).update(status="pending", settled_at=None),
    "money refunded": lambda s: Payment.objects.filter(order=s["paid"]).update(refunded="1.50"),
    "refunds": lambda s: Payment.objects.filter(order=s["shipped"]).update(promised="6.00"),
    "uses of the voucher": lambda _: Voucher.objects.update(used=1),
    "uses by the customer": lambda _: VoucherCustomer.objects.update(used=1),
    "voucher": lambda s: VoucherUse.objects.filter(order=s["early"]).update(released_at=None),
}


def test_planted__knows_every_question():
    assert set(PLANTED) == {question.what for question in LEDGER_QUESTIONS}


@pytest.mark.parametrize("what", PLANTED)
def test_discrepancies__planted__is_found(shop, what):
    PLANTED[what](shop)

    assert what in {each.what for each in discrepancies.find()}


def test_discrepancies__voucher_of_an_order_cancelled_and_refunded__is_still_used(shop):
    VoucherUse.objects.filter(order=shop["cancelled"]).update(released_at=None)

    assert "voucher" in _of(shop["cancelled"])


@pytest.mark.parametrize("name", ["paid", "part", "shipped", "refunded", "returned", "cancelled", "early"])
def test_discrepancies__a_line_is_gone__the_order_does_not_add_up(shop, name):
    OrderLine.objects.filter(order=shop[name]).delete()

    assert "sums of its lines" in _of(shop[name])


@pytest.mark.parametrize(
    "altered",
    [
        {"quantity": 1, "total": F("unit_price")},
        {"unit_price": F("unit_price") - 1, "total": F("total") - 2},
        {"discount": F("discount") - 1},
        {"tax": F("tax") + 1},
        {"tax": F("tax") - 9},
    ],
)
def test_discrepancies__a_line_is_altered__the_order_does_not_add_up(shop, altered):
    Order.objects.update(tax=F("tax") + 9)  # more than the shipping costs
    OrderLine.objects.update(tax=F("tax") + 9)
    agreed = _of(shop["shipped"])

    OrderLine.objects.filter(order=shop["shipped"]).update(**altered)

    assert (agreed, "sums of its lines" in _of(shop["shipped"])) == (set(), True)


@pytest.mark.parametrize("name", ["shipped", "part"])
def test_discrepancies__line_of_a_gift_is_gone__units_were_shipped_for_nothing(shop, name):
    line = OrderLine.objects.get(order=shop[name])
    Order.objects.filter(pk=shop[name].pk).update(
        subtotal=F("subtotal") - line.total,
        discount=F("discount") - line.discount,
        total=F("total") - line.total + line.discount,
    )
    line.delete()

    assert "units shipped" in _of(shop[name])


def _of(order):
    return {
        each.what
        for each in discrepancies.find()
        if each.subject.startswith((order.number, f"order:{order.pk}"))
    }


def test_discrepancies__order_that_workers_are_at__is_passed_over_until_they_give_up(shop, work):
    _do(cancellation.cancel, shop["paid"], reason="")
    open_messages = OutboxMessage.objects.filter(aggregate=str(shop["paid"].pk), handled_at=None)

    assert _discrepancies() == []
    open_messages.update(dead_at=timezone.now())
    assert any(shop["paid"].number in sentence for sentence in _discrepancies())


def test_command__ledgers_agree__exits_zero_and_keeps_the_result(shop):
    output = StringIO()

    call_command("verify_ledger", stdout=output)

    check = LedgerCheck.objects.get()
    assert (check.count, check.note) == (0, "")
    assert output.getvalue() == f"0 differences; {check.payments_compared} payments compared\n"
    assert check.payments_compared == Payment.objects.exclude(status="declined").count()


def test_command__discrepancy__is_shown_and_exits_one(shop):
    Payment.objects.filter(order=shop["paid"]).update(captured="20.00")
    output = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("verify_ledger", "--no-providers", stdout=output)

    assert ended.value.code == 1
    assert f"{shop['paid'].number}: money taken should be 27.40, is 20.00" in output.getvalue()


def test_check__provider_knows_another_sum__is_found(shop, sandbox):
    sandbox.ledger.rows("UPDATE payment SET refunded = 700 WHERE reference = ?", shop["shipped"].number)

    check = checking.reconcile(now=timezone.now())

    check.refresh_from_db()
    assert check.drift == [
        [
            "payment, by its provider,",
            shop["shipped"].number,
            "27.40 taken, 7.00 refunded",
            "27.40 taken, 5.00 refunded",
        ]
    ]


def test_check__payment_goes_on_while_its_provider_is_asked__is_no_difference(
    guest, body, sandbox, work, monkeypatch
):
    order = Order.objects.get(pk=guest.order(body).json()["id"])
    fetch = SandboxGateway.fetch

    def answered_late(self, **which):
        steps.authorise(order_id=order.pk, now=timezone.now())
        answer = fetch(self, **which)
        work()
        return answer

    monkeypatch.setattr(SandboxGateway, "fetch", answered_late)
    check = checking.reconcile(now=timezone.now())

    order.refresh_from_db()
    assert (order.status, check.drift) == ("shipped", [])


def test_check__provider_down__is_recorded_and_the_rest_compared(shop, settings):
    settings.SANDBOX_URL = "http://127.0.0.1:1"

    check = checking.reconcile(now=timezone.now())

    assert (check.count, check.payments_compared) == (0, 0)
    assert "could not be compared" in check.note


def test_check__many_payments__does_not_read_them_all(shop):
    with connection.cursor() as cursor:
        cursor.execute(_OLD_ORDERS, {"order": shop["paid"].pk, "many": 2_000})
        cursor.execute(_OLD_PAYMENTS, {"each": 10})
        cursor.execute("ANALYZE orders_order, orders_payment")

    plan = checking.recent_payments(now=timezone.now()).explain()

    assert "payment_changed" in plan
    assert "Seq Scan on orders_payment" not in plan


_OLD_ORDERS = """
INSERT INTO orders_order
SELECT (jsonb_populate_record(o, jsonb_build_object('id', gen_random_uuid(), 'number', 'OLD-' || n))).*
FROM orders_order o, generate_series(1, %(many)s) AS n WHERE o.id = %(order)s
"""

_OLD_PAYMENTS = """
INSERT INTO orders_payment (
    id, order_id, gateway, token, amount, currency, status, idempotency_key, provider_reference, captured,
    refunded, promised, error, created_at, updated_at
)
SELECT gen_random_uuid(), o.id, 'sandbox', 'tok_ok', 1, 'USD', 'refunded', o.number || ':' || n, 'ch_' || n,
       1, 1, 0, '', at, at
FROM generate_series(1, %(each)s) AS n, orders_order o,
     LATERAL (SELECT now() - interval '1 year' + n * interval '1 day') AS t (at)
WHERE o.number LIKE 'OLD-%%' ORDER BY at
"""


def test_task__every_night__keeps_a_year(shop):
    LedgerCheck.objects.create(at=timezone.now() - timedelta(days=366), count=0)

    reconcile_ledgers()
    reconcile_ledgers()

    assert LedgerCheck.objects.count() == 2


def test_admin__check_with_a_discrepancy__shows_it(client, settings):
    settings.STORAGES = {**settings.STORAGES, "staticfiles": PLAIN_FILES}
    client.force_login(UserFactory(admin=True))
    check = LedgerCheck.objects.create(count=1, drift=[["money taken", "S-<b>1", "5.00", "4.00"]])

    listed = client.get(reverse("admin:orders_ledgercheck_changelist")).content.decode()
    shown = client.get(reverse("admin:orders_ledgercheck_change", args=[check.pk])).content.decode()

    assert "differences" in listed
    assert "S-&lt;b&gt;1: money taken should be 5.00, is 4.00" in shown
