"""Stock that explains itself: one delivery per variant before the first sale, every sale of the history,
and what is left. Received minus shipped is on hand, for each variant.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from catalog.models import Location, StockEntry, StockLevel, Variant
from demo.history import HistoricOrder, digest
from demo.loading.sales import Sales

Reason = StockEntry.Reason
SCARCE = 4  # of 256 variants have few units left or none, so that lists show that too
FEW, MAX_UNITS, SURELY = 4, 200, 60


@dataclass(frozen=True, slots=True)
class Stock:
    levels: list[StockLevel]
    entries: list[StockEntry]


def rows(
    sales: Sales, history: Sequence[HistoricOrder], variants: dict[str, Variant], location: Location
) -> Stock:
    """Entries in the order of time. `history` are the orders that `sales` was made of, oldest first."""
    sold = Counter[str]()
    for line in sales.lines:
        sold[line.sku] += line.quantity
    left = {sku: units_left(sku) for sku in variants}
    opened_at = history[0].ordered_at - timedelta(days=1)
    entries = [
        _entry(variant, location, Reason.RECEIVED, opened_at, on_hand=sold[sku] + left[sku])
        for sku, variant in variants.items()
    ]
    entries.extend(_sold(sales, history, variants, location))
    return Stock(
        levels=[StockLevel(variant=v, location=location, on_hand=left[sku]) for sku, v in variants.items()],
        entries=sorted(entries, key=lambda entry: entry.at),
    )


def units_left(sku: str) -> int:
    """What lies in the warehouse after the history: the same on every load."""
    noise = digest("stock", sku)
    return noise[1] % FEW if noise[0] < SCARCE else SURELY + noise[1] % (MAX_UNITS - SURELY)


def _sold(
    sales: Sales, history: Sequence[HistoricOrder], variants: dict[str, Variant], location: Location
) -> Iterable[StockEntry]:
    for order, historic in zip(sales.orders, history, strict=True):
        cause = f"order:{order.pk}"
        for line in historic.lines:
            units = {"reserved": line.quantity}, {"reserved": -line.quantity, "on_hand": -line.quantity}
            variant = variants[line.sku]
            yield _entry(variant, location, Reason.RESERVED, historic.ordered_at, cause, **units[0])
            yield _entry(variant, location, Reason.SHIPPED, historic.shipped_at, cause, **units[1])


def _entry(
    variant: Variant,
    location: Location,
    reason: Reason,
    at: datetime,
    cause: str = "",
    *,
    on_hand: int = 0,
    reserved: int = 0,
) -> StockEntry:
    return StockEntry(
        variant=variant,
        location=location,
        on_hand_change=on_hand,
        reserved_change=reserved,
        reason=reason,
        cause=cause,
        at=at,
    )
