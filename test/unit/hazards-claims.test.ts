import { beforeAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/hazards/catalogue.ts';
import type { Asked, Claim } from '../../src/hazards/claim.ts';
import { claimsOf } from '../../src/hazards/claims.ts';
import { LONGEST_PARSED, loadParser, type Parser } from '../../src/sql/parse.ts';
import { splitStatements } from '../../src/sql/split.ts';

let parser: Parser;
beforeAll(async () => {
  parser = await loadParser();
});

/** Statements of a file, or of several: `--- ` begins the next one. */
function asked(text: string): Asked[] {
  return text.split(/^---$/m).flatMap((file, at) => {
    const transactional = !/\b(?:CONCURRENTLY|VACUUM)\b/.test(file) || /^-- in a transaction/m.test(file);
    return [...splitStatements([file])].map(({ sql, line }, index) => ({
      version: `${at + 1}`,
      file: `${at + 1}.sql`,
      index: index + 1,
      line,
      sql,
      transactional,
    }));
  });
}

async function claims(text: string, major = 18, lint = false): Promise<Claim[]> {
  const found = await claimsOf(asked(text), { major, lint, parser });
  // Nearly every statement fails where it has been run before; that rule has tests of its own.
  return found.filter(({ rule }) => rule !== 'not-repeatable');
}

/** Statements -> the rules that speak, in order. */
const CASES: Readonly<Record<string, readonly (readonly [sql: string, ...rules: string[]])[]>> = {
  indexes: [
    ['CREATE INDEX i ON orders (total)', 'index-not-concurrent'],
    ['CREATE INDEX ON shop.orders (lower(email)) WHERE total > 0', 'index-not-concurrent'],
    ['CREATE UNIQUE INDEX i ON orders (total)', 'index-not-concurrent'],
    ['CREATE INDEX IF NOT EXISTS i ON orders (total)', 'index-not-concurrent'],
    ['CREATE INDEX i ON orders USING gin (tags)', 'index-not-concurrent'],
    ['CREATE INDEX i ON ONLY orders (total)', 'index-not-concurrent'],
    ['CREATE INDEX CONCURRENTLY i ON orders (total)'],
    ['CREATE UNIQUE INDEX CONCURRENTLY i ON orders (total)'],
    ['CREATE INDEX CONCURRENTLY IF NOT EXISTS i ON orders (total)', 'if-not-exists-hides-invalid-index'],
    ['-- in a transaction\nCREATE INDEX CONCURRENTLY i ON orders (total)', 'concurrently-in-transaction'],
    ['-- in a transaction\nVACUUM FULL orders', 'vacuum-full', 'concurrently-in-transaction'],
    ['-- in a transaction\nDROP INDEX CONCURRENTLY i', 'concurrently-in-transaction'],
    ['DROP INDEX i', 'drop-index-not-concurrent'],
    ['DROP INDEX CONCURRENTLY i'],
    ['REINDEX TABLE orders', 'reindex-not-concurrent'],
    ['REINDEX INDEX i', 'reindex-not-concurrent'],
    ['REINDEX SCHEMA shop', 'reindex-not-concurrent'],
    ['REINDEX TABLE CONCURRENTLY orders'],
    ['REINDEX (CONCURRENTLY) INDEX i'],
    ['ALTER INDEX i RENAME TO j'],
    ['ALTER INDEX parent ATTACH PARTITION child'],
    ['CREATE TABLE t (a int); CREATE INDEX ON t (a)'],
    ['CREATE TABLE shop.t (a int); CREATE INDEX ON shop.t (a)'],
    ['CREATE TABLE t (a int); CREATE INDEX ON public.t (a)'],
    ['CREATE TABLE shop.t (a int); CREATE INDEX ON t (a)', 'index-not-concurrent'],
    ['SET search_path = shop; CREATE TABLE t (a int); CREATE INDEX ON shop.t (a)'],
    ['CREATE TABLE t (a int);\n---\nCREATE INDEX ON t (a)'],
    ['CREATE TABLE t (a int); ALTER TABLE t RENAME TO u; CREATE INDEX ON u (a)'],
    ['CREATE TABLE t (a int); DROP TABLE t; CREATE INDEX ON t (a)', 'index-not-concurrent'],
    ['CREATE MATERIALIZED VIEW m AS SELECT 1 AS a; CREATE UNIQUE INDEX ON m (a)'],
    ['CREATE TEMP TABLE t (a int); CREATE INDEX ON t (a)'],
    ['CREATE TABLE t AS SELECT 1 AS a; CREATE INDEX ON t (a)'],
    ['SELECT 1 AS a INTO t; CREATE INDEX ON t (a)'],
  ],
  rewrites: [
    ['ALTER TABLE orders ADD COLUMN a int'],
    ['ALTER TABLE orders ADD COLUMN IF NOT EXISTS a text'],
    ['ALTER TABLE orders ADD a int DEFAULT 0'],
    ['ALTER TABLE orders ADD a int NOT NULL DEFAULT 0'],
    ['ALTER TABLE orders ADD a int NULL DEFAULT NULL'],
    ['ALTER TABLE orders ADD a timestamptz DEFAULT now() NOT NULL'],
    ['ALTER TABLE orders ADD a timestamptz DEFAULT CURRENT_TIMESTAMP'],
    ["ALTER TABLE orders ADD a timestamptz DEFAULT (now() + interval '1 day')"],
    ["ALTER TABLE orders ADD a jsonb DEFAULT '{}'::jsonb"],
    ['ALTER TABLE orders ADD a text[] DEFAULT ARRAY[]::text[]'],
    ["ALTER TABLE orders ADD a text DEFAULT lower('X')"],
    ['ALTER TABLE orders ADD a citext'],
    ['ALTER TABLE orders ADD a uuid DEFAULT gen_random_uuid()', 'add-column-volatile-default'],
    ['ALTER TABLE orders ADD a uuid DEFAULT public.uuid_generate_v4() NOT NULL', 'add-column-volatile-default'],
    ['ALTER TABLE orders ADD a timestamptz DEFAULT clock_timestamp()', 'add-column-volatile-default'],
    ['ALTER TABLE orders ADD a int DEFAULT (random() * 10)::int', 'add-column-volatile-default'],
    ["ALTER TABLE orders ADD a bigint DEFAULT nextval('s')", 'add-column-volatile-default'],
    ['ALTER TABLE orders ADD a int DEFAULT our_function()', 'add-column-volatile-default'],
    ['ALTER TABLE orders ADD a serial', 'add-column-serial'],
    ['ALTER TABLE orders ADD a bigserial NOT NULL', 'add-column-serial'],
    ['ALTER TABLE orders ADD a int GENERATED BY DEFAULT AS IDENTITY', 'add-column-identity'],
    ['ALTER TABLE orders ADD a int GENERATED ALWAYS AS (b * 2) STORED', 'add-column-stored'],
    ['ALTER TABLE orders ADD a int GENERATED ALWAYS AS (b * 2) VIRTUAL'],
    ['ALTER TABLE orders ADD a int GENERATED ALWAYS AS (b * 2)'],
    ['ALTER TABLE orders ADD a positive', 'add-column-domain'],
    ['CREATE DOMAIN positive AS int CHECK (value > 0); ALTER TABLE orders ADD a positive', 'add-column-domain'],
    ['CREATE DOMAIN plain AS int; ALTER TABLE orders ADD a plain'],
    ["CREATE TYPE mood AS ENUM ('x'); ALTER TABLE orders ADD a mood"],
    ['ALTER TABLE orders ALTER a TYPE bigint', 'type-change'],
    ['ALTER TABLE orders ALTER COLUMN a SET DATA TYPE text', 'type-change'],
    ['ALTER TABLE orders ALTER a TYPE varchar(200)', 'type-change'],
    ['ALTER TABLE orders ALTER a TYPE uuid USING a::uuid', 'type-change'],
    ['ALTER TABLE orders ALTER a TYPE jsonb USING a::jsonb, ALTER b TYPE bigint', 'type-change', 'type-change'],
    ['ALTER TABLE orders ALTER a TYPE numeric(10,2)', 'type-change-may-lose'],
    ['ALTER TABLE orders ALTER a TYPE timestamp(0)', 'type-change-may-lose'],
    ['ALTER TABLE orders ALTER a TYPE date USING a::date', 'type-change-may-lose'],
    ['ALTER TABLE orders ALTER a TYPE varchar(5) USING a::varchar(5)', 'type-change-may-lose'],
    ['ALTER TABLE orders ALTER a TYPE text USING left(a, 3)', 'type-change-may-lose'],
    ['ALTER TABLE orders ALTER a TYPE int USING NULL', 'type-change-may-lose'],
    ['ALTER TABLE orders SET LOGGED', 'set-logged'],
    ['ALTER TABLE orders SET UNLOGGED', 'set-logged'],
    ['ALTER TABLE orders SET ACCESS METHOD heap2', 'set-access-method'],
    ['ALTER TABLE orders SET TABLESPACE fast', 'set-tablespace'],
    ['ALTER INDEX i SET TABLESPACE fast', 'set-tablespace'],
    ['ALTER TABLE ALL IN TABLESPACE slow SET TABLESPACE fast', 'set-tablespace'],
    ['ALTER TABLE orders ALTER a SET EXPRESSION AS (b * 3)', 'set-expression'],
    ['ALTER TABLE orders ALTER a DROP EXPRESSION'],
    ['CLUSTER orders USING i', 'cluster'],
    ['CLUSTER', 'cluster'],
    ['ALTER TABLE orders CLUSTER ON i'],
    ['VACUUM FULL orders', 'vacuum-full'],
    ['VACUUM (FULL, ANALYZE) a, b', 'vacuum-full', 'vacuum-full'],
    ['VACUUM (FULL false) orders'],
    ['VACUUM ANALYZE orders'],
    ['ANALYZE orders'],
    ['REFRESH MATERIALIZED VIEW m', 'refresh-not-concurrent'],
    ['REFRESH MATERIALIZED VIEW CONCURRENTLY m', 'refresh-concurrently'],
    ['CREATE TABLE t (a int); ALTER TABLE t ALTER a TYPE bigint; ALTER TABLE t ADD b serial; CLUSTER t USING i'],
  ],
  scans: [
    ['ALTER TABLE orders ALTER a SET NOT NULL', 'set-not-null-scans'],
    [
      'ALTER TABLE orders ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\n---\nALTER TABLE orders VALIDATE CONSTRAINT c;\n---\nALTER TABLE orders ALTER a SET NOT NULL',
    ],
    [
      'ALTER TABLE orders ADD CONSTRAINT c CHECK (a IS NOT NULL AND a > 0) NOT VALID;\n---\nALTER TABLE orders VALIDATE CONSTRAINT c;\n---\nALTER TABLE orders ALTER a SET NOT NULL; ALTER TABLE orders DROP CONSTRAINT c',
      'drop-constraint',
    ],
    [
      'ALTER TABLE orders ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\n---\nALTER TABLE orders ALTER a SET NOT NULL',
      'set-not-null-scans',
    ],
    [
      'ALTER TABLE orders ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID;\n---\nALTER TABLE orders VALIDATE CONSTRAINT c;\n---\nALTER TABLE orders ALTER a SET NOT NULL',
      'set-not-null-scans',
    ],
    [
      'ALTER TABLE orders ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;\n---\nALTER TABLE orders VALIDATE CONSTRAINT c;\n---\nALTER TABLE orders ALTER a SET NOT NULL, DROP CONSTRAINT c',
      'set-not-null-scans',
      'drop-constraint',
    ],
    ['ALTER TABLE orders ADD CONSTRAINT n NOT NULL a', 'set-not-null-scans'],
    ['ALTER TABLE orders ADD CONSTRAINT n NOT NULL a NOT VALID'],
    ['ALTER TABLE orders ADD CHECK (a > 0)', 'check-validated-at-once'],
    ['ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0)', 'check-validated-at-once'],
    ['ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0) NOT VALID'],
    ['ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0) NOT ENFORCED'],
    ['ALTER TABLE orders ADD a int CHECK (a > 0)', 'check-validated-at-once'],
    [
      'ALTER TABLE orders ADD FOREIGN KEY (p) REFERENCES parents (id)',
      'foreign-key-validated-at-once',
      'foreign-key-validated-at-once',
      'foreign-key-without-index',
    ],
    [
      'CREATE INDEX CONCURRENTLY i ON orders (p);\n---\nALTER TABLE orders ADD FOREIGN KEY (p) REFERENCES parents NOT VALID',
    ],
    ['ALTER TABLE orders ADD FOREIGN KEY (p) REFERENCES parents NOT VALID', 'foreign-key-without-index'],
    [
      'ALTER TABLE orders ADD FOREIGN KEY (p) REFERENCES orders (id)',
      'foreign-key-validated-at-once',
      'foreign-key-without-index',
    ],
    ['ALTER TABLE orders ADD p int REFERENCES parents', 'foreign-key-without-index'],
    ['ALTER TABLE orders ADD p int UNIQUE REFERENCES parents', 'unique-not-using-index'],
    [
      'ALTER TABLE orders ADD p int DEFAULT 1 REFERENCES parents',
      'foreign-key-validated-at-once',
      'foreign-key-validated-at-once',
      'foreign-key-without-index',
    ],
    ['ALTER TABLE orders ADD UNIQUE (a, b)', 'unique-not-using-index'],
    ['ALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX i'],
    ['ALTER TABLE orders ADD PRIMARY KEY (id)', 'primary-key-not-using-index'],
    ['ALTER TABLE orders ADD CONSTRAINT pk PRIMARY KEY USING INDEX i', 'primary-key-reads-nulls'],
    ['ALTER TABLE orders ADD id bigserial PRIMARY KEY', 'add-column-serial', 'primary-key-not-using-index'],
    ['ALTER TABLE orders ADD EXCLUDE USING gist (during WITH &&)', 'exclusion-constraint'],
    ['ALTER TABLE orders VALIDATE CONSTRAINT c'],
    ['ALTER TABLE orders VALIDATE CONSTRAINT c; ALTER TABLE parents VALIDATE CONSTRAINT d'],
    ['ALTER TABLE orders VALIDATE CONSTRAINT c, ALTER b SET DEFAULT 1', 'validate-under-lock'],
    [
      'ALTER TABLE orders ADD CONSTRAINT c CHECK (a > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT c',
      'validate-under-lock',
    ],
    [
      'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES parents NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT f',
      'validate-under-lock',
      'foreign-key-without-index',
    ],
    ['ALTER TABLE orders ATTACH PARTITION o1 FOR VALUES FROM (1) TO (2)', 'attach-partition-scans'],
    ['ALTER TABLE orders ATTACH PARTITION o1 DEFAULT', 'attach-partition-scans'],
    ['CREATE TABLE o1 (LIKE orders); ALTER TABLE orders ATTACH PARTITION o1 FOR VALUES IN (1)'],
    ['ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0)', 'domain-constraint'],
    ['ALTER DOMAIN d SET NOT NULL', 'domain-constraint'],
    ['ALTER DOMAIN d VALIDATE CONSTRAINT c', 'domain-constraint'],
    ['ALTER DOMAIN d ADD CONSTRAINT c CHECK (value > 0) NOT VALID'],
    ['ALTER DOMAIN d DROP NOT NULL'],
    ['CREATE DOMAIN d AS int; ALTER DOMAIN d SET NOT NULL'],
    ['ALTER TABLE orders ADD a int NOT NULL', 'add-required-column'],
    ['ALTER TABLE orders ADD a int; UPDATE orders SET a = b', 'works-under-earlier-lock', 'update-all-rows'],
    ['ALTER TABLE orders ADD a int; UPDATE orders SET a = 1 WHERE a IS NULL', 'works-under-earlier-lock'],
    ['ALTER TABLE orders ADD a int; UPDATE orders SET a = 1 WHERE id = 5'],
    ['ALTER TABLE orders ADD a int;\n---\nUPDATE orders SET a = 1 WHERE a IS NULL'],
    ['ALTER TABLE orders ADD a int; SELECT count(*) FROM orders', 'works-under-earlier-lock'],
    ['ALTER TABLE orders ADD a int; SELECT count(*) FROM parents'],
    ['ALTER TABLE orders ADD a int; CREATE TABLE copy AS SELECT * FROM orders', 'works-under-earlier-lock'],
    ['ALTER TABLE orders ADD a int; INSERT INTO parents SELECT id FROM orders', 'works-under-earlier-lock'],
    ['ALTER TABLE orders ADD a int; INSERT INTO orders (a) VALUES (1)'],
    ['ALTER TABLE orders SET (fillfactor = 70); SELECT count(*) FROM orders'],
    [
      'CREATE TABLE t (a int); ALTER TABLE t ALTER a SET NOT NULL; ALTER TABLE t ADD PRIMARY KEY (a); ALTER TABLE t ADD CHECK (a > 0)',
    ],
  ],
  losses: [
    ['DROP TABLE orders', 'drop-table'],
    ['DROP TABLE IF EXISTS orders, shop.parents CASCADE', 'drop-table', 'drop-table'],
    ['CREATE TABLE t (a int); DROP TABLE t'],
    ['CREATE TABLE IF NOT EXISTS t (a int); DROP TABLE t', 'drop-table'],
    ['CREATE TEMP TABLE t (a int); DROP TABLE t'],
    ['ALTER TABLE orders DROP COLUMN a', 'drop-column'],
    ['ALTER TABLE orders DROP a, DROP IF EXISTS b CASCADE', 'drop-column', 'drop-column'],
    ['ALTER TABLE orders ADD a int; ALTER TABLE orders DROP a'],
    ['ALTER TYPE pair DROP ATTRIBUTE a', 'drop-column'],
    ['DROP SCHEMA shop CASCADE', 'drop-schema-cascade'],
    ['CREATE SCHEMA shop; DROP SCHEMA shop CASCADE'],
    ['DROP TYPE mood CASCADE', 'drop-cascade'],
    ['DROP DOMAIN positive CASCADE', 'drop-cascade'],
    ['DROP EXTENSION hstore CASCADE', 'drop-cascade'],
    ['DROP OWNED BY somebody', 'drop-owned'],
    ['DROP DATABASE old', 'drop-database'],
    ['TRUNCATE orders', 'truncate'],
    ['TRUNCATE TABLE a, b RESTART IDENTITY CASCADE', 'truncate', 'truncate'],
    ['CREATE TABLE t (a int); TRUNCATE t'],
    ['DELETE FROM orders', 'delete-all-rows'],
    ['DELETE FROM orders WHERE true', 'delete-all-rows'],
    ['DELETE FROM orders WHERE 1 = 1', 'delete-all-rows'],
    ['DELETE FROM orders WHERE id = id OR total > 3', 'delete-all-rows'],
    ['DELETE FROM orders WHERE NOT false', 'delete-all-rows'],
    ['DELETE FROM orders WHERE false'],
    ["DELETE FROM orders WHERE created < now() - interval '1 year'", 'delete-rows'],
    ['DELETE FROM orders USING parents WHERE parents.id = orders.p', 'delete-rows'],
    ['WITH gone AS (DELETE FROM orders RETURNING *) INSERT INTO archive SELECT * FROM gone', 'delete-all-rows'],
    ['MERGE INTO orders o USING parents p ON o.p = p.id WHEN MATCHED THEN DELETE', 'delete-rows'],
    ['MERGE INTO orders o USING parents p ON o.p = p.id WHEN MATCHED THEN UPDATE SET a = 1'],
    ["UPDATE orders SET status = 'new'", 'overwrite-column'],
    ['UPDATE orders SET a = NULL, b = b + 1', 'overwrite-column'],
    ['UPDATE orders SET a = b', 'overwrite-column'],
    ['EXPLAIN DELETE FROM orders'],
    ['EXPLAIN (ANALYZE false) DELETE FROM orders'],
    ['EXPLAIN (ANALYZE, BUFFERS) DELETE FROM orders', 'delete-all-rows'],
    ['UPDATE orders SET a = lower(a)', 'update-all-rows'],
    ['UPDATE orders SET a = NULL WHERE b > 5', 'overwrite-column'],
    ['UPDATE orders SET a = NULL WHERE id = 5'],
    ["UPDATE orders SET status = 'new' WHERE status IS NULL"],
    ['UPDATE orders SET a = 1 WHERE true', 'overwrite-column'],
    ['CREATE TABLE t (a int); UPDATE t SET a = 1; DELETE FROM t'],
    ['INSERT INTO orders VALUES (1), (2)'],
    ["INSERT INTO orders (a) VALUES ('DROP TABLE orders') ON CONFLICT DO NOTHING"],
    ['DO $$ BEGIN IF true THEN DROP TABLE orders; END IF; END $$', 'drop-table'],
    ["DO $$ BEGIN EXECUTE 'TRUNCATE orders'; END $$", 'truncate'],
    ["DO $$ BEGIN EXECUTE 'TRUNCATE ' || 'orders'; END $$", 'dynamic-sql'],
    ['DO $$ BEGIN FOR i IN 1..3 LOOP DELETE FROM orders; END LOOP; END $$', 'delete-all-rows'],
    ['CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN DROP TABLE orders; END $$'],
    ['CREATE RULE r AS ON DELETE TO orders DO INSTEAD DELETE FROM parents'],
  ],
  clients: [
    ['ALTER TABLE orders RENAME TO sales', 'rename-table'],
    ['ALTER VIEW v RENAME TO w', 'rename-table'],
    ['CREATE TABLE t (a int); ALTER TABLE t RENAME TO u'],
    ['ALTER TABLE orders RENAME a TO b', 'rename-column'],
    ['ALTER TABLE orders ADD a int; ALTER TABLE orders RENAME a TO b'],
    ['ALTER TYPE pair RENAME ATTRIBUTE a TO b', 'rename-column'],
    ['ALTER TABLE orders RENAME CONSTRAINT a TO b'],
    ['ALTER SCHEMA shop RENAME TO store', 'rename-object'],
    ['ALTER FUNCTION f(int) RENAME TO g', 'rename-object'],
    ['ALTER TYPE mood RENAME TO feeling', 'rename-object'],
    ["CREATE TYPE mood AS ENUM ('x'); ALTER TYPE mood RENAME TO feeling; DROP TYPE feeling"],
    ["ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", 'rename-enum-value'],
    ["ALTER TYPE mood ADD VALUE 'glad'"],
    ["ALTER TYPE mood ADD VALUE IF NOT EXISTS 'glad' BEFORE 'sad'"],
    ['ALTER TABLE orders SET SCHEMA shop', 'set-schema'],
    ['ALTER FUNCTION f(int) SET SCHEMA shop', 'set-schema'],
    ['DROP VIEW v', 'drop-object'],
    ['DROP MATERIALIZED VIEW m', 'drop-object'],
    ['DROP FUNCTION f(int)', 'drop-object'],
    ['DROP SEQUENCE s', 'drop-object'],
    ['DROP TYPE mood', 'drop-object'],
    ['DROP SCHEMA shop', 'drop-object'],
    ['DROP EXTENSION hstore', 'drop-object'],
    ['CREATE VIEW v AS SELECT 1; DROP VIEW v'],
    ['CREATE OR REPLACE VIEW v AS SELECT 1'],
    ['CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$'],
    ['ALTER TABLE orders ALTER a DROP DEFAULT', 'drop-default'],
    [
      'ALTER TABLE orders ADD a int NOT NULL DEFAULT 1; ALTER TABLE orders ALTER a DROP DEFAULT',
      'drop-default-of-required',
    ],
    ['ALTER TABLE orders ADD a int DEFAULT 1; ALTER TABLE orders ALTER a DROP DEFAULT', 'drop-default'],
    ['ALTER TABLE orders ALTER a SET DEFAULT 1'],
    ['ALTER TABLE orders ALTER a DROP NOT NULL', 'drop-not-null'],
    ['ALTER TABLE orders DROP CONSTRAINT c', 'drop-constraint'],
    ['REVOKE SELECT ON orders FROM app', 'revoke'],
    ['REVOKE writers FROM app', 'revoke'],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$; REVOKE ALL ON FUNCTION f() FROM PUBLIC'],
    ['ALTER TABLE orders ENABLE ROW LEVEL SECURITY', 'row-security-enabled'],
    ['ALTER TABLE orders ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', 'row-security-enabled'],
    ['ALTER TABLE orders DISABLE ROW LEVEL SECURITY', 'row-security-disabled'],
    [
      'CREATE TABLE t (a int); ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t AS RESTRICTIVE USING (true)',
    ],
    ['CREATE POLICY p ON orders AS RESTRICTIVE USING (true)', 'restrictive-policy'],
    ['CREATE POLICY p ON orders USING (true)'],
    ['DROP TRIGGER t ON orders', 'drop-trigger'],
    ['DROP POLICY p ON orders', 'drop-trigger'],
    ['ALTER TABLE orders DISABLE TRIGGER ALL', 'trigger-disabled'],
    ['ALTER TABLE orders ENABLE TRIGGER t'],
    ['ALTER TABLE orders DETACH PARTITION o1', 'detach-partition'],
    ['ALTER TABLE orders DETACH PARTITION o1 CONCURRENTLY', 'detach-partition'],
    ['ALTER TABLE orders ALTER id DROP IDENTITY', 'drop-default-of-required'],
    ['ALTER PUBLICATION p DROP TABLE orders', 'publishes-less'],
    ['ALTER PUBLICATION p ADD TABLE orders'],
    ['ALTER SEQUENCE s RESTART', 'restart-sequence'],
    ['ALTER SEQUENCE s CACHE 10'],
  ],
  transactions: [
    ['LOCK TABLE orders', 'lock-table'],
    ['LOCK TABLE a, b IN EXCLUSIVE MODE', 'lock-table', 'lock-table'],
    ['LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE'],
    ['CREATE TABLE t (p int PRIMARY KEY REFERENCES parents)', 'locks-other-table'],
    ['CREATE TABLE t (p int REFERENCES parents); CREATE INDEX ON t (p, a)', 'locks-other-table'],
    ['CREATE TABLE t (p int REFERENCES parents)', 'locks-other-table', 'foreign-key-without-index'],
    ['CREATE TABLE parents (id int PRIMARY KEY); CREATE TABLE t (p int PRIMARY KEY REFERENCES parents)'],
    ['CREATE TABLE o1 PARTITION OF orders FOR VALUES IN (1)', 'locks-other-table'],
    ['ALTER TABLE orders ADD a int; ALTER TABLE parents ADD a int', 'several-tables-locked'],
    ['ALTER TABLE orders ADD a int; ALTER TABLE parents ADD a int; ALTER TABLE c ADD a int', 'several-tables-locked'],
    ['ALTER TABLE orders ADD a int; ALTER TABLE orders ADD b int'],
    ['ALTER TABLE orders ADD a int;\n---\nALTER TABLE parents ADD a int'],
    ["ALTER TYPE mood ADD VALUE 'glad'; UPDATE people SET mood = 'glad' WHERE id = 1", 'enum-value-used-at-once'],
    ["ALTER TYPE mood ADD VALUE 'glad'; ALTER TABLE people ALTER mood SET DEFAULT 'glad'", 'enum-value-used-at-once'],
    ["ALTER TYPE mood ADD VALUE 'glad';\n---\nALTER TABLE people ALTER mood SET DEFAULT 'glad'"],
    ["ALTER TYPE mood ADD VALUE 'glad'; COMMENT ON TYPE mood IS 'glad'"],
    ["CREATE TYPE mood AS ENUM ('x'); ALTER TYPE mood ADD VALUE 'glad'; CREATE TABLE t (m mood DEFAULT 'glad')"],
    ["SET session_replication_role = 'replica'", 'triggers-bypassed'],
    ['SET session_replication_role = origin'],
    ['SET lock_timeout = 0', 'timeout-switched-off'],
    ["SET lock_timeout = '2s'"],
    ['SET statement_timeout TO DEFAULT'],
    ['FROBNICATE orders', 'not-understood'],
    ['DO $$ this is not PL/pgSQL $$', 'not-understood'],
    ['DO LANGUAGE plpython3u $$ this is not PL/pgSQL $$'],
  ],
  security: [
    ["CREATE ROLE app LOGIN PASSWORD 'hunter2'", 'secret-in-file'],
    ['CREATE ROLE app LOGIN PASSWORD NULL'],
    ["CREATE USER MAPPING FOR app SERVER s OPTIONS (user 'u', password 'hunter2')", 'secret-in-file'],
    ["CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p", 'secret-in-file'],
    ["INSERT INTO settings VALUES ('AKIAABCDEFGHIJKLMNOP')", 'secret-in-file'],
    ["COMMENT ON TABLE t IS 'postgres://app:hunter2@db/x'", 'secret-in-file'],
    ["COMMENT ON COLUMN t.password IS 'a hash of the password'"],
    ["INSERT INTO users (password) VALUES ('x')"],
    ['CREATE ROLE app SUPERUSER', 'powerful-role'],
    ['ALTER ROLE app BYPASSRLS', 'powerful-role'],
    ['ALTER ROLE app NOSUPERUSER'],
    ['GRANT pg_write_server_files TO app', 'powerful-role'],
    ['GRANT readers TO app'],
    ['GRANT SELECT ON orders TO app'],
    ['GRANT SELECT ON orders TO PUBLIC', 'grant-to-public'],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS $$ SELECT 1 $$', 'definer-without-search-path'],
    ['CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS $$ SELECT 1 $$'],
  ],
  harmless: [
    ["COMMENT ON TABLE orders IS 'what was sold'"],
    ['CREATE TABLE t (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a text NOT NULL UNIQUE)'],
    ['CREATE VIEW v AS SELECT * FROM orders'],
    ['CREATE MATERIALIZED VIEW m AS SELECT * FROM orders'],
    ["CREATE TYPE mood AS ENUM ('sad', 'glad')"],
    ['CREATE SEQUENCE s'],
    ['CREATE EXTENSION IF NOT EXISTS hstore'],
    ['CREATE SCHEMA shop'],
    ['CREATE STATISTICS st ON a, b FROM orders'],
    ['CREATE TRIGGER t AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()'],
    ['ALTER TABLE orders SET (autovacuum_vacuum_scale_factor = 0.01)'],
    ['ALTER TABLE orders ALTER a SET STATISTICS 500'],
    ['ALTER TABLE orders ALTER a SET STORAGE EXTERNAL'],
    ['ALTER TABLE orders OWNER TO app'],
    ['ALTER TABLE orders REPLICA IDENTITY FULL'],
    ['ALTER DEFAULT PRIVILEGES IN SCHEMA shop GRANT SELECT ON TABLES TO app'],
    ['CREATE PUBLICATION p FOR TABLE orders'],
    ["SELECT setval('s', 10)"],
    ['INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET a = 1'],
    ['SELECT 1'],
    ['NOTIFY x'],
    ['PREPARE q AS DELETE FROM orders'],
    ['SAVEPOINT a'],
  ],
};

describe.each(Object.entries(CASES))('%s', (_, cases) => {
  test.each(cases.map(([sql, ...rules]) => [sql, rules] as const))('%s', async (sql, rules) => {
    expect((await claims(sql)).map(({ rule }) => rule)).toEqual(rules);
  });
});

test('there are cases enough, and one for each rule that reads statements', async () => {
  const all = Object.values(CASES).flat();
  expect(all.length).toBeGreaterThan(200);
  const fired = new Set(all.flatMap(([, ...rules]) => rules));
  fired.add('not-repeatable');
  const silent = CATALOGUE.filter(({ id, source }) => source !== 'dry run' && !fired.has(id)).map(({ id }) => id);
  expect(silent).toEqual([]);
  const harmless = await Promise.all((CASES.harmless ?? []).map(([sql]) => claims(sql)));
  expect(harmless.flat()).toEqual([]);
});

test('each safe way that is SQL can be parsed', async () => {
  let read = 0;
  for (const [sql] of Object.values(CASES).flat()) {
    for (const { safer, rule } of await claims(sql)) {
      if (safer?.endsWith(';') !== true) continue;
      read++;
      for (const statement of splitStatements([safer])) {
        expect({ sql, rule, safer, parsed: parser.parse(statement.sql) }).toMatchObject({ parsed: { trees: [{}] } });
      }
    }
  }
  expect(read).toBeGreaterThan(60);
});

/** The safe way names what the statement names. */
test.each([
  ['CREATE INDEX orders_total_idx ON orders (total)', 'CREATE INDEX CONCURRENTLY orders_total_idx ON orders (total);'],
  ['CREATE UNIQUE INDEX ON "Orders" ("From")', 'CREATE UNIQUE INDEX CONCURRENTLY ON "Orders" ("From");'],
  [
    'ALTER TABLE shop."Orders" ADD CHECK (total > 0 AND note <> \'a, (b\')',
    'ALTER TABLE shop."Orders" ADD CONSTRAINT "Orders_total_note_check" CHECK (total > 0 AND note <> \'a, (b\') NOT VALID;\nALTER TABLE shop."Orders" VALIDATE CONSTRAINT "Orders_total_note_check";',
  ],
  [
    'ALTER TABLE orders ADD COLUMN x int, ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES parents (id) ON DELETE CASCADE',
    'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES parents (id) ON DELETE CASCADE NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT f;',
  ],
  [
    'ALTER TABLE orders ADD CONSTRAINT u UNIQUE (a, "Order")',
    'CREATE UNIQUE INDEX CONCURRENTLY u ON orders (a, "Order");\nALTER TABLE orders ADD CONSTRAINT u UNIQUE USING INDEX u;',
  ],
  [
    'ALTER TABLE orders ADD a uuid DEFAULT gen_random_uuid() NOT NULL',
    'ALTER TABLE orders ADD COLUMN a uuid;\nALTER TABLE orders ALTER COLUMN a SET DEFAULT gen_random_uuid();',
  ],
  [
    'ALTER TABLE orders ALTER "user" SET NOT NULL',
    'ALTER TABLE orders ADD CONSTRAINT orders_user_not_null CHECK ("user" IS NOT NULL) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT orders_user_not_null;\nALTER TABLE orders ALTER COLUMN "user" SET NOT NULL;\nALTER TABLE orders DROP CONSTRAINT orders_user_not_null;',
  ],
  [
    'ALTER TABLE orders ADD a numeric(10,2) CHECK (a > 0) ',
    'ALTER TABLE orders ADD COLUMN a numeric(10,2);\nALTER TABLE orders ADD CONSTRAINT orders_a_check CHECK (a > 0) NOT VALID;\nALTER TABLE orders VALIDATE CONSTRAINT orders_a_check;',
  ],
  [
    'ALTER TABLE orders RENAME TO sales',
    'ALTER TABLE orders RENAME TO sales;\nCREATE VIEW orders AS SELECT * FROM sales;',
  ],
])('the safe way for %s', async (sql, safer) => {
  expect((await claims(sql)).find((claim) => claim.safer !== null)?.safer).toBe(safer);
});

/** Lock and work, where they are not the rule's own matter alone. */
test.each([
  ['CREATE INDEX ON orders (a)', 'orders', 'ShareLock', 'index-build'],
  ['ALTER TABLE orders ADD a int; CREATE INDEX ON orders (a)', 'orders', 'AccessExclusiveLock', 'index-build'],
  ['ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES parents', 'orders', 'ShareRowExclusiveLock', 'scan'],
  [
    'ALTER TABLE orders ADD x int, ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES parents',
    'orders',
    'AccessExclusiveLock',
    'scan',
  ],
  ['ALTER TABLE shop.orders ALTER a TYPE bigint', 'shop.orders', 'AccessExclusiveLock', 'rewrite'],
  ['ALTER TABLE "Orders" ADD UNIQUE (a)', 'Orders', 'AccessExclusiveLock', 'index-build'],
  ['ALTER TABLE ORDERS ALTER a SET NOT NULL', 'orders', 'AccessExclusiveLock', 'scan'],
  ['REINDEX TABLE orders', 'orders', 'ShareLock', 'index-build'],
  [
    'ALTER TABLE orders ADD CONSTRAINT f FOREIGN KEY (p) REFERENCES parents NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT f',
    'orders',
    'ShareRowExclusiveLock',
    'scan',
  ],
  ['ALTER TABLE orders ATTACH PARTITION o1 FOR VALUES IN (1)', 'o1', 'AccessExclusiveLock', 'scan'],
])('lock and work of %s', async (sql, relation, lock, work) => {
  const [claim] = await claims(sql);
  expect(claim).toMatchObject({ relation, lock, work });
  expect(claim?.effects).toContain('blocks-writes');
  expect(claim?.effects.includes('blocks-reads')).toBe(lock === 'AccessExclusiveLock' || sql.startsWith('REINDEX'));
});

test('what is dropped and made anew in the same file is told, and no more', async () => {
  expect(await claims('DROP VIEW v; CREATE VIEW v AS SELECT 1')).toMatchObject([
    { rule: 'drop-object', severity: 'info' },
  ]);
  expect(await claims('DROP VIEW v;\n---\nCREATE VIEW v AS SELECT 1')).toMatchObject([{ severity: 'warning' }]);
  expect(await claims('DROP TABLE t; CREATE TABLE t (a int)')).toMatchObject([
    { rule: 'drop-table', severity: 'danger' },
  ]);
});

test('without a dry run what the text leaves open is a hint', async () => {
  for (const sql of [
    'ALTER TABLE orders ALTER a TYPE varchar(200)',
    'ALTER TABLE orders ADD a mood',
    'CREATE INDEX ON ONLY orders (a)',
  ]) {
    expect(await claims(sql, 18, true)).toMatchObject([{ severity: 'info' }]);
    expect(await claims(sql, 18, false)).toMatchObject([{ severity: 'danger', weight: 'work' }]);
  }
  expect(await claims('ALTER TABLE orders ALTER a TYPE bigint', 18, true)).toMatchObject([{ severity: 'danger' }]);
});

test('a value of a type of the same transaction may be used from 17 on', async () => {
  const sql =
    "CREATE TYPE mood AS ENUM ('x'); ALTER TYPE mood ADD VALUE 'glad'; CREATE TABLE t (m mood DEFAULT 'glad')";
  expect((await claims(sql, 16)).map(({ rule }) => rule)).toEqual(['enum-value-used-at-once']);
  expect(await claims(sql, 17)).toEqual([]);
});

test('no secret is repeated', async () => {
  const sql = [
    "CREATE ROLE app SUPERUSER PASSWORD 'hunter2'",
    "INSERT INTO s VALUES ('AKIAABCDEFGHIJKLMNOP')",
    "CREATE SUBSCRIPTION s CONNECTION 'host=h password=hunter2' PUBLICATION p",
    "CREATE USER MAPPING FOR app SERVER s OPTIONS (password 'hunter2')",
  ].join(';\n');
  const found = await claims(sql);
  expect(found.map(({ rule }) => rule)).toContain('secret-in-file');
  expect(JSON.stringify(found)).not.toMatch(/hunter2|AKIAABCD/);
});

test('how many statements cannot be run twice is said once for a file', async () => {
  const found = await claimsOf(
    asked('CREATE TABLE a (); CREATE TABLE IF NOT EXISTS b (); DROP VIEW c;\n---\nCREATE TABLE IF NOT EXISTS d ()'),
    { major: 18, parser },
  );
  expect(found.filter(({ rule }) => rule === 'not-repeatable')).toMatchObject([
    { file: '1.sql', index: 1, message: expect.stringContaining('2 statements') },
  ]);
});

describe('what is not parsed', () => {
  const counting = () => {
    const parsed: number[] = [];
    const counted: Parser = {
      ...parser,
      parse(sql) {
        parsed.push(sql.length);
        return parser.parse(sql);
      },
    };
    return { parsed, counted };
  };

  test('a statement beyond the limit is not understood, rows are', async () => {
    const long = `CREATE VIEW v AS SELECT '${'x'.repeat(LONGEST_PARSED)}'`;
    expect(await claims(long)).toMatchObject([
      { rule: 'not-understood', severity: 'info', message: expect.stringContaining('256 kB') },
    ]);
    const { parsed, counted } = counting();
    const rows = `INSERT INTO shop."Order Items" (a, b) VALUES ${"('x', 1), ".repeat(100_000)}('y', 2)`;
    expect(await claimsOf(asked(rows), { major: 18, parser: counted })).toEqual([]);
    expect(parsed).toEqual([]);
  });

  test('nesting beyond any sense is not understood, and the next statement is', async () => {
    const deep = `SELECT ${'('.repeat(5000)}1${')'.repeat(5000)}; SELECT 1 ${'+ 1'.repeat(20_000)}; DROP TABLE t`;
    expect((await claims(deep)).map(({ rule }) => rule)).toEqual(['not-understood', 'not-understood', 'drop-table']);
  });

  test('each statement is parsed once, and others get their turn', async () => {
    const { parsed, counted } = counting();
    const many = asked(Array.from({ length: 2000 }, (_, at) => `ALTER TABLE t${at % 50} ADD c${at} int;`).join('\n'));
    let turns = 0;
    let busy = true;
    const turn = () => {
      turns++;
      if (busy) setImmediate(turn);
    };
    setImmediate(turn);
    await claimsOf(many, { major: 18, parser: counted });
    busy = false;
    expect(parsed.length).toBe(2000);
    expect(turns).toBeGreaterThan(20);
  });

  test('nothing is loaded for nothing', async () => {
    const never = { parse: () => expect.unreachable(), parseBody: () => expect.unreachable() };
    expect(await claimsOf([], { major: 18, parser: never })).toEqual([]);
  });
});
