"""Orders that cost nothing: paid by the same way, without a provider, and good for all that may follow."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import StockLevel
from core.errors import DomainError
from core.mail.models import Mail
from orders import cancellation
from orders.events import OrderPlaced
from orders.handlers import authorise_payment
from orders.ledger import checking, discrepancies
from orders.models import LedgerCheck, Order, OrderEvent, Payment, VoucherUse
from orders.payments import refunds
from orders.shipments import by_staff, returns
from tests.factories.accounts import UserFactory
from tests.factories.catalog import VariantFactory
from tests.factories.orders import OrderFactory, PaymentFactory, VoucherFactory
from tests.orders.conftest import Caller

pytestmark = pytest.mark.django_db
UNITS = {"MUG": 1}


@pytest.fixture
def free(rates, body):
    """The body of an order of two mugs for 0.00: a voucher over everything, and nothing to ship for."""
    shipping, _ = rates
    shipping.price = Decimal(0)
    shipping.save()
    return {**body, "voucher": VoucherFactory(code="ALL", value=Decimal(100)).code}


@pytest.fixture
def place(guest, free):
    def run(**changes):
        answer = guest.order({**free, **changes})
        assert (answer.status_code, answer.json()["total"]) == (201, "0.00"), answer.content
        return Order.objects.get(pk=answer.json()["id"])

    return run


def _state(order):
    order.refresh_from_db()
    payment = order.payments.get()
    return order.status, payment.status, payment.captured


def _timeline(order):
    return list(OrderEvent.objects.filter(order=order).order_by("id").values_list("to_status", "reason"))


def _do(service, order, **values):
    return service(order_id=order.pk, actor="staff:a", now=timezone.now(), **values)


def test_free_order__voucher_over_everything__is_paid_and_shipped_without_a_provider(place, sandbox, work):
    order = place()

    work()

    assert _state(order) == ("shipped", "captured", 0)
    assert _timeline(order) == [("pending", ""), ("paid", "There was nothing to pay"), ("shipped", "")]
    assert sandbox.payments() == []
    assert discrepancies.find() == []


def test_free_order__product_that_costs_nothing__is_paid(guest, place, free, sandbox, work):
    VariantFactory(sku="LEAFLET", price=Decimal(0), stock=3)
    order = place(items=[{"sku": "LEAFLET", "quantity": 1}], voucher=None)

    work()

    assert _state(order) == ("shipped", "captured", 0)


@pytest.mark.parametrize("token", ["tok_declined", "tok_down", "none"])
def test_free_order__any_token__is_not_read(place, work, token):
    order = place(payment={"token": token})

    work(rounds=1)  # no provider listens here

    assert _state(order)[0] == "paid"


def test_free_order__its_mails__speak_of_no_payment(place, sandbox, work):
    order = place()

    work()

    paid = Mail.objects.get(cause=f"orders.order_paid:{order.pk}")
    assert paid.subject == f"Your order {order.number} is confirmed"
    assert "nothing to pay" in paid.text
    assert "nothing to pay" in paid.html
    assert "has arrived" not in paid.subject + paid.text + paid.html
    assert Mail.objects.filter(cause=f"orders.order_placed:{order.pk}").exists()


@pytest.mark.parametrize("rounds", [0, 1])
def test_free_order__cancelled__releases_stock_and_voucher_and_shows_no_money(
    place, sandbox, work, settings, rounds
):
    settings.CARRIER = "manual"
    order = place()
    work(rounds=rounds)

    _do(cancellation.cancel, order, reason="")
    work()

    assert _state(order) == ("cancelled", "voided", 0)
    assert _timeline(order)[-1] == ("cancelled", "")
    assert StockLevel.objects.values_list("on_hand", "reserved").get() == (10, 0)
    assert VoucherUse.objects.get().released_at
    mail = Mail.objects.get(cause=f"orders.order_cancelled:{order.pk}")
    assert "goes back" not in mail.text + mail.html
    assert (sandbox.payments(), discrepancies.find()) == ([], [])


def test_free_order__refund__is_refused_by_name(place, sandbox, work):
    order = place()
    work()
    staff = Caller(UserFactory(admin=True))

    answer = staff.post(
        f"/api/v1/orders/{order.number}/refunds", {"amount": "0.01"}, content_type="application/json"
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "not_refundable")


def test_free_order__returned__is_restocked_and_its_ledgers_agree(place, sandbox, work):
    order = place()
    work()

    _do(returns.receive, order, units={"MUG": 2}, restock=True, reason="Too blue")
    work()

    assert _state(order) == ("returned", "captured", 0)
    assert StockLevel.objects.values_list("on_hand", "reserved").get() == (10, 0)
    assert discrepancies.find() == []


def test_reconcile__free_order__is_not_asked_about_at_its_provider(place, work):
    place()
    work(rounds=1)

    checking.reconcile(now=timezone.now())

    check = LedgerCheck.objects.get()
    assert (check.count, check.payments_compared, check.note) == (0, 0, "")


@pytest.mark.django_db(transaction=True)
def test_free_order__eight_workers_at_once__is_paid_once(place):
    order = place()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(_authorise, [order] * 8))

    assert _state(order) == ("paid", "captured", 0)
    assert len(_timeline(order)) == 2


def _authorise(order):
    try:
        authorise_payment(OrderPlaced(order_id=order.pk))
    finally:
        connection.close()


@pytest.mark.parametrize("status", ["payment_failed", "cancelled"])
def test_authorise__free_order_that_has_ended__stays_so_without_a_call(status):
    payment = PaymentFactory(
        order=OrderFactory(status=status, subtotal=0, shipping=0, line=None), status="abandoned"
    )

    authorise_payment(OrderPlaced(order_id=payment.order_id))  # no provider listens here

    assert _state(payment.order)[:2] == (status, "abandoned")


ACTIONS = {
    "work": None,
    "cancel": (cancellation.cancel, {"reason": ""}),
    "send": (by_staff.send, {"units": UNITS, "carrier": "post", "tracking_number": ""}),
    "deliver": (by_staff.deliver, {}),
    "return": (returns.receive, {"units": UNITS, "restock": True, "reason": "x"}),
    "lose": (returns.receive, {"units": UNITS, "restock": False, "reason": "x"}),
    "refund": (refunds.request, {"amount": Decimal("0.01"), "units": {}, "reason": ""}),
}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=8))
def test_free_order__whatever_is_done_to_it__ledgers_agree_and_no_provider_is_called(
    guest, free, sandbox, work, done
):
    with transaction.atomic():
        order = Order.objects.get(pk=guest.order(free).json()["id"])
        for name in done:
            _try(ACTIONS[name], order, work)
        work()

        status, payment, captured = _state(order)
        assert (payment, captured) == ("voided" if status == "cancelled" else "captured", 0)
        assert discrepancies.find() == []
        assert sandbox.payments() == []
        assert not Payment.objects.filter(provider_events__isnull=False).exists()
        transaction.set_rollback(True)


def _try(action, order, work):
    if action is None:
        work(rounds=1)
        return
    service, values = action
    try:
        _do(service, order, **values)
    except DomainError:
        return
