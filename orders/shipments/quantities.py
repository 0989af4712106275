"""Units of an order by SKU: ordered, in shipments, returned. To act on them, lock the order."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

from core.errors import FieldError, Invalid
from core.rows import Reader, fetch, fetch_one
from orders.models import Order, OrderLine, Return, Shipment

Units = Counter[str]


class UnknownLine(Invalid):
    title = "The order has no such line"


SENT = (Shipment.Status.SHIPPED, Shipment.Status.DELIVERED)
PLANNED = (Shipment.Status.PENDING, *SENT)

_REMAINING = """
WITH packed AS (
    SELECT line ->> 'sku' AS sku, sum((line ->> 'quantity')::int) AS quantity
    FROM orders_shipment s, jsonb_array_elements(s.lines) AS line
    WHERE s.order_id = %(order)s AND s.status = ANY(%(statuses)s::text[]) GROUP BY 1
)
SELECT l.sku, (l.quantity - coalesce(p.quantity, 0))::int
FROM orders_orderline l LEFT JOIN packed p USING (sku)
WHERE l.order_id = %(order)s AND l.quantity > coalesce(p.quantity, 0) ORDER BY l.id
"""

# Nothing is left of what was paid: promised by us, or refunded in the provider's own dashboard.
FULLY_REFUNDED = """
SELECT FROM orders_payment p, LATERAL (
    SELECT coalesce(sum(r.amount), 0) AS pending
    FROM orders_refund r WHERE r.payment_id = p.id AND r.status = 'pending'
) AS r
WHERE p.order_id = %(order)s AND captured > 0 AND captured <= greatest(promised, refunded + pending)
"""
_WAITING = f"""
WITH packed AS (
    SELECT line ->> 'sku' AS sku, sum((line ->> 'quantity')::int) AS quantity
    FROM orders_shipment s, jsonb_array_elements(s.lines) AS line
    WHERE s.order_id = %(order)s AND s.status = ANY(%(statuses)s::text[]) GROUP BY 1
)
SELECT l.sku, (l.quantity - coalesce(p.quantity, 0))::int, o.code, r.quantity
FROM orders_orderline l LEFT JOIN packed p USING (sku)
LEFT JOIN catalog_reservation r ON r.owner = l.order_id AND r.variant_id = l.variant_id
LEFT JOIN catalog_location o ON o.id = r.location_id
WHERE l.order_id = %(order)s AND l.quantity > coalesce(p.quantity, 0) AND NOT EXISTS ({FULLY_REFUNDED})
ORDER BY o.priority, o.id, l.id
"""  # noqa: S608 - constants only


def ordered(order_id: UUID) -> Units:
    """What was ordered, in the order of the order's lines."""
    lines = OrderLine.objects.filter(order_id=order_id).order_by("id")
    return Counter(dict(lines.values_list("sku", "quantity")))


def refuse_unknown(order_id: UUID, units: Mapping[str, int]) -> Units:
    """What was ordered. Raises UnknownLine naming the SKUs that the order does not have."""
    known = ordered(order_id)
    unknown = sorted(units.keys() - known.keys())
    if unknown:
        detail = f"Not in the order: {', '.join(unknown)}"
        raise UnknownLine(
            detail,
            errors=[
                FieldError(field=f"lines[sku={sku}]", code="unknown", detail="Not in the order")
                for sku in unknown
            ],
        )
    return known


def remaining(order_id: UUID, *, statuses: Collection[str] = PLANNED) -> Units:
    """What is in no shipment with one of these statuses, in the order of the order's lines."""
    return Units(dict(fetch(_REMAINING, {"order": order_id, "statuses": [str(s) for s in statuses]})))


def waiting(order_id: UUID) -> dict[str, Units]:
    """What is in no shipment, by the code of the location that holds it for the order; by priority.

    Units that none holds are among those of the first, or under "". Nothing where all money is refunded.
    """
    found = fetch(_WAITING, {"order": order_id, "statuses": [str(s) for s in PLANNED]})
    left = Units({sku: quantity for sku, quantity, *_ in found})
    places: dict[str, Units] = {}
    for sku, _, code, held in found:
        if code is not None and (units := min(held, left[sku])):
            places.setdefault(code, Units())[sku] = units
            left[sku] -= units
    if unheld := +left:
        places.setdefault(next(iter(places), ""), Units()).update(unheld)
    return places


def is_fully_refunded(order_id: UUID) -> bool:
    """Whether all that was paid is promised to the customer, or has been refunded."""
    return fetch_one(FULLY_REFUNDED, {"order": order_id}) is not None


def in_shipments(order_id: UUID, statuses: Collection[str]) -> Units:
    """What the order's shipments with one of these statuses hold."""
    shipments = Shipment.objects.filter(order_id=order_id, status__in=statuses)
    return _sum(shipments.values_list("lines", flat=True))


def returnable(order_id: UUID) -> Units:
    """What was sent and not returned yet."""
    returned = Return.objects.filter(order_id=order_id)
    return in_shipments(order_id, SENT) - _sum(returned.values_list("lines", flat=True))


def variants(order_id: UUID, units: Mapping[str, int]) -> dict[UUID, int]:
    """The same units by variant."""
    lines = OrderLine.objects.filter(order_id=order_id, sku__in=units)
    return {variant: units[sku] for sku, variant in lines.values_list("sku", "variant_id")}


def as_lines(units: Mapping[str, int]) -> list[dict[str, Any]]:
    """The units as shipments, refunds and returns store them."""
    return [{"sku": sku, "quantity": quantity} for sku, quantity in units.items() if quantity > 0]


def _sum(stored: Iterable[list[dict[str, Any]]]) -> Units:
    units = Units()
    for lines in stored:
        for line in lines:
            units[line["sku"]] += line["quantity"]
    return units


_shipment = Reader(Shipment, alias="s")
_order = Reader(Order, "id", "number", "shipping_address", alias="o")
_WITH_KEYS = f"""
SELECT {_shipment.columns}, {_order.columns}
FROM orders_shipment s JOIN orders_order o ON o.id = s.order_id
WHERE s.order_id = %(order)s AND s.idempotency_key LIKE %(keys)s
ORDER BY length(s.idempotency_key), s.idempotency_key
"""  # noqa: S608 - columns of our own


def key(order_id: UUID, number: int) -> str:
    """The idempotency key of the shipment with this number (1, 2, ...) among those that no staff send."""
    return f"{order_id}:parcel:{number}"


def with_keys(order_id: UUID) -> list[Shipment]:
    """The shipments with such keys, first to last; their order has number and address."""
    found = fetch(_WITH_KEYS, {"order": order_id, "keys": f"{order_id}:parcel:%"})
    return [_with_order(row) for row in found]


def _with_order(row: tuple[Any, ...]) -> Shipment:
    shipment = _shipment.read(row)
    shipment.order = _order.read(row[_shipment.width :])
    return shipment
