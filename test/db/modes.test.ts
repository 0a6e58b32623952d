/** The modes that only look, verification after apply, the marker to restore to: results, states and what is written. */
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { fingerprint } from '../support/fingerprint.ts';
import { addFiles } from '../support/gate.ts';
import { ending, type Scene, scene } from '../support/scene.ts';

/** A program that runs its second argument on the database of its first. */
const QUERY = `const { Client } = require(${JSON.stringify(createRequire(import.meta.url).resolve('pg'))});
  const [url, sql] = process.argv.slice(1);
  const client = new Client(url);
  client.connect().then(() => client.query(sql)).then(() => client.end());`;

const ONE = { '1_one.sql': 'create table one (id int primary key);' };

/** Runs something after which the database is what it was, to the row version. */
async function untouched<T>(here: Scene, work: () => Promise<T>): Promise<T> {
  const before = await fingerprint(here.database.url, { rowVersions: true });
  const result = await work();
  expect(await fingerprint(here.database.url, { rowVersions: true })).toBe(before);
  return result;
}

describe('verify', () => {
  const TESTS = { 'tests/smoke.sql': 'select count(*) < 5 from one;\n\nselect id from one where id < 0;' };
  const INPUTS = {
    mode: 'verify',
    'critical-tables': 'one',
    'critical-indexes': 'one_pkey',
    'smoke-tests': 'tests/*.sql',
  };

  it('passes, and writes nothing', async () => {
    const here = await scene({ ...ONE, ...TESTS });
    await here.run();
    const { outcome } = await untouched(here, () => here.run(INPUTS));
    expect(ending(outcome)).toBe('verified 0 unchanged');
    expect(outcome.verification.map((one) => one.passed)).toEqual([true, true, true, true]);
  });

  const FAILS: readonly (readonly [string, (here: Scene) => Promise<unknown>, string, string, RegExp])[] = [
    [
      'something is pending',
      (here) => addFiles(here.workspace, { 'migrations/2_two.sql': 'select 2;' }),
      'failed 1 unchanged',
      'verification',
      /2_two/,
    ],
    [
      'a file is edited',
      (here) => addFiles(here.workspace, { 'migrations/1_one.sql': 'select 1;' }),
      'refused 3 unchanged',
      'checksum',
      /1_one/,
    ],
    [
      'a critical table is gone',
      (here) => here.client.query('drop table one'),
      'failed 1 unchanged',
      'verification',
      /critical table one/,
    ],
    [
      'a critical index is gone',
      (here) => here.client.query('alter table one drop constraint one_pkey'),
      'failed 1 unchanged',
      'verification',
      /critical index one_pkey/,
    ],
    [
      'a smoke test says false',
      (here) => here.client.query('insert into one select generate_series(1, 6)'),
      'failed 1 unchanged',
      'verification',
      /smoke.sql:1/,
    ],
    [
      'a smoke test finds a row',
      (here) => here.client.query('insert into one values (-1)'),
      'failed 1 unchanged',
      'verification',
      /smoke.sql:3/,
    ],
    [
      'a smoke test fails',
      (here) => addFiles(here.workspace, { 'tests/smoke.sql': 'select nonsense;' }),
      'failed 1 unchanged',
      'verification',
      /nonsense/,
    ],
    [
      'a smoke test writes',
      (here) => addFiles(here.workspace, { 'tests/smoke.sql': 'insert into one values (9);' }),
      'failed 1 unchanged',
      'verification',
      /read-only/,
    ],
  ];
  it.each(FAILS)('fails when %s', async (_what, spoil, expected, kind, message) => {
    const here = await scene({ ...ONE, ...TESTS });
    await here.run();
    await spoil(here);
    const { outcome } = await untouched(here, () => here.run(INPUTS));
    expect(ending(outcome)).toBe(expected);
    expect(outcome.error).toMatchObject({ class: kind, message: expect.stringMatching(message) });
  });

  it('apply with nothing pending is held to the same checks', async () => {
    const here = await scene({ ...ONE, ...TESTS });
    await here.run();
    expect(ending((await here.run({ ...INPUTS, mode: 'apply' })).outcome)).toBe('up-to-date 0 unchanged');
    await here.client.query('drop table one');
    expect(ending((await here.run({ ...INPUTS, mode: 'apply' })).outcome)).toBe('failed 1 unchanged');
  });
});

describe('status', () => {
  it('tells what is there and what is pending, and writes nothing', async () => {
    const here = await scene({ ...ONE, '2_two.sql': 'create table two (id int);' });
    const fresh = await untouched(here, () => here.run({ mode: 'status' }));
    expect(fresh.outcome).toMatchObject({
      result: 'reported',
      exitCode: 0,
      previousVersion: null,
      pending: [{ version: '1' }, { version: '2' }],
    });
    await here.run({ 'target-version': '1' });
    const half = await untouched(here, () => here.run({ mode: 'status' }));
    expect(half.outcome).toMatchObject({
      result: 'reported',
      exitCode: 0,
      previousVersion: '1',
      currentVersion: '1',
      pending: [{ version: '2' }],
      recorded: [{ version: '1', status: 'completed' }],
      migrations: [{ version: '2', status: 'pending' }],
    });
  });

  it.each(['failed', 'running'])('alarms about a record that is %s', async (status) => {
    const here = await scene({ ...ONE, '2_two.sql': 'create table two (id int);' });
    await here.run({ 'target-version': '1' });
    await here.client.query(
      "insert into schema_migrations (version, name, checksum, status) values ('2', 'two', 'x', $1)",
      [status],
    );
    const { outcome } = await here.run({ mode: 'status' });
    expect(ending(outcome)).toBe('reported 3 unchanged');
    expect(outcome.warnings.join()).toContain(`recorded as ${status}`);
    // Neither blocks the next run: it left nothing behind.
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
  });

  it.each(['status', 'verify'])('the server itself holds %s to reading', async (mode) => {
    const here = await scene(ONE);
    await here.run();
    // Whoever reads the rows of a table that is not complete reads them as JSON, and writes without knowing.
    await here.client.query(`create table spied (at timestamptz); create type mood as enum ('fine');
      create function spy(mood) returns json language sql volatile as 'insert into public.spied values (now()) returning ''1''::json';
      create cast (mood as json) with function spy(mood);
      alter table schema_migrations drop column progress, add column mood mood default 'fine'`);
    await here.client.query('select to_jsonb(m) from schema_migrations m');
    expect(await here.rows('select count(*)::int as n from spied')).toEqual([{ n: 1 }]);
    const { outcome } = await here.run({ mode });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ sqlstate: '25006' });
  });
});

describe('verification after apply', () => {
  const DURING = {
    '1_one.sql': 'create table one (id int primary key, name text); create view v as select id from one;',
  };
  /** Somebody else does something when the gate has said this line, and the gate goes on once it is done. */
  const atLine = (here: Scene, wanted: string, sql: string) => ({
    onLine: (line: string) => {
      if (line.startsWith(wanted)) execFileSync(process.execPath, ['-e', QUERY, here.database.url, sql]);
    },
  });

  it.each([
    ['another table', 'create table theirs (id int, t text default now()); create index on theirs (id)'],
    ['a column of another table', 'alter table old add column c int'],
    ['another function', 'create function f() returns int language sql as $$ select 1 $$'],
  ])('what somebody else does meanwhile to %s is told, and no failure', async (_what, sql) => {
    const here = await scene(DURING, 'create table old (id int)');
    const { outcome } = await here.run({}, atLine(here, 'applied migrations/1_one', sql));
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.predictedEqualsActual).toBe(true);
    expect(outcome.warnings.join()).toMatch(/somebody else: .*(theirs|old|f\()/);
  });

  it.each([
    ['a column dropped', 'alter table one drop column name', /column public.one.name/],
    ['a column added', 'alter table one add column more int', /public.one.more/],
    ['a view changed', 'create or replace view v as select id + 0 as id from one', /view public.v/],
    ['a key dropped', 'alter table one drop constraint one_pkey', /public.one/],
  ])('%s of what we made: applied and not verified', async (_what, sql, named) => {
    const here = await scene(DURING);
    const { outcome } = await here.run({}, atLine(here, 'applied migrations/1_one', sql));
    expect(ending(outcome)).toBe('failed 4 migrated');
    expect(outcome.predictedEqualsActual).toBe(false);
    expect(outcome.error).toMatchObject({ class: 'verification', message: expect.stringMatching(named) });
    expect(outcome.unpredicted.length).toBeGreaterThan(0);
  });

  it.each([
    ['a critical table', { 'critical-tables': 'one' }, 'drop table one cascade'],
    ['a smoke test', { 'smoke-tests': 'tests/*.sql' }, 'insert into one values (1)'],
  ])('%s that no longer holds: applied and not verified', async (_what, inputs, sql) => {
    const here = await scene({ ...DURING, 'tests/t.sql': 'select count(*) = 0 from one;' });
    const { outcome } = await here.run(inputs, atLine(here, 'applied migrations/1_one', sql));
    expect(ending(outcome)).toBe('failed 4 migrated');
  });

  it('a critical object that is lost in the dry run: refused', async () => {
    const here = await scene(
      { '1_drop.sql': 'drop table keep; create table one (id int);' },
      'create table keep (id int)',
    );
    const { outcome } = await here.run({ 'critical-tables': 'keep, one' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error?.message).toContain('critical table keep');
  });

  it('an invalid index that was there before is not ours', async () => {
    const here = await scene({ '1_one.sql': 'create table one (id int);' }, [
      'create table t (id int); insert into t values (1), (1)',
    ]);
    await here.client.query('create unique index concurrently broken on t (id)').catch(() => undefined);
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
  });
});

describe('the marker to restore to', () => {
  const PRODUCTION = { environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION', 'review-delay': '0' };
  const NOTED = 'select backup_marker, environment from migration_history';

  it('is a restore point where the role may make one', async () => {
    const here = await scene(ONE);
    const { outcome } = await here.run(PRODUCTION, { env: { GITHUB_RUN_ID: '42' } });
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.backup).toMatchObject({
      kind: 'restore-point',
      name: expect.stringMatching(/^mgate-/),
      lsn: expect.stringMatching(/^[0-9A-F]+\/[0-9A-F]+$/),
    });
    expect(await here.rows(NOTED)).toEqual([
      {
        environment: 'production',
        backup_marker: `${outcome.backup?.name} ${outcome.backup?.lsn} ${outcome.backup?.at}`,
      },
    ]);
    const names = await here.rows('select 1 where pg_current_wal_lsn() >= $1::pg_lsn', [outcome.backup?.lsn]);
    expect(names).toHaveLength(1);
  });

  it('is a WAL position for a plain role', async () => {
    const role = `plain_${randomBytes(4).toString('hex')}`;
    const here = await scene(
      { '1_one.sql': 'create table app.one (id int);' },
      `create role ${role} login password 'plain-word'; create schema app authorization ${role}`,
    );
    await here.client.query(`grant create on database ${here.database.name} to ${role}`);
    const url = Object.assign(new URL(here.database.url), { username: role, password: 'plain-word' }).href;
    try {
      const { outcome } = await here.run({ ...PRODUCTION, 'tracking-schema': 'app' }, { url });
      expect(ending(outcome)).toBe('applied 0 migrated');
      expect(outcome.backup).toMatchObject({ kind: 'wal-position', name: null });
      expect(await here.rows('select backup_marker from app.migration_history')).toEqual([
        { backup_marker: `${outcome.backup?.lsn} ${outcome.backup?.at}` },
      ]);
    } finally {
      await here.client.query(`drop owned by ${role} cascade; drop role ${role}`);
    }
  });

  it('none outside of production, or where none is wanted', async () => {
    const here = await scene(ONE);
    expect((await here.run()).outcome.backup).toBeNull();
    await addFiles(here.workspace, { 'migrations/2_two.sql': 'select 2;' });
    const { outcome } = await here.run({ ...PRODUCTION, backup: 'none' });
    expect(outcome.backup).toBeNull();
    expect(outcome.stages.find((one) => one.stage === 'backup')?.status).toBe('skipped');
  });
});
