"""The mails about orders with an order that never was, for /dev/mail/preview."""

from decimal import Decimal
from functools import partial
from typing import Any

from core.mail.rendering import show_sample
from orders.mails import context
from orders.models import Order, OrderLine, Shipment

ADDRESS = {
    "name": "Alice Example",
    "line1": "1 Long Lane",
    "city": "London",
    "postal_code": "SE1 4PG",
    "country": "GB",
}
REFUND = {"amount": "5.00", "refunded": "12.00"}
ONE_MUG = [{"sku": "MUG-1", "quantity": 1, "name": "Mug, blue"}]
TEMPLATES: dict[str, dict[str, Any]] = {
    "orders/placed": {},
    "orders/paid": {},
    "orders/shipped": {},
    "orders/cancelled": {},
    "orders/payment_failed": {},
    "orders/refunded": REFUND,
    "orders/part_sent": {"units": ONE_MUG},
    "orders/delivered": {},
    "orders/returned": {"units": ONE_MUG},
}


def show_samples() -> None:
    for template, more in TEMPLATES.items():
        show_sample(template, partial(_sample, more))


def _sample(more: dict[str, Any]) -> dict[str, Any]:
    order = Order(
        number="S-2H4K9-7Q",
        email="alice@shop.test",
        currency="EUR",
        subtotal=Decimal("54.80"),
        discount=Decimal("5.48"),
        shipping=Decimal("4.90"),
        tax=Decimal("9.04"),
        tax_included=True,
        total=Decimal("54.22"),
        shipping_address=ADDRESS,
    )
    lines = [
        OrderLine(sku="MUG-1", name="Mug, blue", quantity=2, total=Decimal("25.00")),
        OrderLine(sku="TEA-9", name="Tea <Darjeeling>", quantity=1, total=Decimal("29.80")),
    ]
    shipments = [Shipment(carrier="Royal Mail", tracking_number="RM123456789GB")]
    return {**context(order, lines, shipments), **more}
