from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from catalog.models import Listing, Reservation, StockEntry, StockLevel
from catalog.services import products, stock
from catalog.services.shortages import OutOfStock, Shortage
from tests.factories.catalog import VariantFactory

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Reason = StockEntry.Reason
pytestmark = pytest.mark.django_db


def reserve(owner, quantities):
    wanted = {variant.id: units for variant, units in quantities.items()}
    stock.reserve(owner=owner, quantities=wanted, now=NOW)


def entries_of(reason):
    entries = StockEntry.objects.filter(reason=reason).order_by("id")
    return list(entries.values_list("variant_id", "location__code", "on_hand_change", "reserved_change"))


def numbers(variant):
    levels = StockLevel.objects.filter(variant=variant).order_by("id")
    return list(levels.values_list("on_hand", "reserved"))


@pytest.mark.parametrize("lines", [1, 8])
def test_reserve__enough_units__moves_all_in_one_statement(lines, django_assert_num_queries):
    variants, owner = [VariantFactory(stock=5) for _ in range(lines)], uuid4()

    with django_assert_num_queries(1):
        reserve(owner, dict.fromkeys(variants, 3))

    assert set(entries_of(Reason.RESERVED)) == {(v.id, "main", 0, 3) for v in variants}
    assert [numbers(v) for v in variants] == [[(5, 3)]] * lines
    entries = StockEntry.objects.filter(reason=Reason.RESERVED)
    assert {(e.on_hand_change, e.reserved_change, e.cause) for e in entries} == {(0, 3, f"order:{owner}")}
    assert [r.quantity for r in Reservation.objects.filter(owner=owner)] == [3] * lines


def test_reserve__some_are_short__reserves_nothing_and_names_each():
    plenty, scarce = VariantFactory(stock=5), VariantFactory(stock=1, sku="SCARCE")
    none = VariantFactory(sku="NONE")

    with pytest.raises(OutOfStock) as refused:
        reserve(uuid4(), {plenty: 2, scarce: 2, none: 1})

    assert refused.value.shortages == (
        Shortage(sku="NONE", requested=1, available=0),
        Shortage(sku="SCARCE", requested=2, available=1),
    )
    assert [e.field for e in refused.value.errors] == ["items[sku=NONE]", "items[sku=SCARCE]"]
    assert (numbers(plenty), numbers(scarce)) == ([(5, 0)], [(1, 0)])
    assert not Reservation.objects.exists()


def test_reserve__absurd_quantity__is_out_of_stock():
    with pytest.raises(OutOfStock):
        reserve(uuid4(), {VariantFactory(stock=5): 2**40})


def test_reserve__withdrawn_variant__is_out_of_stock_by_the_sku_that_was_asked_for():
    variant = VariantFactory(sku="MUG", stock=5)
    products.withdraw(slug=variant.product.slug, precondition=lambda _: None, now=NOW)

    with pytest.raises(OutOfStock) as refused:
        reserve(uuid4(), {variant: 1})

    assert refused.value.shortages == (Shortage(sku="MUG", requested=1, available=0),)


def test_reserve__owner_twice__is_refused_by_the_constraint():
    variant, owner = VariantFactory(stock=5), uuid4()
    reserve(owner, {variant: 1})

    with pytest.raises(IntegrityError, match="reservation_once_per_owner"), transaction.atomic():
        reserve(owner, {variant: 1})


def test_release__twice__releases_once(django_assert_num_queries):
    variant, owner = VariantFactory(stock=5), uuid4()
    reserve(owner, {variant: 3})

    with django_assert_num_queries(2):
        for _ in range(2):
            stock.release(owner=owner, now=NOW)

    assert entries_of(Reason.RELEASED) == [(variant.id, "main", 0, -3)]
    assert numbers(variant) == [(5, 0)]
    assert not Reservation.objects.exists()


def test_ship__twice_and_then_release__leaves_the_house_once():
    variant, owner = VariantFactory(stock=5), uuid4()
    reserve(owner, {variant: 3})

    for end in (stock.ship, stock.ship, stock.release):
        end(owner=owner, now=NOW)

    assert numbers(variant) == [(2, 0)]
    assert entries_of(Reason.SHIPPED) == [(variant.id, "main", -3, -3)]
    assert entries_of(Reason.RELEASED) == []


def test_adjust__below_reserved__is_refused_with_the_numbers():
    variant, owner = VariantFactory(stock=5, sku="OAK"), uuid4()
    reserve(owner, {variant: 3})

    with pytest.raises(stock.BelowReserved, match="5 on hand, 3 of them reserved: 3 cannot be taken away"):
        stock.adjust(sku="OAK", change=-3, reason=Reason.WRITTEN_OFF, actor="test", now=NOW)

    assert numbers(variant) == [(5, 3)]


def test_read_model__sold_out_and_back__follows_the_units():
    variant, owner = VariantFactory(stock=2), uuid4()

    seen = []
    reserve(owner, {variant: 2})
    seen.append(Listing.objects.get().in_stock)
    stock.release(owner=owner, now=NOW)
    seen.append(Listing.objects.get().in_stock)
    stock.count(level=stock.lock_first_level(sku=variant.sku), on_hand=0, actor="test", now=NOW)
    seen.append(Listing.objects.get().in_stock)

    assert seen == [False, True, False]


@pytest.mark.parametrize("change", [{"reserved": 6}, {"reserved": -1}, {"on_hand": -1}])
def test_level__outside_its_bounds__is_refused_by_the_database(change):
    VariantFactory(stock=5)

    with pytest.raises(IntegrityError, match="stock_reserved_within_on_hand"):
        StockLevel.objects.update(**change)


@pytest.mark.parametrize("write", [lambda e: e.delete(), lambda e: e.update(cause="another")])
def test_ledger__changed_or_deleted__is_refused_by_the_database(write):
    VariantFactory(stock=5)

    with pytest.raises(DatabaseError, match="append-only"):
        write(StockEntry.objects.all())
