"""What HTTP alone can show of whether the shop kept its word to the shoppers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from drills.replay.ending import Ended
from drills.replay.shopping import Placed

AMOUNTS = ("subtotal", "discount", "shipping", "tax", "total", "lines", "currency")
LATE_SHOWN = 5
MAILS = {"paid": 2, "shipped": 3, "delivered": 3, "payment_failed": 2, "cancelled": 2}  # placed among them


def broken(orders: Sequence[Placed], ended: Sequence[Ended]) -> list[str]:
    """One sentence for each order that is not as it was promised."""
    found = [*_late(orders, ended), *_twice(orders)]
    for each in ended:
        found.extend(f"{each.placed.number}: {wrong}" for wrong in _wrong(each))
    return found


def _late(orders: Sequence[Placed], ended: Sequence[Ended]) -> Iterator[str]:
    late = sorted({placed.number for placed in orders} - {each.placed.number for each in ended})
    if late:
        more = ", ..." if len(late) > LATE_SHOWN else ""
        yield f"{len(late)} orders did not end in time: {', '.join(late[:LATE_SHOWN])}{more}"


def _wrong(each: Ended) -> Iterator[str]:
    placed, body = each.placed, each.body
    if each.status != placed.shopper.ends:
        yield f"is {each.status}, but {placed.shopper.payment_token} should end as {placed.shopper.ends}"
    for name in AMOUNTS:
        if body[name] != placed.body[name]:
            yield f"{name} was {placed.body[name]} when placed and is {body[name]}"
    if dict(_ordered(body)) != dict(placed.shopper.items):
        yield "its lines are not what was ordered"
    if _sum(body) != Decimal(body["total"]):
        yield f"total is {body['total']}, its parts make {_sum(body)}"


def _ordered(body: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    for line in body["lines"]:
        yield line["sku"], line["quantity"]


def _sum(body: Mapping[str, Any]) -> Decimal:
    goods = sum(Decimal(line["unit_price"]) * line["quantity"] for line in body["lines"])
    extra = Decimal(0) if body.get("tax_included") else Decimal(body["tax"])
    return goods - Decimal(body["discount"]) + Decimal(body["shipping"]) + extra


def _twice(orders: Sequence[Placed]) -> list[str]:
    counts = Counter(placed.number for placed in orders)
    return [f"{number}: one number for {count} orders" for number, count in counts.items() if count > 1]
