"""The mails about what went another way than usual."""

from decimal import Decimal

import pytest
from django.conf import settings as project
from django.template import engines
from django.utils import timezone, translation

from core.mail import rendering
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from orders import cancellation, mails
from orders.models import Order
from orders.payments import refunds
from orders.shipments import by_staff, returns
from tests.factories.orders import OrderFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def place(guest, body, sandbox, work):
    def run(token="tok_ok", rounds=6):
        order = Order.objects.get(pk=guest.order({**body, "payment": {"token": token}}).json()["id"])
        work(rounds=rounds)
        return order

    return run


def _mails(order):
    """All of them, also where each message is handled again."""
    return {m.cause.split(":")[0]: m for m in Mail.objects.filter(cause__contains=f":{order.pk}")}


def _repeat(work):
    OutboxMessage.objects.filter(handler__startswith="orders.mail").update(handled_at=None)
    work()


def test_mails__cancelled_after_payment__cancelled_and_refunded_once_each(place, work):
    order = place(rounds=2)
    cancellation.cancel(order_id=order.pk, actor="guest", reason="", now=timezone.now())
    work()
    _repeat(work)

    found = _mails(order)
    assert set(found) == {
        "orders.order_placed",
        "orders.order_paid",
        "orders.order_cancelled",
        "orders.payment_refunded",
    }
    assert Mail.objects.count() == 4
    assert found["orders.order_cancelled"].subject == f"Your order {order.number} is cancelled"
    refunded = found["orders.payment_refunded"]
    assert refunded.subject == f"29.90 USD of your order {order.number} go back to you"
    assert "SE1 4PG" not in refunded.text


def test_mails__declined__is_mailed(place, work):
    order = place("tok_declined")
    _repeat(work)

    assert set(_mails(order)) == {"orders.order_placed", "orders.payment_failed"}
    assert "could not be paid" in _mails(order)["orders.payment_failed"].text


def test_mails__two_refunds__each_is_mailed_with_the_sum(place, work):
    order = place()
    for _ in range(2):
        refunds.request(
            order_id=order.pk, amount=Decimal(5), units={}, reason="", actor="staff:a", now=timezone.now()
        )
        work()
    _repeat(work)

    sent = Mail.objects.filter(cause__startswith="orders.payment_refunded").order_by("created_at")
    assert [mail.cause.rpartition(":")[2] for mail in sent] == ["5.00", "10.00"]
    assert ["so far 5.00 USD" in sent[0].text, "so far 10.00 USD" in sent[1].html] == [True, True]


def _units(**quantities):
    return {"units": quantities, "actor": "staff:a", "now": timezone.now()}


@pytest.fixture
def sent_by_staff(place, settings):
    """An order over two mugs of which staff sent one in a parcel, and then the other."""
    settings.CARRIER = "manual"
    order = place()
    for number in ("RR1", "RR2"):
        by_staff.send(order_id=order.pk, carrier="post", tracking_number=number, **_units(MUG=1))
    return order


def test_mails__sent_in_shipments__each_part_is_mailed_and_then_the_whole(sent_by_staff, work):
    work()
    _repeat(work)

    found = _mails(sent_by_staff)
    part, whole = found["orders.part_sent"].text, found["orders.order_shipped"].text
    assert Mail.objects.count() == 4
    assert "\n1 x Mug (MUG)\n" in part
    assert ["RR1" in part, "RR2" in part, "RR1" in whole, "RR2" in whole] == [True, False, True, True]
    assert "<li>1 &times; Mug " in found["orders.part_sent"].html


def test_mails__two_deliveries__each_is_mailed_once(place, work, settings):
    settings.CARRIER = "manual"
    order = place()
    for number in ("RR1", "RR2"):
        by_staff.send(order_id=order.pk, carrier="post", tracking_number=number, **_units(MUG=1))
        by_staff.deliver(order_id=order.pk, actor="staff:a", now=timezone.now())
    work()
    _repeat(work)

    sent = Mail.objects.filter(cause__startswith="orders.parcels_delivered")
    assert sorted(mail.cause.rpartition(":")[2] for mail in sent) == sorted(
        str(shipment.pk) for shipment in order.shipments.all()
    )
    assert {mail.subject for mail in sent} == {f"Your order {order.number}: delivered"}
    assert "SE1 4PG" not in sent[0].text


def test_mails__two_returns__each_is_mailed_with_its_units(sent_by_staff, work):
    for _ in range(2):
        returns.receive(order_id=sent_by_staff.pk, restock=True, reason="Too blue", **_units(MUG=1))
    work()
    _repeat(work)

    sent = Mail.objects.filter(cause__startswith="orders.goods_returned")
    assert len(sent) == 2
    assert all("1 x Mug (MUG)" in mail.text and "Too blue" not in mail.text for mail in sent)


def test_mails__order_in_hebrew__are_rendered_in_it():
    order = OrderFactory(language="he")

    mails.queue(order_id=order.pk, template="orders/cancelled", cause="orders.order_cancelled")

    assert '<html lang="he" dir="rtl">' in Mail.objects.get().html
    assert translation.get_language() == project.LANGUAGE_CODE


def test_samples__every_template_of_a_mail__has_one():
    templates = {
        f"{path.parent.name}/{path.name.removesuffix('.subject.txt')}"
        for directory in engines["django"].template_dirs
        for path in directory.rglob("*.subject.txt")
    }

    assert set(rendering.samples()) == templates


def test_samples__all__render_whole():
    for mail in rendering.samples().values():
        assert mail.subject
        assert all("{{" not in part and "None" not in part for part in (mail.subject, mail.text, mail.html))


def test_order__accept_language__is_that_of_its_mails(guest, body, sandbox, work):
    order = Order.objects.get(pk=guest.order(body, **{"Accept-Language": "he-IL"}).json()["id"])
    work()

    found = _mails(order)
    assert order.language == "he"
    assert found["orders.order_placed"].subject == f"ההזמנה שלך: {order.number}"
    assert "\u206629.90 USD\u2069" in found["orders.order_paid"].text
    assert found["orders.order_shipped"].subject == f"הזמנה {order.number} יצאה לדרך"
