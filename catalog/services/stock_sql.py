"""The statements of services.stock. Each answers rows of `Row`.

A locking CTE returns the newest committed version of each row it waited for, and the UPDATE re-reads the
locked row, so every decision is taken on the truth although the statement's snapshot may be older.
"""

from typing import NamedTuple
from uuid import UUID


class Row(NamedTuple):
    """What happened to one level, or (`is_short`) which variant cannot be filled.

    `crossed`: the level ran empty, or has units again.
    """

    is_short: bool
    variant_id: UUID
    sku: str
    product_id: UUID
    slug: str
    location: str
    quantity: int
    available: int
    crossed: bool


RESERVE = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest(%(variants)s::uuid[], %(units)s::bigint[]) AS w (variant_id, units)
), locked AS (
    SELECT l.id, l.variant_id, l.location_id, l.on_hand - l.reserved AS free, o.priority, o.code
    FROM wanted w
    JOIN catalog_variant v ON v.id = w.variant_id AND v.withdrawn_at IS NULL
    JOIN catalog_stocklevel l ON l.variant_id = v.id
    JOIN catalog_location o ON o.id = l.location_id
    ORDER BY l.id FOR NO KEY UPDATE OF l
), short AS MATERIALIZED (
    SELECT w.variant_id, w.units, coalesce(sum(l.free), 0) AS available
    FROM wanted w LEFT JOIN locked l USING (variant_id)
    GROUP BY 1, 2 HAVING coalesce(sum(l.free), 0) < w.units
), plan AS (
    SELECT l.*, least(l.free, greatest(0, w.units - coalesce(sum(l.free) OVER (
        PARTITION BY l.variant_id ORDER BY l.priority, l.id
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0))) AS take
    FROM locked l JOIN wanted w USING (variant_id)
), moved AS (
    UPDATE catalog_stocklevel l SET reserved = l.reserved + p.take
    FROM plan p WHERE l.id = p.id AND p.take > 0 AND NOT EXISTS (SELECT FROM short)
    RETURNING l.variant_id, l.location_id, p.code, p.take, l.on_hand = l.reserved AS crossed
), held AS (
    INSERT INTO catalog_reservation (owner, variant_id, location_id, quantity, expires_at, created_at)
    SELECT %(owner)s, variant_id, location_id, take, %(until)s, %(now)s FROM moved
), noted AS (
    INSERT INTO catalog_stockentry
        (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
    SELECT variant_id, location_id, 0, take, 'reserved', %(cause)s, '', %(now)s FROM moved
)
SELECT false, m.variant_id, v.sku, v.product_id, p.slug, m.code, m.take, 0, m.crossed
FROM moved m JOIN catalog_variant v ON v.id = m.variant_id JOIN catalog_product p ON p.id = v.product_id
UNION ALL
SELECT true, s.variant_id, coalesce(v.sku, s.variant_id::text), v.product_id, '', '',
       s.units, s.available, false
FROM short s LEFT JOIN catalog_variant v ON v.id = s.variant_id
"""

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
), noted AS (
    INSERT INTO catalog_stockentry
        (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
    SELECT variant_id, location_id, {on_hand_change}, -quantity, {reason}, %(cause)s, '', %(now)s FROM moved
)
SELECT false, m.variant_id, v.sku, v.product_id, p.slug, o.code, m.quantity, 0, m.crossed
FROM moved m JOIN catalog_variant v ON v.id = m.variant_id JOIN catalog_product p ON p.id = v.product_id
JOIN catalog_location o ON o.id = m.location_id
"""

# As _END, for some of the units; a reservation of which a part is left stays.
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
), noted AS (
    INSERT INTO catalog_stockentry
        (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
    SELECT variant_id, location_id, -take, -take, 'shipped', %(cause)s, '', %(now)s FROM moved
)
SELECT false, m.variant_id, v.sku, v.product_id, p.slug, o.code, m.take, 0, false
FROM moved m JOIN catalog_variant v ON v.id = m.variant_id JOIN catalog_product p ON p.id = v.product_id
JOIN catalog_location o ON o.id = m.location_id
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
