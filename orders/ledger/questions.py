"""The questions by which the ledgers are reconciled (O12), each one statement and so one snapshot.

Each answers rows of (what, should be, is), one for each discrepancy.

An order that workers still have to do something for is passed over: it is compared when they are done.
What they have given up is compared, because that is a difference that somebody has to see.
"""

from enum import StrEnum
from typing import NamedTuple


class Subject(StrEnum):
    """What of the shop a question is about."""

    ORDERS = "orders"
    STOCK = "stock"
    PAYMENTS = "payments"
    VOUCHERS = "vouchers"


class LedgerQuestion(NamedTuple):
    """`what` is counted, as a discrepancy shows it; `statement` answers the rows that do not agree."""

    what: str
    subject: Subject
    statement: str


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

RESERVED_UNITS = """
WITH held AS (
    SELECT variant_id, location_id, sum(quantity) AS units FROM catalog_reservation GROUP BY 1, 2
)
SELECT v.sku || ' at ' || o.code, coalesce(h.units, 0)::text, l.reserved::text
FROM catalog_stocklevel l LEFT JOIN held h USING (variant_id, location_id)
JOIN catalog_variant v ON v.id = l.variant_id JOIN catalog_location o ON o.id = l.location_id
WHERE l.reserved <> coalesce(h.units, 0)
"""

# Lines never change: where one is gone or altered the order does not add up. Its tax includes that on the
# shipping, which stands on no line and is at most its price.
LINES = """
WITH lines AS (
    SELECT order_id, sum(total) AS goods, sum(discount) AS off, sum(tax) AS tax
    FROM orders_orderline GROUP BY 1
), compared AS (
    SELECT o.number, o.subtotal, o.discount, o.tax, o.shipping, coalesce(l.goods, 0) AS goods,
           coalesce(l.off, 0) AS off, coalesce(l.tax, 0) AS tax_of_goods
    FROM orders_order o LEFT JOIN lines l ON l.order_id = o.id
)
SELECT number, format('%%s less %%s, tax %%s to %%s', subtotal, discount, greatest(tax - shipping, 0), tax),
       format('%%s less %%s, tax %%s', goods, off, tax_of_goods)
FROM compared
WHERE (subtotal, discount) <> (goods, off) OR tax_of_goods NOT BETWEEN tax - shipping AND tax
"""

# `saga_steps` are the names of the handlers that move an order on (core.outbox.registry): one that only
# notifies somebody of an order does not keep it from being checked.
_BUSY = """
SELECT aggregate FROM core_outboxmessage
WHERE handled_at IS NULL AND dead_at IS NULL AND handler = ANY(%(saga_steps)s::text[])
"""

_SHIPMENTS = """
SELECT s.order_id, u->>'sku' AS sku, sum((u->>'quantity')::int) AS units
FROM orders_shipment s, jsonb_array_elements(s.lines) AS u
WHERE s.status IN ('shipped', 'delivered') AND s.order_id IN (SELECT id FROM concerned) GROUP BY 1, 2
"""


def _with_parts(question: str) -> str:
    return question.replace("{busy}", _BUSY).replace("{shipments}", _SHIPMENTS)


RESERVATIONS = _with_parts("""
WITH busy AS ({busy}), held AS (
    SELECT owner AS order_id, variant_id, sum(quantity) AS units FROM catalog_reservation GROUP BY 1, 2
), concerned AS (
    SELECT id FROM orders_order WHERE status IN ('pending', 'paid')
), sent AS ({shipments}), due AS (
    SELECT l.order_id, l.variant_id, l.quantity - coalesce(s.units, 0) AS units
    FROM concerned c JOIN orders_orderline l ON l.order_id = c.id
    LEFT JOIN sent s ON s.order_id = l.order_id AND s.sku = l.sku
)
SELECT coalesce(o.number, order_id::text) || ', ' || v.sku, coalesce(d.units, 0)::text,
       coalesce(h.units, 0)::text
FROM held h FULL JOIN due d USING (order_id, variant_id)
LEFT JOIN orders_order o ON o.id = order_id JOIN catalog_variant v ON v.id = variant_id
WHERE coalesce(d.units, 0) <> coalesce(h.units, 0) AND order_id::text NOT IN (SELECT aggregate FROM busy)
""")

# An order shipped whole has shipped its lines; any other, what its shipments say. Nothing else has
# left for it.
SHIPPED_UNITS = _with_parts("""
WITH concerned AS (
    SELECT id FROM orders_order WHERE status NOT IN ('shipped', 'delivered')
), gone AS (
    SELECT cause, variant_id, -sum(on_hand_change) AS units
    FROM catalog_stockentry WHERE reason = 'shipped' GROUP BY 1, 2
), sent AS ({shipments}), due AS (
    SELECT o.number, 'order:' || o.id AS cause, l.variant_id,
           CASE WHEN o.status IN ('shipped', 'delivered') THEN l.quantity
                ELSE coalesce(s.units, 0) END AS units
    FROM orders_order o JOIN orders_orderline l ON l.order_id = o.id
    LEFT JOIN sent s ON s.order_id = o.id AND s.sku = l.sku
)
SELECT coalesce(d.number, cause) || ', ' || v.sku, coalesce(d.units, 0)::text, coalesce(g.units, 0)::text
FROM due d FULL JOIN gone g USING (cause, variant_id) JOIN catalog_variant v ON v.id = variant_id
WHERE coalesce(d.units, 0) <> coalesce(g.units, 0)
""")

RETURNED_UNITS = """
WITH back AS (
    SELECT cause, variant_id, sum(on_hand_change) FILTER (WHERE reason = 'returned') AS units,
           -coalesce(sum(on_hand_change) FILTER (WHERE reason = 'written_off'), 0) AS lost
    FROM catalog_stockentry
    WHERE reason IN ('returned', 'written_off') AND cause LIKE 'order:%%' GROUP BY 1, 2
), recorded AS (
    SELECT r.order_id, u->>'sku' AS sku, sum((u->>'quantity')::int) AS units,
           coalesce(sum((u->>'quantity')::int) FILTER (WHERE NOT r.restock), 0) AS lost
    FROM orders_return r, jsonb_array_elements(r.lines) AS u GROUP BY 1, 2
), due AS (
    SELECT 'order:' || t.order_id AS cause, l.variant_id, t.units, t.lost
    FROM recorded t JOIN orders_orderline l USING (order_id, sku)
)
SELECT cause || ', ' || v.sku,
       format('%%s returned, %%s written off', coalesce(d.units, 0), coalesce(d.lost, 0)),
       format('%%s returned, %%s written off', coalesce(b.units, 0), coalesce(b.lost, 0))
FROM due d FULL JOIN back b USING (cause, variant_id) JOIN catalog_variant v ON v.id = variant_id
WHERE (coalesce(d.units, 0), coalesce(d.lost, 0)) <> (coalesce(b.units, 0), coalesce(b.lost, 0))
"""

# A shipment that is intended has a worker that books and sends it, or cancels it.
UNSENT_SHIPMENTS = _with_parts("""
WITH busy AS ({busy})
SELECT o.number || ', ' || s.idempotency_key, 'sent or cancelled', 'pending'
FROM orders_shipment s JOIN orders_order o ON o.id = s.order_id
WHERE s.status = 'pending' AND o.id::text NOT IN (SELECT aggregate FROM busy)
""")

MONEY_TAKEN = _with_parts("""
WITH busy AS ({busy}), taken AS (
    SELECT order_id, sum(captured) AS captured, sum(captured - refunded) AS kept
    FROM orders_payment GROUP BY 1
), due AS (
    SELECT id, number, total,
           status IN ('paid', 'shipped', 'delivered', 'partially_refunded', 'returned') AS pays
    FROM orders_order
), compared AS (
    SELECT d.id, d.number, CASE WHEN d.pays THEN d.total ELSE 0 END AS due,
           coalesce(CASE WHEN d.pays THEN t.captured ELSE t.kept END, 0) AS found
    FROM due d LEFT JOIN taken t ON t.order_id = d.id
)
SELECT number, due::text, found::text FROM compared
WHERE due <> found AND id::text NOT IN (SELECT aggregate FROM busy)
""")

# What is held or may have been taken for an order that is past paying has a worker that lets it go.
OPEN_PAYMENTS = _with_parts("""
WITH busy AS ({busy})
SELECT o.number, 'settled', p.status
FROM orders_payment p JOIN orders_order o ON o.id = p.order_id
WHERE p.status IN ('pending', 'authorised', 'abandoned') AND o.status <> 'pending'
  AND o.id::text NOT IN (SELECT aggregate FROM busy)
""")

PENDING_REFUNDS = _with_parts("""
WITH busy AS ({busy})
SELECT o.number || ', ' || r.idempotency_key, 'made or refused', 'pending'
FROM orders_refund r JOIN orders_order o ON o.id = r.order_id
WHERE r.status = 'pending' AND o.id::text NOT IN (SELECT aggregate FROM busy)
""")

# Whatever is refunded, by whom ever, is written on the order's timeline.
MONEY_RETURNED = _with_parts("""
WITH busy AS ({busy}), refunded AS (
    SELECT order_id, sum(refunded) AS amount FROM orders_payment WHERE refunded > 0 GROUP BY 1
), recorded AS (
    SELECT order_id, max((data->>'refunded')::numeric) AS amount
    FROM orders_orderevent WHERE data ? 'refunded' GROUP BY 1
)
SELECT o.number, coalesce(t.amount, 0)::text, coalesce(r.amount, 0)::text
FROM refunded r FULL JOIN recorded t USING (order_id) JOIN orders_order o ON o.id = order_id
WHERE coalesce(r.amount, 0) <> coalesce(t.amount, 0) AND order_id::text NOT IN (SELECT aggregate FROM busy)
""")

REFUNDS = _with_parts("""
WITH busy AS ({busy}), made AS (
    SELECT payment_id, sum(amount) FILTER (WHERE status = 'succeeded') AS refunded,
           sum(amount) FILTER (WHERE status <> 'failed') AS promised
    FROM orders_refund GROUP BY 1
)
SELECT o.number,
       format('%%s promised, at least %%s refunded', coalesce(m.promised, 0), coalesce(m.refunded, 0)),
       format('%%s promised, %%s refunded', p.promised, p.refunded)
FROM orders_payment p LEFT JOIN made m ON m.payment_id = p.id JOIN orders_order o ON o.id = p.order_id
WHERE (p.promised <> coalesce(m.promised, 0) OR p.refunded < coalesce(m.refunded, 0))
  AND p.order_id::text NOT IN (SELECT aggregate FROM busy)
""")

VOUCHERS = """
WITH used AS (
    SELECT voucher_id, count(*) AS uses FROM orders_voucheruse WHERE released_at IS NULL GROUP BY 1
)
SELECT v.code, coalesce(u.uses, 0)::text, v.used::text
FROM orders_voucher v LEFT JOIN used u ON u.voucher_id = v.id WHERE v.used <> coalesce(u.uses, 0)
"""

VOUCHER_CUSTOMERS = """
WITH used AS (
    SELECT voucher_id, key AS customer_key, count(*) AS uses
    FROM orders_voucheruse, unnest(ARRAY[customer_key, address_key]) AS key
    WHERE released_at IS NULL AND key <> '' GROUP BY 1, 2
)
SELECT v.code || ', ' || customer_key, coalesce(u.uses, 0)::text, coalesce(c.used, 0)::text
FROM used u FULL JOIN orders_vouchercustomer c USING (voucher_id, customer_key)
JOIN orders_voucher v ON v.id = voucher_id WHERE coalesce(u.uses, 0) <> coalesce(c.used, 0)
"""

VOUCHERS_OF_ENDED = _with_parts("""
WITH busy AS ({busy})
SELECT o.number || ', ' || v.code, 'released', 'still used'
FROM orders_voucheruse u JOIN orders_order o ON o.id = u.order_id JOIN orders_voucher v ON v.id = u.voucher_id
WHERE u.released_at IS NULL AND o.id::text NOT IN (SELECT aggregate FROM busy)
  AND (o.status IN ('payment_failed', 'cancelled') OR o.status = 'refunded' AND EXISTS (
    SELECT FROM orders_orderevent e WHERE e.order_id = o.id AND e.to_status = 'cancelled'
  ))
""")

LEDGER_QUESTIONS = (
    LedgerQuestion("units by the stock ledger", Subject.STOCK, STOCK_LEDGER),
    LedgerQuestion("units held by open reservations", Subject.STOCK, RESERVED_UNITS),
    LedgerQuestion("units held for the order", Subject.STOCK, RESERVATIONS),
    LedgerQuestion("units shipped", Subject.STOCK, SHIPPED_UNITS),
    LedgerQuestion("shipment", Subject.ORDERS, UNSENT_SHIPMENTS),
    LedgerQuestion("units returned", Subject.STOCK, RETURNED_UNITS),
    LedgerQuestion("sums of its lines", Subject.ORDERS, LINES),
    LedgerQuestion("money taken", Subject.PAYMENTS, MONEY_TAKEN),
    LedgerQuestion("payment", Subject.PAYMENTS, OPEN_PAYMENTS),
    LedgerQuestion("refund", Subject.PAYMENTS, PENDING_REFUNDS),
    LedgerQuestion("money refunded", Subject.PAYMENTS, MONEY_RETURNED),
    LedgerQuestion("refunds", Subject.PAYMENTS, REFUNDS),
    LedgerQuestion("uses of the voucher", Subject.VOUCHERS, VOUCHERS),
    LedgerQuestion("uses by the customer", Subject.VOUCHERS, VOUCHER_CUSTOMERS),
    LedgerQuestion("voucher", Subject.VOUCHERS, VOUCHERS_OF_ENDED),
)
