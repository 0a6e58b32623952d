CREATE TRIGGER customers_touch BEFORE UPDATE ON customers
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER orders_touch BEFORE UPDATE ON orders
  FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE TRIGGER bookings_no_overlap BEFORE INSERT OR UPDATE OF room_id, during, cancelled_at ON bookings
  FOR EACH ROW WHEN (NEW.cancelled_at IS NULL) EXECUTE FUNCTION refuse_double_booking();
