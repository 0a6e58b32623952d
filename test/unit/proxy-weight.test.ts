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
  it.each(PERHAPS)('perhaps: %s', (sql) => expect(weighWords(sql)).toBe('perhaps'));
  it.each(WRITES)('writes: %s', (sql) => expect(weighWords(sql)).toBe('writes'));
});
