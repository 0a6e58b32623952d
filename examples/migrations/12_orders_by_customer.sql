-- Alone in its file: the server builds it without locking writers out, and outside any transaction.
CREATE INDEX CONCURRENTLY orders_customer_placed_idx ON orders (customer_id, placed_at DESC);
