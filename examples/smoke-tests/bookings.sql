-- Each statement returns no row, or only true.

-- No two bookings of a room overlap.
SELECT a.id, b.id
FROM bookings AS a
JOIN bookings AS b ON b.room_id = a.room_id AND b.id > a.id AND b.during && a.during
WHERE a.cancelled_at IS NULL AND b.cancelled_at IS NULL;

-- There is something to book.
SELECT count(*) > 0 FROM rooms WHERE active;
