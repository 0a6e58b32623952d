import { describe, expect, it } from 'vitest';
import { classify, splitQualifiedName, unquoteName } from '../../src/sql/classify.ts';

describe('command', () => {
  it.each([
    ['select 1', 'SELECT'],
    ['(select 1) union select 2', 'SELECT'],
    ['-- x\n/* y */ Insert into t values (1)', 'INSERT'],
    ['with x as (select 1) select * from x', 'WITH'],
    ['create or replace function f() returns int language sql as $$ select 1 $$', 'CREATE FUNCTION'],
    ['create unique index i on t (a)', 'CREATE INDEX'],
    ['create temp table t (a int)', 'CREATE TABLE'],
    ['create unlogged table t (a int)', 'CREATE TABLE'],
    ['create constraint trigger x after insert on t execute function f()', 'CREATE TRIGGER'],
    ['create or replace recursive view v (a) as select 1', 'CREATE VIEW'],
    ['create materialized view v as select 1', 'CREATE MATERIALIZED VIEW'],
    ['create foreign data wrapper w', 'CREATE FOREIGN DATA WRAPPER'],
    ['create text search configuration c (copy = simple)', 'CREATE TEXT SEARCH CONFIGURATION'],
    ['alter default privileges grant select on tables to x', 'ALTER DEFAULT PRIVILEGES'],
    ['alter table t add a int', 'ALTER TABLE'],
    ['drop event trigger e', 'DROP EVENT TRIGGER'],
    ['refresh materialized view v', 'REFRESH MATERIALIZED VIEW'],
    ['set constraints all deferred', 'SET CONSTRAINTS'],
    ['set local lock_timeout = 1', 'SET'],
    ['truncate t', 'TRUNCATE'],
    ['do $$ begin end $$', 'DO'],
    ['comment on table t is $$x$$', 'COMMENT'],
    ['', ''],
    ['123', ''],
  ])('%s', (sql, command) => {
    expect(classify(sql).command).toBe(command);
  });
});

describe('transaction control', () => {
  it.each([
    ['BEGIN', 'begin'],
    ['begin transaction isolation level serializable', 'begin'],
    ['START TRANSACTION', 'begin'],
    ['COMMIT', 'commit'],
    ['commit work and no chain', 'commit'],
    ['END', 'commit'],
    ['commit and chain', 'commit-chain'],
    ['END TRANSACTION AND CHAIN', 'commit-chain'],
    ['ROLLBACK', 'rollback'],
    ['abort work', 'rollback'],
    ['rollback and chain', 'rollback-chain'],
    ['rollback to x', 'savepoint'],
    ['ROLLBACK WORK TO SAVEPOINT x', 'savepoint'],
    ['savepoint x', 'savepoint'],
    ['release savepoint x', 'savepoint'],
    ["prepare transaction 'x'", 'prepare'],
    ["commit prepared 'x'", 'prepare'],
    ["rollback prepared 'x'", 'prepare'],
    ['prepare transaction as select 1', null],
    ['prepare p as select 1', null],
    ['select 1', null],
    ["comment on table t is 'commit'", null],
  ])('%s', (sql, control) => {
    expect(classify(sql).control).toBe(control);
  });
});

describe('what a transaction refuses', () => {
  it.each([
    [
      'create index concurrently i on t (a)',
      'create index i on t (a)',
      't',
      { kind: 'create-index', index: 'i', table: 't', ifNotExists: false, around: ['create index i on ', ' (a)'] },
    ],
    [
      'CREATE UNIQUE INDEX  CONCURRENTLY /* now */ IF NOT EXISTS "I x" ON ONLY public."T" USING gin (a) WHERE b > 1',
      'CREATE UNIQUE INDEX  /* now */ IF NOT EXISTS "I x" ON ONLY public."T" USING gin (a) WHERE b > 1',
      'public."T"',
      {
        kind: 'create-index',
        index: '"I x"',
        table: 'public."T"',
        ifNotExists: true,
        around: ['CREATE UNIQUE INDEX  /* now */ IF NOT EXISTS "I x" ON ONLY ', ' USING gin (a) WHERE b > 1'],
      },
    ],
    [
      'create index concurrently on s.t (a)',
      'create index on s.t (a)',
      's.t',
      { kind: 'create-index', index: null, table: 's.t', ifNotExists: false, around: ['create index on ', ' (a)'] },
    ],
    [
      'drop index concurrently if exists a, s."B" cascade',
      'drop index if exists a, s."B" cascade',
      'a',
      { kind: 'drop-index', indexes: ['a', 's."B"'] },
    ],
    ['reindex index concurrently i', 'reindex index i', 'i', { kind: 'reindex', target: 'i', of: 'index' }],
    ['REINDEX (CONCURRENTLY) TABLE s.t', 'REINDEX TABLE s.t', 's.t', { kind: 'reindex', target: 's.t', of: 'table' }],
    [
      'reindex (verbose, concurrently true) index i',
      'reindex (verbose) index i',
      'i',
      { kind: 'reindex', target: 'i', of: 'index' },
    ],
    [
      'reindex (concurrently, verbose) table concurrently t',
      'reindex (verbose) table t',
      't',
      { kind: 'reindex', target: 't', of: 'table' },
    ],
    [
      'reindex (verbose) table concurrently t',
      'reindex (verbose) table t',
      't',
      { kind: 'reindex', target: 't', of: 'table' },
    ],
    ['reindex schema concurrently s', null, null, { kind: 'reindex', target: 's', of: 'schema' }],
    ['reindex schema s', null, null, { kind: 'repeatable' }],
    ['reindex database', null, null, { kind: 'repeatable' }],
    ['reindex (verbose) system d', null, null, { kind: 'repeatable' }],
    ['vacuum', null, null, { kind: 'repeatable' }],
    ['vacuum (full, analyze) t', null, null, { kind: 'repeatable' }],
    ['cluster', null, null, { kind: 'repeatable' }],
    ['cluster (verbose)', null, null, { kind: 'repeatable' }],
    ['cluster verbose', null, null, { kind: 'repeatable' }],
    ['create database "D" template x', null, null, { kind: 'create-database', name: '"D"' }],
    ['drop database if exists d with (force)', null, null, { kind: 'drop-database', name: 'd' }],
    ['alter database d set tablespace x', null, null, { kind: 'repeatable' }],
    ["create tablespace s location '/x'", null, null, { kind: 'create-tablespace', name: 's' }],
    ['drop tablespace if exists s', null, null, { kind: 'drop-tablespace', name: 's' }],
    ["alter system set work_mem = '1MB'", null, null, { kind: 'repeatable' }],
    ['discard all', null, null, { kind: 'repeatable' }],
    [
      'alter table if exists only s.p detach partition s.q concurrently',
      'alter table if exists only s.p detach partition s.q',
      's.q',
      { kind: 'detach', parent: 's.p', partition: 's.q' },
    ],
    ["create subscription s connection 'x' publication p", null, null, null],
    ["create subscription s connection 'x' publication p with (create_slot, copy_data = false)", null, null, null],
    ['drop subscription s', null, null, null],
    ['alter subscription s refresh publication', null, null, null],
    ['alter subscription s set publication p', null, null, null],
    ['alter subscription s add publication p with (refresh = true)', null, null, null],
    ['alter subscription s set (failover = true)', null, null, null],
    ['do $$ begin update t set a = 1; commit; end $$', null, null, null],
  ] as const)('%s', (sql, plain, relation, leftover) => {
    expect(classify(sql).nonTransactional).toEqual({ what: expect.any(String), plain, relation, leftover });
  });

  it.each([
    'create index i on t (a)',
    'create index i on concurrently (a)',
    'create index "concurrently" on t (a)',
    'create index i on t (a) -- concurrently',
    'drop index a',
    'reindex table t',
    'reindex index i',
    'reindex (concurrently false) table t',
    'reindex (verbose) table t',
    'refresh materialized view concurrently v',
    'cluster t',
    'cluster t using i',
    'cluster (verbose) t',
    'analyze t',
    'alter database d set work_mem = 1',
    'alter database d refresh collation version',
    'discard temp',
    'alter table p detach partition q',
    'alter table p detach partition q finalize',
    'alter table concurrently add a int',
    "create subscription s connection 'x' publication p with (connect = false)",
    "create subscription s connection 'x' publication p with (create_slot = off, enabled = false)",
    'alter subscription s set publication p with (refresh = false)',
    'alter subscription s disable',
    'alter subscription s set (slot_name = none)',
    "create function f() returns int language sql as $$ select 'create index concurrently' $$",
    "comment on table t is 'vacuum'",
    "insert into t values ('create index concurrently')",
    'alter type t add value $$x$$',
    'create extension x',
  ])('not: %s', (sql) => {
    expect(classify(sql).nonTransactional).toBeNull();
  });

  it('names the statement', () => {
    expect(classify('create unique index concurrently on t (a)').nonTransactional?.what).toBe(
      'CREATE INDEX CONCURRENTLY',
    );
    expect(classify('do $$ begin rollback; end $$').nonTransactional?.what).toBe('DO that commits');
  });
});

describe('DO and CALL', () => {
  it.each([
    ['do $$ begin perform 1; end $$', false],
    ['do $$ begin commit; end $$', true],
    ["do E'begin\\n commit; end'", true],
    ["do E'begin \\x63ommit; \\145nd'", true],
    ["do U&'begin \\0063ommit; end'", true],
    ["do 'begin '\n'commit; end'", true],
    ["do 'begin ' -- x\n 'commit; end'", true],
    ["do language E'plpgsql' 'begin commit; end'", true],
    ['do $$ begin if a then ROLLBACK; end if; end $$', true],
    ['do $$ begin loop <<x>> commit; end loop; end $$', true],
    ["do 'begin perform ''x''; commit; end'", true],
    ['do language plpgsql $$ begin perform 1; commit and chain; end $$', true],
    ['do $$ begin create temp table x (a int) on commit drop; end $$', false],
    ["do $$ begin -- commit;\n perform 'x; commit;'; /* ; commit; */ end $$", false],
    ["do $$ begin raise notice 'a'; x.commit := 1; end $$", false],
    ['do language plpython3u $$ plpy.commit() $$', true],
    ["do language 'plperl' $$ spi_rollback(); $$", true],
    ['do $$ plpy.execute("x") $$ language plpython3u', false],
  ])('%s', (sql, commits) => {
    expect(classify(sql).opaque).toEqual({ what: 'DO', commits });
    expect(classify(sql).nonTransactional === null).toBe(!commits);
  });

  it('CALL', () => {
    expect(classify('call p(1)')).toMatchObject({ opaque: { what: 'CALL', commits: false }, nonTransactional: null });
  });
});

describe('bulk INSERT', () => {
  it.each([
    ['insert into t values (1)', 't'],
    ['INSERT INTO public."T x" (a, "B") VALUES (1), (2)', 'public."T x"'],
    ['insert into s.t(a)values(1)', 's.t'],
    ['insert into t overriding system value values (1)', 't'],
    ['insert into t (a, b[1]) values (1, 2) on conflict do nothing returning a', 't'],
    ['insert /* x */ into s . t as x -- y\n (a) values (1)', 's.t'],
    ['insert into t (a -- (\n) values (1)', 't'],
    ['insert into größe values (1)', 'größe'],
    ['insert into t values ((select 1))', 't'],
    ['insert into t default values', null],
    ['insert into t select 1', null],
    ['insert into t (a) (select 1)', null],
    ['insert into t with x as (values (1)) select * from x', null],
    ['insert into t table x', null],
    ['with x as (select 1) insert into t values (1)', null],
  ])('%s', (sql, table) => {
    expect(classify(sql).bulkInsertInto).toBe(table);
  });
});

describe('large writes', () => {
  const dml = { kind: 'dml' };
  const rewrite = (relation: string) => ({ kind: 'rewrite', relation });
  const index = (relation: string) => ({ kind: 'index', relation });
  it.each([
    ['update t set a = 1', dml],
    ['delete from t', dml],
    ['merge into t using s on true when matched then delete', dml],
    ['insert into t select * from s', dml],
    ['insert into t (a) (select 1)', dml],
    ['insert into t (a) values (1)', null],
    ['insert into t default values', null],
    ['with x as (update t set a = 1 returning *) select * from x', dml],
    ['with x as (select 1) delete from t', dml],
    ['with x as (select 1), y as (insert into t select 1 returning a) select 1', dml],
    ["with x as (select 'delete' as update) select * from x", null],
    ['select * into t from s', dml],
    ['select (select 1) from t', null],
    ['create table t as select 1', dml],
    ['create table t (a) as (with x as (select 1) table x)', dml],
    ['create table t as select 1 with no data', null],
    ['create table t (a int generated always as (b + 1) stored)', null],
    ['create materialized view v as select 1', dml],
    ['create materialized view v as select 1 with no data', null],
    ['refresh materialized view s.v', rewrite('s.v')],
    ['refresh materialized view concurrently v', rewrite('v')],
    ['refresh materialized view v with no data', null],
    ['cluster t using i', rewrite('t')],
    ['cluster i on t', rewrite('t')],
    ['vacuum full t', rewrite('t')],
    ['vacuum (full) s.t', rewrite('s.t')],
    ['vacuum t', null],
    ['create index i on only s.t (a)', index('s.t')],
    ['create unique index on "T" (a)', index('"T"')],
    ['create index concurrently i on t (a)', index('t')],
    ['reindex table t', index('t')],
    ['reindex (verbose) index concurrently i', index('i')],
    ['reindex schema s', null],
    ['alter index i set tablespace x', rewrite('i')],
    ['alter index i rename to j', null],
    ['alter materialized view v set access method x', rewrite('v')],
    ['alter table t alter column a type bigint', rewrite('t')],
    ['alter table t alter "A" set data type text using a::text', rewrite('t')],
    ['alter table if exists only s.t * alter a set expression as (b)', rewrite('s.t')],
    ['alter table t alter type set default 1', null],
    ['alter table t alter a set not null, alter b drop default, alter c set storage external', null],
    ['alter table t set logged', rewrite('t')],
    ['alter table t set unlogged', rewrite('t')],
    ['alter table t set access method heap2', rewrite('t')],
    ['alter table t set tablespace x', rewrite('t')],
    ['alter table all in tablespace a set tablespace b', null],
    ['alter table t set (fillfactor = 70), set schema s', null],
    ['alter table t add primary key (a)', index('t')],
    ['alter table t add constraint c unique nulls not distinct (a)', index('t')],
    ['alter table t add unique (a) using index tablespace x', index('t')],
    ['alter table t add exclude using gist (a with =)', index('t')],
    ['alter table t add constraint c exclude (a with =)', index('t')],
    ['alter table t add constraint c primary key using index i', null],
    ['alter table t add constraint c unique using index i', null],
    ['alter table t add check (a > 1), add foreign key (a) references s', null],
    ['alter table t add constraint c check (a > f(1)) not valid', null],
    ['alter table t add column a int', null],
    ['alter table t add a int unique', index('t')],
    ['alter table t add a int, add b text primary key', index('t')],
    ['alter table t add a int unique, add b bigserial', rewrite('t')],
    ['alter table t add if not exists a serial', rewrite('t')],
    ['alter table t add column serial int', null],
    ['alter table t add a int generated always as identity', rewrite('t')],
    ['alter table t add a int generated by default as identity (start 5)', rewrite('t')],
    ['alter table t add a int generated always as (b + 1) stored', rewrite('t')],
    ['alter table t add a int generated always as (b + 1) virtual', null],
    ['alter table t add column stored int default 1', null],
    ['alter table t add a int default 1 + 2 not null', null],
    ["alter table t add a jsonb default '{}'::jsonb check (f(a) > 1)", null],
    ['alter table t add a numeric(10, 2) default (0.5)::numeric(10, 2)', null],
    ['alter table t add a varchar(5) default \'x\' collate "C" constraint k check (g(a))', null],
    ['alter table t add a timestamptz default now()', null],
    ["alter table t add a timestamptz default pg_catalog.now() + interval '1 day'", null],
    ["alter table t add a timestamp default timezone('utc', now())", null],
    ['alter table t add a timestamptz(3) default current_timestamp(3)', null],
    ['alter table t add a date default CURRENT_DATE', null],
    ['alter table t add a text default null', null],
    ["alter table t add a int[] default array[1, 2], add b text[] default '{}'", null],
    ['alter table t add a uuid default gen_random_uuid()', rewrite('t')],
    ['alter table t add a timestamptz default clock_timestamp()', rewrite('t')],
    ["alter table t add a int default nextval('s')", rewrite('t')],
    ['alter table t add a int default (s.f(1) + 1)', rewrite('t')],
    ['alter table t add a int default 1, add b float default coalesce(null, random())', rewrite('t')],
    ['truncate t', null],
    ['drop table t', null],
    ["comment on table t is 'update'", null],
  ] as const)('%s', (sql, expected) => {
    expect(classify(sql).mayWrite).toEqual(expected);
  });
});

describe('setval', () => {
  it.each([
    ["select setval('s', 1)", true],
    ["SELECT pg_catalog.setval('public.s', 1, false)", true],
    ['select "setval" (\'s\', 1)', true],
    ["select setval -- x\n ('s', 1)", true],
    ["insert into t values (setval('s', 1))", true],
    ["with x as (select setval('s', 1)) select * from x", true],
    ["select 'setval(1)'", false],
    ['select 1 -- setval(1)', false],
    ["insert into t values ('setval(''s'', 1)')", false],
    ['select setval from t', false],
    ["create function f() returns int language sql as $$ select setval('s', 1) $$", false],
    ["create view v as select setval('s', 1)", false],
    ["select nextval('s')", false],
  ])('%s', (sql, expected) => {
    expect(classify(sql).callsSetval).toBe(expected);
  });
});

describe('beyond the database', () => {
  it.each([
    ["copy t to program 'x'", 'COPY TO PROGRAM', true],
    ["copy t (a) from program 'x' with csv", 'COPY FROM PROGRAM', true],
    ["copy (select * from t) to '/x'", 'COPY TO a file', true],
    ["copy t from '/x'", 'COPY FROM a file', false],
    ["select dblink_exec('x', 'y')", 'dblink_exec()', true],
    ["select public.dblink_send_query('x', 'y')", 'dblink_send_query()', true],
    ["do $$ begin perform dblink_exec('x', 'y'); end $$", 'dblink_exec()', true],
    ["select * from dblink('x', 'y') as t (a int)", 'dblink()', false],
    ["insert into t select content from http_get('http://x')", 'http_get()', false],
    ["insert into t values (public.http('x'))", 'http()', false],
    ["select lo_import('/x')", 'lo_import()', false],
    ["select lo_export(1, '/x')", 'lo_export()', true],
    ["select pg_read_file('/x')", 'pg_read_file()', false],
    ['select pg_terminate_backend(pid) from pg_stat_activity', 'pg_terminate_backend()', true],
    ['select pg_catalog.pg_cancel_backend(1)', 'pg_cancel_backend()', true],
    ["select pg_create_physical_replication_slot('x')", 'pg_create_physical_replication_slot()', true],
    ["select pg_create_logical_replication_slot('x', 'y')", 'pg_create_logical_replication_slot()', true],
    ["select pg_drop_replication_slot('x')", 'pg_drop_replication_slot()', true],
    ["select pg_replication_slot_advance('x', '0/1')", 'pg_replication_slot_advance()', true],
    ['select pg_stat_reset()', 'pg_stat_reset()', true],
    ["select pg_create_restore_point('x')", 'pg_create_restore_point()', false],
    ['select pg_switch_wal()', 'pg_switch_wal()', false],
    ["create table x as select * from dblink('x') as t (a int)", 'dblink()', false],
    ["create materialized view x as select http_get('x')", 'http_get()', false],
    ["call p(dblink('x'))", 'dblink()', false],
    ["do $$ begin perform dblink('x'); end $$", 'dblink()', false],
    ["do $$ begin copy t to program 'x'; end $$", 'COPY with PROGRAM in a DO block', true],
    ['import foreign schema s from server x into y', 'IMPORT FOREIGN SCHEMA, which reads another server', false],
    [
      "create subscription s connection 'x' publication p",
      'CREATE SUBSCRIPTION, which reaches the publishing server',
      false,
    ],
  ])('%s', (sql, external, forbidden) => {
    expect(classify(sql)).toMatchObject({ external, forbiddenInRehearsal: forbidden ? external : null });
  });

  it.each([
    "insert into t values ('http://example.org/(x)', 'dblink(1)')",
    'insert into http (a) values (1)',
    'insert into http (a) select 1',
    'select a as http, b from dblink_t',
    "select pg_notify('a', 'b')",
    'notify a',
    "create function f() returns int language sql as $$ select dblink('x') $$",
    "create view v as select dblink('x')",
    'create table http (a int)',
    "create subscription s connection 'x' publication p with (connect = false)",
    'select pg_get_constraintdef(1)',
    "do $$ begin perform 'dblink(1)'; -- dblink('x')\n end $$",
  ])('not: %s', (sql) => {
    expect(classify(sql)).toMatchObject({ external: null, forbiddenInRehearsal: null });
  });
});

describe('what is created', () => {
  it.each([
    ['create table t (a int)', 't', ['t']],
    ['create table if not exists public."Order Items" (a int)', 'public."Order Items"', ['Order Items']],
    ['create unlogged table S.T as select 1', 'S.T', ['t']],
    ['create table p partition of q for values in (1)', 'p', ['p']],
    ['create temp table t (a int)', null, ['t']],
    ['create foreign table t (a int) server s', null, ['t']],
    ['create index concurrently if not exists I on t (a)', null, ['i']],
    ['create index on t (a)', null, []],
    ['create or replace function s.f(a int) returns int language sql as $$ select 1 $$', null, ['f']],
    ['create type s.e as enum ($$a$$)', null, ['e']],
    ['create materialized view if not exists v as select 1', null, ['v']],
    ['create schema if not exists s', null, ['s']],
    ['create schema authorization joe', null, ['joe']],
    ['create extension if not exists "uuid-ossp"', null, ['uuid-ossp']],
    ['create policy "My rule" on t using (true)', null, ['My rule']],
    ['create event trigger e on ddl_command_end execute function f()', null, ['e']],
    ['create database d', null, ['d']],
    ['alter table t add column a int, add if not exists "B" int, add c text', null, ['a', 'B', 'c']],
    ['alter table t add constraint k check (a in (1, 2)), add primary key (a), add d int', null, ['k', 'd']],
    ['alter table t rename to u', null, ['u']],
    ['alter table t rename column a to "B"', null, ['B']],
    ['alter index i rename to j', null, ['j']],
    ['alter table add add column x int', null, ['x']],
    ['alter table t drop column a', null, []],
    ['alter type e add value $$x$$', null, []],
    ['select 1', null, []],
    ['grant select on t to x', null, []],
  ])('%s', (sql, table, creates) => {
    expect(classify(sql)).toMatchObject({ createsTable: table, creates });
  });
});

describe('enum values', () => {
  it.each([
    ["alter type e add value 'x'", 'x'],
    ["alter type s.\"E\" add value if not exists 'it''s' before 'y'", "it's"],
    ['alter type e add value $$x$$', 'x'],
    ["alter type e rename value 'a' to 'b'", null],
    ['alter type e add attribute a int', null],
  ])('%s', (sql, label) => {
    expect(classify(sql).addsEnumValue).toBe(label);
  });
});

describe('names', () => {
  it.each([
    ['Orders', ['Orders'], ['orders']],
    ['public.orders', ['public', 'orders'], ['public', 'orders']],
    ['"a.b"."C ""x"""', ['"a.b"', '"C ""x"""'], ['a.b', 'C "x"']],
    ['Straße.ÄB', ['Straße', 'ÄB'], ['straße', 'Äb']],
    ['U&"d\\0061t"', ['U&"d\\0061t"'], ['dat']],
    ['a . b', ['a', 'b'], ['a', 'b']],
    ['', [], []],
  ])('%s', (written, parts, names) => {
    expect(splitQualifiedName(written)).toEqual(parts);
    expect(splitQualifiedName(written).map(unquoteName)).toEqual(names);
  });
});

describe('whatever the text', () => {
  it.each([
    "select 'open",
    'do $$',
    'alter table',
    'create',
    'reindex (',
    'insert into',
    'copy t from',
    'drop index concurrently',
    'do',
    'alter type',
    'with',
    'create index concurrently',
    '\\',
    'alter table t add',
    'create subscription',
    "insert into t (a, '",
  ])('it says something of %s', (sql) => {
    expect(classify(sql)).toHaveProperty('command');
  });

  it.each([
    ['a long name', `insert into "${'x'.repeat(9_000_000)}" values (1)`, 'INSERT'],
    ['a long name of doubled quotes', `insert into "${'""'.repeat(5_000_000)}" values (1)`, 'INSERT'],
    ['a long list of columns', `insert into t (${'a,'.repeat(500_000)}b) values (1)`, 'INSERT'],
    ['a long string', `insert into t values ('${"''".repeat(5_000_000)}')`, 'INSERT'],
    ['a long literal', `do 'begin null; -- ${'commit '.repeat(500_000)}'`, 'DO'],
  ])('%s is no trouble', (_, sql, command) => {
    expect(classify(sql).command).toBe(command);
  });
});
