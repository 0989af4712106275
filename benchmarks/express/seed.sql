-- As many products as the demo catalogue of the Django side has, with names of the same length.
INSERT INTO products (name, description, category, price)
SELECT 'Product ' || n || ' of the demonstration catalogue',
       'A description of product ' || n || ', as long as such a text tends to be in a small shop.',
       (ARRAY['Furniture', 'Office Supplies', 'Technology'])[1 + n % 3],
       5 + (n * 37 % 40000) / 100.0
FROM generate_series(1, 1862) AS n;

ANALYZE products;
