from itertools import chain, combinations
from time import perf_counter
from typing import NamedTuple
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.services.allocation import allocate

A, B, C = VARIANTS = [UUID(int=n) for n in (1, 2, 3)]


class Level(NamedTuple):
    id: int
    variant_id: UUID
    location_id: int
    priority: int
    free: int


def shelves(*places):
    """Levels of the locations 1, 2, ... in the order of their priority, from units by variant."""
    free = [(location, v, units) for location, place in enumerate(places, 1) for v, units in place.items()]
    return [Level(n, v, location, location, units) for n, (location, v, units) in enumerate(free, 1)]


def taken(wanted, levels):
    """Units by (location, variant)."""
    known = {level.id: level for level in levels}
    takes = allocate(wanted=wanted, levels=levels)
    return {(known[i].location_id, known[i].variant_id): units for i, units in takes.items()}


def fewest_by_trying_all(wanted, levels):
    """The locations of the smallest set that holds everything; of those the first by priority."""
    locations = sorted({level.location_id: level.priority for level in levels}.items(), key=lambda i: i[::-1])
    order = [location for location, _ in locations]
    subsets = chain.from_iterable(combinations(range(len(order)), size) for size in range(1, len(order) + 1))
    able = [
        s
        for s in subsets
        if all(
            sum(lv.free for lv in levels if lv.variant_id == v and order.index(lv.location_id) in s) >= units
            for v, units in wanted.items()
        )
    ]
    return {order[n] for n in min(able, key=lambda s: (len(s), s))}


EXAMPLES = {
    "the first by priority": ({A: 2}, [{A: 5}, {A: 5}], {(1, A): 2}),
    "one that has all, not a nearer one that has some": ({A: 2}, [{A: 1}, {A: 5}], {(2, A): 2}),
    "one parcel, not two": ({A: 1, B: 1}, [{A: 9}, {B: 9}, {A: 1, B: 1}], {(3, A): 1, (3, B): 1}),
    "two of three, first by priority": ({A: 6}, [{A: 2}, {A: 3}, {A: 4}], {(1, A): 2, (3, A): 4}),
    "a line stays whole": ({A: 3, B: 1}, [{A: 2, B: 1}, {A: 3}], {(1, B): 1, (2, A): 3}),
    "as many as it needs": ({A: 3}, [{A: 1}, {A: 1}, {A: 1}], {(1, A): 1, (2, A): 1, (3, A): 1}),
    "empty levels are no help": ({A: 2}, [{A: 0, B: 7}, {A: 1}, {A: 1}], {(2, A): 1, (3, A): 1}),
}


@pytest.mark.parametrize(("wanted", "places", "expected"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_allocate__example__is_as_expected(wanted, places, expected):
    assert taken(wanted, shelves(*places)) == expected


units = st.integers(0, 6)
places = st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(VARIANTS, units)), min_size=1, max_size=8)


@given(wanted=st.dictionaries(st.sampled_from(VARIANTS), st.integers(1, 8), min_size=1), places=places)
@settings(max_examples=400, deadline=None)
def test_allocate__anything_that_can_be_filled__is_filled_from_the_fewest_by_priority(wanted, places):
    levels = shelves(*places)
    wanted = {v: min(n, sum(lv.free for lv in levels if lv.variant_id == v)) for v, n in wanted.items()}
    wanted = {v: n for v, n in wanted.items() if n}

    takes = taken(wanted, levels)

    free = {(level.location_id, level.variant_id): level.free for level in levels}
    assert {v: sum(n for (_, w), n in takes.items() if w == v) for v in wanted} == wanted
    assert all(0 < n <= free[where] for where, n in takes.items())
    assert {place for place, _ in takes} == (fewest_by_trying_all(wanted, levels) if wanted else set())


def test_allocate__sixty_locations_with_one_unit_each__is_filled_in_moments():
    levels = shelves(*[{A: 1, B: 1}] * 60)

    began = perf_counter()
    takes = taken({A: 30, B: 20}, levels)

    assert perf_counter() - began < 2
    assert len({place for place, _ in takes}) == 30
    assert sum(takes.values()) == 50


def test_allocate__too_many_locations_to_try_all__leaves_out_what_is_not_needed():
    levels = shelves({A: 3, C: 1}, *[{A: 1}] * 15, *[{B: 1}] * 15, {C: 2})

    takes = taken({A: 4, B: 15, C: 2}, levels)

    assert {place for place, _ in takes} == {1, 2, *range(17, 33)}
    assert takes[32, C] == 2
