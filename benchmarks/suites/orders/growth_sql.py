"""A shop's past, made by the database itself: what the shop leaves behind for each order that was shipped.

Everything follows from an order's ordinal `n`, so the statements after SALES know nothing of each other and
may run at the same time. Every other order is a guest's, whose token is `bench-<n>`; the first of them belong
to one customer, the reader. An order has one to three lines of one unit each. Ids
grow with time, as UUIDv7 do.
"""

# One row for each order to be made, spread evenly over two years that ended yesterday.
SALES = """
CREATE UNLOGGED TABLE benchmark_sale AS
WITH numbered AS (
    SELECT n, %(now)s::timestamptz - interval '1 day'
              - interval '2 years' * (1 - (n - %(first)s + 1)::float / (%(last)s - %(first)s + 1)) AS at,
           -- 7919 has no factor in common with 31^6: every ordinal gets a number of its own
           (n::bigint * 7919 + 104729) %% 887503681 AS code
    FROM generate_series(%(first)s::int, %(last)s::int) AS n
), digits AS (
    SELECT n, at, (code %% 31)::int AS a, (code / 31 %% 31)::int AS b, (code / 961 %% 31)::int AS c,
           (code / 29791 %% 31)::int AS d, (code / 923521 %% 31)::int AS e, (code / 28629151)::int AS f
    FROM numbered
), named AS (
    SELECT n, at, 'S-' || substr(letters, a + 1, 1) || substr(letters, b + 1, 1) || substr(letters, c + 1, 1)
           || substr(letters, d + 1, 1) || substr(letters, e + 1, 1) || '-' || substr(letters, f + 1, 1)
           || substr(letters, (2 * a + 3 * b + 4 * c + 5 * d + 6 * e + 7 * f) %% 31 + 1, 1) AS number
    FROM digits, (SELECT %(alphabet)s AS letters) AS of
)
SELECT n, at,
       (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7'
        || substr(md5('order' || n), 1, 3) || '8' || substr(md5('order' || n), 4, 15))::uuid AS id,
       number,
       CASE WHEN n <= %(reader_orders)s THEN %(reader)s::uuid
            WHEN n %% 2 = 1 THEN md5('customer' || n / 20)::uuid END AS customer_id,
       CASE WHEN n > %(reader_orders)s AND n %% 2 = 0 THEN encode(sha256(('bench-' || n)::bytea), 'hex')
            ELSE '' END AS token_hash,
       'sale-' || n || '@bench.example' AS email,
       l.total, l.units
FROM named s, LATERAL (
    SELECT sum(v.price) AS total, jsonb_agg(jsonb_build_object('sku', v.sku, 'quantity', 1)) AS units
    FROM generate_series(0, s.n %% 3) AS k
    JOIN benchmark_variant v ON v.place = (s.n * 7 + k) %% (SELECT count(*) FROM benchmark_variant)
) AS l
WHERE NOT EXISTS (SELECT FROM orders_order o WHERE o.number = s.number)
"""

ACCOUNTS = """
INSERT INTO accounts_user (
    id, email, name, password, is_active, is_staff, is_superuser, email_verified_at, created_at
)
SELECT DISTINCT ON (customer_id) customer_id, 'customer-' || n / 20 || '@bench.example', 'A customer', '!',
       true, false, false, at, at
FROM benchmark_sale WHERE customer_id IS NOT NULL AND customer_id <> %(reader)s
ORDER BY customer_id, n ON CONFLICT DO NOTHING
"""

ORDERS = """
INSERT INTO orders_order (
    id, number, customer_id, email, token_hash, language, status, currency, subtotal, discount, shipping, tax,
    tax_included, total, shipping_address, shipping_method, created_at, updated_at
)
SELECT id, number, customer_id, email, token_hash, 'en', 'shipped', %(currency)s, total, 0, 0, 0, false,
       total, %(address)s::jsonb, 'standard', at, at + interval '1 second'
FROM benchmark_sale ORDER BY n
"""

_LINES = """
benchmark_sale s CROSS JOIN LATERAL generate_series(0, s.n %% 3) AS k
JOIN benchmark_variant v ON v.place = (s.n * 7 + k) %% (SELECT count(*) FROM benchmark_variant)
"""

LINES = f"""
INSERT INTO orders_orderline (order_id, variant_id, sku, name, unit_price, quantity, total, discount, tax)
SELECT s.id, v.id, v.sku, 'Benchmark', v.price, 1, v.price, 0, 0 FROM {_LINES} ORDER BY s.n, k
"""

EVENTS = """
INSERT INTO orders_orderevent (order_id, from_status, to_status, actor, reason, data, at)
SELECT s.id, e.before, e.after, e.actor, e.reason,
       CASE WHEN e.after = 'shipped'
            THEN jsonb_build_object('carrier', 'sandbox', 'tracking_number', 'TRACK' || s.n)
            ELSE '{}'::jsonb END,
       s.at + e.step * interval '300 milliseconds'
FROM benchmark_sale s CROSS JOIN (VALUES
    (0, '', 'pending', 'guest', ''),
    (1, 'pending', 'pending', 'system', 'Payment authorised'),
    (2, 'pending', 'paid', 'system', ''),
    (3, 'paid', 'shipped', 'system', '')
) AS e (step, before, after, actor, reason)
ORDER BY s.n, e.step
"""

PAYMENTS = """
INSERT INTO orders_payment (
    id, order_id, gateway, token, amount, currency, status, idempotency_key, provider_reference, captured,
    refunded, promised, error, created_at, updated_at
)
SELECT (left(id::text, 24) || left(md5('payment' || n), 12))::uuid, id, 'history', 'tok_ok', total,
       %(currency)s, 'captured', id || ':payment:1', 'ch_' || md5('charge' || n), total, 0, 0, '', at,
       at + interval '600 milliseconds'
FROM benchmark_sale ORDER BY n
"""

SHIPMENTS = """
INSERT INTO orders_shipment (
    id, order_id, carrier, tracking_number, status, lines, idempotency_key, created_at, shipped_at
)
SELECT (left(id::text, 24) || left(md5('shipment' || n), 12))::uuid, id, 'history', 'TRACK' || n, 'shipped',
       units, id || ':parcel:1', at, at + interval '900 milliseconds'
FROM benchmark_sale ORDER BY n
"""

# What is sold here was received just before: the levels stay as they are.
RECEIVED = f"""
INSERT INTO catalog_stockentry
    (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
SELECT v.id, %(location)s, count(*), 0, 'received', '', '', min(s.at) FROM {_LINES} GROUP BY v.id
"""

SOLD = f"""
INSERT INTO catalog_stockentry
    (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
SELECT v.id, %(location)s, m.on_hand, m.reserved, m.reason, 'order:' || s.id, '', s.at + m.after
FROM {_LINES} CROSS JOIN (VALUES
    (0, 1, 'reserved', interval '0'), (-1, -1, 'shipped', interval '900 milliseconds')
) AS m (on_hand, reserved, reason, after)
ORDER BY s.n, m.after
"""

# The record of a mail stays, its text for 90 days.
MAILS = """
INSERT INTO core_mail ("id", "cause", "to", subject, text, html, status, created_at, sent_at, error)
SELECT (left(id::text, 24) || left(md5(news || n), 12))::uuid, 'orders.order_' || news || ':' || id, email,
       'Your order ' || number,
       CASE WHEN at > %(now)s::timestamptz - interval '90 days' THEN repeat('Thank you. ', 40) ELSE '' END,
       '', 'sent', at, at + interval '1 second', ''
FROM benchmark_sale CROSS JOIN unnest(ARRAY['placed', 'paid', 'shipped']) AS news
ORDER BY n
"""

# Handled messages are kept for a week.
MESSAGES = """
INSERT INTO core_outboxmessage (
    event_id, event, handler, aggregate, payload, request_id, created_at, next_attempt_at, publications,
    attempts, error, handled_at
)
SELECT (left(s.id::text, 24) || left(md5(h.handler || s.n), 12))::uuid, h.event, h.handler, s.id,
       jsonb_build_object('order_id', s.id), 'bench-' || s.n, s.at, s.at + interval '30 seconds', 1, 1, '',
       s.at + interval '1 second'
FROM benchmark_sale s CROSS JOIN (VALUES
    ('orders.order_placed', 'orders.authorise_payment'), ('orders.order_placed', 'orders.mail_placed'),
    ('orders.payment_authorised', 'orders.capture_payment'), ('orders.order_paid', 'orders.ship_order'),
    ('orders.order_paid', 'orders.mail_paid'), ('orders.order_shipped', 'orders.mail_shipped'),
    ('core.mail_queued', 'core.send_mail')
) AS h (event, handler)
WHERE s.at > %(now)s::timestamptz - interval '7 days' ORDER BY s.n
"""

# Two halves of about the same work.
HALVES = (
    (ACCOUNTS, ORDERS, LINES, EVENTS, PAYMENTS),
    (RECEIVED, SOLD, SHIPMENTS, MAILS, MESSAGES),
)

CATALOGUE = """
CREATE TABLE benchmark_variant AS
SELECT n AS place, md5('product' || n)::uuid AS product_id, md5('variant' || n)::uuid AS id,
       'BENCH-' || lpad(n::text, 4, '0') AS sku, (5 + n %% 40)::numeric(12, 2) AS price
FROM generate_series(0, %(skus)s - 1) AS n;
CREATE UNIQUE INDEX ON benchmark_variant (place);
INSERT INTO catalog_location (code, name, priority) VALUES ('main', 'Main warehouse', 0)
ON CONFLICT DO NOTHING;
INSERT INTO catalog_product (id, slug, name, description, attributes, published_from, created_at, updated_at)
SELECT product_id, lower(sku), 'Benchmark ' || place, '', '{}', %(at)s, %(at)s, %(at)s FROM benchmark_variant;
INSERT INTO catalog_variant (id, product_id, sku, name, price, currency, attributes, position)
SELECT id, product_id, sku, '', price, %(currency)s, '{}', 0 FROM benchmark_variant;
INSERT INTO catalog_stocklevel (variant_id, location_id, on_hand, reserved)
SELECT id, (SELECT id FROM catalog_location WHERE code = 'main'), %(stock)s, 0 FROM benchmark_variant;
INSERT INTO catalog_stockentry
    (variant_id, location_id, on_hand_change, reserved_change, reason, cause, actor, at)
SELECT id, (SELECT id FROM catalog_location WHERE code = 'main'), %(stock)s, 0, 'received', '', '', %(at)s
FROM benchmark_variant
"""
