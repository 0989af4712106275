"""Orders over several locations: which they use, in how many statements, and what ledger and listing say."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.models import Reservation, StockEntry, StockLevel
from catalog.services import allocation, stock
from catalog.services.shortages import OutOfStock
from tests.factories.catalog import LocationFactory, StockLevelFactory, VariantFactory

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def reserve(quantities, owner=None):
    """What the ledger says that was reserved, by location and variant."""
    owner = owner or uuid4()
    with transaction.atomic():
        stock.reserve(owner=owner, quantities=quantities, now=NOW)
    return reserved(owner)


def shelves(**places):
    """`shelves(near={mug: 2}, far={mug: 9})`: the locations by priority, and units there."""
    for priority, (code, units) in enumerate(places.items()):
        location = LocationFactory(code=code, priority=priority)
        for variant, on_hand in units.items():
            StockLevelFactory(variant=variant, location=location, on_hand=on_hand)


def reserved(owner):
    entries = StockEntry.objects.filter(cause=f"order:{owner}", reason=StockEntry.Reason.RESERVED)
    return {(e.location.code, e.variant_id): e.reserved_change for e in entries.select_related("location")}


def ledger_disagrees():
    """Levels of which ledger or reservations say something else; units on hand were put there without one."""
    for level in StockLevel.objects.all():
        here = {"variant": level.variant_id, "location": level.location_id}
        entries, held = StockEntry.objects.filter(**here), Reservation.objects.filter(**here)
        reserved = sum(entry.reserved_change for entry in entries)
        if not level.reserved == reserved == sum(r.quantity for r in held):
            yield level


@pytest.mark.django_db
def test_reserve__one_location_has_every_line__takes_that_one_in_one_statement(django_assert_num_queries):
    mug, cup, owner = VariantFactory(), VariantFactory(), uuid4()
    shelves(near={mug: 9}, middle={mug: 3, cup: 3}, far={mug: 9, cup: 9})

    with django_assert_num_queries(1):
        stock.reserve(owner=owner, quantities={mug.id: 2, cup.id: 2}, now=NOW)

    assert reserved(owner) == {("middle", mug.id): 2, ("middle", cup.id): 2}


@pytest.mark.django_db
def test_reserve__no_location_has_every_line__takes_the_fewest_in_two_statements(django_assert_num_queries):
    mug, cup, owner = VariantFactory(), VariantFactory(), uuid4()
    shelves(first={mug: 1}, second={mug: 1}, third={cup: 2}, fourth={mug: 5})

    with django_assert_num_queries(2):
        stock.reserve(owner=owner, quantities={mug.id: 3, cup.id: 1}, now=NOW)

    assert reserved(owner) == {("fourth", mug.id): 3, ("third", cup.id): 1}
    held = Reservation.objects.filter(owner=owner)
    assert {(r.location.code, r.quantity) for r in held} == {("fourth", 3), ("third", 1)}
    assert not [*ledger_disagrees()]


@pytest.mark.django_db
def test_release_and_ship__order_split_over_locations__move_units_where_they_lay():
    mug = VariantFactory()
    shelves(near={mug: 2}, far={mug: 2})
    kept, sent = uuid4(), uuid4()

    reserve({mug.id: 3}, kept)
    stock.release(owner=kept, now=NOW)
    reserve({mug.id: 3}, sent)
    stock.ship(owner=sent, now=NOW)

    left = StockLevel.objects.order_by("location__priority").values_list("on_hand", "reserved")
    assert list(left) == [(0, 0), (1, 0)]
    assert not [*ledger_disagrees()]


@pytest.mark.django_db
def test_reserve__split_and_sold_out__product_is_no_longer_in_stock():
    mug = VariantFactory()
    shelves(near={mug: 2}, far={mug: 2})

    reserve({mug.id: 4})

    assert not mug.product.listing.in_stock


@pytest.mark.django_db(transaction=True)
def test_reserve__outside_a_transaction__is_refused():
    with pytest.raises(TransactionManagementError):
        stock.reserve(owner=uuid4(), quantities={VariantFactory(stock=1).id: 1}, now=NOW)


amounts = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)), min_size=5, max_size=5)
demands = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=4)


@pytest.mark.django_db
def test_reserve__any_orders_on_any_shelves__do_as_the_rule_says_or_are_short():
    variants = sorted((VariantFactory() for _ in range(3)), key=lambda v: v.id)
    places = [LocationFactory(code=f"place-{n}", priority=n % 3) for n in range(5)]

    @given(amounts=amounts, demands=demands)
    @settings(max_examples=40, deadline=None)
    def check(amounts, demands):
        with transaction.atomic():
            for place, units in zip(places, amounts, strict=True):
                for variant, on_hand in zip(variants, units, strict=True):
                    StockLevelFactory(variant=variant, location=place, on_hand=on_hand)
            for demand in demands:
                _reserve_as_the_rule_says({v.id: n for v, n in zip(variants, demand, strict=True) if n})
            assert not [*ledger_disagrees()]
            transaction.set_rollback(True)

    check()


def _reserve_as_the_rule_says(wanted):
    levels = [_Free(level) for level in StockLevel.objects.select_related("location")]
    there = {v: sum(level.free for level in levels if level.variant_id == v) for v in wanted}
    if any(there[v] < units for v, units in wanted.items()):
        with pytest.raises(OutOfStock) as refused:
            reserve(wanted)
        assert {s.available for s in refused.value.shortages} <= set(there.values())
        return
    expected = allocation.allocate(wanted=wanted, levels=levels)
    known = {level.id: level for level in levels}
    assert reserve(wanted) == {(known[i].code, known[i].variant_id): units for i, units in expected.items()}


class _Free:
    def __init__(self, level):
        self.id, self.variant_id, self.location_id = level.id, level.variant_id, level.location_id
        self.priority, self.code, self.free = level.location.priority, level.location.code, level.available
