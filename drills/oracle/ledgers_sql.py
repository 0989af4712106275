"""The questions of ledgers.py: each one statement, so one snapshot, answering rows (of what, should be, is).

Parameters: `ids`, `numbers`, `totals`, `emails` of the acknowledged orders, in step.
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
    SELECT o.id, o.number, turn
    FROM acknowledged a JOIN orders_order o ON o.id = a.id, unnest(ARRAY['placed', 'paid', 'shipped']) AS turn
    WHERE turn = 'placed' OR o.status IN ('shipped', 'delivered') OR (turn, o.status) = ('paid', 'paid')
)
SELECT d.number || ', ' || d.turn, '1 sent', format('%%s sent of %%s', count(m.sent_at), count(m.id))
FROM due d LEFT JOIN core_mail m ON m.cause = 'orders.order_' || d.turn || ':' || d.id
GROUP BY d.number, d.turn HAVING (count(m.id), count(m.sent_at)) <> (1, 1)
""")

# What the provider should have of each acknowledged order, and how many parcels. An order that failed or was
# cancelled keeps no money; any other, what was not refunded.
PROVIDER = _of_acknowledged("""
SELECT o.number,
       CASE WHEN o.status IN ('paid', 'shipped', 'delivered', 'partially_refunded', 'returned')
            THEN o.total - p.refunded ELSE 0 END,
       (SELECT count(*) FROM orders_shipment s WHERE s.order_id = o.id AND s.carrier = 'sandbox'
        AND s.status IN ('shipped', 'delivered'))
FROM acknowledged a JOIN orders_order o ON o.id = a.id
JOIN LATERAL (
    SELECT sum(refunded) AS refunded FROM orders_payment WHERE order_id = o.id AND gateway = 'sandbox'
) p ON p.refunded IS NOT NULL
""")
