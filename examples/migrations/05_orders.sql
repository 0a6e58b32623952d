CREATE TYPE order_status AS ENUM ('draft', 'placed', 'paid', 'delivered', 'cancelled');

CREATE TABLE orders (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  customer_id bigint NOT NULL REFERENCES customers (id),
  booking_id bigint REFERENCES bookings (id) ON DELETE SET NULL,
  status order_status NOT NULL DEFAULT 'draft',
  placed_at timestamptz,
  metadata jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT orders_placed_at_when_placed CHECK (status IN ('draft', 'cancelled') OR placed_at IS NOT NULL)
);

-- An order and its lines arrive together in any order: the key is looked at when the transaction ends.
CREATE TABLE order_lines (
  order_id bigint NOT NULL REFERENCES orders (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  line_no integer NOT NULL,
  product_id integer NOT NULL REFERENCES products (id),
  quantity integer NOT NULL,
  unit_cents integer NOT NULL,
  PRIMARY KEY (order_id, line_no),
  CONSTRAINT order_lines_quantity_positive CHECK (quantity > 0)
);

CREATE INDEX orders_metadata_idx ON orders USING gin (metadata jsonb_path_ops);
CREATE INDEX order_lines_product_idx ON order_lines (product_id);

COMMENT ON TYPE order_status IS 'The way of an order, from basket to delivery';
