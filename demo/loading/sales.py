"""Orders of the file as delivered orders: lines, timeline, payment, shipment."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils.text import slugify

from accounts.models import User
from catalog.models import Variant
from demo.history import HistoricOrder, OrderedLine, digest
from demo.loading.ids import historic_uuid
from orders import actors
from orders.checkout import numbers
from orders.models import Order, OrderEvent, OrderLine, Payment, Shipment, Status

HISTORY = "history"  # gateway and carrier of what was paid and sent before this shop was there
PAID_AFTER = timedelta(minutes=2)
DAYS_ON_THE_WAY = {"same-day": 0, "first-class": 1, "second-class": 2, "standard-class": 4}


@dataclass(frozen=True, slots=True)
class Sales:
    """Rows to insert, in the order in which their foreign keys allow it."""

    orders: list[Order] = field(default_factory=list)
    lines: list[OrderLine] = field(default_factory=list)
    events: list[OrderEvent] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)


def rows(orders: Sequence[HistoricOrder], users: dict[str, User], variants: dict[str, Variant]) -> Sales:
    """`users` by customer id, `variants` by SKU."""
    sales = Sales()
    for historic in orders:
        order = _order(historic, users[historic.customer.id])
        sales.orders.append(order)
        sales.lines.extend(_line(order, line, variants[line.sku]) for line in historic.lines)
        sales.events.extend(_timeline(order, historic))
        sales.payments.append(_payment(order, historic))
        sales.shipments.append(_shipment(order, historic))
    return sales


def number(file_id: str) -> str:
    """Like the numbers that orders get when placed, but the same on every load."""
    noise = digest("number", file_id)[: numbers.RANDOM_SYMBOLS]
    return numbers.number_of("".join(numbers.ALPHABET[byte % len(numbers.ALPHABET)] for byte in noise))


def _order(historic: HistoricOrder, user: User) -> Order:
    return Order(
        id=historic_uuid(historic.ordered_at, "order", historic.id),
        number=number(historic.id),
        customer=user,
        email=user.email,
        status=Status.DELIVERED,
        currency=settings.DEFAULT_CURRENCY,
        subtotal=historic.subtotal,
        discount=historic.discount,
        total=historic.subtotal - historic.discount,
        shipping_address=historic.address,
        shipping_method=slugify(historic.ship_mode),
        created_at=historic.ordered_at,
        updated_at=_delivered_at(historic),
    )


def _line(order: Order, line: OrderedLine, variant: Variant) -> OrderLine:
    return OrderLine(
        order=order,
        variant=variant,
        sku=line.sku,
        name=line.name,
        unit_price=line.unit_price,
        quantity=line.quantity,
        total=line.unit_price * line.quantity,
        discount=line.discount,
    )


def _timeline(order: Order, historic: HistoricOrder) -> Iterator[OrderEvent]:
    steps = (
        (
            Status.PENDING,
            actors.CUSTOMER,
            historic.ordered_at,
            f"Order {historic.id} of the Superstore sales",
        ),
        (Status.PAID, actors.SYSTEM, historic.ordered_at + PAID_AFTER, ""),
        (Status.SHIPPED, actors.SYSTEM, historic.shipped_at, ""),
        (Status.DELIVERED, actors.SYSTEM, _delivered_at(historic), ""),
    )
    before = ""
    for status, actor, at, reason in steps:
        yield OrderEvent(order=order, from_status=before, to_status=status, actor=actor, reason=reason, at=at)
        before = status


def _payment(order: Order, historic: HistoricOrder) -> Payment:
    return Payment(
        id=historic_uuid(historic.ordered_at, "payment", historic.id),
        order=order,
        gateway=HISTORY,
        token="",
        amount=order.total,
        currency=order.currency,
        status=Payment.Status.CAPTURED,
        idempotency_key=f"{HISTORY}:{historic.id}",
        provider_reference=historic.id,
        captured=order.total,
        created_at=historic.ordered_at,
        updated_at=historic.ordered_at + PAID_AFTER,
    )


def _shipment(order: Order, historic: HistoricOrder) -> Shipment:
    return Shipment(
        id=historic_uuid(historic.shipped_at, "shipment", historic.id),
        order=order,
        carrier=HISTORY,
        tracking_number=historic.id,
        status=Shipment.Status.DELIVERED,
        lines=[{"sku": line.sku, "quantity": line.quantity} for line in historic.lines],
        idempotency_key=f"{HISTORY}:{historic.id}",
        created_at=historic.shipped_at,
        shipped_at=historic.shipped_at,
    )


def _delivered_at(historic: HistoricOrder) -> datetime:
    days = DAYS_ON_THE_WAY[slugify(historic.ship_mode)]
    return historic.shipped_at + timedelta(days=days, hours=2)
