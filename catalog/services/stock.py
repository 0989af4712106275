"""Units: reserved, released, shipped, adjusted. Each change is one level row, one ledger entry, one truth.

A use case is one SQL statement for all its lines: it locks the levels in the order of their ids (so that
two orders over the same goods never wait for each other in a circle), decides, changes levels,
reservations and ledger, and answers what it did. A caller holds locks in this order: reservations, levels,
products. Cached pages are dropped when the caller's transaction commits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.transaction import TransactionManagementError

from catalog.models import Location, StockEntry, StockLevel, Variant
from catalog.services import allocation, cache_tags, read_model, slugs, stock_sql
from catalog.services.shortages import OutOfStock, Shortage
from core import cache, rows
from core.errors import Conflict, FieldError, Invalid, NotFound
from core.rows import array

Reason = StockEntry.Reason
OF_AN_ORDER = "order:"  # how a cause begins that names an order; the check of the ledger relies on it
MAX_UNITS = 2_000_000_000  # the columns are 32 bits wide


class BelowReserved(Conflict):
    code = "below_reserved"
    title = "Units that are reserved cannot be taken away"


class TooManyUnits(Conflict):
    code = "too_many_units"
    title = f"A location holds at most {MAX_UNITS} units of a variant"


class NotHeld(Conflict):
    code = "not_held"
    title = "These units are not held for this owner"


class UnknownVariant(NotFound):
    title = "No such variant"


class UnknownLocation(Invalid):
    title = "No such location"


def reserve(*, owner: UUID, quantities: Mapping[UUID, int], now: datetime) -> None:
    """Hold units (by variant id) for `owner`: all of them, or none. Raises OutOfStock.

    From one location where one can fill every line, else from as few as can; then by priority. Holds locks
    until the caller's transaction ends, and refuses to run outside one. One round trip; one more where the
    order has to be split, two more where a level ran empty. An owner reserves once: the unique constraint
    refuses a second time for the same variant.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("reserve() decides under locks that need its caller's transaction")
    hold = {"owner": owner, "now": now, "cause": _cause(owner)}
    wanted = {"variants": array(quantities.keys()), "units": array(quantities.values())}
    levels = [stock_sql.Level(*row) for row in rows.fetch(stock_sql.RESERVE, {**hold, **wanted})]
    if not any(level.crossed is not None for level in levels):
        _refuse_short(quantities, levels)
        levels = _split(quantities, levels, hold)
    _drop_pages(levels)


def release(*, owner: UUID, reason: Reason = Reason.RELEASED, now: datetime) -> None:
    """Free what `owner` still holds. A second call finds nothing and changes nothing."""
    values = {"owner": owner, "reason": str(reason), "now": now, "cause": _cause(owner)}
    _drop_pages([stock_sql.Row(*row) for row in rows.fetch(stock_sql.RELEASE, values)])


def ship(*, owner: UUID, now: datetime) -> None:
    """What `owner` holds has been shipped: on hand and reserved fall. A second call changes nothing.

    What is free stays the same, and so does all that the catalogue shows.
    """
    rows.fetch(stock_sql.SHIP, {"owner": owner, "now": now, "cause": _cause(owner)})


def ship_units(*, owner: UUID, quantities: Mapping[UUID, int], now: datetime) -> None:
    """Ship some of the units (by variant id) that `owner` holds, inside the caller's transaction.

    Raises NotHeld, with which that transaction has to end.
    """
    wanted = {"variants": array(quantities.keys()), "units": array(quantities.values())}
    values = {"owner": owner, "now": now, "cause": _cause(owner), **wanted}
    if rows.fetch_one(stock_sql.SHIP_UNITS, values) != (sum(quantities.values()),):
        raise NotHeld


@transaction.atomic
def receive_return(
    *, quantities: Mapping[UUID, int], is_restocked: bool, cause: str, actor: str, now: datetime
) -> None:
    """Units (by variant id) came back to the first location: on hand again, or written off at once."""
    location = default_location()
    # Sorted, so that two returns at once do not wait for each other's rows.
    wanted = [StockLevel(variant_id=variant_id, location=location) for variant_id in sorted(quantities)]
    StockLevel.objects.bulk_create(wanted, ignore_conflicts=True)
    levels = StockLevel.objects.filter(location=location, variant_id__in=quantities).order_by("pk")
    joined = levels.select_related("location", "variant__product")
    locked = list(joined.select_for_update(of=("self",)))
    for level in sorted(locked, key=lambda level: level.variant.product_id):  # as others lock products
        units = quantities[level.variant_id]
        _change(level, units, reason=Reason.RETURNED, cause=cause, actor=actor[:100], now=now)
        if not is_restocked:
            _change(level, -units, reason=Reason.WRITTEN_OFF, cause=cause, actor=actor[:100], now=now)


@transaction.atomic
def adjust(
    *,
    sku: str,
    location: str | None = None,
    change: int,
    reason: Reason,
    actor: str,
    now: datetime,
    cause: str = "",
) -> StockEntry:
    """Add `change` units (negative: take away) on hand at `location`, by default the first by priority.

    Raises UnknownVariant, UnknownLocation, TooManyUnits, BelowReserved where too few unreserved are left.
    """
    level = _locked_level(_variant(sku), _location(location))
    return _change(level, change, reason=reason, cause=cause, actor=actor, now=now)


def lock_first_level(*, sku: str) -> StockLevel:
    """The level at the first location, held until the caller's transaction ends. Raises UnknownVariant."""
    return _locked_level(_variant(sku), default_location())


def count(*, level: StockLevel, on_hand: int, actor: str, now: datetime) -> StockEntry | None:
    """A count found `on_hand` units at a level that the caller has locked; None where that is what was known.

    Raises BelowReserved where more than that are reserved.
    """
    change = on_hand - level.on_hand
    if not change:
        return None
    return _change(level, change, reason=Reason.ADJUSTED, cause="count", actor=actor, now=now)


def default_location() -> Location:
    """The first location by priority; a fresh shop gets one named "main"."""
    return (
        Location.objects.first()
        or Location.objects.get_or_create(code="main", defaults={"name": "Main warehouse"})[0]
    )


def _refuse_short(wanted: Mapping[UUID, int], levels: Sequence[stock_sql.Level]) -> None:
    available = Counter[UUID]()
    for level in levels:
        available[level.variant_id] += level.free
    short = [variant_id for variant_id, units in wanted.items() if available[variant_id] < units]
    if short:
        found = Variant.objects.filter(pk__in=short)
        skus = {v.pk: slugs.former(v.sku) if v.withdrawn_at else v.sku for v in found}
        raise OutOfStock(
            [Shortage(sku=skus.get(v, str(v)), requested=wanted[v], available=available[v]) for v in short]
        )


def _split(
    wanted: Mapping[UUID, int], levels: Sequence[stock_sql.Level], hold: Mapping[str, Any]
) -> list[stock_sql.Level]:
    """Take what no location alone can fill. The levels are locked, so the choice stays right."""
    takes = allocation.allocate(wanted=wanted, levels=levels)
    taken = {"levels": array(takes.keys()), "units": array(takes.values())}
    known = {level.id: level for level in levels}
    return [
        known[level]._replace(crossed=crossed)
        for level, crossed in rows.fetch(stock_sql.TAKE, {**hold, **taken})
    ]


def _drop_pages(changed: Sequence[stock_sql.Row | stock_sql.Level]) -> None:
    """Units became free, or are not any more: what shows them is stale."""
    if changed:
        crossed = [level.product_id for level in changed if level.crossed]
        cache.invalidate(*_stale([level.slug for level in changed], crossed))


def _stale(slugs: list[str], crossed: list[UUID]) -> set[str]:
    """The tags of pages that changed.

    Details show units, so they change each time; lists only when a product sells out or comes back.
    """
    tags = {cache_tags.of_product(slug) for slug in slugs}
    if crossed and read_model.refresh_in_stock(product_ids=set(crossed)):
        tags.add(cache_tags.LISTS)
    return tags


def _change(
    level: StockLevel, change: int, *, reason: Reason, cause: str, actor: str, now: datetime
) -> StockEntry:
    if level.on_hand + change < level.reserved:
        raise BelowReserved(
            f"{level.on_hand} on hand, {level.reserved} of them reserved: {-change} cannot be taken away"
        )
    if level.on_hand + change > MAX_UNITS:
        raise TooManyUnits
    had_units = level.available > 0
    level.on_hand += change
    level.save(update_fields=["on_hand"])
    entry = StockEntry.objects.create(
        variant=level.variant,
        location=level.location,
        on_hand_change=change,
        reason=reason,
        cause=cause,
        actor=actor,
        at=now,
    )
    product = level.variant.product
    cache_tags.announce(*_stale([product.slug], [product.pk] if had_units != (level.available > 0) else []))
    return entry


def _variant(sku: str) -> Variant:
    variant = Variant.objects.filter(sku=sku, withdrawn_at__isnull=True).select_related("product").first()
    if variant is None:
        raise UnknownVariant(f"There is no variant with the SKU {sku}")
    return variant


def _location(code: str | None) -> Location:
    if code is None:
        return default_location()
    location = Location.objects.filter(code=code).first()
    if location is None:
        detail = f"There is no location {code}"
        raise UnknownLocation(detail, errors=[FieldError(field="location", code="unknown", detail=detail)])
    return location


def _locked_level(variant: Variant, location: Location) -> StockLevel:
    StockLevel.objects.bulk_create([StockLevel(variant=variant, location=location)], ignore_conflicts=True)
    level: StockLevel = (
        StockLevel.objects.select_for_update(of=("self",))
        .select_related("location")
        .get(variant=variant, location=location)
    )
    level.variant = variant  # with its product
    return level


def _cause(owner: UUID) -> str:
    return f"{OF_AN_ORDER}{owner}"
