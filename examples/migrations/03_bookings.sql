CREATE TABLE bookings (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  room_id integer NOT NULL REFERENCES rooms (id),
  customer_id bigint NOT NULL REFERENCES customers (id),
  during tstzrange NOT NULL,
  note text,
  cancelled_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT bookings_during_bounded CHECK (
    NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)
  )
);

CREATE INDEX bookings_room_idx ON bookings (room_id, lower(during));
CREATE INDEX bookings_customer_idx ON bookings (customer_id);
CREATE INDEX bookings_during_idx ON bookings USING gist (during) WHERE cancelled_at IS NULL;

COMMENT ON COLUMN bookings.during IS 'From (included) to (excluded), as in [10:00, 12:00)';
