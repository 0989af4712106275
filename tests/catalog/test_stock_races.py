"""R11 and R12, short: real threads on real PostgreSQL."""

import contextlib
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from uuid import uuid4

import pytest
from django.db import connection, transaction

from catalog.models import Listing, Reservation, StockEntry, StockLevel
from catalog.services import products, read_model, stock
from catalog.services.shortages import OutOfStock
from core.errors import Conflict
from tests.factories.catalog import LocationFactory, ProductFactory, VariantFactory
from tests.locks import somebody_waits_for_us
from tests.races import at_once
from tests.stack import eventually

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
Reason = StockEntry.Reason
pytestmark = pytest.mark.django_db(transaction=True)


def race(calls):
    """Run all at once; what each returned, or the refusal it raised."""
    return at_once(*(partial(_outcome, call) for call in calls))


def _outcome(call):
    try:
        return call()
    except Conflict as refused:
        return refused


def reserve(owner, quantities):
    """The units that the ledger says were reserved."""
    with transaction.atomic():
        stock.reserve(owner=owner, quantities=quantities, now=NOW)
    return moved(owner, Reason.RESERVED)


def moved(owner, *reasons):
    entries = StockEntry.objects.filter(cause=f"order:{owner}", reason__in=reasons)
    return list(entries.values_list("reserved_change", flat=True))


def take(quantities):
    return lambda: reserve(uuid4(), quantities)


def spread(variant, units):
    for priority, (code, change) in enumerate(units.items(), 1):
        LocationFactory(code=code, priority=priority)
        if change:
            stock.adjust(
                sku=variant.sku, location=code, change=change, reason=Reason.RECEIVED, actor="", now=NOW
            )


def assert_ledger_adds_up():
    for level in StockLevel.objects.all():
        here = {"variant": level.variant_id, "location": level.location_id}
        entries, held = StockEntry.objects.filter(**here), Reservation.objects.filter(**here)
        assert level.on_hand == sum(e.on_hand_change for e in entries)
        assert level.reserved == sum(e.reserved_change for e in entries) == sum(r.quantity for r in held)


def deadlocks():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def test_reserve__50_threads_on_the_last_unit__sell_exactly_one():
    variant = VariantFactory(stock=1)

    outcomes = race([take({variant.id: 1})] * 50)

    sold = [o for o in outcomes if not isinstance(o, OutOfStock)]
    assert len(sold) == 1
    assert StockLevel.objects.get(variant=variant).reserved == 1
    assert Reservation.objects.count() == 1
    assert not Listing.objects.get(product=variant.product).in_stock


def test_reserve__40_threads_on_25_units_in_two_places__sell_all_of_them():
    variant = VariantFactory(stock=10)
    spread(variant, {"attic": 15})

    outcomes = race([take({variant.id: 1})] * 40)

    assert sum(not isinstance(o, OutOfStock) for o in outcomes) == 25
    assert {(s.on_hand, s.reserved) for s in StockLevel.objects.all()} == {(10, 10), (15, 15)}


def test_reserve__many_items_shuffled__never_deadlock_and_add_up():
    variants = [VariantFactory(stock=60) for _ in range(6)]
    before = deadlocks()

    def shopper():
        for _ in range(4):
            chosen = random.sample(variants, 4)
            owner = uuid4()
            reserve(owner, {v.id: 1 for v in chosen})
            if random.random() < 0.5:
                random.choice([stock.release, stock.ship])(owner=owner, now=NOW)

    race([shopper] * 12)

    assert deadlocks() == before
    assert_ledger_adds_up()


@pytest.mark.parametrize("how", ["released", "shipped and received", "received"])
def test_reserve__units_come_while_it_waits_for_the_lock__are_sold(how):
    variant, holder = VariantFactory(stock=1), uuid4()
    reserve(holder, {variant.id: 1})
    receive = partial(stock.adjust, sku=variant.sku, change=1, reason=Reason.RECEIVED, actor="", now=NOW)

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            if how == "released":
                stock.release(owner=holder, now=NOW)
            if how == "shipped and received":
                stock.ship(owner=holder, now=NOW)
            if how != "released":
                receive()
            buyer = pool.submit(race, [take({variant.id: 1})])
            eventually(somebody_waits_for_us, seconds=30)
        (outcome,) = buyer.result(30)

    assert outcome == [1]
    assert_ledger_adds_up()


def test_reserve__orders_of_two_units_lying_apart__sell_all_that_fit():
    variant = VariantFactory(stock=5)
    spread(variant, {"attic": 5, "barn": 5})

    outcomes = race([take({variant.id: 2})] * 30)

    assert sum(not isinstance(o, Conflict) for o in outcomes) == 7
    free = [level.available for level in StockLevel.objects.all()]
    assert sum(free) == 1
    assert not isinstance(take({variant.id: 1})(), Conflict)


def test_reserve__split_orders_shuffled_over_locations__never_deadlock_and_add_up():
    variants = [VariantFactory(stock=3) for _ in range(4)]
    for variant in variants:
        spread(variant, {"attic": random.randrange(40), "barn": 3, "cellar": random.randrange(40)})
    before = deadlocks()

    def shopper():
        for _ in range(6):
            owner, wanted = uuid4(), {v.id: random.randint(1, 4) for v in random.sample(variants, 3)}
            with contextlib.suppress(OutOfStock):
                reserve(owner, wanted)
            if random.random() < 0.7:
                random.choice([stock.release, stock.ship])(owner=owner, now=NOW)

    race([shopper] * 10)

    assert deadlocks() == before
    assert_ledger_adds_up()


def test_reserve_and_release__crossing_sold_out_on_two_variants__read_model_is_true():
    product = ProductFactory(variant__stock=1)
    variants = [product.variants.get(), VariantFactory(product=product, stock=1)]

    for _ in range(10):
        owners = [uuid4(), uuid4()]
        race([lambda v=v, o=o: reserve(o, {v.id: 1}) for v, o in zip(variants, owners, strict=True)])
        assert not Listing.objects.get().in_stock
        race([lambda o=o: stock.release(owner=o, now=NOW) for o in owners])
        assert Listing.objects.get().in_stock


def test_receive_return__levels_older_in_the_later_product__no_deadlock_with_an_order(monkeypatch):
    low, high = sorted((ProductFactory(variant=None) for _ in range(2)), key=lambda product: product.pk)
    back = [VariantFactory(product=product, stock=0) for product in (high, low)]
    last = [VariantFactory(product=product, stock=1) for product in (low, high)]
    refresh, pool = read_model.refresh_in_stock, ThreadPoolExecutor(1)
    buyers = []

    def sell_out_meanwhile(*, product_ids):
        changed = refresh(product_ids=product_ids)
        if not buyers:
            buyers.append(pool.submit(race, [take({variant.id: 1 for variant in last})]))
            eventually(somebody_waits_for_us, seconds=30)
        return changed

    monkeypatch.setattr(read_model, "refresh_in_stock", sell_out_meanwhile)
    with pool:
        units = {variant.id: 1 for variant in back}
        stock.receive_return(quantities=units, is_restocked=True, cause="", actor="", now=NOW)
        (outcome,) = buyers[0].result(30)

    assert outcome == [1, 1]
    assert_ledger_adds_up()


def test_withdraw__variants_referred_to_meanwhile_the_other_way_round__no_deadlock(monkeypatch):
    """As the commit of an order does, whose lines come in the order in which they were asked for."""
    location, product = LocationFactory(), ProductFactory(variant=None)
    variants = [VariantFactory(product=product, position=position) for position in (1, 0)]
    withdraw_one, before, pool = products.withdraw_variant, deadlocks(), ThreadPoolExecutor(1)
    commits = []

    def refer():
        StockLevel.objects.bulk_create([StockLevel(variant=v, location=location) for v in variants])

    def commit_meanwhile(**one):
        withdraw_one(**one)
        if not commits:
            commits.append(pool.submit(race, [refer]))
            eventually(lambda: commits[0].done() or somebody_waits_for_us(), seconds=30)

    monkeypatch.setattr(products, "withdraw_variant", commit_meanwhile)
    with pool:
        products.withdraw(slug=product.slug, precondition=lambda _: None, now=NOW)
        commits[0].result(30)

    assert deadlocks() == before
    assert StockLevel.objects.filter(variant__withdrawn_at=NOW).count() == 2


def test_end__release_and_ship_racing__only_one_moves_the_units():
    variant = VariantFactory(stock=100)
    for _ in range(10):
        owner = uuid4()
        reserve(owner, {variant.id: 1})

        race(
            [lambda o=owner: stock.release(owner=o, now=NOW), lambda o=owner: stock.ship(owner=o, now=NOW)]
            * 2
        )

        assert moved(owner, Reason.RELEASED, Reason.SHIPPED) == [-1]
    assert StockLevel.objects.get().reserved == 0


def test_create__one_sku_at_once__one_wins_and_the_rest_are_409():
    described = products.VariantInput(price=1, currency="USD", sku="ONLY")

    def create():
        return products.create(fields={"name": "Stool"}, variants=[described], actor="test", now=NOW)

    outcomes = race([create] * 8)

    assert sum(not isinstance(o, Conflict) for o in outcomes) == 1
