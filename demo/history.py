"""The orders and customers of the file.

The file knows days; the hours here are made from the order's id, so that every load makes the same ones.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from demo.articles import cents
from demo.source import Line

OPENS_AT, LAST_ORDER_AFTER = time(7, tzinfo=UTC), timedelta(hours=12)
PACKING, LAST_PARCEL_AFTER = timedelta(minutes=40), timedelta(hours=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """A customer of the file. The e-mail is made from the id, in a domain that nobody can own (RFC 2606)."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderedLine:
    """One SKU of an order. `unit_price` is the list price of that day; `discount` is for all its units."""

    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    discount: Decimal


@dataclass(frozen=True, kw_only=True)
class HistoricOrder:
    """One order of the file. The money is worked out per line, so the sums hold to the cent."""

    id: str
    customer: Customer
    ordered_at: datetime
    shipped_at: datetime
    ship_mode: str
    city: str
    state: str
    postal_code: str
    lines: tuple[OrderedLine, ...]

    @property
    def address(self) -> dict[str, str]:
        """As the API takes it. The file has no streets: one is made up."""
        return {
            "name": self.customer.name,
            "line1": f"{1 + digest('street', self.customer.id)[0]} Main Street",
            "city": self.city,
            "region": self.state,
            "postal_code": self.postal_code,
            "country": "US",
        }

    @cached_property
    def subtotal(self) -> Decimal:
        return sum((line.unit_price * line.quantity for line in self.lines), Decimal("0.00"))

    @cached_property
    def discount(self) -> Decimal:
        return sum((line.discount for line in self.lines), Decimal("0.00"))


def customers(orders: Iterable[HistoricOrder]) -> list[Customer]:
    """Every customer once."""
    return list({order.customer.id: order.customer for order in orders}.values())


def orders(lines: Iterable[Line], skus: Mapping[tuple[str, str], str]) -> list[HistoricOrder]:
    """Every order, oldest first; `skus` as from articles.skus."""
    by_id: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_id[line.order_id].append(line)
    return sorted((_order(own, skus) for own in by_id.values()), key=lambda order: order.ordered_at)


def digest(*parts: str) -> bytes:
    """32 bytes that look random and are the same on every load."""
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _order(own: Sequence[Line], skus: Mapping[tuple[str, str], str]) -> HistoricOrder:
    first = own[0]
    ordered_at, shipped_at = _moments(first)
    return HistoricOrder(
        id=first.order_id,
        customer=_customer(first),
        ordered_at=ordered_at,
        shipped_at=shipped_at,
        ship_mode=first.ship_mode,
        city=first.city,
        state=first.state,
        postal_code=first.postal_code,
        lines=_ordered_lines(own, skus),
    )


def _customer(line: Line) -> Customer:
    email = f"{line.customer_id.lower()}@customers.shop.test"
    return Customer(id=line.customer_id, name=line.customer_name, email=email)


def _moments(line: Line) -> tuple[datetime, datetime]:
    """An hour on the day of the order, and one on the day of shipping that is later."""
    noise = digest("moments", line.order_id)
    opened = datetime.combine(line.ordered_on, OPENS_AT)
    ordered_at = opened + LAST_ORDER_AFTER * (int.from_bytes(noise[:2]) / 0xFFFF)
    ready_at = max(ordered_at, datetime.combine(line.shipped_on, OPENS_AT)) + PACKING
    shipped_at = ready_at + LAST_PARCEL_AFTER * (int.from_bytes(noise[2:4]) / 0xFFFF)
    return ordered_at.replace(microsecond=0), shipped_at.replace(microsecond=0)


def _ordered_lines(own: Sequence[Line], skus: Mapping[tuple[str, str], str]) -> tuple[OrderedLine, ...]:
    """Lines by SKU: eight orders of the file name the same article twice, at one price; added up here."""
    by_sku: dict[str, list[Line]] = defaultdict(list)
    for line in own:
        by_sku[skus[line.product_id, line.name]].append(line)
    return tuple(_ordered_line(sku, same) for sku, same in by_sku.items())


def _ordered_line(sku: str, same: Sequence[Line]) -> OrderedLine:
    quantity = sum(line.quantity for line in same)
    unit_price = cents(same[0].list_price)
    paid = cents(sum((line.sales for line in same), Decimal(0)))
    return OrderedLine(
        sku=sku,
        name=same[0].name,
        quantity=quantity,
        unit_price=unit_price,
        discount=unit_price * quantity - paid,
    )
