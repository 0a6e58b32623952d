/** What a statement leaves behind once it is committed, by its words. */
import { describe, expect, it } from 'vitest';
import { weighWords } from '../../src/rehearsal/proxy/weight.ts';

const READS = [
  'select 1',
  'SELECT version FROM "public"."schema_migrations" ORDER BY version ASC',
  'select exists (select 1 from pg_catalog.pg_class c where pg_catalog.pg_table_is_visible(c.oid))',
  'SELECT alembic_version.version_num FROM alembic_version',
  "select pg_catalog.version(), current_schema(), current_setting('a.b', true)",
  'select pg_try_advisory_lock(241511)',
  'select count(*), max(id) filter (where id > 0) over (partition by a) from t where a in (1, 2) and not (b) for update',
  'select cast(a as numeric(10, 2)), b::varchar(20), coalesce(c, lower(d)) from generate_series(1, 3) as g (n)',
  'with recursive x (n) as (values (1) union all select n + 1 from x) select * from x',
  'select * from unnest(array[1]) u (a)',
  'select indkey[generate_subscripts(indkey, 1)] from pg_index',
  "select 'migrate()', $$f()$$ -- g()",
  '(select 1) union (select 2)',
  'values (1), (2)',
  'table t',
  'explain select f()',
  'declare c cursor for select a from t',
  'copy t (a, b) to stdout',
  'copy (select a from t) to stdout',
  'set search_path to a',
  'rollback to a',
];

/** What tools and their drivers ask of themselves. */
const ASKED = [
  `select pg_try_advisory_lock(7241865325823964) as "lockObtained"`,
  `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'pgmigrations'`,
  `SELECT name FROM "public"."pgmigrations" ORDER BY run_on, id`,
  `SELECT c.relname, CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END, obj_description(c.oid, 'pg_class')
   FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND pg_catalog.pg_table_is_visible(c.oid)`,
  `SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class WHERE pg_catalog.pg_class.relname = 'alembic_version'
   AND pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p']) AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid)`,
  `SELECT typname AS name, oid, typarray AS array_oid, oid::regtype::text AS regtype FROM pg_type t WHERE t.oid = to_regtype('hstore') ORDER BY t.oid`,
  `SELECT cur.value, new.value FROM (SELECT pg_catalog.current_setting('jit') AS value) cur, pg_catalog.set_config('jit', 'off', false) AS new (value)`,
  `WITH RECURSIVE typeinfo_tree(oid, ns, name, depth) AS (SELECT ti.oid, ti.ns, ti.name, 0 FROM pg_type AS ti WHERE ti.oid = any($1::oid[])
   UNION ALL SELECT ti.oid, ti.ns, ti.name, tt.depth + 1 FROM pg_type ti, typeinfo_tree tt WHERE (tt.elemtype IS NOT NULL AND ti.oid = tt.elemtype))
   SELECT DISTINCT *, basetype::regtype::text AS basetype_name FROM typeinfo_tree ORDER BY depth DESC`,
  `select exists (select 1 from pg_tables where schemaname = 'public' and tablename = 'schema_migrations')`,
  `SELECT (information_schema._pg_expandarray(i.indkey)).n, pg_catalog.pg_get_indexdef(i.indexrelid, (information_schema._pg_expandarray(i.indkey)).n, false) FROM pg_catalog.pg_index i`,
  `SELECT t.typname, (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e) FROM pg_type t WHERE (t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_class c))`,
];
const PERHAPS = [
  'select migrate()',
  'select public.count(1)',
  '/* lower() */ select "Lower"(a) from t',
  "select nextval('s')",
  "select setval('s', 1)",
  'select a from t where f (a) > 1',
  'with x as (select f()) select * from x',
  'explain (analyze) insert into t values (1)',
  'declare c cursor for select f()',
  'copy (select f()) to stdout',
  'execute p',
  'call p()',
  'do $$ begin end $$',
  "select query_to_xml('delete from t returning 1', true, true, '')",
  'select lo_create(1)',
];
const WRITES = [
  'create table t ()',
  'select 1 into t',
  'with x as (delete from t returning *) select * from x',
  'insert into t values (1)',
  'copy t from stdin',
  'copy (insert into t values (1) returning a) to stdout',
  'truncate t',
  'refresh materialized view m',
  'analyze t',
];

describe('by its words', () => {
  it.each(READS)('reads: %s', (sql) => expect(weighWords(sql)).toBe('reads'));
  it.each(ASKED)('reads, as a tool asks: %s', (sql) => expect(weighWords(sql)).toBe('reads'));
  it.each(PERHAPS)('perhaps: %s', (sql) => expect(weighWords(sql)).toBe('perhaps'));
  it.each(WRITES)('writes: %s', (sql) => expect(weighWords(sql)).toBe('writes'));
});
