"""The questions of agreement: each one statement, so one snapshot, answering rows (of what, should be, is).

Parameters: `ids`, `numbers`, `totals`, `emails` of the acknowledged orders, in step.
"""

STOCK_LEDGER = """
WITH ledger AS (
    SELECT variant_id, location_id, sum(on_hand_change) AS on_hand, sum(reserved_change) AS reserved
    FROM catalog_stockentry GROUP BY 1, 2
)
SELECT v.sku || ' at ' || o.code,
       format('%%s on hand, %%s reserved', coalesce(e.on_hand, 0), coalesce(e.reserved, 0)),
       format('%%s on hand, %%s reserved', coalesce(l.on_hand, 0), coalesce(l.reserved, 0))
FROM ledger e FULL JOIN catalog_stocklevel l USING (variant_id, location_id)
JOIN catalog_variant v ON v.id = variant_id JOIN catalog_location o ON o.id = location_id
WHERE (coalesce(e.on_hand, 0), coalesce(e.reserved, 0)) <> (coalesce(l.on_hand, 0), coalesce(l.reserved, 0))
"""

RESERVATIONS = """
WITH held AS (
    SELECT variant_id, location_id, sum(quantity) AS units FROM catalog_reservation GROUP BY 1, 2
)
SELECT v.sku || ' at ' || o.code, coalesce(h.units, 0)::text, l.reserved::text
FROM catalog_stocklevel l LEFT JOIN held h USING (variant_id, location_id)
JOIN catalog_variant v ON v.id = l.variant_id JOIN catalog_location o ON o.id = l.location_id
WHERE l.reserved <> coalesce(h.units, 0)
"""

SHIPPED_UNITS = """
WITH gone AS (
    SELECT cause, variant_id, -sum(on_hand_change) AS units
    FROM catalog_stockentry WHERE reason = 'shipped' GROUP BY 1, 2
), due AS (
    SELECT o.number, 'order:' || o.id AS cause, l.variant_id,
           CASE WHEN o.status IN ('shipped', 'delivered') THEN l.quantity ELSE 0 END AS units
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    WHERE o.status IN ('pending', 'paid', 'shipped', 'delivered', 'payment_failed')
)
SELECT d.number || ', ' || v.sku, d.units::text, coalesce(g.units, 0)::text
FROM due d LEFT JOIN gone g USING (cause, variant_id) JOIN catalog_variant v ON v.id = d.variant_id
WHERE d.units <> coalesce(g.units, 0)
"""

CAPTURED = """
WITH taken AS (
    SELECT order_id, sum(captured - refunded) AS amount FROM orders_payment GROUP BY 1
), due AS (
    SELECT id, number, CASE WHEN status = 'payment_failed' THEN 0 ELSE total END AS amount FROM orders_order
    WHERE status IN ('paid', 'shipped', 'delivered', 'payment_failed')
)
SELECT d.number, d.amount::text, coalesce(t.amount, 0)::text
FROM due d LEFT JOIN taken t ON t.order_id = d.id WHERE d.amount <> coalesce(t.amount, 0)
"""

_ACKNOWLEDGED = """
WITH acknowledged AS (
    SELECT * FROM unnest(%(ids)s::uuid[], %(numbers)s::text[], %(totals)s::numeric[], %(emails)s::text[])
        AS a (id, number, total, email)
)
"""


def _of_acknowledged(question: str) -> str:
    return _ACKNOWLEDGED + question


ORDERS = _of_acknowledged("""
SELECT a.number, 'there, over ' || a.total, coalesce('there, over ' || o.total, 'missing')
FROM acknowledged a LEFT JOIN orders_order o ON o.id = a.id AND o.number = a.number
WHERE o.total IS DISTINCT FROM a.total
""")

REPEATED_ORDERS = _of_acknowledged(""", due AS (
    SELECT email, count(DISTINCT id) AS orders FROM acknowledged GROUP BY 1
)
SELECT d.email, d.orders::text, count(*)::text
FROM due d JOIN orders_order o ON o.email = d.email GROUP BY d.email, d.orders HAVING count(*) > d.orders
""")

KEPT_RESERVATIONS = _of_acknowledged("""
SELECT o.number, '0', sum(r.quantity)::text
FROM acknowledged a JOIN orders_order o ON o.id = a.id JOIN catalog_reservation r ON r.owner = o.id
WHERE o.status NOT IN ('pending', 'paid') GROUP BY 1
""")

MESSAGES = _of_acknowledged(""", concerned AS (
    SELECT number, id::text AS aggregate FROM acknowledged
    UNION ALL
    SELECT a.number, m.id::text
    FROM core_mail m JOIN acknowledged a ON split_part(m.cause, ':', 2) = a.id::text
)
SELECT c.number || ', ' || m.handler, 'handled',
       concat_ws(': ', CASE WHEN m.dead_at IS NULL THEN 'open' ELSE 'dead' END, nullif(m.error, ''))
FROM core_outboxmessage m JOIN concerned c USING (aggregate) WHERE m.handled_at IS NULL
""")

MAILS = _of_acknowledged(""", due AS (
    SELECT o.id, o.number, news
    FROM acknowledged a JOIN orders_order o ON o.id = a.id, unnest(ARRAY['placed', 'paid', 'shipped']) AS news
    WHERE news = 'placed' OR o.status IN ('shipped', 'delivered') OR (news, o.status) = ('paid', 'paid')
)
SELECT d.number || ', ' || d.news, '1 sent', format('%%s sent of %%s', count(m.sent_at), count(m.id))
FROM due d LEFT JOIN core_mail m ON m.cause = 'orders.order_' || d.news || ':' || d.id
GROUP BY d.number, d.news HAVING (count(m.id), count(m.sent_at)) <> (1, 1)
""")

# What the provider should have: cents of each acknowledged order, and parcels.
PROVIDER = _of_acknowledged("""
SELECT o.number,
       CASE WHEN o.status IN ('paid', 'shipped', 'delivered') THEN (o.total * 100)::bigint ELSE 0 END,
       CASE WHEN o.status IN ('shipped', 'delivered') THEN 1 ELSE 0 END
FROM acknowledged a JOIN orders_order o ON o.id = a.id
WHERE EXISTS (SELECT FROM orders_payment p WHERE p.order_id = o.id AND p.gateway = 'sandbox')
""")
