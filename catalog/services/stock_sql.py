"""The statements of services.stock. Each answers rows of `Row`, or as said beside it.

A locking CTE returns the newest committed version of each row it waited for, and the UPDATE re-reads the
locked row, so every decision is taken on the truth although the statement's snapshot may be older. But
PostgreSQL tries constraints on the snapshot's version first. RESERVE therefore writes both numbers as found
under the lock: on an older row, from before units came in, what now fits would break the constraint.
"""

from typing import NamedTuple
from uuid import UUID


class Row(NamedTuple):
    """A product of which units moved at one level. `crossed`: the level ran empty, or has units again."""

    product_id: UUID
    slug: str
    crossed: bool


class Level(NamedTuple):
    """A locked level of a wanted variant. Units were taken from it unless `crossed` is None."""

    id: int
    variant_id: UUID
    product_id: UUID
    slug: str
    location_id: int
    priority: int
    free: int
    crossed: bool | None


_HOLD = """
held AS (
    INSERT INTO catalog_reservation (owner, variant_id, location_id, quantity, created_at)
    SELECT %(owner)s, variant_id, location_id, units, %(now)s FROM moved
), recorded AS (
    INSERT INTO catalog_stockentry
        (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
    SELECT variant_id, location_id, 0, units, 'reserved', %(cause)s, '', %(now)s FROM moved
)
"""

# Takes all from the first location that can fill every line, and answers those levels. Where there is none it
# changes nothing and answers every level, locked. The arrays are sub-selects to hide their length from the
# planner: it makes one plan for any number of lines, and a prepared statement keeps it.
RESERVE = f"""
WITH locked AS (
    SELECT l.id, l.variant_id, v.product_id, p.slug, l.location_id, o.priority,
           l.on_hand - l.reserved AS free, w.units, l.on_hand, l.reserved
    FROM unnest((SELECT %(variants)s::uuid[]), (SELECT %(units)s::bigint[])) AS w (variant_id, units)
    JOIN catalog_variant v ON v.id = w.variant_id AND v.withdrawn_at IS NULL
    JOIN catalog_product p ON p.id = v.product_id
    JOIN catalog_stocklevel l ON l.variant_id = v.id
    JOIN catalog_location o ON o.id = l.location_id
    ORDER BY l.id FOR NO KEY UPDATE OF l
), place AS (
    SELECT location_id FROM locked WHERE free >= units
    GROUP BY priority, location_id HAVING count(*) = cardinality(%(variants)s::uuid[])
    ORDER BY priority, location_id LIMIT 1
), moved AS (
    UPDATE catalog_stocklevel l SET on_hand = k.on_hand, reserved = k.reserved + k.units
    FROM locked k WHERE l.id = k.id AND k.location_id = (SELECT location_id FROM place)
    RETURNING l.id, l.variant_id, l.location_id, k.units, l.on_hand = l.reserved AS crossed
), {_HOLD}
SELECT k.id, k.variant_id, k.product_id, k.slug, k.location_id, k.priority, k.free, m.crossed
FROM locked k LEFT JOIN moved m USING (id)
WHERE m.id IS NOT NULL OR NOT EXISTS (SELECT FROM moved)
"""  # noqa: S608 - constants only

# Takes given units from levels that the transaction has locked; answers (id, crossed).
TAKE = f"""
WITH moved AS (
    UPDATE catalog_stocklevel l SET reserved = l.reserved + t.units
    FROM unnest(%(levels)s::bigint[], %(units)s::bigint[]) AS t (id, units) WHERE l.id = t.id
    RETURNING l.id, l.variant_id, l.location_id, t.units, l.on_hand = l.reserved AS crossed
), {_HOLD}
SELECT id, crossed FROM moved
"""  # noqa: S608 - constants only

_END = """
WITH held AS (
    SELECT id, variant_id, location_id, quantity FROM catalog_reservation
    WHERE owner = %(owner)s ORDER BY id FOR UPDATE
), locked AS (
    SELECT l.id, h.quantity
    FROM held h JOIN catalog_stocklevel l USING (variant_id, location_id)
    ORDER BY l.id FOR NO KEY UPDATE OF l
), moved AS (
    UPDATE catalog_stocklevel l SET {change}
    FROM locked k WHERE l.id = k.id
    RETURNING l.variant_id, l.location_id, k.quantity, {crossed} AS crossed
), ended AS (
    DELETE FROM catalog_reservation r USING held h WHERE r.id = h.id
), recorded AS (
    INSERT INTO catalog_stockentry
        (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
    SELECT variant_id, location_id, {on_hand_change}, -quantity, {reason}, %(cause)s, '', %(now)s FROM moved
)
SELECT v.product_id, p.slug, m.crossed
FROM moved m JOIN catalog_variant v ON v.id = m.variant_id JOIN catalog_product p ON p.id = v.product_id
"""

# As _END, for some of the units; a reservation of which a part is left stays. Answers how many were shipped.
SHIP_UNITS = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(variants)s::uuid[], %(units)s::bigint[]) AS w (variant_id, units)
), held AS (
    SELECT r.id, r.variant_id, r.location_id, r.quantity, w.units
    FROM catalog_reservation r JOIN wanted w USING (variant_id)
    WHERE r.owner = %(owner)s ORDER BY r.id FOR UPDATE OF r
), plan AS MATERIALIZED (
    SELECT h.*, least(h.quantity, greatest(0, h.units - coalesce(sum(h.quantity) OVER (
        PARTITION BY h.variant_id ORDER BY h.id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)))
        AS take
    FROM held h
), locked AS (
    SELECT l.id, p.take
    FROM plan p JOIN catalog_stocklevel l USING (variant_id, location_id)
    WHERE p.take > 0 ORDER BY l.id FOR NO KEY UPDATE OF l
), moved AS (
    UPDATE catalog_stocklevel l SET on_hand = l.on_hand - k.take, reserved = l.reserved - k.take
    FROM locked k WHERE l.id = k.id
    RETURNING l.variant_id, l.location_id, k.take
), ended AS (
    DELETE FROM catalog_reservation r USING plan p WHERE r.id = p.id AND p.take = p.quantity
), lessened AS (
    UPDATE catalog_reservation r SET quantity = r.quantity - p.take
    FROM plan p WHERE r.id = p.id AND p.take > 0 AND p.take < p.quantity
), recorded AS (
    INSERT INTO catalog_stockentry
        (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
    SELECT variant_id, location_id, -take, -take, 'shipped', %(cause)s, '', %(now)s FROM moved
)
SELECT coalesce(sum(take), 0)::bigint FROM moved
"""

RELEASE = _END.format(
    change="reserved = l.reserved - k.quantity",
    crossed="l.on_hand - l.reserved = k.quantity",
    on_hand_change="0",
    reason="%(reason)s",
)

SHIP = _END.format(
    change="on_hand = l.on_hand - k.quantity, reserved = l.reserved - k.quantity",
    crossed="false",
    on_hand_change="-quantity",
    reason="'shipped'",
)
