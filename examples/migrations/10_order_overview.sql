CREATE VIEW order_overview AS
SELECT
  o.id,
  o.status,
  c.email,
  r.name AS room,
  o.placed_at,
  order_total(o.id) AS total_cents
FROM orders AS o
JOIN customers AS c ON c.id = o.customer_id
LEFT JOIN bookings AS b ON b.id = o.booking_id
LEFT JOIN rooms AS r ON r.id = b.room_id;

COMMENT ON VIEW order_overview IS 'One line per order, for the desk';
