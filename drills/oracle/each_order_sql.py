"""What each_order.py asks of the orders `ids`: rows of (what, should be, is), as in ledgers_sql.py."""

# Each turn that an order has taken was published once, and nothing else was.
TURNS = """
WITH named (status, event) AS (
    VALUES ('pending', 'orders.order_placed'), ('paid', 'orders.order_paid'),
           ('shipped', 'orders.order_shipped'), ('cancelled', 'orders.order_cancelled'),
           ('payment_failed', 'orders.payment_failed')
), turns AS (
    SELECT e.order_id::text AS aggregate, n.event, count(*) AS times
    FROM orders_orderevent e JOIN named n ON n.status = e.to_status
    WHERE e.order_id = ANY(%(ids)s) AND e.from_status <> e.to_status GROUP BY 1, 2
), published AS (
    SELECT aggregate, event, count(DISTINCT event_id) AS times
    FROM core_outboxmessage JOIN named USING (event)
    WHERE aggregate = ANY(%(ids)s::text[]) GROUP BY 1, 2
)
SELECT aggregate || ', ' || event, coalesce(t.times, 0)::text, coalesce(p.times, 0)::text
FROM turns t FULL JOIN published p USING (aggregate, event) WHERE t.times IS DISTINCT FROM p.times
"""

# One mail for each turn of which a customer is notified.
MAILS = """
WITH due AS (
    SELECT aggregate, event, count(DISTINCT event_id) AS times FROM core_outboxmessage
    WHERE aggregate = ANY(%(ids)s::text[]) AND handler LIKE 'orders.mail%%' GROUP BY 1, 2
), written AS (
    SELECT split_part(cause, ':', 2) AS aggregate, split_part(cause, ':', 1) AS event, count(*) AS times
    FROM core_mail WHERE split_part(cause, ':', 2) = ANY(%(ids)s::text[]) GROUP BY 1, 2
)
SELECT aggregate || ', ' || event, coalesce(t.times, 0)::text, coalesce(w.times, 0)::text
FROM due t FULL JOIN written w USING (aggregate, event) WHERE t.times IS DISTINCT FROM w.times
"""

# A voucher took something off if and only if one of its uses is written down.
DISCOUNTS = """
SELECT o.number, (o.discount > 0)::int::text, count(u.id)::text
FROM orders_order o LEFT JOIN orders_voucheruse u ON u.order_id = o.id
WHERE o.id = ANY(%(ids)s) GROUP BY o.id HAVING count(u.id) <> (o.discount > 0)::int
"""

# Its use is released if and only if its order failed or was cancelled.
RELEASED_VOUCHERS = """
WITH ended AS (
    SELECT DISTINCT order_id FROM orders_orderevent WHERE to_status IN ('cancelled', 'payment_failed')
)
SELECT o.number, (e.order_id IS NOT NULL)::text, (u.released_at IS NOT NULL)::text
FROM orders_voucheruse u JOIN orders_order o ON o.id = u.order_id LEFT JOIN ended e ON e.order_id = o.id
WHERE o.id = ANY(%(ids)s) AND (e.order_id IS NULL) <> (u.released_at IS NULL)
"""

OVERUSED = """
SELECT v.code, 'at most ' || v.max_uses, count(*)::text
FROM orders_voucher v JOIN orders_voucheruse u ON u.voucher_id = v.id AND u.released_at IS NULL
GROUP BY v.id HAVING count(*) > v.max_uses
"""

# No unit that an order held was both sent and let go.
ENDED_HOLDS = """
SELECT cause || ', ' || variant_id, sum(reserved_change) FILTER (WHERE reason = 'reserved')::text,
       (-sum(reserved_change) FILTER (WHERE reason <> 'reserved'))::text
FROM catalog_stockentry WHERE cause = ANY(SELECT 'order:' || unnest(%(ids)s::text[]))
GROUP BY cause, variant_id HAVING sum(reserved_change) < 0
"""

# Units of one location are in one shipment, which has nothing else. Staff do not say where they have packed.
SHIPMENTS = """
WITH concerned AS (
    SELECT order_id FROM orders_shipment
    WHERE order_id = ANY(%(ids)s) AND status IN ('shipped', 'delivered')
    GROUP BY 1 HAVING bool_and(location <> '')
), sent AS (
    SELECT order_id, location, count(DISTINCT s.id) AS shipments,
           string_agg((u->>'quantity') || ' ' || (u->>'sku'), ', ' ORDER BY u->>'sku' COLLATE "C") AS content
    FROM orders_shipment s, jsonb_array_elements(s.lines) AS u
    WHERE status IN ('shipped', 'delivered') AND order_id IN (SELECT order_id FROM concerned) GROUP BY 1, 2
), gone AS (
    SELECT c.order_id, o.code AS location, v.sku, -sum(e.on_hand_change) AS units
    FROM concerned c JOIN catalog_stockentry e ON e.cause = 'order:' || c.order_id AND e.reason = 'shipped'
    JOIN catalog_location o ON o.id = e.location_id JOIN catalog_variant v ON v.id = e.variant_id
    GROUP BY 1, 2, 3
), due AS (
    SELECT order_id, location, 1 AS shipments,
           string_agg(units || ' ' || sku, ', ' ORDER BY sku COLLATE "C") AS content
    FROM gone GROUP BY 1, 2
)
SELECT o.number || ' from ' || location, concat_ws(' with ', d.shipments, d.content),
       concat_ws(' with ', s.shipments, s.content)
FROM sent s FULL JOIN due d USING (order_id, location) JOIN orders_order o ON o.id = order_id
WHERE (s.shipments, s.content) IS DISTINCT FROM (d.shipments, d.content)
"""

STATEMENTS = {
    "units sent or let go of those held": ENDED_HOLDS,
    "shipments": SHIPMENTS,
    "published": TURNS,
    "mails": MAILS,
    "uses of vouchers": DISCOUNTS,
    "voucher released": RELEASED_VOUCHERS,
    "orders with the voucher": OVERUSED,
}
