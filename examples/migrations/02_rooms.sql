-- What can be booked: rooms, by the hour.
CREATE TABLE rooms (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  seats integer NOT NULL,
  hourly_cents integer NOT NULL,
  equipment jsonb NOT NULL DEFAULT '[]'::jsonb,
  active boolean NOT NULL DEFAULT true,
  CONSTRAINT rooms_seats_positive CHECK (seats > 0),
  CONSTRAINT rooms_price_not_negative CHECK (hourly_cents >= 0)
);

CREATE INDEX rooms_equipment_idx ON rooms USING gin (equipment jsonb_path_ops);

COMMENT ON TABLE rooms IS 'Rooms that can be booked by the hour';
COMMENT ON COLUMN rooms.equipment IS 'List of names: ["projector", "whiteboard"]';
