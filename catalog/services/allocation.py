"""Which locations fill an order: as few as can, because each of them sends a shipment of its own.

Pure: it is given what lies where, and chooses. Services.stock holds the locks meanwhile.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, combinations, islice
from typing import Protocol
from uuid import UUID

MAX_SETS_TRIED = 1023  # sets of locations: all sets of ten locations, all pairs of 44


class Level(Protocol):
    """Free units of one variant at one location. Among locations the lowest (priority, id) comes first."""

    @property
    def id(self) -> int: ...
    @property
    def variant_id(self) -> UUID: ...
    @property
    def location_id(self) -> int: ...
    @property
    def priority(self) -> int: ...
    @property
    def free(self) -> int: ...


Wanted = Mapping[UUID, int]  # units by variant
Place = Mapping[UUID, Level]  # the levels of one location, by variant


def allocate(*, wanted: Wanted, levels: Iterable[Level]) -> dict[int, int]:
    """Units to take, by the id of the level. Expects that all levels together hold what is wanted.

    From the fewest locations that hold it all; among sets of the same size from the one that is first by
    priority. Inside the set a line stays whole where one location can fill it, else goes by priority. Exact
    where the answer is among the first MAX_SETS_TRIED sets, so always for up to ten locations; beyond that a
    good set, not surely the least.
    """
    places = _fewest(wanted, _by_priority(wanted, levels))
    takes: dict[int, int] = {}
    for variant_id, units in wanted.items():
        takes |= _fill(units, [place[variant_id] for place in places if variant_id in place])
    return takes


def _by_priority(wanted: Wanted, levels: Iterable[Level]) -> list[Place]:
    places: dict[int, dict[UUID, Level]] = {}
    for level in sorted(levels, key=lambda level: (level.priority, level.location_id)):
        if level.free > 0 and level.variant_id in wanted:
            places.setdefault(level.location_id, {})[level.variant_id] = level
    return list(places.values())


def _fewest(wanted: Wanted, places: Sequence[Place]) -> Sequence[Place]:
    sets = chain.from_iterable(combinations(places, size) for size in range(1, len(places) + 1))
    for chosen in islice(sets, MAX_SETS_TRIED):
        if not _missing(wanted, chosen):
            return chosen
    return _greedy(wanted, places)


def _greedy(wanted: Wanted, places: Sequence[Place]) -> Sequence[Place]:
    """Take the location that fills most of what is missing, again and again; drop those not needed."""
    chosen: list[Place] = []
    while missing := _missing(wanted, chosen):
        rest = [place for place in places if place not in chosen]
        chosen.append(min(rest, key=lambda place: sum(_missing(missing, [place]).values())))
    kept = [place for place in places if place in chosen]
    for place in reversed(kept):
        without = [other for other in kept if other is not place]
        kept = kept if _missing(wanted, without) else without
    return kept


def _missing(wanted: Wanted, places: Sequence[Place]) -> dict[UUID, int]:
    """What these locations together do not hold."""
    missing = {}
    for variant_id, units in wanted.items():
        there = sum(place[variant_id].free for place in places if variant_id in place)
        if there < units:
            missing[variant_id] = units - there
    return missing


def _fill(units: int, levels: Sequence[Level]) -> dict[int, int]:
    whole = [level for level in levels if level.free >= units]
    takes: dict[int, int] = {}
    for level in whole[:1] or levels:
        takes[level.id] = min(level.free, units - sum(takes.values()))
    return {level_id: taken for level_id, taken in takes.items() if taken}
