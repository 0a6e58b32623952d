/** What the dry run saw: locks, rewrites, scans, rows; what it asked; what it predicts, here or on a copy. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { THRESHOLDS } from '../../src/hazards/weigh.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { databaseWith, dryRun, type Files, folderWith, locksOf, migrationOf, statementOf } from '../support/dry-run.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { addFiles, runGate } from '../support/gate.ts';
import { Heartbeat } from '../support/heartbeat.ts';

const major = inject('server')?.major ?? 18;
const heart = new Heartbeat();
afterAll(() => heart.stop());

const SHOP = [
  'create table parent (id int primary key)',
  'create table child (id int primary key, parent_id int, note text, n int not null default 1)',
  'create index child_note on child (note)',
  'insert into parent select generate_series(1, 10)',
  "insert into child select g, g, 'x', g from generate_series(1, 10) g",
  'create table log (id int) partition by range (id)',
  'create table log_1 partition of log for values from (0) to (10)',
  'create table log_2 (id int)',
  'create view children as select id, parent_id from child',
  'create materialized view notes as select parent_id from child',
  'create sequence numbers',
];

const EXCLUSIVE = 'AccessExclusiveLock';

describe('what a statement does to what was there', () => {
  it.each<
    [
      string,
      { locks: readonly string[]; rewrites?: readonly string[]; scans?: readonly string[]; rows?: number | null },
    ]
  >([
    ['alter table child add column c int', { locks: [`child ${EXCLUSIVE}`] }],
    ['alter table child add column c int default 7 not null', { locks: [`child ${EXCLUSIVE}`] }],
    [
      'alter table child add column c uuid default gen_random_uuid()',
      { locks: [`child ${EXCLUSIVE}`], rewrites: ['child'], scans: ['child'] },
    ],
    [
      'alter table child alter column n type bigint',
      { locks: [`child ${EXCLUSIVE}`], rewrites: ['child'], scans: ['child'] },
    ],
    ['alter table child alter column note type varchar', { locks: [`child ${EXCLUSIVE}`] }],
    ['alter table child alter column note set not null', { locks: [`child ${EXCLUSIVE}`], scans: ['child'] }],
    ['alter table child add check (n > 0)', { locks: [`child ${EXCLUSIVE}`], scans: ['child'] }],
    ['alter table child add check (n > 0) not valid', { locks: [`child ${EXCLUSIVE}`] }],
    [
      'alter table child add foreign key (parent_id) references parent',
      { locks: ['child ShareRowExclusiveLock', 'parent ShareRowExclusiveLock'], scans: ['child'] },
    ],
    ['create table grandchild (id int references child)', { locks: ['child ShareRowExclusiveLock'] }],
    ['create index on child (parent_id)', { locks: ['child ShareLock'], scans: ['child'] }],
    ['drop index child_note', { locks: [`child ${EXCLUSIVE}`, `child_note ${EXCLUSIVE}`] }],
    ['truncate child', { locks: [`child ${EXCLUSIVE}`], rows: null }],
    ['drop table log_2', { locks: [`log_2 ${EXCLUSIVE}`] }],
    ['drop table log_1', { locks: [`log ${EXCLUSIVE}`, `log_1 ${EXCLUSIVE}`] }],
    [
      'alter table log attach partition log_2 for values from (10) to (20)',
      { locks: ['log ShareUpdateExclusiveLock', `log_2 ${EXCLUSIVE}`], scans: ['log_2'] },
    ],
    ['create table log_3 partition of log for values from (20) to (30)', { locks: [`log ${EXCLUSIVE}`] }],
    ['refresh materialized view notes', { locks: [`notes ${EXCLUSIVE}`], rewrites: ['notes'] }],
    ['cluster child using child_pkey', { locks: [`child ${EXCLUSIVE}`], rewrites: ['child'] }],
    ['update child set n = n + 1', { locks: ['child RowExclusiveLock'], scans: ['child'], rows: 10 }],
    ['insert into parent values (11), (12)', { locks: ['parent RowExclusiveLock'], rows: 2 }],
    ['delete from child where id = 3', { locks: ['child RowExclusiveLock'], scans: ['child'], rows: 1 }],
    ['comment on table child is $$x$$', { locks: ['child ShareUpdateExclusiveLock'] }],
    [
      'create trigger t before insert on child for each row execute function suppress_redundant_updates_trigger()',
      { locks: ['child ShareRowExclusiveLock'] },
    ],
    ['alter table child rename to kid', { locks: [`child ${EXCLUSIVE}`] }],
    ['do $$ begin lock table parent in share mode; end $$', { locks: ['parent ShareLock'], rows: null }],
    [
      'select count(*) from children',
      { locks: ['child AccessShareLock', 'children AccessShareLock'], scans: ['child'], rows: 1 },
    ],
  ])('%s', async (sql, expected) => {
    const database = await shop();
    const { outcome } = await dryRun(database, { '1_a.sql': `${sql};` }, { 'fail-on': 'none' });
    expect(outcome.error).toBeNull();
    const seen = statementOf(outcome, '1_a.sql');
    const locks = locksOf(seen).map((lock) => lock.replace('public.', ''));
    const telling = locks.filter(
      (lock) => expected.locks.includes(lock) || !/AccessShareLock$|_pkey |child_note /.test(lock),
    );
    expect(telling).toEqual([...expected.locks].sort());
    expect(seen.rewrites).toEqual((expected.rewrites ?? []).map((name) => `public.${name}`));
    if (expected.scans)
      expect(seen.scans).toEqual(expect.arrayContaining(expected.scans.map((name) => `public.${name}`)));
    else if (!expected.rewrites) expect(seen.scans).toEqual([]);
    if (expected.rows !== undefined) expect(seen.rows).toBe(expected.rows);
    expect(seen.ms).toBeGreaterThan(0);
    expect(seen.locks.every((lock) => lock.preexisting)).toBe(true);
  });

  let made: Promise<Database> | null = null;
  const shop = () => (made ??= databaseWith(SHOP));

  it('is told once, where it came first, and with the size of it', async () => {
    const database = await databaseWith(SHOP);
    const { outcome } = await dryRun(database, {
      '1_a.sql': 'select * from child;\nalter table child add column a int;\nalter table child add column b int;',
      '2_b.sql': 'select * from child;\nalter table child alter column n type bigint;',
    });
    expect(
      [1, 2, 3].map((index) =>
        locksOf(statementOf(outcome, '1_a.sql', index)).filter((one) => one.startsWith('public.child ')),
      ),
    ).toEqual([['public.child AccessShareLock'], ['public.child AccessExclusiveLock'], []]);
    expect(statementOf(outcome, '2_b.sql', 1).rewrites).toEqual([]);
    expect(statementOf(outcome, '2_b.sql', 2).rewrites).toEqual(['public.child']);
    expect(outcome.sizes).toContainEqual(
      expect.objectContaining({ relation: 'public.child', bytes: expect.any(Number) }),
    );
    expect(outcome.hazards).toContainEqual(
      expect.objectContaining({
        rule: 'type-change',
        source: 'both',
        effects: expect.arrayContaining(['rewrites', 'blocks-reads']),
        relation: 'public.child',
        file: 'migrations/2_b.sql',
        line: 2,
      }),
    );
  });

  it('is a hazard under a lock that an earlier statement of the file took', async () => {
    const database = await databaseWith(SHOP);
    const files = {
      '1_a.sql': 'alter table child add column a int;\nupdate child set a = 1;\nselect pg_sleep(0.6);',
      '2_b.sql': 'select count(*) from child;',
    };
    let { outcome } = await dryRun(database, files);
    // How grave it is goes by the time that it took: on a machine that stood still it is another's.
    const took = (index: number) => statementOf(outcome, '1_a.sql', index).ms ?? 0;
    for (let time = 1; time < 5 && (took(2) >= THRESHOLDS.ms.warning || took(3) >= THRESHOLDS.ms.danger); time += 1)
      ({ outcome } = await dryRun(database, files));
    const seen = outcome.hazards.map((one) => [one.rule, one.file, one.line, one.severity]);
    expect(seen).toContainEqual(['works-under-earlier-lock', 'migrations/1_a.sql', 2, 'info']);
    expect(seen).toContainEqual(['long-under-lock', 'migrations/1_a.sql', 3, 'warning']);
    expect(seen.filter(([, file]) => file === 'migrations/2_b.sql')).toEqual([]);
  });

  it('is nothing where nothing was there', async () => {
    const database = await freshDatabase();
    const { outcome } = await dryRun(database, {
      '1_a.sql': SHOP.map((sql) => `${sql};`).join('\n'),
      '2_b.sql': 'alter table child alter column n type bigint;\ntruncate child;\ndrop table parent;',
    });
    expect(outcome.result).toBe('dry-run-passed');
    const statements = outcome.migrations.flatMap((one) => one.statements);
    expect(statements).toHaveLength(SHOP.length + 3);
    expect(statements.flatMap((one) => [...one.locks, ...one.rewrites, ...one.scans])).toEqual([]);
    expect(statements.every((one) => one.ms !== null && one.ms >= 0)).toBe(true);
  });

  it('is timed by statement: not the next one pays', async () => {
    const database = await databaseWith(SHOP);
    const files = {
      '1_a.sql': 'select pg_sleep(1);\nselect 1;\nselect pg_sleep(0.8);',
      '2_b.sql': 'select 2;\ncreate temp table x (id int);',
    };
    const { outcome } = await heart.undisturbed(500, () => dryRun(database, files));
    const ms = (file: string, index: number) => statementOf(outcome, file, index).ms ?? 0;
    expect(ms('1_a.sql', 1)).toBeGreaterThanOrEqual(995);
    expect(ms('1_a.sql', 2)).toBeLessThan(ms('1_a.sql', 1));
    expect(ms('1_a.sql', 3)).toBeGreaterThanOrEqual(795);
    expect(ms('2_b.sql', 1)).toBeLessThan(ms('1_a.sql', 3));
  });

  it('is one entry for a long run of INSERTs, and the next statement keeps its own', async () => {
    const database = await databaseWith('create table t (id int); create table u (id int)');
    const inserts = (table: string, count: number) =>
      Array.from({ length: count }, (_, at) => `insert into ${table} values (${at}), (${at});`).join('\n');
    const { outcome } = await dryRun(database, {
      '1_a.sql': `${inserts('t', 1000)}\nlock table u;\n${inserts('u', 25)}\n${inserts('t', 3)}`,
    });
    const told = migrationOf(outcome, '1_a.sql').statements.filter((one) => one.count > 1);
    expect(told).toMatchObject([
      { index: 1, line: 1, count: 1000, rows: 2000 },
      { index: 1002, count: 25, rows: 50 },
    ]);
    expect(outcome.coverage).toEqual({ statements: 1029, executed: 1029 });
    expect(locksOf(statementOf(outcome, '1_a.sql', 1001))).toEqual(['public.u AccessExclusiveLock']);
    expect(
      migrationOf(outcome, '1_a.sql')
        .statements.map((one) => one.index)
        .slice(-3),
    ).toEqual([1027, 1028, 1029]);
  });

  it('counts a transaction that made a thousand tables, and still sees what it does to an old one', async () => {
    const database = await databaseWith(SHOP);
    const many = Array.from({ length: 400 }, (_, at) => `create table m${at} (id int primary key, t text);`).join('\n');
    const { outcome } = await dryRun(database, { '1_a.sql': `${many}\nalter table child alter column n type bigint;` });
    expect(statementOf(outcome, '1_a.sql', 401)).toMatchObject({ rewrites: ['public.child'] });
    expect(locksOf(statementOf(outcome, '1_a.sql', 401))).toContain('public.child AccessExclusiveLock');
  });
});

describe('what is asked inside of the dry run', () => {
  const setup = [
    'create table kept (id int primary key)',
    'create table "Order Items" (id int)',
    'create index kept_again on kept ((id + 1))',
    'insert into kept select generate_series(1, 5000)',
    'analyze kept',
  ];

  it.each<[string, Readonly<Record<string, string>>, Files, string]>([
    [
      'a critical table that is dropped',
      { 'critical-tables': 'kept' },
      { '1_a.sql': 'drop table kept;' },
      'critical table kept',
    ],
    [
      'one that is renamed',
      { 'critical-tables': 'public.kept' },
      { '1_a.sql': 'alter table kept rename to lost;' },
      'critical table public.kept',
    ],
    [
      'a critical index that goes with its table',
      { 'critical-indexes': 'kept_again' },
      { '1_a.sql': 'drop table kept;' },
      'critical index kept_again',
    ],
    ['one that was never there', { 'critical-indexes': 'nope' }, { '1_a.sql': 'select 1;' }, 'critical index nope'],
    [
      'one made invalid',
      { 'critical-indexes': 'kept_again' },
      { '1_a.sql': "update pg_index set indisvalid = false where indexrelid = 'kept_again'::regclass;" },
      'not valid',
    ],
    [
      'a smoke test that is false',
      { 'smoke-tests': 'smoke/*.sql' },
      {
        '1_a.sql': 'delete from kept where id = 3;',
        'smoke/a.sql': 'select 1 where false;\nselect count(*) = 5000 from kept;',
      },
      'smoke test smoke/a.sql:2',
    ],
    [
      'one that gives null',
      { 'smoke-tests': 'smoke/*.sql' },
      { '1_a.sql': 'select 1;', 'smoke/a.sql': 'select null::bool;' },
      'smoke test smoke/a.sql:1',
    ],
    [
      'one that writes',
      { 'smoke-tests': 'smoke/*.sql' },
      { '1_a.sql': 'select 1;', 'smoke/a.sql': 'delete from kept;' },
      'read-only',
    ],
    [
      'one that does not parse',
      { 'smoke-tests': 'smoke/*.sql' },
      { '1_a.sql': 'select 1;', 'smoke/a.sql': 'selec 1;' },
      'syntax error',
    ],
    [
      'one whose plan does not use its index',
      { 'smoke-tests': 'smoke/*.sql' },
      {
        '1_a.sql': 'drop index kept_again; alter table kept drop constraint kept_pkey;',
        'smoke/a.sql': '-- gate: uses-index kept_pkey\nselect * from kept where id = 7;',
      },
      'kept_pkey',
    ],
  ])('refuses: %s', async (_, inputs, files, said) => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, files, inputs);
    expect(outcome).toMatchObject({ result: 'refused', exitCode: 3, error: { class: 'verification' } });
    expect(outcome.error?.message).toContain(said);
    expect(outcome.verification.some((check) => !check.passed)).toBe(true);
    expect(outcome.migrations.map((one) => one.status)).toEqual(['rehearsed']);
  });

  it.each([
    'select true;\ncommit;',
    'select true;\nrollback; begin; select true;',
    'select true;\nsavepoint a;',
    "select true;\nprepare transaction 'x';",
  ])('a smoke test may not leave its transaction: %j', async (text) => {
    const database = await databaseWith(setup);
    const files = { '1_a.sql': 'select 1;', 'smoke/a.sql': text };
    const { outcome } = await dryRun(database, files, { 'smoke-tests': 'smoke/*.sql' });
    expect(outcome).toMatchObject({
      ...{ result: 'failed', exitCode: 1, databaseState: 'unchanged' },
      error: { class: 'syntax', file: 'smoke/a.sql', line: 2 },
    });
  });

  it('passes: everything is as it should be', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(
      database,
      {
        '1_a.sql': "set search_path = ''; create table public.made (id int); create index made_id on public.made (id);",
        '2_b.sql': 'create index concurrently made_later on kept (id);',
        'smoke/deep/a.sql':
          "select count(*) = 5000 from kept;\n-- a lookup by key\n-- gate: uses-index kept_pkey\nselect * from kept where id = 7;\nselect 1 where 'ü' = 'u'",
        'smoke/b.sql': 'select true, true; values (true), (true);',
      },
      {
        'critical-tables': 'kept, "Order Items", public.made',
        'critical-indexes': 'public.kept_pkey, made_id, made_later',
        'smoke-tests': 'smoke/**/*.sql',
        'max-blocking': '1ms',
      },
    );
    expect(outcome.error).toBeNull();
    expect(outcome.result).toBe('dry-run-passed');
    expect(outcome.verification).toHaveLength(11);
    expect(outcome.verification.every((check) => check.passed)).toBe(true);
  });

  it('is asked where the setting of a file no longer holds', async () => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(
      database,
      {
        '1_a.sql': 'set enable_indexscan = off; set enable_bitmapscan = off; set row_security = off;',
        'smoke/a.sql': '-- gate: uses-index kept_pkey\nselect * from kept where id = 7 order by id;',
      },
      { 'smoke-tests': 'smoke/*.sql', 'critical-tables': 'kept' },
    );
    expect(outcome.result).toBe('dry-run-passed');
  });
});

describe('rehearsal-database-url', () => {
  const setup = ['create table big (id int)', 'insert into big select generate_series(1, 100)'];

  async function withCopy(change: string | null): Promise<{ target: Database; copy: string }> {
    const target = await databaseWith(setup);
    const workspace = await folderWith({ '1_first.sql': 'create table first (id int);' });
    expect((await runGate(workspace, target.url)).outcome.result).toBe('applied');
    const url = new URL(target.url);
    const name = `${target.name}_copy`;
    const admin = new URL(target.url);
    admin.pathname = '/postgres';
    const { default: pg } = await import('pg');
    const client = new pg.Client({ connectionString: admin.href });
    await client.connect();
    await client.query(`create database "${name}" template "${target.name}"`);
    await client.end();
    url.pathname = `/${name}`;
    if (change !== null) {
      const other = new pg.Client({ connectionString: url.href });
      await other.connect();
      await other.query(change);
      await other.end();
    }
    return { target, copy: url.href };
  }

  const files = {
    '1_first.sql': 'create table first (id int);',
    '2_b.sql': 'alter table big alter column id type bigint;\nselect 1;',
  };

  it('is where it is rehearsed; the target is not even locked', async () => {
    const { target, copy } = await withCopy(null);
    const holder = await target.client();
    await holder.query('begin; lock table big in access share mode');
    const before = await fingerprint(copy, { rowVersions: true });
    const { outcome } = await dryRun(target, files, {
      'rehearsal-database-url': copy,
      'lock-timeout': '100ms',
      'lock-retries': '0',
    });
    await holder.query('rollback');
    expect(outcome).toMatchObject({
      result: 'dry-run-passed',
      rehearsal: { on: 'copy', status: 'aborted' },
      coverage: { statements: 2, executed: 2 },
    });
    expect(statementOf(outcome, '2_b.sql')).toMatchObject({ rewrites: ['public.big'] });
    expect(await fingerprint(copy, { rowVersions: true })).toBe(before);
    const applied = await runGate(await folderWith(files), target.url, { 'rehearsal-database-url': copy });
    expect(applied.outcome).toMatchObject({ result: 'applied', predictedEqualsActual: true });
  });

  it.each([
    ['another schema', 'alter table big add column more text', 'public.big.more'],
    ['another set of migrations', "update schema_migrations set checksum = repeat('0', 64)", 'other migrations'],
    [
      'no migrations at all',
      'drop table schema_migrations cascade; drop table migration_history cascade',
      'other migrations',
    ],
  ])('is refused with %s', async (_, change, said) => {
    const { target, copy } = await withCopy(change);
    const { outcome } = await dryRun(target, files, { 'rehearsal-database-url': copy });
    expect(outcome).toMatchObject({ result: 'refused', exitCode: 3, error: { class: 'verification' } });
    expect(outcome.error?.message).toContain(said);
  });

  it('fails there as it would here', async () => {
    const { target, copy } = await withCopy('insert into big values (7), (7)');
    const { outcome } = await dryRun(
      target,
      { ...files, '2_b.sql': 'select 1;\nalter table big add unique (id);' },
      { 'rehearsal-database-url': copy },
    );
    expect(outcome).toMatchObject({
      result: 'failed',
      rehearsal: { on: 'copy' },
      error: { class: 'constraint', line: 2 },
    });
  });
});

describe('the difference that is predicted', () => {
  it('names what changes, of every kind', async () => {
    const database = await databaseWith([
      ...SHOP,
      'create function f() returns int language sql as $$ select 1 $$',
      "create type mood as enum ('sad')",
    ]);
    const { outcome } = await dryRun(database, {
      '1_a.sql': [
        'alter table child add column added int;',
        'alter table child drop column note;'.replace('drop column note', 'alter column n type bigint'),
        'alter table child add constraint positive check (n > 0);',
        'create index child_n on child (n);',
        'drop index child_note;',
        'create or replace function f() returns int language sql as $$ select 2 $$;',
        "alter type mood add value 'happy';",
        'create view more as select id from child;',
        'create sequence more_numbers;',
        'alter table child enable row level security;',
        'create policy mine on child using (true);',
        'grant select on child to pg_monitor;',
        'drop table log_2;',
      ]
        .join('\n')
        .replace('alter table child alter column n type bigint;', ''),
    });
    expect(outcome.error).toBeNull();
    const named = outcome.schemaDiff.map((one) => `${one.change} ${one.kind} ${one.name}`);
    for (const expected of [
      'added column public.child.added',
      'added constraint public.child.positive',
      'added index public.child_n',
      'removed index public.child_note',
      'changed function public.f()',
      'changed type public.mood',
      'added view public.more',
      'added sequence public.more_numbers',
      'removed table public.log_2',
    ])
      expect(named).toContain(expected);
    expect(named.some((one) => one.startsWith('added policy '))).toBe(true);
    expect(named.some((one) => one.includes(' grant '))).toBe(true);
    expect(named.some((one) => one.includes('parent'))).toBe(false);
  });

  it('is nothing where everything is undone', async () => {
    const database = await databaseWith(SHOP);
    const { outcome } = await dryRun(database, {
      '1_a.sql': 'create table gone (id int); drop table gone; update child set n = 2;',
    });
    expect(outcome.schemaDiff).toEqual([]);
  });

  it('is what applying makes, for the example migrations', async () => {
    const folder = join(import.meta.dirname, '../../examples');
    const read = (sub: string) =>
      Object.fromEntries(
        readdirSync(join(folder, sub)).map((name) => [`${sub}/${name}`, readFileSync(join(folder, sub, name), 'utf8')]),
      );
    const database = await freshDatabase();
    const workspace = await folderWith({});
    await addFiles(workspace, { ...read('migrations'), ...read('smoke-tests') });
    const inputs = { 'smoke-tests': 'smoke-tests/*.sql' };
    const dry = await runGate(workspace, database.url, { ...inputs, mode: 'dry-run' });
    expect(dry.outcome.error).toBeNull();
    const real = await runGate(workspace, database.url, inputs);
    expect(real.outcome).toMatchObject({ result: 'applied', predictedEqualsActual: true, unpredicted: [] });
    expect(real.outcome.schemaDiff).toEqual(dry.outcome.schemaDiff);
    expect(major).toBeGreaterThanOrEqual(14);
  });
});

describe('in a transaction that holds many locks', () => {
  const many = Array.from({ length: 400 }, (_, at) => `create table m${at} (id int primary key, t text);`).join('\n');
  const setup = [
    'create table a (id int primary key, n int)',
    'create table b (id int primary key, a_id int references a)',
    'create table "C c" (id int primary key, n int)',
    'create table p (id int, at date) partition by range (at)',
    "create table p1 partition of p for values from ('2026-01-01') to ('2027-01-01')",
    'insert into a select g, g from generate_series(1, 10) g',
    'insert into "C c" select g, g from generate_series(1, 10) g',
  ];
  const rehearse = async (sql: string) => {
    const database = await databaseWith(setup);
    const { outcome } = await dryRun(database, { '1_many.sql': many, '2_work.sql': sql }, { 'fail-on': 'none' });
    expect(outcome.result).toBe('dry-run-passed');
    return [1, 2, 3, 4].map((index) => {
      const entry = outcome.migrations[1]?.statements.find((one) => one.index === index);
      return entry === undefined ? null : { locks: locksOf(entry), rewrites: entry.rewrites, touched: entry.touched };
    });
  };
  const seen = (locks: string[], more: object = {}) =>
    expect.objectContaining({ locks: expect.arrayContaining(locks), ...more });

  it('statements looked at together are told apart by the relations that they name, indexes with their tables', async () => {
    expect(
      await rehearse(`alter table a alter column n type bigint;
        create table x (id int); alter table "C c" alter column n type bigint;
        insert into x values (1);`),
    ).toEqual([
      seen([`public.a ${EXCLUSIVE}`, `public.a_pkey ${EXCLUSIVE}`], { rewrites: ['public.a'] }),
      { locks: [], rewrites: [], touched: [] },
      seen([`public."C c" ${EXCLUSIVE}`], { rewrites: ['public."C c"'] }),
      { locks: [], rewrites: [], touched: [] },
    ]);
  });

  it('the second of two about one relation is not told of the first', async () => {
    const [first, second] = await rehearse('alter table a add column m int; update a set m = 1;');
    expect(first).toEqual(seen([`public.a ${EXCLUSIVE}`], { touched: [] }));
    expect(second).toMatchObject({ touched: [{ relation: 'public.a', inserted: 0, updated: 10, deleted: 0 }] });
  });

  it('a run of INSERTs is not told of what was done before it', async () => {
    const inserts = Array.from({ length: 60 }, (_, at) => `insert into m0 values (${at}, 'x');`).join('\n');
    const [alter] = await rehearse(`alter table a alter column n type bigint;\n${inserts}`);
    expect(alter).toEqual(seen([`public.a ${EXCLUSIVE}`], { rewrites: ['public.a'] }));
  });

  it('what no words name is seen where it is done', async () => {
    const [, drop, partitions] = await rehearse(
      'alter table "C c" add column m int; alter table b drop constraint b_a_id_fkey; alter table p add column m int;',
    );
    expect(drop).toEqual(seen([`public.a ${EXCLUSIVE}`, `public.b ${EXCLUSIVE}`]));
    expect(partitions).toEqual(seen([`public.p ${EXCLUSIVE}`, `public.p1 ${EXCLUSIVE}`]));
  });
});
