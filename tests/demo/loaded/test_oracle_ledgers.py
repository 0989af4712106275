"""Each kind of discrepancy is planted once: the check has to find it, and nothing else."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection

from catalog.models import Reservation, StockEntry, StockLevel, Variant
from catalog.services import stock
from core.mail.models import Mail
from core.outbox.models import OutboxMessage
from drills.oracle import ledgers
from drills.oracle.answers import Acknowledged
from orders import mails, states
from orders.checkout import guests, place
from orders.checkout.recording import OrderDetails
from orders.models import Order, OrderLine, Payment, Shipment, ShippingMethod, Status
from orders.pricing import offers

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("demo")]

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SKU = "FUR-BO-10001798"
ADDRESS = {
    "name": "Bob",
    "line1": "1 Main Street",
    "city": "Henderson",
    "postal_code": "42420",
    "country": "US",
}


@pytest.fixture
def order(demo) -> Order:
    """A guest's order that has been paid, shipped and mailed, with everything in its place."""
    ShippingMethod.objects.get_or_create(
        code="parcel", defaults={"name": "Parcel", "price": "5.00", "currency": "USD"}
    )
    placed = place.place_order(
        buyer=guests.Buyer(customer_id=None, email="bob@replay.shop.test", language="en"),
        basket=offers.Basket(quantities={SKU: 2}, shipping_address=ADDRESS),
        details=OrderDetails(payment_token="tok_ok"),
        now=NOW,
    )
    order = Order.objects.get(number=placed.number)
    order.payments.update(status=Payment.Status.CAPTURED, captured=order.total)
    states.move(order_id=order.pk, to=Status.PAID, actor="system", now=NOW)
    stock.ship(owner=order.pk, now=NOW)
    order.shipments.create(
        carrier="sandbox", status="shipped", lines=[{"sku": SKU, "quantity": 2}], shipped_at=NOW
    )
    states.move(order_id=order.pk, to=Status.SHIPPED, actor="system", now=NOW)
    for fact in ("placed", "paid", "shipped"):
        mails.queue(order_id=order.pk, template=f"orders/{fact}", cause=f"orders.order_{fact}")
    Mail.objects.update(status=Mail.Status.SENT, sent_at=NOW)
    OutboxMessage.objects.update(handled_at=NOW)
    order.refresh_from_db()
    return order


@pytest.fixture
def acknowledged(order) -> list[Acknowledged]:
    return [Acknowledged(id=order.pk, number=order.number, total=order.total, email=order.email)]


def _provider(order, *, captured=None, parcels=1):
    cents = int(order.total * 100) if captured is None else captured
    payment = {"reference": order.number, "currency": "USD", "captured": cents, "refunded": 0}
    return {"payments": [payment], "parcels": [{"reference": order.number}] * parcels}


def _found(acknowledged, provider=None):
    return "\n".join(ledgers.discrepancies(acknowledged, provider=provider))


def test_discrepancies__history_and_a_finished_order__none(order, acknowledged):
    assert ledgers.discrepancies(acknowledged, provider=_provider(order)) == []


def test_discrepancies__unit_vanished_from_a_level__found(acknowledged):
    StockLevel.objects.filter(variant__sku=SKU).update(on_hand=7)

    found = ledgers.discrepancies(acknowledged)

    assert [sentence.split(":")[0] for sentence in found] == [f"{SKU} at main"]
    assert "units by the stock ledger" in found[0]


def test_discrepancies__entry_without_a_change_of_level__found(acknowledged):
    level = StockLevel.objects.get(variant__sku=SKU)
    StockEntry.objects.create(
        variant=level.variant, location=level.location, on_hand_change=1, reason="received", at=NOW
    )

    assert f"{SKU} at main: units by the stock ledger" in _found(acknowledged)


def test_discrepancies__reservation_lost__found(acknowledged):
    variant = Variant.objects.get(sku="OFF-LA-10000240")
    owner = uuid4()
    stock.reserve(owner=owner, quantities={variant.pk: 1}, now=NOW)
    Reservation.objects.filter(owner=owner).delete()

    found = ledgers.discrepancies(acknowledged)

    assert len(found) == 1
    assert f"{variant.sku} at main: units held by open reservations should be 0, is 1" in found[0]


def test_discrepancies__shipped_without_the_units_leaving__found(order, acknowledged):
    OrderLine.objects.filter(order=order).update(
        quantity=3, total=3 * Decimal("261.96") - Decimal("0.00"), unit_price="261.96"
    )

    assert f"{order.number}, {SKU}: units shipped should be 3, is 2" in _found(acknowledged)


def test_discrepancies__units_held_after_the_end__found(order, acknowledged):
    variant = Variant.objects.get(sku="OFF-LA-10000240")
    stock.reserve(owner=order.pk, quantities={variant.pk: 1}, now=NOW)

    assert f"{order.number}: units still held after the end should be 0, is 1" in _found(acknowledged)


def test_discrepancies__paid_order_without_money__found(order, acknowledged):
    order.payments.update(captured=order.total - 1)

    assert f"{order.number}: money taken should be {order.total}, is {order.total - 1}" in _found(
        acknowledged
    )


def test_discrepancies__money_kept_for_a_failed_order__found(order, acknowledged):
    Order.objects.filter(pk=order.pk).update(status=Status.PAYMENT_FAILED)

    assert f"{order.number}: money taken should be 0, is {order.total}" in _found(acknowledged)


def test_discrepancies__acknowledged_order_lost__found(order, acknowledged):
    lost = Acknowledged(id=uuid4(), number="S-LOST1-11", total=Decimal(1), email="lost@replay.shop.test")

    found = ledgers.discrepancies([*acknowledged, lost])

    assert found == ["S-LOST1-11: acknowledged order should be there, over 1, is missing"]


def test_discrepancies__order_over_another_amount__found(order, acknowledged):
    Order.objects.filter(pk=order.pk).update(subtotal=order.subtotal + 1, total=order.total + 1)
    order.payments.update(amount=order.total + 1, captured=order.total + 1)

    assert f"is there, over {order.total + 1}" in _found(acknowledged)


def test_discrepancies__order_placed_twice__found(order, acknowledged):
    number, line = order.number, order.lines.get()
    order.pk, order.number, order.status = uuid4(), "S-TWICE-22", Status.CANCELLED
    order.save(force_insert=True)
    line.pk, line.order = None, order
    line.save(force_insert=True)

    found = ledgers.discrepancies(acknowledged)

    assert (number, found) == (
        acknowledged[0].number,
        [f"{order.email}: orders for one address should be 1, is 2"],
    )


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ({"handled_at": None}, "is open"),
        ({"handled_at": None, "dead_at": NOW, "error": "boom"}, "is dead: boom"),
    ],
)
def test_discrepancies__message_not_handled__found(order, acknowledged, state, expected):
    OutboxMessage.objects.filter(aggregate=str(order.pk), handler="orders.ship_order").update(**state)

    found = ledgers.discrepancies(acknowledged)

    assert [sentence.startswith(f"{order.number}, orders.ship_order: ") for sentence in found] == [True]
    assert expected in found[0]


def test_discrepancies__mail_message_open__found(order, acknowledged):
    mail = Mail.objects.get(cause=f"orders.order_placed:{order.pk}")
    OutboxMessage.objects.filter(aggregate=str(mail.pk)).update(handled_at=None)

    assert f"{order.number}, core.send_mail: outbox message should be handled, is open" in _found(
        acknowledged
    )


def test_discrepancies__mail_never_written__found(order, acknowledged):
    Mail.objects.filter(cause=f"orders.order_shipped:{order.pk}").delete()

    found = ledgers.discrepancies(acknowledged)

    assert found == [f"{order.number}, shipped: mail should be 1 sent, is 0 sent of 0"]


def test_discrepancies__mail_not_sent__found(order, acknowledged):
    Mail.objects.filter(cause=f"orders.order_placed:{order.pk}").update(sent_at=None)

    assert f"{order.number}, placed: mail should be 1 sent, is 0 sent of 1" in _found(acknowledged)


def test_discrepancies__provider_charged_twice__found(order, acknowledged):
    provider = _provider(order)
    provider["payments"] *= 2

    assert "in 2 charges" in _found(acknowledged, provider)


def test_discrepancies__provider_never_charged_or_shipped__found(order, acknowledged):
    found = ledgers.discrepancies(acknowledged, provider=_provider(order, captured=0, parcels=0))

    assert len(found) == 2
    assert "took 0.00 in 0 charges" in found[0]
    assert "should have 1 parcels, has 0" in found[1]


def test_discrepancies__many_of_one_kind__shown_in_part_and_counted(order, acknowledged):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_stocklevel SET on_hand = on_hand + 1")

    found = ledgers.discrepancies(acknowledged)

    assert len(found) == ledgers.MAX_SHOWN + 1
    assert f"{1_894 - ledgers.MAX_SHOWN} more" in found[-1]
    assert Shipment.objects.exists()
