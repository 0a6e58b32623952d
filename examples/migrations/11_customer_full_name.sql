-- One name as people write it, instead of two that not everybody has.
ALTER TABLE customers ADD COLUMN full_name text;

UPDATE customers SET full_name = btrim(first_name || ' ' || last_name);

ALTER TABLE customers ADD CONSTRAINT customers_full_name_present CHECK (full_name IS NOT NULL AND full_name <> '');

ALTER TABLE customers ALTER COLUMN first_name DROP NOT NULL, ALTER COLUMN last_name DROP NOT NULL;

COMMENT ON COLUMN customers.first_name IS 'Old: read full_name';
COMMENT ON COLUMN customers.last_name IS 'Old: read full_name';
