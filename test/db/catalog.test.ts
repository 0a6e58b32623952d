/** Every kind of DDL, rehearsed and then applied: the difference names what changed and nothing else. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import {
  changedGroups,
  compareDefinitions,
  type Definitions,
  diffDefinitions,
  groupsToDefine,
  groupsToProve,
} from '../../src/plan/schema-diff.ts';
import { readDefinitions, readFingerprints } from '../../src/postgres/catalog.ts';
import type { SchemaChange } from '../../src/report/outcome.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { pgMajor } from '../support/global-setup.ts';
import { startServer } from '../support/postgres.ts';

const LEFT_OUT = {
  schema: 'public',
  names: ['schema_migrations', 'migration_history', 'migration_status_view', 'get_migration_status'],
};

const BASE = `
  CREATE SCHEMA app;
  CREATE TYPE app.mood AS ENUM ('sad', 'ok');
  CREATE DOMAIN app.email AS text CHECK (VALUE LIKE '%@%');
  CREATE TYPE app.pair AS (a int, b text);
  CREATE TYPE app.span AS RANGE (subtype = float8);
  CREATE TABLE customers (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, email text NOT NULL, name text, born date);
  CREATE TABLE orders (id serial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers, note text, data jsonb,
    total numeric(10,2) NOT NULL DEFAULT 0, CONSTRAINT total_positive CHECK (total >= 0));
  CREATE INDEX orders_customer ON orders (customer_id);
  CREATE UNIQUE INDEX orders_note ON orders (note);
  CREATE TABLE "Order Items" (id int PRIMARY KEY, "Qty" int);
  CREATE TABLE parts (id int, at date NOT NULL) PARTITION BY RANGE (at);
  CREATE TABLE parts_2024 PARTITION OF parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
  CREATE TABLE parts_2025 (id int, at date NOT NULL);
  CREATE INDEX parts_id ON parts (id);
  CREATE VIEW totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1;
  CREATE MATERIALIZED VIEW daily AS SELECT count(*) AS n FROM orders;
  CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
  CREATE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n * 2';
  CREATE FUNCTION on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
  CREATE AGGREGATE total_of(integer) (sfunc = int4pl, stype = integer, initcond = '0');
  CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
  CREATE POLICY own ON customers USING (true);
  CREATE RULE quiet AS ON DELETE TO customers DO INSTEAD NOTHING;
  CREATE SEQUENCE counter;
  CREATE STATISTICS orders_stat ON customer_id, total FROM orders;
  CREATE PUBLICATION pub FOR TABLE orders;
  CREATE EVENT TRIGGER watch ON ddl_command_end WHEN TAG IN ('DROP SCHEMA') EXECUTE FUNCTION on_ddl();
  CREATE EXTENSION hstore;
  CREATE TABLE schema_migrations (version text PRIMARY KEY, more serial);
  CREATE TABLE migration_history (id uuid PRIMARY KEY);
  INSERT INTO customers (email, born) SELECT 'a@b' || i, '2000-01-01' FROM generate_series(1, 500) i;
  INSERT INTO orders (customer_id) SELECT i FROM generate_series(1, 500) i`;

interface Case {
  readonly sql: string;
  /** `+` added, `-` removed, `~` changed; kind; name. In the order of the report. */
  readonly expected: readonly string[];
  /** The first major version that has it. */
  readonly since?: number;
}

const CASES: readonly Case[] = [
  // tables
  {
    sql: 'CREATE TABLE refunds (id int PRIMARY KEY, order_id int NOT NULL REFERENCES orders, why text)',
    expected: [
      '+ table public.refunds',
      '+ column public.refunds.id',
      '+ column public.refunds.order_id',
      '+ constraint public.refunds.refunds_order_id_fkey',
      '+ constraint public.refunds.refunds_pkey',
      '+ column public.refunds.why',
      '+ index public.refunds_pkey',
    ],
  },
  {
    sql: 'CREATE TABLE app.copied AS SELECT 1 AS one',
    expected: ['+ table app.copied', '+ column app.copied.one'],
  },
  {
    sql: 'DROP TABLE "Order Items"',
    expected: [
      '- table public."Order Items"',
      '- constraint public."Order Items"."Order Items_pkey"',
      '- column public."Order Items"."Qty"',
      '- column public."Order Items".id',
      '- index public."Order Items_pkey"',
    ],
  },
  {
    sql: 'ALTER TABLE parts_2025 RENAME TO parts_next',
    expected: [
      '- table public.parts_2025',
      '- column public.parts_2025.at',
      '- column public.parts_2025.id',
      '+ table public.parts_next',
      '+ column public.parts_next.at',
      '+ column public.parts_next.id',
    ],
  },
  { sql: 'ALTER TABLE orders SET (fillfactor = 70)', expected: ['~ table public.orders'] },
  { sql: 'ALTER TABLE orders SET (toast.autovacuum_enabled = off)', expected: ['~ table public.orders'] },
  { sql: 'ALTER TABLE "Order Items" SET UNLOGGED', expected: ['~ table public."Order Items"'] },
  { sql: 'ALTER TABLE orders REPLICA IDENTITY FULL', expected: ['~ table public.orders'] },
  { sql: 'ALTER TABLE orders ENABLE ROW LEVEL SECURITY', expected: ['~ table public.orders'] },
  { sql: 'ALTER TABLE orders FORCE ROW LEVEL SECURITY', expected: ['~ table public.orders'] },
  { sql: 'ALTER TABLE "Order Items" OWNER TO catalog_reader', expected: ['~ table public."Order Items"'] },
  { sql: `COMMENT ON TABLE orders IS 'What was bought'`, expected: ['~ table public.orders'] },
  {
    sql: `ALTER TABLE parts ATTACH PARTITION parts_2025 FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')`,
    expected: ['~ table public.parts_2025', '+ index public.parts_2025_id_idx'],
  },
  {
    sql: 'ALTER TABLE parts DETACH PARTITION parts_2024',
    expected: ['~ table public.parts_2024', '~ index public.parts_2024_id_idx'],
  },
  {
    sql: 'CREATE TABLE vip (level int) INHERITS (customers)',
    expected: [
      '+ table public.vip',
      '+ column public.vip.born',
      '+ column public.vip.email',
      '+ column public.vip.id',
      '+ column public.vip.level',
      '+ column public.vip.name',
    ],
  },
  // columns
  { sql: 'ALTER TABLE orders ADD COLUMN paid_at timestamptz', expected: ['+ column public.orders.paid_at'] },
  {
    sql: 'ALTER TABLE orders ADD COLUMN n bigserial',
    expected: ['+ column public.orders.n', '+ sequence public.orders_n_seq'],
  },
  { sql: 'ALTER TABLE orders DROP COLUMN data', expected: ['- column public.orders.data'] },
  {
    sql: 'ALTER TABLE orders DROP COLUMN note',
    expected: ['- column public.orders.note', '- index public.orders_note'],
  },
  {
    sql: 'ALTER TABLE orders RENAME COLUMN data TO details',
    expected: ['- column public.orders.data', '+ column public.orders.details'],
  },
  { sql: 'ALTER TABLE customers ALTER name TYPE varchar(40)', expected: ['~ column public.customers.name'] },
  { sql: 'ALTER TABLE customers ALTER born SET NOT NULL', expected: ['~ column public.customers.born'] },
  { sql: 'ALTER TABLE customers ALTER email DROP NOT NULL', expected: ['~ column public.customers.email'] },
  { sql: `ALTER TABLE customers ALTER name SET DEFAULT 'x'`, expected: ['~ column public.customers.name'] },
  { sql: 'ALTER TABLE orders ALTER total DROP DEFAULT', expected: ['~ column public.orders.total'] },
  { sql: 'ALTER TABLE customers ALTER name SET STORAGE EXTERNAL', expected: ['~ column public.customers.name'] },
  { sql: 'ALTER TABLE customers ALTER name SET STATISTICS 500', expected: ['~ column public.customers.name'] },
  { sql: 'ALTER TABLE customers ALTER name SET COMPRESSION pglz', expected: ['~ column public.customers.name'] },
  { sql: 'ALTER TABLE customers ALTER id SET GENERATED BY DEFAULT', expected: ['~ column public.customers.id'] },
  {
    sql: 'ALTER TABLE customers ALTER id DROP IDENTITY',
    expected: ['~ column public.customers.id', '- sequence public.customers_id_seq'],
  },
  {
    sql: 'ALTER TABLE orders ADD twice numeric GENERATED ALWAYS AS (total * 2) STORED',
    expected: ['+ column public.orders.twice'],
  },
  { sql: 'ALTER TABLE customers ALTER name TYPE text COLLATE "C"', expected: ['~ column public.customers.name'] },
  { sql: `COMMENT ON COLUMN orders.total IS 'in euros'`, expected: ['~ column public.orders.total'] },
  {
    sql: 'ALTER TABLE customers ADD CONSTRAINT has_name NOT NULL name NOT VALID',
    expected: ['~ column public.customers.name'],
    since: 18,
  },
  // constraints
  {
    sql: `ALTER TABLE orders ADD CONSTRAINT short CHECK (length(note) < 9) NOT VALID`,
    expected: ['+ constraint public.orders.short'],
  },
  { sql: 'ALTER TABLE orders DROP CONSTRAINT total_positive', expected: ['- constraint public.orders.total_positive'] },
  {
    sql: 'ALTER TABLE orders ALTER CONSTRAINT orders_customer_id_fkey DEFERRABLE INITIALLY DEFERRED',
    expected: ['~ constraint public.orders.orders_customer_id_fkey'],
  },
  {
    sql: 'ALTER TABLE customers ADD CONSTRAINT one_email UNIQUE (email)',
    expected: ['+ constraint public.customers.one_email', '+ index public.one_email'],
  },
  {
    sql: 'ALTER TABLE orders ADD CONSTRAINT orders_note UNIQUE USING INDEX orders_note',
    expected: ['+ constraint public.orders.orders_note'],
  },
  {
    sql: `COMMENT ON CONSTRAINT total_positive ON orders IS 'no gifts'`,
    expected: ['~ constraint public.orders.total_positive'],
  },
  // indexes
  { sql: 'CREATE INDEX ON orders USING gin (data)', expected: ['+ index public.orders_data_idx'] },
  {
    sql: 'CREATE INDEX parts_at ON parts (at)',
    expected: ['+ index public.parts_2024_at_idx', '+ index public.parts_at'],
  },
  { sql: 'DROP INDEX orders_customer', expected: ['- index public.orders_customer'] },
  {
    sql: 'ALTER INDEX orders_customer RENAME TO by_customer',
    expected: ['+ index public.by_customer', '- index public.orders_customer'],
  },
  { sql: 'ALTER INDEX orders_customer SET (fillfactor = 60)', expected: ['~ index public.orders_customer'] },
  { sql: 'CLUSTER orders USING orders_customer', expected: ['~ index public.orders_customer'] },
  { sql: `COMMENT ON INDEX orders_customer IS 'for the list'`, expected: ['~ index public.orders_customer'] },
  // views
  { sql: 'CREATE VIEW names AS SELECT name FROM customers', expected: ['+ view public.names'] },
  {
    sql: 'CREATE OR REPLACE VIEW totals AS SELECT customer_id, max(total) AS total FROM orders GROUP BY 1',
    expected: ['~ view public.totals'],
  },
  { sql: 'ALTER VIEW totals SET (security_barrier)', expected: ['~ view public.totals'] },
  { sql: `COMMENT ON COLUMN totals.total IS 'sum'`, expected: ['~ view public.totals'] },
  { sql: 'DROP VIEW totals', expected: ['- view public.totals'] },
  { sql: 'CREATE UNIQUE INDEX daily_n ON daily (n)', expected: ['+ index public.daily_n'] },
  { sql: 'REFRESH MATERIALIZED VIEW daily WITH NO DATA', expected: ['~ view public.daily'] },
  { sql: 'REFRESH MATERIALIZED VIEW daily', expected: [] },
  { sql: 'DROP MATERIALIZED VIEW daily', expected: ['- view public.daily'] },
  // functions
  {
    sql: `CREATE FUNCTION public.add(a int, b app.mood DEFAULT 'ok') RETURNS int LANGUAGE sql AS 'SELECT a'`,
    expected: ['+ function public.add(integer, app.mood)'],
  },
  {
    sql: `CREATE OR REPLACE FUNCTION twice(n integer) RETURNS integer LANGUAGE sql AS 'SELECT n + n'`,
    expected: ['~ function public.twice(integer)'],
  },
  { sql: 'ALTER FUNCTION twice(integer) IMMUTABLE', expected: ['~ function public.twice(integer)'] },
  { sql: 'DROP FUNCTION twice', expected: ['- function public.twice(integer)'] },
  { sql: `COMMENT ON FUNCTION twice IS 'doubles'`, expected: ['~ function public.twice(integer)'] },
  {
    sql: `CREATE PROCEDURE sweep() LANGUAGE sql AS 'DELETE FROM orders'`,
    expected: ['+ function public.sweep()'],
  },
  {
    sql: `CREATE OR REPLACE AGGREGATE total_of(integer) (sfunc = int4pl, stype = integer, initcond = '1')`,
    expected: ['~ function public.total_of(integer)'],
  },
  // triggers, rules, policies
  {
    sql: 'CREATE TRIGGER again AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION touch()',
    expected: ['+ trigger public.orders.again'],
  },
  { sql: 'ALTER TABLE orders DISABLE TRIGGER orders_touch', expected: ['~ trigger public.orders.orders_touch'] },
  { sql: 'DROP TRIGGER orders_touch ON orders', expected: ['- trigger public.orders.orders_touch'] },
  {
    sql: 'CREATE OR REPLACE RULE quiet AS ON DELETE TO customers DO ALSO NOTHING',
    expected: ['~ rule public.customers.quiet'],
  },
  { sql: 'DROP RULE quiet ON customers', expected: ['- rule public.customers.quiet'] },
  {
    sql: 'CREATE POLICY mine ON orders FOR SELECT TO catalog_reader USING (total > 1)',
    expected: ['+ policy public.orders.mine'],
  },
  { sql: 'ALTER POLICY own ON customers USING (id > 1)', expected: ['~ policy public.customers.own'] },
  { sql: 'DROP POLICY own ON customers', expected: ['- policy public.customers.own'] },
  // types
  { sql: `CREATE TYPE colour AS ENUM ('red', 'blue')`, expected: ['+ type public.colour'] },
  { sql: `ALTER TYPE app.mood ADD VALUE 'happy' BEFORE 'ok'`, expected: ['~ type app.mood'] },
  { sql: `ALTER TYPE app.mood RENAME VALUE 'sad' TO 'blue'`, expected: ['~ type app.mood'] },
  { sql: `ALTER DOMAIN app.email ADD CONSTRAINT long CHECK (length(VALUE) > 3)`, expected: ['~ type app.email'] },
  { sql: 'ALTER DOMAIN app.email SET NOT NULL', expected: ['~ type app.email'] },
  { sql: 'ALTER TYPE app.pair ADD ATTRIBUTE c date', expected: ['~ type app.pair'] },
  { sql: `COMMENT ON TYPE app.pair IS 'two'`, expected: ['~ type app.pair'] },
  { sql: 'CREATE TYPE app.dates AS RANGE (subtype = date)', expected: ['+ type app.dates'] },
  { sql: 'DROP TYPE app.span', expected: ['- type app.span'] },
  // sequences
  { sql: 'CREATE SEQUENCE numbers START 5', expected: ['+ sequence public.numbers'] },
  { sql: 'ALTER SEQUENCE counter INCREMENT 10', expected: ['~ sequence public.counter'] },
  { sql: 'ALTER SEQUENCE counter OWNED BY orders.total', expected: ['~ sequence public.counter'] },
  { sql: 'ALTER SEQUENCE counter RESTART WITH 90', expected: [] },
  { sql: 'DROP SEQUENCE counter', expected: ['- sequence public.counter'] },
  // schemas, extensions
  { sql: 'CREATE SCHEMA "My App"', expected: ['+ schema "My App"'] },
  { sql: `COMMENT ON SCHEMA public IS 'ours'`, expected: ['~ schema public'] },
  { sql: 'CREATE EXTENSION citext', expected: ['+ extension citext'] },
  { sql: 'DROP EXTENSION hstore', expected: ['- extension hstore'] },
  { sql: 'ALTER EXTENSION hstore SET SCHEMA app', expected: ['~ extension hstore'] },
  // grants
  { sql: 'GRANT SELECT, INSERT ON orders TO catalog_reader', expected: ['+ grant public.orders'] },
  { sql: 'GRANT SELECT (total) ON orders TO catalog_reader', expected: ['+ grant public.orders.total'] },
  { sql: 'GRANT USAGE ON SCHEMA app TO catalog_reader', expected: ['+ grant app'] },
  { sql: 'REVOKE EXECUTE ON FUNCTION twice FROM public', expected: ['+ grant public.twice(integer)'] },
  { sql: 'GRANT USAGE ON SEQUENCE counter TO catalog_reader', expected: ['+ grant public.counter'] },
  { sql: 'REVOKE USAGE ON TYPE app.mood FROM public', expected: ['+ grant app.mood'] },
  {
    sql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA app GRANT SELECT ON TABLES TO catalog_reader',
    expected: ['+ grant default privileges of postgres in schema app on tables'],
  },
  // the rest
  {
    sql: 'CREATE STATISTICS more (ndistinct) ON note, total FROM orders',
    expected: ['+ statistics public.more'],
  },
  { sql: 'ALTER STATISTICS orders_stat SET STATISTICS 300', expected: ['~ statistics public.orders_stat'] },
  { sql: 'DROP STATISTICS orders_stat', expected: ['- statistics public.orders_stat'] },
  { sql: 'ALTER PUBLICATION pub ADD TABLE customers', expected: ['~ publication pub'] },
  {
    sql: 'ALTER PUBLICATION pub SET TABLE orders (id, note) WHERE (id > 1)',
    expected: ['~ publication pub'],
    since: 15,
  },
  { sql: 'CREATE PUBLICATION app_pub FOR TABLES IN SCHEMA app', expected: ['+ publication app_pub'], since: 15 },
  { sql: `ALTER PUBLICATION pub SET (publish = 'insert')`, expected: ['~ publication pub'] },
  { sql: 'DROP PUBLICATION pub', expected: ['- publication pub'] },
  { sql: 'ALTER EVENT TRIGGER watch DISABLE', expected: ['~ event-trigger watch'] },
  { sql: 'DROP EVENT TRIGGER watch', expected: ['- event-trigger watch'] },
  {
    sql: 'CREATE OPERATOR app.<~> (function = int4eq, leftarg = int4, rightarg = int4)',
    expected: ['+ other operator app.<~>(integer,integer)'],
  },
  { sql: `CREATE COLLATION app.plain (locale = 'C')`, expected: ['+ other collation app.plain'] },
  {
    sql: 'CREATE CAST (app.pair AS text) WITH INOUT AS ASSIGNMENT',
    expected: ['+ other cast (app.pair AS pg_catalog.text)'],
  },
  { sql: 'CREATE FOREIGN DATA WRAPPER far', expected: ['+ other foreign data wrapper far'] },
  {
    sql: `CREATE FOREIGN DATA WRAPPER far; CREATE SERVER there FOREIGN DATA WRAPPER far OPTIONS (host 'h');
      CREATE USER MAPPING FOR catalog_reader SERVER there OPTIONS (password 'secret-of-mapping');
      CREATE FOREIGN TABLE app.remote (id int OPTIONS (c 'd')) SERVER there OPTIONS (t 'u')`,
    expected: [
      '+ table app.remote',
      '+ column app.remote.id',
      '+ other foreign data wrapper far',
      '+ other server there',
      '+ other user mapping for catalog_reader server there',
    ],
  },
  {
    sql: 'CREATE TEXT SEARCH CONFIGURATION app.words (copy = simple)',
    expected: ['+ other text search configuration app.words'],
  },
  {
    sql: 'CREATE OPERATOR FAMILY app.fam USING btree',
    expected: ['+ other operator family app.fam USING btree'],
  },
  // what changes nothing that a schema is made of
  {
    sql: 'DROP VIEW totals; CREATE VIEW totals AS SELECT customer_id, sum(total) AS total FROM orders GROUP BY 1',
    expected: [],
  },
  { sql: 'GRANT SELECT ON orders TO catalog_reader; REVOKE SELECT ON orders FROM catalog_reader', expected: [] },
  { sql: 'TRUNCATE orders RESTART IDENTITY', expected: [] },
  { sql: 'REINDEX TABLE orders', expected: [] },
  { sql: 'CREATE TEMP TABLE scratch (id int); CREATE TEMP VIEW s AS SELECT * FROM scratch', expected: [] },
  { sql: 'INSERT INTO orders (customer_id) VALUES (1)', expected: [] },
  // our own tables
  {
    sql: 'ALTER TABLE schema_migrations ADD COLUMN run_url text; CREATE INDEX ON schema_migrations (more)',
    expected: [],
  },
  {
    sql: `DROP TABLE migration_history; CREATE VIEW migration_status_view AS SELECT version FROM schema_migrations;
      CREATE FUNCTION get_migration_status() RETURNS int LANGUAGE sql AS 'SELECT 1'`,
    expected: [],
  },
];

const SIGN = { added: '+', removed: '-', changed: '~' } as const;
const lines = (changes: readonly SchemaChange[]) =>
  changes.map((change) => `${SIGN[change.change]} ${change.kind} ${change.name}`);
const fingerprints = (client: pg.Client) => readFingerprints(client, [LEFT_OUT]);
const everything = async (client: pg.Client): Promise<Definitions> =>
  readDefinitions(client, (await fingerprints(client)).groups.keys());

let base: Database;
let admin: pg.Client;

beforeAll(async () => {
  base = await freshDatabase();
  const client = await base.client();
  await client.query(`DO $$ BEGIN CREATE ROLE catalog_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$`);
  await client.query(BASE);
  await client.end();
  admin = await base.client({ database: 'postgres' });
});

/** A copy of the base, for one test. */
async function copyOfBase(use: (client: pg.Client) => Promise<void>): Promise<void> {
  const copy = `${base.name}_copy`;
  await admin.query(`CREATE DATABASE ${copy} TEMPLATE ${base.name}`);
  try {
    const client = await base.client({ connectionString: base.url.replace(base.name, copy) });
    try {
      await use(client);
    } finally {
      await client.end();
    }
  } finally {
    await admin.query(`DROP DATABASE ${copy} WITH (FORCE)`);
  }
}

const cases = CASES.filter(({ since }) => (since ?? 0) <= pgMajor);

describe('a statement, rehearsed and applied', () => {
  it.each(cases)('$sql', async ({ sql, expected }) => {
    await copyOfBase(async (client) => {
      const before = await fingerprints(client);
      await client.query('BEGIN');
      await client.query(sql);
      const rehearsed = changedGroups(before, await fingerprints(client));
      const keys = groupsToDefine(rehearsed);
      const predicted = await readDefinitions(client, keys.inside);
      await client.query('ROLLBACK');
      const difference = diffDefinitions(await readDefinitions(client, keys.outside), predicted);
      expect(lines(difference)).toEqual(expected);
      expect(JSON.stringify(difference)).not.toContain('secret-of-mapping');

      const back = await fingerprints(client);
      expect(changedGroups(before, back)).toEqual({ added: [], removed: [], changed: [] });
      // Nothing has been done yet: the proof has to say so, wherever there is something to prove.
      const nothing = changedGroups(before, back);
      const unproved = compareDefinitions(predicted, await readDefinitions(client, groupsToProve(rehearsed, nothing)));
      expect(lines(unproved)).toHaveLength(expected.length);

      await client.query(sql);
      const applied = changedGroups(before, await fingerprints(client));
      const actual = await readDefinitions(client, groupsToProve(rehearsed, applied));
      expect(compareDefinitions(predicted, actual)).toEqual([]);
    });
  });
});

describe('definitions', () => {
  it('say what an object is, every name qualified', async () => {
    await copyOfBase(async (client) => {
      await client.query(`SET search_path = public, app; CREATE TABLE full_of (
          a mood DEFAULT 'sad' NOT NULL, b bigint REFERENCES customers ON DELETE CASCADE, c email);
        CREATE VIEW both_of AS SELECT a, c FROM full_of;
        GRANT SELECT, UPDATE ON full_of TO catalog_reader WITH GRANT OPTION; GRANT SELECT ON full_of TO public;
        COMMENT ON COLUMN full_of.c IS 'it''s theirs'`);
      const all = await everything(client);
      const text = (key: string) => all.get(key)?.definition;
      expect(text('column public.full_of.a')).toBe(`app.mood not null default 'sad'::app.mood`);
      expect(text('column public.full_of.c')).toBe(`app.email comment 'it''s theirs'`);
      expect(text('constraint public.full_of.full_of_b_fkey')).toBe(
        'FOREIGN KEY (b) REFERENCES public.customers(id) ON DELETE CASCADE',
      );
      expect(text('view public.both_of')).toMatch(
        /^\(a app.mood, c app.email\) as SELECT .* FROM public.full_of owner postgres$/s,
      );
      expect(text('sequence public.orders_id_seq')).toBe(
        'as integer start 1 increment 1 minvalue 1 maxvalue 2147483647 cache 1 owned by public.orders.id owner postgres',
      );
      expect(text('table public.parts')).toBe('partitioned by RANGE (at) owner postgres');
      expect(text('table public.parts_2024')).toBe(
        `partition of public.parts FOR VALUES FROM ('2024-01-01') TO ('2025-01-01') owner postgres`,
      );
      expect(text('type app.mood')).toBe(`enum ('sad', 'ok') owner postgres`);
      expect(text('grant public.full_of')).toContain(
        'catalog_reader: SELECT with grant option, UPDATE with grant option; ',
      );
      expect(text('grant public.full_of')).toMatch(/; public: SELECT$/);
    });
  });

  it('tell an index that a broken build left from the one that was meant', async () => {
    await copyOfBase(async (client) => {
      await client.query('CREATE UNIQUE INDEX born_once ON orders (total, id)');
      const meant = await everything(client);
      await client.query('DROP INDEX born_once; INSERT INTO orders (id, customer_id) VALUES (-1, 1)');
      await client.query(
        'ALTER TABLE orders DROP CONSTRAINT orders_pkey; INSERT INTO orders (id, customer_id) VALUES (-1, 1)',
      );
      await expect(client.query('CREATE UNIQUE INDEX CONCURRENTLY born_once ON orders (total, id)')).rejects.toThrow(
        'could not create unique index',
      );
      const changes = diffDefinitions(meant, await everything(client)).filter(
        ({ name }) => name === 'public.born_once',
      );
      expect(lines(changes)).toEqual(['~ index public.born_once']);
      expect(changes[0]?.after).toBe(`${changes[0]?.before} INVALID NOT READY`);
    });
  });
});

describe('different routes to the same schema', () => {
  const ROUTES: readonly (readonly [what: string, one: string, other: string])[] = [
    [
      'columns at once, and added one by one',
      "CREATE TABLE t (id bigint PRIMARY KEY, a text NOT NULL DEFAULT 'x', b int CHECK (b > 0))",
      `CREATE TABLE t (junk int, id bigint); ALTER TABLE t DROP COLUMN junk;
       ALTER TABLE t ADD b int, ADD a text NOT NULL DEFAULT 'x'; ALTER TABLE t ADD PRIMARY KEY (id);
       ALTER TABLE t ADD CHECK (b > 0)`,
    ],
    [
      'NOT NULL under another name',
      'CREATE TABLE t (a int NOT NULL)',
      'CREATE TABLE old (b int NOT NULL); ALTER TABLE old RENAME TO t; ALTER TABLE t RENAME b TO a',
    ],
    [
      'NOT NULL dropped and set',
      'CREATE TABLE t (a int PRIMARY KEY, c text NOT NULL)',
      'CREATE TABLE t (a int, c text); ALTER TABLE t ALTER c SET NOT NULL; ALTER TABLE t ADD PRIMARY KEY (a)',
    ],
    [
      'a constraint validated later',
      'CREATE TABLE t (a int, CONSTRAINT small CHECK (a < 9))',
      `CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT small CHECK (a < 9) NOT VALID;
       ALTER TABLE t VALIDATE CONSTRAINT small`,
    ],
    [
      'serial, by hand',
      'CREATE TABLE t (id serial)',
      `CREATE SEQUENCE t_id_seq AS integer; CREATE TABLE t (id int NOT NULL DEFAULT nextval('t_id_seq'));
       ALTER SEQUENCE t_id_seq OWNED BY t.id`,
    ],
    [
      'an enum grown',
      `CREATE TYPE mood AS ENUM ('a', 'b', 'c')`,
      `CREATE TYPE mood AS ENUM ('a', 'c'); ALTER TYPE mood ADD VALUE 'b' BEFORE 'c'`,
    ],
    [
      'grants in another order, one taken back',
      'CREATE TABLE t (a int); GRANT INSERT, SELECT ON t TO catalog_reader',
      `CREATE TABLE t (a int); GRANT SELECT ON t TO public; GRANT SELECT ON t TO catalog_reader;
       GRANT INSERT ON t TO catalog_reader; REVOKE SELECT ON t FROM public`,
    ],
    [
      'an index built concurrently',
      'CREATE TABLE t (a int); CREATE INDEX t_a ON t (a)',
      'CREATE TABLE t (a int);; CREATE INDEX CONCURRENTLY t_a ON t (a)',
    ],
    [
      'options in another order',
      'CREATE TABLE t (a int) WITH (fillfactor = 70, autovacuum_enabled = off)',
      'CREATE TABLE t (a int) WITH (autovacuum_enabled = off); ALTER TABLE t SET (fillfactor = 70)',
    ],
    [
      'search_path, time zone and date style of the session',
      `CREATE TABLE t (at timestamptz DEFAULT '2024-03-01 12:00:00+00'::timestamptz); CREATE VIEW v AS SELECT at FROM t`,
      `SET search_path = public, pg_temp; SET TimeZone = 'Asia/Tokyo'; SET DateStyle = 'German';
       CREATE TABLE t (at timestamptz DEFAULT '2024-03-01 12:00:00+00'::timestamptz); CREATE VIEW v AS SELECT at FROM t`,
    ],
  ];
  it.each(ROUTES)('%s', async (_what, one, other) => {
    const definitions: Definitions[] = [];
    for (const route of [one, other]) {
      const database = await freshDatabase();
      const client = await database.client();
      for (const step of route.split(';;')) await client.query(step);
      definitions.push(await everything(client));
      await database.drop();
    }
    const [first, second] = definitions;
    expect(first?.size).toBeGreaterThan(2);
    expect(diffDefinitions(first ?? new Map(), second ?? new Map())).toEqual([]);
  });
});

describe('fingerprints', () => {
  const NO_CHANGE = { added: [], removed: [], changed: [] };

  it('are the same after ANALYZE, VACUUM and rows', async () => {
    await copyOfBase(async (client) => {
      const before = await fingerprints(client);
      for (const sql of [
        'ANALYZE',
        'INSERT INTO customers (email) SELECT i::text FROM generate_series(1, 2000) i',
        'DELETE FROM orders WHERE id > 100',
        'VACUUM (ANALYZE, FREEZE)',
        `SELECT nextval('counter')`,
      ]) {
        await client.query(sql);
        expect(changedGroups(before, await fingerprints(client)), sql).toEqual(NO_CHANGE);
      }
    });
  });

  it('name every relation there is, and leave out what is not the schema', async () => {
    await copyOfBase(async (client) => {
      await client.query('CREATE TEMP TABLE scratch (id int PRIMARY KEY)');
      const { relations } = await fingerprints(client);
      const { rows } = await client.query(
        `SELECT oid, relkind FROM pg_class WHERE relnamespace IN ('public'::regnamespace, 'app'::regnamespace) AND relkind <> 'c'`,
      );
      expect([...relations].map(([oid, { kind }]) => ({ oid, relkind: kind }))).toEqual(
        rows.sort((a: { oid: number }, b: { oid: number }) => a.oid - b.oid),
      );
      expect([...relations.values()]).toContainEqual({ name: 'public."Order Items"', kind: 'r' });
      expect(
        [...(await everything(client)).keys()].filter((key) => /scratch|schema_migrations|hstore\(/.test(key)),
      ).toEqual([]);
    });
  });

  it('survive names that are made to break them', async () => {
    await copyOfBase(async (client) => {
      const name = `a"b\nc\td e=f,{g}'h\\i`;
      await client.query(`CREATE TABLE ${client.escapeIdentifier(name)} (${client.escapeIdentifier(name)} int)`);
      const names = [...(await fingerprints(client)).relations.values()].map((relation) => relation.name);
      expect(names).toContain(`public.${client.escapeIdentifier(name)}`);
      expect((await everything(client)).has(`table public.${client.escapeIdentifier(name)}`)).toBe(true);
      const without = await readFingerprints(client, [{ schema: 'public', names: [name] }]);
      expect(without.groups.size).toBe((await readFingerprints(client)).groups.size - 1);
    });
  });
});

describe('reading leaves no trace', () => {
  const SETTINGS = `SELECT current_setting('search_path') AS path, current_setting('TimeZone') AS zone, current_setting('work_mem') AS mem`;

  it('outside and inside a transaction, whatever a hostile search_path holds', async () => {
    await copyOfBase(async (client) => {
      await client.query(
        `CREATE SCHEMA evil; CREATE TABLE evil.pg_class (oid oid);
        CREATE FUNCTION evil.current_setting(text) RETURNS text LANGUAGE sql AS 'SELECT 1/0::text';
        CREATE FUNCTION evil.eq(oid, oid) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE ''hijacked''; END';
        CREATE OPERATOR evil.= (function = evil.eq, leftarg = oid, rightarg = oid)`.replace('1/0::text', `''x''::text`),
      );
      const calm = await everything(client);
      await client.query(
        `SET search_path = evil, pg_catalog, "$user"; SET TimeZone = 'Asia/Tokyo'; SET quote_all_identifiers = on`,
      );
      const before = (await client.query(SETTINGS)).rows;
      expect(await everything(client)).toEqual(calm);
      expect((await client.query(SETTINGS)).rows).toEqual(before);
      await client.query(`BEGIN; SET LOCAL TimeZone = 'Africa/Cairo'; SET search_path = app`);
      const inside = (await client.query(SETTINGS)).rows;
      expect(await everything(client)).toEqual(calm);
      expect((await client.query(SETTINGS)).rows).toEqual(inside);
      await client.query('COMMIT');
      expect((await client.query(SETTINGS)).rows[0]).toMatchObject({ path: '"app"', zone: 'Asia/Tokyo' });
    });
  });

  it('works read-only and as a role without any rights', async () => {
    await copyOfBase(async (client) => {
      const all = await everything(client);
      await client.query('BEGIN READ ONLY; SET LOCAL ROLE catalog_reader');
      expect(await everything(client)).toEqual(all);
      await client.query('ROLLBACK');
    });
  });

  it('works on a standby', async () => {
    const server = await startServer({ major: pgMajor });
    const read = async () => {
      const client = new pg.Client({ connectionString: server.url() });
      await client.connect();
      try {
        const { rows } = await client.query('SELECT pg_is_in_recovery() AS standby');
        if (!rows[0].standby) await client.query('CREATE TABLE t (id int PRIMARY KEY)');
        return { standby: rows[0].standby, objects: await everything(client), prints: await fingerprints(client) };
      } finally {
        await client.end();
      }
    };
    try {
      const primary = await read();
      await server.stop();
      await writeFile(join(server.dataDir, 'standby.signal'), '');
      await server.start();
      expect(await read()).toEqual({ ...primary, standby: true });
    } finally {
      await server.remove();
    }
  });

  it('fingerprints pass by an ACCESS EXCLUSIVE lock', async () => {
    await copyOfBase(async (client) => {
      const { rows } = await client.query('SELECT current_database() AS name');
      const url = (inject('server')?.url ?? '').replace(/\/postgres$/, `/${rows[0].name}`);
      const holder = await base.client({ connectionString: url });
      await holder.query('BEGIN; LOCK TABLE orders, customers, totals IN ACCESS EXCLUSIVE MODE');
      await client.query(`SET lock_timeout = '200ms'`);
      expect((await fingerprints(client)).groups.size).toBeGreaterThan(10);
      await client.query('BEGIN');
      await fingerprints(client);
      const held = await client.query(
        `SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND locktype = 'relation' AND relation >= 16384`,
      );
      expect(held.rows).toEqual([]);
      await client.query('ROLLBACK');
      await holder.end();
    });
  });

  it('refuses a key that is none', async () => {
    await copyOfBase(async (client) => {
      await expect(readDefinitions(client, ['relation:1); DROP TABLE x'])).rejects.toThrow(
        'not a key of a fingerprint',
      );
      await expect(readDefinitions(client, ['planet:1'])).rejects.toThrow('no such group');
    });
  });
});
