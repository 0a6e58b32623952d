-- Who books and buys.
CREATE TABLE customers (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  email text NOT NULL,
  first_name text NOT NULL,
  last_name text NOT NULL,
  phone text,
  preferences jsonb NOT NULL DEFAULT '{}'::jsonb,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT customers_email_shape CHECK (email LIKE '%_@_%'),
  CONSTRAINT customers_preferences_is_object CHECK (jsonb_typeof(preferences) = 'object')
);

-- One account per address, however it is typed.
CREATE UNIQUE INDEX customers_email_key ON customers (lower(email));
CREATE INDEX customers_preferences_idx ON customers USING gin (preferences);

COMMENT ON TABLE customers IS 'People with an account; one row per address';
COMMENT ON COLUMN customers.preferences IS 'Free settings: language, newsletter, reminders';
