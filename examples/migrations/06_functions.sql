CREATE FUNCTION touch_updated_at() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END;
$$;

CREATE FUNCTION order_total(wanted bigint) RETURNS bigint
LANGUAGE sql STABLE AS $$
  SELECT coalesce(sum(quantity * unit_cents), 0)::bigint FROM order_lines WHERE order_id = wanted;
$$;

-- A room is not given twice. The row lock on the room puts two who book at once in line.
CREATE FUNCTION refuse_double_booking() RETURNS trigger
LANGUAGE plpgsql AS $body$
BEGIN
  PERFORM 1 FROM rooms WHERE id = NEW.room_id FOR UPDATE;
  IF EXISTS (
    SELECT 1 FROM bookings AS other
    WHERE other.room_id = NEW.room_id
      AND other.id <> NEW.id
      AND other.cancelled_at IS NULL
      AND other.during && NEW.during
  ) THEN
    RAISE EXCEPTION 'room % is taken in that time', NEW.room_id USING ERRCODE = 'exclusion_violation';
  END IF;
  RETURN NEW;
END;
$body$;

COMMENT ON FUNCTION order_total(bigint) IS 'Total of an order in cents; 0 for one without lines';
