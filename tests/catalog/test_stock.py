from datetime import UTC, datetime
from uuid import uuid4

import pytest

from catalog.models import Reservation, StockEntry, StockLevel
from catalog.services import stock
from tests.factories.catalog import VariantFactory

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Reason = StockEntry.Reason
pytestmark = pytest.mark.django_db


def reserve(owner, **quantities):
    wanted = {variant.id: units for variant, units in quantities.pop("of")}
    return stock.reserve(owner=owner, quantities=wanted, until=None, now=NOW)


def numbers(variant):
    return [
        (level.on_hand, level.reserved) for level in StockLevel.objects.filter(variant=variant).order_by("id")
    ]


def test_reserve__enough_units__moves_level_ledger_and_reservation(django_assert_num_queries):
    variant, owner = VariantFactory(stock=5), uuid4()

    with django_assert_num_queries(1):
        moved = reserve(owner, of=[(variant, 3)])

    assert [(m.variant_id, m.location, m.quantity) for m in moved] == [(variant.id, "main", 3)]
    assert numbers(variant) == [(5, 3)]
    entry = StockEntry.objects.get(reason=Reason.RESERVED)
    assert (entry.on_hand_change, entry.reserved_change, entry.cause) == (0, 3, f"order:{owner}")
    assert Reservation.objects.get(owner=owner).quantity == 3


def test_reserve__one_of_two_is_short__reserves_nothing_and_names_it():
    plenty, scarce = VariantFactory(stock=5), VariantFactory(stock=1, sku="SCARCE")

    with pytest.raises(stock.OutOfStock) as refused:
        reserve(uuid4(), of=[(plenty, 2), (scarce, 2)])

    assert refused.value.shortages == (stock.Shortage(sku="SCARCE", requested=2, available=1),)
    assert refused.value.errors[0].field == "items[sku=SCARCE]"
    assert numbers(plenty) == [(5, 0)]
    assert numbers(scarce) == [(1, 0)]
    assert not Reservation.objects.exists()
