/** The dry run tells the truth: what fails, what cannot be executed, and that nothing is left of any of it. */
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseWith, dryRun, migrationOf, statementOf } from '../support/dry-run.ts';

describe('a statement that fails', () => {
  it('is shown at its place, and everything else with what became of it', async () => {
    const database = await databaseWith('create table kept (id int); insert into kept values (1), (2)');
    const { outcome } = await dryRun(database, {
      '1_before.sql': 'create table early (id int);',
      '2_fails.sql': [
        'update kept set id = id + 1;',
        "insert into kept values (7), (8) -- 'ümläut' 🙂",
        ';',
        "/* 🙂 ü */ select '🙂', nope",
        '  from kept;',
        'drop table kept;',
        'create table after_it (id int);',
      ].join('\n'),
      '3_after.sql': 'create table late (id int);',
    });
    expect(outcome).toMatchObject({
      result: 'failed',
      exitCode: 1,
      coverage: { statements: 7, executed: 4 },
      rehearsal: { status: 'aborted', on: 'target' },
      error: {
        class: 'missing-object',
        sqlstate: '42703',
        file: 'migrations/2_fails.sql',
        line: 4,
        column: 23,
        excerpt: "/* 🙂 ü */ select '🙂', nope\n                      ^",
      },
    });
    expect(outcome.migrations.map((one) => one.status)).toEqual(['rehearsed', 'failed', 'not-executed']);
    expect(migrationOf(outcome, '2_fails.sql').statements).toMatchObject([
      { index: 1, executed: true, rows: 2, error: null },
      { index: 2, executed: true, rows: 2, error: null },
      { index: 3, executed: true, line: 4, error: 'column "nope" does not exist' },
      { index: 4, executed: false, error: null },
      { index: 5, executed: false, error: null },
    ]);
    expect(migrationOf(outcome, '3_after.sql').statements).toEqual([]);
    expect(outcome.hazards).toContainEqual(
      expect.objectContaining({ rule: 'statement-fails', file: 'migrations/2_fails.sql', line: 4 }),
    );
  });

  it.each<[string, string, { line: number; column: number; sqlstate: string }]>([
    ['before a parse', "select 1;\nupdate missing set a = 'x';", { line: 2, column: 8, sqlstate: '42P01' }],
    [
      'in an estimate, after multi-byte text',
      "delete from kept where note = '🙂ü' and nope = 1;",
      { line: 1, column: 40, sqlstate: '42703' },
    ],
    ['of a syntax', 'select 1;\n\n  create tabel x (id int);', { line: 3, column: 10, sqlstate: '42601' }],
    [
      'at run time, without a position',
      'select 1;\n  select 1 / (count(*) - count(*)) from kept;',
      { line: 2, column: 3, sqlstate: '22012' },
    ],
    [
      'in a function',
      'select 1;\ncreate function broken() returns int language plpgsql as $$ begin\n  return (select nope from kept);\nend $$;\nselect broken();',
      { line: 5, column: 1, sqlstate: '42703' },
    ],
    ['with CRLF line ends', 'select 1;\r\nselect 2;\r\n  select nope;', { line: 3, column: 10, sqlstate: '42703' }],
    ['after a BOM', '\uFEFFselect nope;', { line: 1, column: 8, sqlstate: '42703' }],
  ])('is found %s', async (_, sql, place) => {
    const database = await databaseWith('create table kept (id int, note text)');
    const { outcome } = await dryRun(database, { '1_a.sql': sql });
    expect(outcome).toMatchObject({ result: 'failed', exitCode: 1, error: { file: 'migrations/1_a.sql', ...place } });
  });

  it('tells where in a function it was', async () => {
    const database = await databaseWith();
    const { outcome } = await dryRun(database, {
      '1_a.sql':
        "create function f() returns void language plpgsql as $$ begin raise exception 'no 🙂' using errcode = 'P0042'; end $$;\nselect f();",
    });
    expect(outcome.error).toMatchObject({ sqlstate: 'P0042', line: 2 });
    expect(outcome.error?.where).toContain('function f() line 1');
  });

  it('does not show the rows it was about, unless asked to', async () => {
    const setup = "create table people (email text unique); insert into people values ('secret@example.com')";
    const files = { '1_a.sql': "insert into people select 'sec' || 'ret@example.com';" };
    const hidden = await dryRun(await databaseWith(setup), files);
    expect(hidden.outcome.error?.class).toBe('constraint');
    expect(JSON.stringify(hidden.outcome.error)).not.toContain('secret@example.com');
    const shown = await dryRun(await databaseWith(setup), files, { 'show-data': 'true' });
    expect(JSON.stringify(shown.outcome.error)).toContain('secret@example.com');
  });

  it('is the one that ends our own session: proved from the other one', async () => {
    const database = await databaseWith('create table kept (id int)');
    const { outcome } = await dryRun(database, {
      '1_a.sql':
        "alter table kept add column b int;\ndo $$ begin execute 'select pg_' || 'terminate_backend(pg_backend_pid())'; end $$;",
    });
    expect(outcome).toMatchObject({
      result: 'failed',
      exitCode: 1,
      rehearsal: { status: 'aborted' },
      error: { file: 'migrations/1_a.sql', line: 2 },
    });
    expect(migrationOf(outcome, '1_a.sql').status).toBe('failed');
  });

  it('is number 500 of a bulk run', async () => {
    const database = await databaseWith('create table numbers (id int primary key)');
    const lines = Array.from({ length: 600 }, (_, at) => `insert into numbers values (${at === 499 ? 7 : at});`);
    const { outcome } = await dryRun(database, { '1_bulk.sql': lines.join('\n') });
    expect(outcome.error).toMatchObject({ sqlstate: '23505', line: 500, column: 1 });
    expect(outcome.error?.excerpt).toContain('values (7)');
    const told = migrationOf(outcome, '1_bulk.sql').statements;
    expect(outcome.coverage).toEqual({ statements: 600, executed: 500 });
    expect(told.at(-1)).toMatchObject({ executed: true, rows: 499, count: 600 });
  });
});

describe('the guard', () => {
  it.each([
    ['COMMIT in a DO block', 'do $$ begin insert into kept values (1); commit; end $$;'],
    ['COMMIT in dynamic SQL', "do $$ begin insert into kept values (1); execute 'com' || 'mit'; end $$;"],
    [
      'COMMIT in a procedure',
      'create procedure p() language plpgsql as $$ begin insert into kept values (1); commit; end $$; call p();',
    ],
  ])('is not passed by a %s, nor is that a failure', async (_, sql) => {
    const database = await databaseWith('create table kept (id int)');
    const { outcome } = await dryRun(database, { '1_a.sql': sql, '2_b.sql': 'insert into kept values (2);' });
    if (sql.includes('com')) {
      const statements = migrationOf(outcome, '1_a.sql').statements;
      const last = statements.at(-1);
      expect([outcome.result, last?.executed, last?.reason !== null || last?.error !== null]).toEqual([
        sql.includes("'com'") ? 'failed' : 'dry-run-passed',
        sql.includes("'com'"),
        true,
      ]);
    }
    const client = await database.client();
    expect((await client.query('select * from kept')).rows).toEqual([]);
  });

  it.each([
    ['in a file', 'set constraints all immediate;'],
    ['in a DO block', 'do $$ begin set constraints all immediate; end $$;'],
    [
      'in a function',
      'create function f() returns void language sql as $$ set constraints all immediate $$; select f();',
    ],
  ])('stays out of the way of SET CONSTRAINTS ALL IMMEDIATE %s', async (_, sql) => {
    const database = await databaseWith(
      'create table parent (id int primary key); create table child (id int references parent deferrable initially deferred)',
    );
    const { outcome } = await dryRun(database, {
      '1_a.sql': `insert into child values (1); insert into parent values (1); ${sql}`,
      '2_b.sql': 'insert into child values (2); insert into parent values (2);',
    });
    expect(outcome).toMatchObject({ result: 'dry-run-passed', exitCode: 0 });
    expect(outcome.coverage.executed).toBe(outcome.coverage.statements);
  });

  it('is armed and out of the way whatever role a file takes on, and armed again after a replica', async () => {
    const database = await databaseWith();
    const { outcome, lines } = await dryRun(database, {
      '1_role.sql': 'set role pg_monitor; set constraints all immediate;',
      '2_replica.sql': 'set session_replication_role = replica;',
      '3_trips.sql': 'do $$ begin set constraints all immediate; end $$;',
    });
    expect(outcome.error).toBeNull();
    expect(outcome.result).toBe('dry-run-passed');
    expect(lines.filter((line) => line.includes('starts over'))).toHaveLength(1);
  });

  it('finds at the end of a file what its COMMIT would have found', async () => {
    const database = await databaseWith(
      'create table parent (id int primary key); create table child (id int references parent deferrable initially deferred)',
    );
    const { outcome } = await dryRun(database, {
      '1_a.sql': 'insert into parent values (1);',
      '2_b.sql': 'insert into child values (1);\ninsert into child values (2);',
      '3_c.sql': 'insert into parent values (2);',
    });
    expect(outcome).toMatchObject({
      result: 'failed',
      exitCode: 1,
      error: { class: 'constraint', sqlstate: '23503', file: 'migrations/2_b.sql' },
    });
    expect(outcome.migrations.map((one) => one.status)).toEqual(['rehearsed', 'failed', 'not-executed']);
    expect(statementOf(outcome, '2_b.sql', 2).error).toBeNull();
  });

  it('leaves constraints that begin as immediate so, in later files too', async () => {
    const database = await databaseWith('create table t (id int unique deferrable initially immediate)');
    const passes = await dryRun(database, {
      '1_a.sql': 'select 1;',
      '2_b.sql': 'insert into t values (1), (2); update t set id = id + 1;',
    });
    expect(passes.outcome.result).toBe('dry-run-passed');
    const fails = await dryRun(database, {
      '1_a.sql': 'set constraints all deferred; insert into t values (1);',
      '2_b.sql': 'insert into t values (1);\ndelete from t;',
    });
    expect(fails.outcome.error).toMatchObject({ sqlstate: '23505', file: 'migrations/2_b.sql', line: 1 });
  });

  it('refuses two-phase commit before anything is sent', async () => {
    const database = await databaseWith();
    const { outcome } = await dryRun(database, { '1_a.sql': "create table a ();\nprepare transaction 'x';" });
    expect(outcome).toMatchObject({ result: 'failed', exitCode: 1, error: { line: 2 }, rehearsal: null });
  });
});

describe('what a file does to its session', () => {
  const PROBE = [
    "do $$ begin if current_setting('search_path') <> '\"$user\", public' then raise exception 'search_path %', current_setting('search_path'); end if; end $$;",
    "do $$ begin if current_user <> session_user then raise exception 'role %', current_user; end if; end $$;",
    "do $$ begin if current_user <> 'postgres' then raise exception 'user %', current_user; end if; end $$;",
    "do $$ begin if current_setting('lock_timeout') <> '2s' then raise exception 'lock_timeout %', current_setting('lock_timeout'); end if; end $$;",
    "do $$ begin if current_setting('statement_timeout') not like '%ms' and current_setting('statement_timeout') not like '%min' and current_setting('statement_timeout') not like '%s' then raise exception 'statement_timeout %', current_setting('statement_timeout'); end if; end $$;",
    "do $$ begin if current_setting('idle_in_transaction_session_timeout') <> '1min' then raise exception 'idle %', current_setting('idle_in_transaction_session_timeout'); end if; end $$;",
    "do $$ begin if current_setting('timezone') = 'Asia/Tokyo' then raise exception 'timezone'; end if; end $$;",
    "do $$ begin if current_setting('row_security') <> 'on' then raise exception 'row_security'; end if; end $$;",
    "do $$ begin if to_regclass('pg_temp.scratch') is not null then raise exception 'scratch'; end if; end $$;",
    "do $$ begin if exists (select from pg_cursors where name = 'c') then raise exception 'cursor'; end if; end $$;",
    "do $$ begin if exists (select from pg_prepared_statements where from_sql) then raise exception 'prepared'; end if; end $$;",
    "do $$ begin if exists (select from pg_listening_channels()) then raise exception 'listening'; end if; end $$;",
    'create table made_by_the_probe (id int primary key);',
    'alter table kept alter column id type bigint;',
  ].join('\n');

  it.each([
    ["set search_path = ''", "set search_path = ''"],
    ['set_config of search_path', "select pg_catalog.set_config('search_path', '', false)"],
    ['set role', 'set role pg_monitor'],
    ['set session authorization', 'set session authorization pg_monitor'],
    ['lock_timeout = 0', 'set lock_timeout = 0'],
    ['set local lock_timeout', 'set local lock_timeout = 0'],
    ['statement_timeout', "set statement_timeout = '7d'"],
    ['idle_in_transaction_session_timeout', 'set idle_in_transaction_session_timeout = 0'],
    [
      'settings in a DO block',
      "do $$ begin set statement_timeout = 0; set lock_timeout = 0; perform set_config('search_path', '', false); end $$",
    ],
    ['reset all', 'set timezone = utc; reset all'],
    ['timezone and row_security', "set timezone = 'Asia/Tokyo'; set row_security = off"],
    ['a temporary table', 'create temp table scratch (id int); insert into scratch values (1)'],
    ['one that ends on commit', 'create temp table scratch on commit drop as select 1 as id'],
    [
      'one that another depends on',
      'create temp table scratch (id int); create temp view over_it as select * from scratch',
    ],
    ['a cursor', 'declare c cursor with hold for select 1'],
    ['a prepared statement', 'prepare p as select 1; execute p'],
    [
      'deallocate all',
      "prepare p as select 1; DEALLOCATE  ALL; do $$ begin execute 'deallocate all'; end $$; discard plans",
    ],
    ['listen', 'listen something; notify something'],
    [
      'client_min_messages',
      "set client_min_messages = 'error'; set extra_float_digits = -15; set intervalstyle = 'iso_8601'; set datestyle = 'german'",
    ],
    ['read only', 'set default_transaction_read_only = on'],
    ['standard_conforming_strings', 'set standard_conforming_strings = off'],
    ['a slow-down of planning', 'set enable_seqscan = off; set plan_cache_mode = force_generic_plan; set jit = on'],
  ])('%s does not reach the next', async (_, sql) => {
    const database = await databaseWith('create table kept (id int); insert into kept values (1)');
    const { outcome } = await dryRun(database, { '1_a.sql': `${sql};`, '2_probe.sql': PROBE });
    expect(outcome.error).toBeNull();
    expect(outcome.result).toBe('dry-run-passed');
    expect(outcome.coverage.executed).toBe(outcome.coverage.statements);
    // The observers still see.
    expect(statementOf(outcome, '2_probe.sql', 14)).toMatchObject({
      rewrites: ['public.kept'],
      locks: [{ relation: 'public.kept', mode: 'AccessExclusiveLock' }],
    });
  });

  it('frees an advisory lock that a file took for its session', async () => {
    const database = await databaseWith();
    const { outcome } = await dryRun(database, {
      '1_a.sql':
        'select pg_advisory_lock(4711), pg_advisory_lock(4711), pg_advisory_lock_shared(-1, -4711), pg_advisory_xact_lock(4712);',
      '2_b.sql':
        "do $$ begin if exists (select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and (objid in (4711, (-4711)::oid))) or (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) <> 2 then raise exception 'held'; end if; end $$;",
    });
    expect(outcome.result).toBe('dry-run-passed');
  });
});

describe('a value added to an enum', () => {
  const setup = "create type mood as enum ('sad'); create table t (m mood default 'sad')";
  const use = "insert into t values ('happy');";

  it('cannot be used by a later file here: said so, and no failure', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, {
      '1_add.sql': "alter type mood add value 'happy';",
      '2_use.sql': `${use}\ninsert into t values ('sad');`,
    });
    expect(outcome).toMatchObject({ result: 'dry-run-passed', coverage: { statements: 3, executed: 2 } });
    expect(statementOf(outcome, '2_use.sql')).toMatchObject({ executed: false, error: null });
    expect(statementOf(outcome, '2_use.sql').reason).toContain('migrations/1_add.sql');
    expect(statementOf(outcome, '2_use.sql', 2).executed).toBe(true);
  });

  it('and used in the same file fails, as apply would', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, { '1_a.sql': `alter type mood add value 'happy';\n${use}` });
    expect(outcome).toMatchObject({ result: 'failed', error: { sqlstate: '55P04', line: 2 } });
  });

  it('and used in the same file that runs statement by statement passes', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, {
      '1_a.sql': `-- gate: no-transaction\nalter type mood add value 'happy';\n${use}`,
    });
    expect(outcome).toMatchObject({ result: 'dry-run-passed', coverage: { statements: 2, executed: 1 } });
  });

  it('does not excuse a value of the same file by a short one of an earlier', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, {
      '1_a.sql': "alter type mood add value 'a';",
      '2_b.sql': `alter type mood add value 'happy';\n${use}`,
    });
    expect(outcome).toMatchObject({ result: 'failed', error: { sqlstate: '55P04', file: 'migrations/2_b.sql' } });
  });

  it('may hide in a DO block', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, {
      '1_add.sql': "do $$ begin execute 'alter type mood add value ''happy'''; end $$;",
      '2_use.sql': `alter table t alter column m set default 'happy';\n${use}\ninsert into t default values;`,
    });
    expect(outcome.error).toBeNull();
    expect(outcome.result).toBe('dry-run-passed');
    expect(statementOf(outcome, '2_use.sql', 2)).toMatchObject({ executed: false, error: null });
  });

  it('fails later in the one transaction of transaction-mode: all', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(
      database,
      { '1_add.sql': "alter type mood add value 'happy';", '2_use.sql': use },
      { 'transaction-mode': 'all' },
    );
    expect(outcome).toMatchObject({ result: 'failed', error: { sqlstate: '55P04', file: 'migrations/2_use.sql' } });
  });
});

describe('what a transaction refuses', () => {
  const setup =
    'create table t (a int, b int); create index t_b on t (b); insert into t select g, g from generate_series(1, 1000) g';

  it('is rehearsed in its plain form where the table is small', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, {
      '1_index.sql': 'create index concurrently t_a on t (a);',
      '2_use.sql': "alter table t add constraint t_unique unique (b);\ncomment on index t_a is 'x';",
      '3_drop.sql': 'drop index concurrently t_b;',
      '4_reindex.sql': 'reindex index concurrently t_a;\nreindex (concurrently) table t;',
    });
    expect(outcome.result).toBe('dry-run-passed');
    expect(statementOf(outcome, '1_index.sql')).toMatchObject({
      executed: false,
      error: null,
      reason: 'rehearsed in its plain form: CREATE INDEX CONCURRENTLY cannot run in a transaction',
    });
    expect(statementOf(outcome, '1_index.sql').ms).not.toBeNull();
    expect(statementOf(outcome, '2_use.sql', 2).executed).toBe(true);
    expect(outcome.migrations.map((one) => one.transactional)).toEqual([false, true, false, false]);
    expect(outcome.schemaDiff).toContainEqual(
      expect.objectContaining({ change: 'added', kind: 'index', name: 'public.t_a' }),
    );
    expect(outcome.schemaDiff).toContainEqual(
      expect.objectContaining({ change: 'removed', kind: 'index', name: 'public.t_b' }),
    );
  });

  it('is told as an error when its plain form fails', async () => {
    const database = await databaseWith(`${setup}; insert into t values (1, 1)`);
    const { outcome } = await dryRun(database, {
      '1_index.sql': 'select 1;\ncreate unique index concurrently t_a on t (a);',
    });
    expect(outcome).toMatchObject({ result: 'failed', error: { sqlstate: '23505', line: 2, column: 1 } });
    const wrong = await dryRun(database, { '1_index.sql': 'create index concurrently t_a on t (lower(nope));' });
    expect(wrong.outcome.error).toMatchObject({ sqlstate: '42703', line: 1, column: 43 });
  });

  it('is left out where the table is too large, with what needs it', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(
      database,
      {
        '1_index.sql': 'create unique index concurrently t_a on t (a);',
        '2_use.sql':
          "alter table t add constraint t_a_key unique using index t_a;\ncomment on index t_a is 'x';\nalter index t_a rename to t_a2;",
        '3_use.sql': 'alter table t drop constraint t_a_key;\nalter table t add column c int;',
      },
      { 'max-blocking': '1ms' },
    );
    expect(outcome.error).toBeNull();
    expect(outcome.result).toBe('dry-run-passed');
    const told = outcome.migrations.flatMap((one) => one.statements).map((one) => [one.executed, one.reason !== null]);
    expect(told).toEqual([
      [false, true],
      [false, true],
      [false, true],
      [false, true],
      [false, true],
      [true, false],
    ]);
    expect(statementOf(outcome, '1_index.sql').reason).toContain('too large');
  });

  it('does not hide an error that has another cause', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(
      database,
      {
        '1_index.sql': 'create unique index concurrently t_a on t (a);',
        '2_use.sql': 'alter table t add column t_a_new int, drop column nope;',
      },
      { 'max-blocking': '1ms' },
    );
    expect(outcome).toMatchObject({ result: 'failed', error: { sqlstate: '42703', file: 'migrations/2_use.sql' } });
  });

  it('meets an invalid index of that name', async () => {
    const database = await databaseWith(
      `${setup}; insert into t values (1, 1); create index t_a on t (a); update pg_index set indisvalid = false where indexrelid = 't_a'::regclass`,
    );
    for (const sql of [
      'create index concurrently t_a on t (a);',
      'create index concurrently if not exists t_a on t (a);',
    ]) {
      const { outcome } = await dryRun(database, { '1_index.sql': sql });
      expect(outcome).toMatchObject({
        result: 'failed',
        exitCode: 1,
        error: { class: 'duplicate-object', file: 'migrations/1_index.sql', line: 1 },
      });
      expect(outcome.error?.next).toContain('drop index concurrently if exists public.t_a');
      expect(outcome.migrations.map((one) => one.status)).toEqual(['failed']);
    }
  });

  it('may take a partition off', async () => {
    const database = await databaseWith([
      'create table p (id int) partition by range (id)',
      'create table p1 partition of p for values from (0) to (10)',
      'insert into p values (1)',
    ]);
    const { outcome } = await dryRun(database, {
      '1_detach.sql': 'alter table p detach partition p1 concurrently;',
      '2_drop.sql': '-- gate: allow drop-table its rows are archived\ndrop table p1;',
    });
    expect(outcome.result).toBe('dry-run-passed');
    expect(statementOf(outcome, '1_detach.sql').reason).toContain('rehearsed in its plain form');
  });

  it('is never run where it has no other form, and then nothing may be left to believe', async () => {
    const database = await databaseWith(setup);
    const files = { '1_vacuum.sql': 'vacuum t;', '2_system.sql': "alter system set work_mem = '5MB';" };
    const { outcome } = await dryRun(database, files);
    expect(outcome).toMatchObject({
      result: 'dry-run-inconclusive',
      exitCode: 3,
      coverage: { statements: 2, executed: 0 },
      error: { class: 'not-in-transaction' },
    });
    const accepted = await dryRun(database, files, { 'allow-hazards': 'dry-run-inconclusive' });
    expect(accepted.outcome).toMatchObject({ result: 'dry-run-passed', exitCode: 0 });
  });

  it('is refused by name in transaction-mode: all', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(
      database,
      { '1_a.sql': 'select 1;', '2_index.sql': 'create index concurrently t_a on t (a);' },
      { 'transaction-mode': 'all' },
    );
    expect(outcome).toMatchObject({ result: 'refused', exitCode: 3, error: { file: 'migrations/2_index.sql' } });
  });
});

describe('what no rollback undoes', () => {
  it('is not done: setval on a sequence that exists', async () => {
    const database = await databaseWith("create sequence s; create table t (id serial); select setval('s', 5)");
    const { outcome } = await dryRun(database, {
      '1_a.sql': [
        "select setval('s', 100);",
        "select setval(pg_get_serial_sequence('t', 'id'), 100);",
        'create sequence fresh; create table made (id serial);',
        "select setval('fresh', 100);",
        "select setval(pg_get_serial_sequence('made', 'id'), coalesce(max(id), 1), false) from made;",
        "do $$ begin if (select last_value from fresh) <> 100 then raise exception 'not set'; end if; end $$;",
      ].join('\n'),
    });
    expect(outcome.result).toBe('dry-run-passed');
    const executed = migrationOf(outcome, '1_a.sql').statements.map((one) => one.executed);
    expect(executed).toEqual([false, false, true, true, true, true, true]);
  });

  it('is not done: setval in a DO block', async () => {
    const database = await databaseWith("create sequence s; select setval('s', 5)");
    const { outcome } = await dryRun(database, {
      '1_a.sql': "do $$ begin perform setval('s', 100); end $$;\nselect 1;",
    });
    expect(outcome.result).toBe('dry-run-passed');
    expect(statementOf(outcome, '1_a.sql').executed).toBe(false);
  });

  it('is not done: COPY to a program or a file', async () => {
    const database = await databaseWith('create table t (id int); insert into t values (1)');
    const files = ['program', 'file', 'from', 'do'].map((name) => join(tmpdir(), `${database.name}-${name}`));
    const [program, file, from, block] = files;
    const { outcome } = await dryRun(database, {
      '1_a.sql': [
        `copy t to program 'cat > ${program}';`,
        `copy t to '${file}';`,
        `copy t from program 'touch ${from}';`,
        `do $$ begin copy t to program 'cat > ${block}'; end $$;`,
        'select 1;',
      ].join('\n'),
    });
    expect(files.map((one) => existsSync(one))).toEqual([false, false, false, false]);
    // What was kept from running and cannot be undone needs an allowance of its own.
    expect(outcome.result).toBe('refused');
    expect(migrationOf(outcome, '1_a.sql').statements.map((one) => one.executed)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    expect(outcome.hazards.filter((one) => one.rule === 'external-effects' && one.severity === 'danger')).toHaveLength(
      4,
    );
  });
});

describe('what follows from a statement that was not executed', () => {
  it.each([
    [
      'rows that a DO block with COMMIT was to fill in',
      'create table t (a int, b int); insert into t values (1, null)',
      {
        '1_fill.sql': 'do $$ begin update t set b = a; commit; end $$;',
        '2_not_null.sql': 'select 1;\nalter table t alter column b set not null;',
      },
      [[false], [true, false]],
    ],
    [
      'what such a block was to make',
      'select 1',
      {
        '1_make.sql': 'do $$ begin create table made_there (a int); commit; end $$;',
        '2_use.sql':
          'alter table made_there add column b int;\ncreate function f() returns int language sql as $$ select 1 $$;',
      },
      [[false], [false, true]],
    ],
    [
      'numbers that setval was to pass by',
      'create table t (id serial primary key); create table u (id int unique)',
      {
        '1_a.sql':
          "insert into t values (1), (2);\nselect setval(pg_get_serial_sequence('t', 'id'), 2);\ninsert into t default values;",
        '2_b.sql': 'insert into t values (7);\ninsert into u values (1);',
      },
      [
        [true, false, false],
        [true, true],
      ],
    ],
  ])('is no failure: %s', async (_, setup, files, executed) => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, files, {}, {}, { sequences: false });
    expect(outcome.error).toBeNull();
    expect(outcome.result).toBe('dry-run-passed');
    expect(outcome.migrations.map((one) => one.statements.map((each) => each.executed))).toEqual(executed);
  });

  it('is one where the error is about something else', async () => {
    const database = await databaseWith(
      'create table t (a int, b int); create table u (b int); insert into u values (null)',
    );
    const { outcome } = await dryRun(database, {
      '1_fill.sql': 'do $$ begin update t set b = a; commit; end $$;',
      '2_not_null.sql': 'alter table u alter column b set not null;',
    });
    expect(outcome).toMatchObject({
      result: 'failed',
      error: { sqlstate: '23502', file: 'migrations/2_not_null.sql' },
    });
  });

  it('may be a DISCARD, which would take what the dry run itself needs', async () => {
    const database = await databaseWith('create table t (a int)');
    const { outcome } = await dryRun(database, {
      '1_a.sql': 'discard temp;\ndiscard plans;\ndiscard sequences;',
      '2_b.sql': 'discard all;',
      '3_c.sql': 'alter table t add column b int;',
    });
    expect(outcome.result).toBe('dry-run-passed');
    expect(statementOf(outcome, '3_c.sql').locks).toMatchObject([{ relation: 'public.t' }]);
    expect(migrationOf(outcome, '1_a.sql').statements.map((one) => one.executed)).toEqual([false, true, true]);
  });
});

describe('a file with transactions of its own', () => {
  it('is rehearsed without their boundaries; a block that is rolled back leaves nothing', async () => {
    const database = await databaseWith('create table t (id int)');
    const { outcome } = await dryRun(database, {
      '1_a.sql': [
        'begin; create table one (id int); insert into t values (1); commit;',
        'begin; create table two (id int); rollback;',
        'begin; insert into t values (3); commit;',
        "do $$ begin if to_regclass('two') is not null then raise exception 'two'; end if; end $$;",
        "do $$ begin if (select count(*) from t) <> 2 then raise exception 'rows'; end if; end $$;",
      ].join('\n'),
    });
    expect(outcome).toMatchObject({ result: 'dry-run-passed', coverage: { statements: 6, executed: 6 } });
    expect(outcome.schemaDiff.map((one) => one.name)).not.toContain('public.two');
    expect(outcome.schemaDiff.map((one) => one.name)).toContain('public.one');
    expect(outcome.hazards.map((one) => one.rule)).toContain('own-transactions');
  });

  it('fails at the block whose COMMIT would', async () => {
    const database = await databaseWith('create table t (id int unique deferrable initially deferred)');
    const { outcome } = await dryRun(database, {
      '1_a.sql': 'begin;\ninsert into t values (1), (1);\ncommit;\nbegin;\ndelete from t;\ncommit;\nselect 1;',
    });
    expect(outcome).toMatchObject({
      result: 'failed',
      error: { sqlstate: '23505', file: 'migrations/1_a.sql', line: 2 },
    });
  });

  it('may set the level of its one transaction', async () => {
    const database = await databaseWith('create table t (id int)');
    const { outcome } = await dryRun(database, {
      '1_a.sql': 'begin isolation level serializable;\ninsert into t values (1);\ncommit;',
    });
    expect(outcome.result).toBe('dry-run-passed');
  });
});
