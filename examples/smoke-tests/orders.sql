-- Every customer has a name.
SELECT id FROM customers WHERE full_name IS NULL;

-- The desk's list can be read.
SELECT count(*) >= 0 FROM order_overview;

-- A total is never negative.
SELECT id FROM orders WHERE order_total(id) < 0;
