/** What the gate finds before it does anything: tracking tables, other tools', environments, files, servers. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeCertificate } from '../../src/rehearsal/proxy/certificate.ts';
import { folderWith } from '../support/dry-run.ts';
import { addFiles, type GateRun, runGate } from '../support/gate.ts';
import { pgMajor } from '../support/global-setup.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { pooler } from '../support/pooler.ts';
import { type Server, startServer } from '../support/postgres.ts';
import { ending, type Scene, scene } from '../support/scene.ts';

const ONE = { '1_one.sql': 'create table one (id int);' };
const TOKEN = { environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION', 'review-delay': '0', backup: 'none' };

const COLUMNS = `select column_name from information_schema.columns where table_name = $1 order by 1`;
const columns = async (here: Scene, table: string) => (await here.rows(COLUMNS, [table])).map((row) => row.column_name);

describe('our tables', () => {
  it('are made where they are missing, in a schema of their own, by nothing but apply', async () => {
    const here = await scene(ONE);
    const own = { 'tracking-schema': 'gate' };
    for (const mode of ['status', 'dry-run', 'verify']) {
      const { outcome } = await here.run({ ...own, mode });
      expect(outcome.databaseState).toBe('unchanged');
      expect(await here.rows("select nspname from pg_namespace where nspname like 'gate%'")).toEqual([]);
    }
    expect(ending((await here.run(own)).outcome)).toBe('applied 0 migrated');
    expect(ending((await here.run(own)).outcome)).toBe('up-to-date 0 unchanged');
    expect(await here.rows("select to_regclass('public.schema_migrations') as ours")).toEqual([{ ours: null }]);
    expect(await here.rows('select * from gate.get_migration_status()')).toMatchObject([
      { total: '1', current_version: '1' },
    ]);
  });

  it('tell how things stand: numbers, not words, decide what is current', async () => {
    const here = await scene({ '9_nine.sql': 'select 1;', '10_ten.sql': 'select 1;', '0002_two.sql': 'select 1;' });
    const { outcome } = await here.run();
    expect(outcome).toMatchObject({
      currentVersion: '10',
      applied: [{ version: '0002' }, { version: '9' }, { version: '10' }],
    });
    await addFiles(here.workspace, { 'migrations/11_bad.sql': 'insert into missing values (1);' });
    await here.client.query(
      "insert into schema_migrations (version, name, checksum, status) values ('12', 'x', 'x', 'running'), ('13', 'y', 'y', 'pending'), ('14', 'z', 'z', 'failed')",
    );
    expect(await here.rows('select * from get_migration_status()')).toEqual([
      {
        total: '6',
        completed: '3',
        failed: '1',
        running: '1',
        pending: '1',
        current_version: '10',
        last_applied_at: expect.any(Date),
      },
    ]);
    expect((await here.rows('select version from migration_status_view')).map((row) => row.version)).toEqual([
      '0002',
      '9',
      '10',
      '12',
      '13',
      '14',
    ]);
    expect(await columns(here, 'migration_status_view')).toEqual([
      'applied_at',
      'applied_by',
      'error_message',
      'execution_time_ms',
      'name',
      'status',
      'version',
    ]);
    expect(
      await here.rows(
        "select action, status, environment, execution_time_ms >= 0 as timed, id is not null as id from migration_history where version = '10'",
      ),
    ).toEqual([{ action: 'apply', status: 'success', environment: 'staging', timed: true, id: true }]);
  });

  const OWN = `create extension if not exists pgcrypto with schema pg_catalog;
create table schema_migrations (
  version varchar(50) primary key, name varchar(255) not null, applied_at timestamptz default now(), checksum varchar(64) not null,
  execution_time_ms integer, status varchar(20) not null check (status in ('pending', 'running', 'completed', 'failed')),
  error_message text, applied_by varchar(100));
create table migration_history (
  id uuid primary key default gen_random_uuid(), version varchar(50) not null,
  action varchar(20) not null check (action in ('apply', 'rollback', 'baseline', 'repair')), executed_at timestamptz default now(),
  execution_time_ms integer, status varchar(20) not null check (status in ('success', 'failed')),
  error_message text, executed_by varchar(100), environment varchar(50), a text, b text, c text);
create view migration_status_view as select version, name, status, applied_at, execution_time_ms, applied_by, error_message from schema_migrations;
create index on schema_migrations (status);
`.replace(/^create extension.*\n/, '');

  it.each([
    ['the first', { '00_migration_state_tracking.sql': OWN, ...ONE }],
    [
      'the second',
      {
        '00_before.sql': 'create table before (id int);',
        '01_migration_state_tracking.sql': OWN,
        '2_one.sql': ONE['1_one.sql'],
      },
    ],
    ['in a wrapper', { '00_migration_state_tracking.sql': `BEGIN;\n${OWN}COMMIT;`, ...ONE }],
  ])('may be made by a file: %s', async (_what, files) => {
    const here = await scene(files);
    const dry = await here.run({ mode: 'dry-run' });
    expect(dry.outcome.error).toBeNull();
    const { outcome } = await here.run();
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    const names = Object.keys(files);
    expect(await here.rows("select count(*)::int as n from schema_migrations where status = 'completed'")).toEqual([
      { n: names.length },
    ]);
    expect(await here.rows("select count(*)::int as n from migration_history where status = 'success'")).toEqual([
      { n: names.length },
    ]);
    expect(await columns(here, 'migration_history')).toEqual(expect.arrayContaining(['a', 'backup_marker', 'run_url']));
    expect(ending((await here.run()).outcome)).toBe('up-to-date 0 unchanged');
    expect(ending((await here.run({ mode: 'status' })).outcome)).toBe('reported 0 unchanged');
  });

  it('made by a file that does not run in one transaction: refused, as there is nowhere to note its progress', async () => {
    const here = await scene({ '00_tracking.sql': `-- gate: no-transaction\n${OWN}`, ...ONE });
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'not-in-transaction', file: 'migrations/00_tracking.sql' });
  });

  it('that are there already are adopted, and completed', async () => {
    const checksum = createHash('sha256').update(ONE['1_one.sql']).digest('hex');
    const here = await scene({ ...ONE, '2_two.sql': 'create table two (id int);' }, [
      OWN,
      `create table one (id int); insert into schema_migrations (version, name, checksum, status) values ('1', 'one', '${checksum}', 'completed')`,
    ]);
    const before = await columns(here, 'schema_migrations');
    const status = await here.run({ mode: 'status' });
    expect(status.outcome).toMatchObject({ result: 'reported', previousVersion: '1', pending: [{ version: '2' }] });
    expect(await columns(here, 'schema_migrations')).toEqual(before);
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    expect(await columns(here, 'schema_migrations')).toEqual(expect.arrayContaining(['progress', 'plan_digest']));
  });

  it('may lie in a schema of the role that may make no schemas', async () => {
    const role = `keeper_${process.pid}`;
    const here = await scene({ '1_one.sql': 'create table app.one (id int);' }, [
      `create role ${role} login password 'keeper-word'`,
      `create schema gate authorization ${role}; create schema app authorization ${role}`,
    ]);
    const url = Object.assign(new URL(here.database.url), { username: role, password: 'keeper-word' }).href;
    const { outcome } = await here.run({ 'tracking-schema': 'gate' }, { url });
    await here.client.query(`reassign owned by ${role} to postgres; drop role ${role}`);
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
  });
});

describe('other tools', () => {
  it.each([
    ['golang-migrate', 'create table schema_migrations (version bigint primary key, dirty boolean not null)'],
    ['dbmate', 'create table schema_migrations (version varchar primary key)'],
    [
      'Rails',
      'create table schema_migrations (version varchar primary key); create table ar_internal_metadata (key varchar primary key)',
    ],
    ['Ecto', 'create table schema_migrations (version bigint primary key, inserted_at timestamp)'],
  ])('a table of our name that is %s’s', async (tool, sql) => {
    const here = await scene(ONE, sql);
    const { outcome } = await here.run({ 'allow-hazards': 'another-tool' });
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({
      class: 'tool',
      message: expect.stringContaining(tool),
      next: expect.stringContaining('tracking-schema'),
    });
    expect(ending((await here.run({ 'tracking-schema': 'gate' })).outcome)).toBe('applied 0 migrated');
  });

  it.each([
    ['Alembic', 'create table alembic_version (version_num varchar(32) primary key)'],
    ['Flyway', 'create table flyway_schema_history (installed_rank int)'],
    ['Sequelize', 'create table "SequelizeMeta" (name text)'],
    ['Drizzle', 'create schema drizzle; create table drizzle.__drizzle_migrations (id int)'],
  ])('%s', async (tool, sql) => {
    const here = await scene(ONE, sql);
    for (const mode of ['dry-run', 'apply']) {
      const { outcome } = await here.run({ mode });
      expect(ending(outcome)).toBe('refused 3 unchanged');
      expect(outcome.error).toMatchObject({ class: 'tool', message: expect.stringContaining(tool) });
    }
    expect(ending((await here.run({ 'allow-hazards': 'another-tool' })).outcome)).toBe('applied 0 migrated');
    // Once we have records of our own, both are known to be at work.
    expect(ending((await here.run()).outcome)).toBe('up-to-date 0 unchanged');
  });
});

describe('the environment and the digest', () => {
  it('once production, nothing laxer', async () => {
    const here = await scene(ONE);
    expect(ending((await here.run(TOKEN)).outcome)).toBe('applied 0 migrated');
    await addFiles(here.workspace, { 'migrations/2_two.sql': 'create table two (id int);' });
    for (const environment of ['staging', 'development']) {
      for (const mode of ['dry-run', 'apply']) {
        const { outcome } = await here.run({ environment, mode });
        expect(ending(outcome)).toBe('refused 3 unchanged');
        expect(outcome.error).toMatchObject({ class: 'input', message: expect.stringContaining('production') });
      }
    }
    expect(ending((await here.run({ environment: 'production', mode: 'dry-run' })).outcome)).toBe(
      'dry-run-passed 0 unchanged',
    );
    // A failure as production counts no less than a success.
    expect(ending((await here.run(TOKEN)).outcome)).toBe('applied 0 migrated');
  });

  it('production without the token: refused with something pending, or with nothing to be found out', async () => {
    const here = await scene(ONE);
    const production = { environment: 'production' };
    const refused = await here.run(production);
    expect(ending(refused.outcome)).toBe('refused 3 unchanged');
    expect(refused.outcome.error).toMatchObject({
      class: 'input',
      next: expect.stringContaining('MIGRATE-PRODUCTION'),
    });
    expect(refused.lines.join('\n')).not.toContain('Dry run');
    const unreachable = await here.run(production, { url: 'postgresql://postgres:pw@127.0.0.1:1/x' });
    expect(ending(unreachable.outcome)).toBe('refused 3 unchanged');
    expect(ending((await here.run(TOKEN)).outcome)).toBe('applied 0 migrated');
    expect(ending((await here.run(production)).outcome)).toBe('up-to-date 0 unchanged');
  });

  it('plan-digest: the one that a dry run gave, until anything changes', async () => {
    const here = await scene(ONE);
    const digest = (await here.run({ mode: 'dry-run' })).outcome.planDigest ?? '';
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect((await here.run({ mode: 'dry-run' })).outcome.planDigest).toBe(digest);
    const wrong = await here.run({ 'plan-digest': 'f'.repeat(64) });
    expect(ending(wrong.outcome)).toBe('refused 3 unchanged');
    for (const inputs of [{ environment: 'development' }, { 'transaction-mode': 'all' }, { 'target-version': '1' }]) {
      expect((await here.run({ mode: 'dry-run', ...inputs })).outcome.planDigest, JSON.stringify(inputs)).not.toBe(
        digest,
      );
    }
    await addFiles(here.workspace, { 'migrations/1_one.sql': 'create table one (id bigint);' });
    const changed = await here.run({ 'plan-digest': digest });
    expect(ending(changed.outcome)).toBe('refused 3 unchanged');
    expect(changed.outcome.error?.class).toBe('checksum');
    await addFiles(here.workspace, { 'migrations/1_one.sql': ONE['1_one.sql'] });
    expect(ending((await here.run({ 'plan-digest': digest })).outcome)).toBe('applied 0 migrated');
    expect(ending((await here.run({ 'plan-digest': 'f'.repeat(64) })).outcome)).toBe('up-to-date 0 unchanged');
  });
});

describe('files', () => {
  const THREE = {
    '1_one.sql': 'create table one (id int);\n-- \n',
    '2_two.sql': 'create table two (id int);\n',
    '4_four.sql': 'select 4;\n',
  };
  const file = (here: Scene, name: string) => join(here.workspace, 'migrations', name);
  const applied = async () => {
    const here = await scene(THREE);
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    return here;
  };

  it('an edited one is refused, named with its line; status alarms', async () => {
    const here = await applied();
    await addFiles(here.workspace, { 'migrations/2_two.sql': 'create table two (id bigint);\n' });
    for (const mode of ['dry-run', 'apply', 'verify']) {
      const { outcome } = await here.run({ mode });
      expect(ending(outcome)).toBe('refused 3 unchanged');
      expect(outcome.error).toMatchObject({ class: 'checksum', file: 'migrations/2_two.sql', line: 1 });
    }
    expect(ending((await here.run({ mode: 'status' })).outcome)).toBe('reported 3 unchanged');
  });

  it('a missing one is refused; status alarms', async () => {
    const here = await applied();
    await rm(file(here, '2_two.sql'));
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'order', message: expect.stringContaining('2 (two)') });
    expect(ending((await here.run({ mode: 'status' })).outcome)).toBe('reported 3 unchanged');
  });

  it('line ends and a byte order mark are no change', async () => {
    const here = await applied();
    await addFiles(here.workspace, { 'migrations/1_one.sql': `\ufeff${THREE['1_one.sql'].replaceAll('\n', '\r\n')}` });
    expect(ending((await here.run()).outcome)).toBe('up-to-date 0 unchanged');
  });

  it('a recorded checksum of the raw bytes is accepted, in either case', async () => {
    const here = await applied();
    const raw = '\ufeffcreate table one (id int);\r\n-- \r\n';
    await addFiles(here.workspace, { 'migrations/1_one.sql': raw });
    const checksum = createHash('sha256').update(raw).digest('hex').toUpperCase();
    await here.client.query("update schema_migrations set checksum = $1 where version = '1'", [checksum]);
    expect(ending((await here.run()).outcome)).toBe('up-to-date 0 unchanged');
  });

  it('out of order: refused, or allowed', async () => {
    const here = await applied();
    await addFiles(here.workspace, { 'migrations/3_three.sql': 'create table three (id int);' });
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('refused 3 unchanged');
    expect(outcome.error).toMatchObject({ class: 'order', file: 'migrations/3_three.sql' });
    const allowed = await here.run({ 'allow-out-of-order': 'true' });
    expect(allowed.outcome).toMatchObject({ result: 'applied', currentVersion: '4', applied: [{ version: '3' }] });
  });

  it.each([
    ['1_one.sql', '01_uno.sql'],
    ['7_a.sql', '7_b.sql'],
  ])('%s and %s are one version', async (one, other) => {
    const here = await scene({ [one]: 'select 1;', [other]: 'select 1;' });
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({ class: 'order', message: expect.stringContaining('same version') });
  });

  it('target-version stops there; an unknown one is an error', async () => {
    const here = await scene(THREE);
    const { outcome } = await here.run({ 'target-version': '02' });
    expect(outcome).toMatchObject({
      result: 'applied',
      currentVersion: '2',
      applied: [{ version: '1' }, { version: '2' }],
    });
    expect(outcome.notes.join()).toContain('versions left out: 3');
    expect(ending((await here.run({ 'target-version': '2' })).outcome)).toBe('up-to-date 0 unchanged');
    const unknown = await here.run({ 'target-version': '3' });
    expect(ending(unknown.outcome)).toBe('failed 1 unchanged');
    expect(unknown.outcome.error).toMatchObject({ class: 'input', next: expect.stringContaining('4') });
  });

  const FOLDERS: readonly (readonly [string, (here: Scene) => Promise<unknown>, string])[] = [
    ['an empty folder', async (here) => rm(file(here, '1_one.sql')), 'holds no migration file'],
    [
      'no folder',
      async (here) => rm(join(here.workspace, 'migrations'), { recursive: true }),
      'no migrations folder found',
    ],
    [
      'two folders',
      async (here) => mkdir(join(here.workspace, 'db/migrations'), { recursive: true }),
      'two migrations folders found',
    ],
    [
      'UTF-16',
      async (here) => writeFile(file(here, '2_x.sql'), Buffer.from('\ufeffselect 1;', 'utf16le')),
      '2_x.sql is UTF-16',
    ],
    [
      'Latin-1',
      async (here) => writeFile(file(here, '2_x.sql'), Buffer.from("select 1;\nselect 'caf\u00e9';\n", 'latin1')),
      'not UTF-8 at line 2',
    ],
    ['a dangling link', async (here) => symlink('nowhere.sql', file(here, '2_x.sql')), '2_x.sql cannot be read'],
    [
      'a link that leads out',
      async (here) => symlink('/etc/hosts', file(here, '2_x.sql')),
      'leads out of the working directory',
    ],
    [
      'a folder that leads out',
      async (here) => {
        await rm(join(here.workspace, 'migrations'), { recursive: true });
        await symlink('/etc', join(here.workspace, 'migrations'));
      },
      'leads out of the working directory',
    ],
    ['a psql command', async (here) => writeFile(file(here, '2_x.sql'), 'select 1;\n\\i other.sql\n'), '\\i'],
    [
      'COMMIT alone',
      async (here) => writeFile(file(here, '2_x.sql'), 'select 1;\ncommit;\n'),
      'COMMIT without a BEGIN',
    ],
  ];
  it.each(FOLDERS)('%s', async (_what, spoil, message) => {
    const here = await scene(ONE);
    await spoil(here);
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error?.message).toContain(message);
    expect(['input', 'syntax']).toContain(outcome.error?.class);
    expect(await here.rows("select to_regclass('schema_migrations') as t")).toEqual([{ t: null }]);
  });

  it('what is no migration is told and left alone', async () => {
    const here = await scene({ ...ONE, 'readme.sql': 'drop table one;', '1_one.down.sql': 'drop table one;' });
    await mkdir(file(here, '9_folder.sql'));
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.warnings.join('\n')).toMatch(
      /9_folder.sql is a folder[\s\S]*readme.sql has no version prefix|readme.sql has no version prefix[\s\S]*9_folder.sql is a folder/,
    );
    expect(outcome.downFiles).toEqual(['migrations/1_one.down.sql']);
  });

  it('an unreadable one', async () => {
    const here = await scene({ ...ONE, '2_two.sql': 'select 1;' });
    // Who runs the tests as root may read everything; a folder can't be read as a file by anybody.
    await rm(file(here, '2_two.sql'));
    await symlink('.', file(here, '2_two.sql'));
    const { outcome } = await here.run();
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error).toMatchObject({
      class: 'input',
      file: 'migrations/2_two.sql',
      message: expect.stringContaining('cannot be read'),
    });
  });
});

describe('servers and roles', () => {
  const refused = (run: GateRun, kind: string, message: RegExp) => {
    expect(ending(run.outcome)).toBe('failed 1 unchanged');
    expect(run.outcome.error?.class).toBe(kind);
    expect(run.outcome.error?.message).toMatch(message);
    expect(JSON.stringify(run)).not.toContain('wrong-word');
  };
  const urlWith = (here: Scene, change: Partial<URL>) => Object.assign(new URL(here.database.url), change).href;

  it('a wrong password, an unknown user, an unknown database, a closed port, an unknown host', async () => {
    const here = await scene(ONE);
    const at = (change: Partial<URL>) => here.run({}, { url: urlWith(here, change) });
    refused(await at({ password: 'wrong-word' }), 'authentication', /password/);
    refused(await at({ username: 'nobody_at_all', password: 'wrong-word' }), 'authentication', /nobody_at_all/);
    refused(await at({ pathname: '/no_such_database' }), 'connection', /no_such_database/);
    refused(await at({ port: '1' }), 'connection', /ECONNREFUSED|127\.0\.0\.1:1/);
    refused(await at({ hostname: 'no-such-host.invalid' }), 'connection', /no-such-host/);
  });

  it('a port that accepts and never answers: connect-timeout', async () => {
    const server = createServer(() => undefined);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const here = await scene(ONE);
    const { port } = server.address() as { port: number };
    const heart = new Heartbeat();
    const started = Date.now();
    for (const sslmode of ['prefer', 'disable']) {
      const run = await here.run(
        { 'connect-timeout': '1s' },
        { url: `postgresql://u:wrong-word@127.0.0.1:${port}/x?sslmode=${sslmode}` },
      );
      refused(run, 'connection', /no answer .* within connect-timeout \(1 ?s/);
    }
    expect(heart.since(started)).toBeLessThan(6_000);
    await heart.stop();
    server.close();
  });

  it('a server without TLS: required is refused, preferred falls back', async () => {
    const here = await scene(ONE);
    refused(await here.run({}, { url: `${here.database.url}?sslmode=require` }), 'tls', /SSL/);
    refused(await here.run({}, { url: `${here.database.url}?sslmode=verify-full` }), 'tls', /root certificate/);
    expect(ending((await here.run({}, { url: `${here.database.url}?sslmode=prefer` })).outcome)).toBe(
      'applied 0 migrated',
    );
  });

  it('a role that is read-only, that may not create, that may not write our records', async () => {
    const role = `plain_${process.pid}`;
    const here = await scene({ '1_one.sql': 'select 1;' }, [
      `create role ${role} login password 'plain-word'; revoke create on schema public from public; grant usage on schema public to ${role}`,
    ]);
    const url = urlWith(here, { username: role, password: 'plain-word' });
    try {
      const { outcome } = await here.run({}, { url });
      expect(ending(outcome)).toBe('failed 1 unchanged');
      expect(outcome.error).toMatchObject({
        class: 'permission',
        next: expect.stringContaining(`grant create, usage on schema "public" to "${role}"`),
      });
      const schema = await here.run({ 'tracking-schema': 'elsewhere' }, { url });
      expect(schema.outcome.error).toMatchObject({
        class: 'permission',
        next: expect.stringContaining(`create schema "elsewhere" authorization "${role}"`),
      });
      await here.client.query(
        'create schema hidden; create table hidden.schema_migrations (version text primary key, name text, checksum text, status text)',
      );
      const hidden = await here.run({ 'tracking-schema': 'hidden' }, { url });
      expect(hidden.outcome.error).toMatchObject({ class: 'permission', next: expect.stringContaining('grant') });

      expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
      await addFiles(here.workspace, { 'migrations/2_two.sql': 'select 2;' });
      const records = await here.run({}, { url });
      expect(records.outcome.error).toMatchObject({ class: 'permission', next: expect.stringContaining('grant') });
      await here.client.query(`grant select, insert, update on schema_migrations to ${role}`);
      const history = await here.run({}, { url });
      expect(history.outcome.error).toMatchObject({ class: 'permission' });
      expect(history.outcome.databaseState).toBe('unchanged');
      await here.client.query(
        `grant select, insert on migration_history to ${role}; alter role ${role} set default_transaction_read_only = on`,
      );
      refused(await here.run({}, { url }), 'connection', /read-only/);
      expect(ending((await here.run({ mode: 'status' }, { url })).outcome)).toBe('reported 0 unchanged');
      await here.client.query(`alter role ${role} reset default_transaction_read_only`);
      expect(ending((await here.run({}, { url })).outcome)).toBe('applied 0 migrated');
    } finally {
      await here.client.query(`drop owned by ${role}; drop role ${role}`);
    }
  });

  it('a standby: only looking is possible there', async () => {
    const server = await startServer({ major: pgMajor });
    try {
      const workspace = await folderWith(ONE);
      const url = server.url();
      expect(ending((await runGate(workspace, url)).outcome)).toBe('applied 0 migrated');
      await server.stop();
      await writeFile(join(server.dataDir, 'standby.signal'), '');
      await server.start({ restore_command: '/bin/false' });
      expect(ending((await runGate(workspace, url, { mode: 'status' })).outcome)).toBe('reported 0 unchanged');
      expect(ending((await runGate(workspace, url, { mode: 'verify', 'critical-tables': 'one' })).outcome)).toBe(
        'verified 0 unchanged',
      );
      for (const mode of ['dry-run', 'apply']) {
        const run = await runGate(workspace, url, { mode });
        refused(run, 'connection', /standby/);
        expect(run.outcome.error?.next).toContain('primary');
      }
    } finally {
      await server.remove();
    }
  });
});

describe('without PL/pgSQL', () => {
  it.each([
    ['dropped', 'drop extension plpgsql', 'create extension plpgsql'],
    ['its use revoked', 'revoke usage on language plpgsql from public', 'grant usage on language plpgsql to public'],
  ])('%s: nothing is begun, and what is to do is said; looking works', async (_, away, back) => {
    const here = await scene(ONE);
    const user = `plain_${here.database.name}`;
    await here.client.query(`create role ${user} login password 'plain'; grant all on schema public to ${user}`);
    const url = new URL(here.database.url);
    Object.assign(url, { username: user, password: 'plain' });
    try {
      await here.client.query(away);
      for (const mode of ['dry-run', 'apply']) {
        const { outcome } = await here.run({ mode }, { url: url.href });
        expect(ending(outcome)).toBe('failed 1 unchanged');
        expect(outcome.error).toMatchObject({
          class: 'missing-object',
          message: expect.stringContaining('cannot use PL/pgSQL'),
          next: expect.stringContaining(`grant usage on language plpgsql to "${user}"`),
        });
      }
      expect(ending((await here.run({ mode: 'status' }, { url: url.href })).outcome)).toBe('reported 0 unchanged');
      await here.client.query(back);
      expect(ending((await here.run({ mode: 'dry-run' }, { url: url.href })).outcome)).toBe(
        'dry-run-passed 0 unchanged',
      );
    } finally {
      await here.client.query(`drop owned by ${user}; drop role ${user}`);
    }
  });

  it('a file that drops it is told of in the dry run', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);', '2_drop.sql': 'drop extension plpgsql;' });
    const { outcome } = await here.run({ 'fail-on': 'none' });
    expect(ending(outcome)).toBe('failed 1 unchanged');
    expect(outcome.error?.message).toContain('language "plpgsql" does not exist');
  });
});

describe('a pooler', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ major: pgMajor });
    await server.stop();
    await writeFile(join(server.dataDir, 'pg_hba.conf'), 'host all all 127.0.0.1/32 trust\n');
    await server.start();
    return () => server.remove();
  });

  it('in transaction mode is refused, with what to use instead', async () => {
    const pool = await pooler(server.url(), 2);
    const workspace = await folderWith(ONE);
    for (const mode of ['dry-run', 'apply']) {
      const { outcome } = await runGate(workspace, pool.url, { mode });
      expect(ending(outcome)).toBe('failed 1 unchanged');
      expect(outcome.error).toMatchObject({
        class: 'connection',
        message: expect.stringContaining('transaction'),
        next: expect.stringContaining('session mode'),
      });
    }
    await pool.close();
  });

  it('in session mode is as good as none', async () => {
    const pool = await pooler(server.url(), 1);
    const workspace = await folderWith(ONE);
    expect((await runGate(workspace, pool.url)).outcome.error).toBeNull();
    expect(ending((await runGate(workspace, pool.url)).outcome)).toBe('up-to-date 0 unchanged');
    await pool.close();
  });
});

describe('TLS', () => {
  let server: Server;
  let folder = '';
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
  const authority = (name: string) =>
    openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-days',
      '2',
      '-subj',
      `/CN=${name}`,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
    );

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'tls-'));
    authority('ours');
    authority('others');
    openssl(
      'req',
      '-new',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-subj',
      '/CN=localhost',
      '-keyout',
      'server.key',
      '-out',
      'server.csr',
    );
    await writeFile(join(folder, 'names'), 'subjectAltName=DNS:localhost\n');
    openssl(
      'x509',
      '-req',
      '-in',
      'server.csr',
      '-CA',
      'ours.crt',
      '-CAkey',
      'ours.key',
      '-CAcreateserial',
      '-days',
      '2',
      '-extfile',
      'names',
      '-out',
      'server.crt',
    );
    server = await startServer({ major: pgMajor });
    // Copied over a file of the server's own, so that the key belongs to whom the server runs as, and to nobody else.
    execFileSync('cp', ['-p', join(server.dataDir, 'PG_VERSION'), join(server.dataDir, 'server.key')]);
    copyFileSync(join(folder, 'server.key'), join(server.dataDir, 'server.key'));
    execFileSync('chmod', ['600', join(server.dataDir, 'server.key')]);
    copyFileSync(join(folder, 'server.crt'), join(server.dataDir, 'server.crt'));
    execFileSync('chmod', ['644', join(server.dataDir, 'server.crt')]);
    await server.stop();
    await server.start({ ssl: 'on' });
    return async () => {
      await server.remove();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  it.each([
    ['disable', 'localhost', '', null],
    ['prefer', 'localhost', '', null],
    ['require', '127.0.0.1', '', null],
    ['require', '127.0.0.1', 'others', /certificate/],
    ['verify-ca', '127.0.0.1', 'ours', null],
    ['verify-ca', '127.0.0.1', 'others', /certificate/],
    ['verify-full', 'localhost', 'ours', null],
    ['verify-full', '127.0.0.1', 'ours', /altnames|IP/],
    ['verify-full', 'localhost', 'others', /certificate/],
    ['verify-full', 'localhost', '', /root certificate/],
  ])('sslmode=%s to %s with the root %s', async (sslmode, host, root, refused) => {
    const workspace = await folderWith({ '1_one.sql': 'select 1;' });
    const url = new URL(server.url());
    url.hostname = host;
    url.searchParams.set('sslmode', sslmode);
    const pem = root === '' ? '' : readFileSync(join(folder, `${root}.crt`), 'utf8');
    for (const cert of pem === '' ? [''] : [pem, join(folder, `${root}.crt`)]) {
      const { outcome } = await runGate(workspace, url.href, { mode: 'dry-run', 'ssl-root-cert': cert });
      if (refused === null) {
        expect(outcome.error).toBeNull();
        expect(outcome.result).toBe('dry-run-passed');
      } else {
        expect(ending(outcome)).toBe('failed 1 unchanged');
        expect(outcome.error).toMatchObject({ class: 'tls', message: expect.stringMatching(refused) });
      }
    }
  });

  it('with channel_binding=require nobody stands in between, not even with sslmode=require', async () => {
    const workspace = await folderWith({ '1_one.sql': 'select 1;' });
    const url = new URL(server.url());
    url.searchParams.set('sslmode', 'require');
    const between = await interceptor(server.port);
    const direct = url.href;
    url.port = String(between.port);
    try {
      // Whoever verifies no certificate talks to anybody.
      expect((await runGate(workspace, url.href, { mode: 'dry-run' })).outcome.result).toBe('dry-run-passed');
      const bound = await runGate(workspace, `${url.href}&channel_binding=require`, { mode: 'dry-run' });
      expect(ending(bound.outcome)).toBe('failed 1 unchanged');
      expect(bound.outcome.error?.class).toBe('authentication');
      const { outcome } = await runGate(workspace, `${direct}&channel_binding=require`, { mode: 'dry-run' });
      expect(outcome.error).toBeNull();
    } finally {
      await between.close();
    }
  });

  it('is what the session really uses', async () => {
    const workspace = await folderWith({
      '1_tls.sql': 'create table tls as select ssl from pg_stat_ssl where pid = pg_backend_pid();',
    });
    const url = new URL(server.url());
    url.searchParams.set('sslmode', 'require');
    expect(ending((await runGate(workspace, url.href)).outcome)).toBe('applied 0 migrated');
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    expect((await client.query('select ssl from tls')).rows).toEqual([{ ssl: true }]);
    await client.end();
  });
});

/** Ends the encryption with a certificate of its own, and encrypts again to the server. */
async function interceptor(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);
  const server = createServer((client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.once('data', () => {
      const upstream = connectSocket(port, '127.0.0.1');
      sockets.add(upstream);
      upstream.write(SSL_REQUEST);
      upstream.once('data', () => {
        const out = connectTls({ socket: upstream, rejectUnauthorized: false });
        const tls = createTlsServer(makeCertificate(new Date()));
        tls.once('secureConnection', (inner) => {
          for (const [from, to] of [
            [inner, out],
            [out, inner],
          ] as const) {
            from.on('error', () => to.destroy());
            from.pipe(to);
          }
        });
        tls.emit('connection', client);
        client.write('S');
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as { port: number }).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
