BEGIN;

INSERT INTO rooms (name, seats, hourly_cents, equipment) VALUES
  ('Oak', 4, 1500, '["whiteboard"]'),
  ('Elm', 8, 2500, '["whiteboard", "projector"]'),
  ('Ash', 20, 6000, '["projector", "microphone"]');

INSERT INTO products (sku, title, price_cents, attributes) VALUES
  ('COF-001', 'Coffee, one pot', 900, '{"cups": 8}'),
  ('TEA-001', 'Tea, one pot; with lemon', 800, '{"cups": 8}'),
  ('LUN-001', 'Lunch for one', 1450, '{"vegetarian": true}');

INSERT INTO customers (email, first_name, last_name) VALUES
  ('mila@example.org', 'Mila', 'Okafor'),
  ('jon@example.org', 'Jón', 'Þórsson'),
  ('ana@example.org', 'Ana', 'de la Cruz');

INSERT INTO bookings (room_id, customer_id, during)
SELECT r.id, c.id, tstzrange('2026-01-12 10:00+00', '2026-01-12 12:00+00')
FROM rooms AS r, customers AS c
WHERE r.name = 'Elm' AND c.email = 'mila@example.org';

COMMIT;
