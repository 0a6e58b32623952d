-- What can be bought beside a room: coffee, prints, lunch.
CREATE TABLE products (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  sku text NOT NULL UNIQUE,
  title text NOT NULL,
  price_cents integer NOT NULL,
  attributes jsonb NOT NULL DEFAULT '{}'::jsonb,
  CONSTRAINT products_sku_shape CHECK (sku ~ '^[A-Z]{3}-[0-9]{3}$'),
  CONSTRAINT products_price_not_negative CHECK (price_cents >= 0)
);

CREATE INDEX products_attributes_idx ON products USING gin (attributes);

COMMENT ON COLUMN products.sku IS 'Three letters, a hyphen, three digits; what is printed on the shelf';
