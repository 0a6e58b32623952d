/**
 * What a server runs out of, and what it has set: disk, connections, lock table, time, the right to write. Each is told
 * with its class, the state and the one next step; nothing is left behind; and the next run goes on once it is back.
 */

import { statSync } from 'node:fs';
import { createServer, type Server as TcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warningOfNew } from '../../src/engines/shared/inspect.ts';
import type { Outcome } from '../../src/report/outcome.ts';
import { nodeTool, runCommand } from '../support/command.ts';
import { sharedServer } from '../support/database.ts';
import { fullFile, type SmallDisk, smallDisk } from '../support/disk.ts';
import { FULL, SEED, tally, times } from '../support/faults.ts';
import { addFiles, runGate, workspaceWith } from '../support/gate.ts';
import { pgMajor } from '../support/global-setup.ts';
import { type Server, startServer } from '../support/postgres.ts';
import { runCli, temporaryWorkspace, writeMigrations } from '../support/runner.ts';
import { endBackends, ending, type Scene, scene, until, working } from '../support/scene.ts';
import { startStandby } from '../support/standby.ts';

const told = tally('resources');

const ONE = { '1_it.sql': 'create table made (id int primary key);' };
const PAUSED = { 'review-delay': '1s', 'fail-on': 'none' };
const NOW = { 'fail-on': 'none' };

/** Every failure says of what class it was, what the state is, and what to do. */
function expectTold(outcome: Outcome, as: string, error: Partial<NonNullable<Outcome['error']>>): void {
  expect({ as: ending(outcome), error: outcome.error }).toMatchObject({ as, error });
  expect(outcome.error?.meaning).not.toBe('');
  expect(outcome.error?.next).not.toBe('');
}

/** The same folder, once what was missing is back. */
async function goesOn(here: Scene, what: string, as: string): Promise<void> {
  const { outcome } = await here.run(NOW);
  expect(outcome.error).toBeNull();
  expect(ending(outcome)).toBe('applied 0 migrated');
  told(what, `${as}, then applied`);
}

let roles = 0;

interface Login {
  readonly role: string;
  readonly url: string;
}

/** A role that owns the database and is nothing more, with these settings. */
async function ownedBy(here: Scene, settings: readonly string[] = [], attributes = ''): Promise<Login> {
  roles += 1;
  const role = `resources_${process.pid}_${roles}`;
  await here.client.query(`create role ${role} login password 'p' ${attributes}`);
  onTestFinished(async () => {
    await here.database.drop();
    const admin = new pg.Client({ connectionString: (await sharedServer()).url });
    await admin.connect();
    await admin.query(`drop role ${role}`);
    await admin.end();
  });
  await here.client.query(
    `alter database "${here.database.name}" owner to ${role}; alter schema public owner to ${role}`,
  );
  for (const setting of settings) await here.client.query(`alter role ${role} set ${setting}`);
  const url = new URL(here.database.url);
  url.username = role;
  url.password = 'p';
  return { role, url: url.href };
}

/**
 * In the dry run `pg_sleep(30)` does not sleep. In apply it does, and then this is said and the role's sessions are ended.
 * `woken`: says something, and it does not sleep any more.
 */
async function asleepInApply(here: Scene, role: string, sql: string) {
  const sleeps = (body: string) =>
    `create or replace function fast.pg_sleep(int) returns void language sql as '${body}'`;
  await here.client.query(`create schema fast; grant usage on schema fast to public; ${sleeps('')}`);
  await here.client.query(`alter role ${role} set search_path = public, fast, pg_catalog`);
  const end = async () => {
    await until(here.client, working('%pg_sleep(30)%'));
    await here.client.query(sql);
    await here.client.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [role]);
  };
  let ended: Promise<void> | null = null;
  return {
    onPause: async () => {
      await here.client.query(sleeps('select pg_catalog.pg_sleep(30)'));
      ended = end();
    },
    woken: async (then: string) => {
      await ended;
      await here.client.query(`${sleeps('')}; ${then}`);
    },
  };
}

describe('limits that the role has', () => {
  const LIMITS = [
    "statement_timeout = '1ms'",
    "lock_timeout = '1ms'",
    "idle_in_transaction_session_timeout = '20ms'",
    // Long enough for a busy machine to get as far as lifting it: what these two end is the session.
    "idle_session_timeout = '1s'",
    ...(pgMajor >= 17 ? ["transaction_timeout = '500ms'"] : []),
  ];
  const FILES = {
    '1_slow.sql': `create table t (id int, ref int unique);
select pg_sleep(0.5);
create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(0.1); return null; end $$;
create constraint trigger late after insert on t deferrable initially deferred for each row execute function slow();
insert into t values (1, 1);`,
    '2_index.sql': 'create index concurrently on t (id);\nselect pg_sleep(0.1);\nvacuum t;',
    '3_after.sql': 'insert into t values (2, 2);',
  };

  it('cut neither our own questions, nor the watch, nor the pause, nor a file, nor COMMIT', async () => {
    const here = await scene(FILES);
    const { url } = await ownedBy(here, LIMITS);
    // Idle for longer than the role's sessions may be.
    const { outcome } = await here.run(PAUSED, { url, onPause: () => sleep(1_500) });
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome.predictedEqualsActual).not.toBe(false);
    for (const mode of ['status', 'verify']) {
      expect((await here.run({ mode }, { url })).outcome.exitCode).toBe(0);
    }
    told('timeouts of the role', 'applied');
  });

  it('are not those of a file: the inputs are', async () => {
    const here = await scene(FILES);
    const { url } = await ownedBy(here, LIMITS);
    const { outcome } = await here.run({ ...NOW, 'statement-timeout': '50ms' }, { url });
    expectTold(outcome, 'failed 1 unchanged', { class: 'statement-timeout', file: 'migrations/1_slow.sql' });
    await goesOn(here, 'statement-timeout of the run', 'failed 1 unchanged');
  });

  it('a tool is under the inputs too', async () => {
    const here = await scene({});
    const { url } = await ownedBy(here, LIMITS);
    const tool = await nodeTool(
      "const client = await connect(); await client.query('create table t (id int)'); await client.query('select pg_sleep(0.1)'); await client.end();",
    );
    const { outcome } = await runCommand(tool, url);
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    told('timeouts of the role, a tool', 'applied');
  });

  it('a search_path with look-alikes of the catalog in front', async () => {
    const here = await scene({
      '1_it.sql': 'create table public.made (id int primary key); insert into public.made values (1);',
    });
    const fails = "language plpgsql as $$ begin raise exception 'not me'; end $$";
    await here.client.query(`create schema evil;
      create function evil.now() returns timestamptz ${fails}; create function evil.format(text, variadic text[]) returns text ${fails};
      create function evil.pg_backend_pid() returns int ${fails}; create function evil.set_config(text, text, boolean) returns text ${fails};
      create function evil.to_regclass(text) returns regclass ${fails}; create function evil.current_setting(text) returns text ${fails};
      create function evil.gen_random_uuid() returns uuid ${fails}; create function evil.pg_try_advisory_lock(bigint) returns boolean ${fails};
      ${[
        'pg_class',
        'pg_index',
        'pg_locks',
        'pg_namespace',
        'pg_stat_activity',
        'pg_attribute',
        'pg_constraint',
        'pg_proc',
        'pg_settings',
        'schema_migrations',
        'migration_history',
      ]
        .map((name) => `create table evil.${name} (nothing int);`)
        .join(' ')}
      grant usage on schema evil to public`);
    const { url } = await ownedBy(here, ['search_path = evil, pg_catalog, public']);
    const { outcome } = await here.run(NOW, { url });
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(await here.rows('select version from public.schema_migrations')).toEqual([{ version: '1' }]);
    told('hostile search_path of the role', 'applied');
  });
});

describe('a server that may not be written', () => {
  it('the role is read-only', async () => {
    const here = await scene(ONE);
    const { role, url } = await ownedBy(here, ['default_transaction_read_only = on']);
    const { outcome } = await here.run(NOW, { url });
    expectTold(outcome, 'failed 1 unchanged', { class: 'connection' });
    expect(outcome.error?.message).toContain('read-only');
    expect((await here.run({ mode: 'status' }, { url })).outcome.exitCode).toBe(0);
    await here.client.query(`alter role ${role} reset all`);
    await goesOn(here, 'read-only role', ending(outcome));
  });

  it('it became so in the pause', async () => {
    const here = await scene(ONE);
    const { role, url } = await ownedBy(here);
    const { outcome } = await here.run(PAUSED, {
      url,
      onPause: async () => {
        await here.client.query(`alter role ${role} set default_transaction_read_only = on`);
        await endBackends(here.client, 'usename = $1', [role]);
      },
    });
    expectTold(outcome, 'failed 1 unchanged', { class: 'connection' });
    expect(outcome.error?.message).toContain('read-only');
    await here.client.query(`alter role ${role} reset all`);
    await goesOn(here, 'read-only after a failover in the pause', ending(outcome));
  });

  it('it became so while it was written to: what is committed is told, the rest is for the next run', async () => {
    const here = await scene({
      '1_first.sql': 'create table first (id int);',
      '2_slow.sql': 'create table second (id int); select pg_sleep(30);',
      '3_third.sql': 'create table third (id int);',
    });
    const { role, url } = await ownedBy(here);
    const readOnly = 'default_transaction_read_only';
    const { onPause, woken } = await asleepInApply(here, role, `alter role ${role} set ${readOnly} = on`);
    const { outcome } = await here.run(PAUSED, { url, onPause });
    expectTold(outcome, 'failed 7 partially-migrated', { class: 'connection', file: 'migrations/2_slow.sql' });
    expect(outcome.applied.map((one) => one.version)).toEqual(['1']);
    expect(
      await here.rows("select to_regclass('first') is not null as first, to_regclass('second') as second"),
    ).toEqual([{ first: true, second: null }]);
    await woken(`alter role ${role} reset ${readOnly}`);
    const next = await here.run(NOW, { url });
    expect(next.outcome.error).toBeNull();
    expect(ending(next.outcome)).toBe('applied 0 migrated');
    expect(next.outcome.applied.map((one) => one.version)).toEqual(['2', '3']);
    told('read-only after a failover in apply', `${ending(outcome)}, then applied`);
  });

  it.runIf(FULL)('a standby; once it is promoted it is the one', { timeout: 300_000 }, async () => {
    const primary = await startServer({ major: pgMajor });
    let standby: Server | null = null;
    try {
      standby = await startStandby(primary);
      const workspace = await workspaceWith({ 'migrations/1_it.sql': ONE['1_it.sql'] });
      const refused = (await runGate(workspace, standby.url(), NOW)).outcome;
      expectTold(refused, 'failed 1 unchanged', { class: 'connection' });
      expect(refused.error?.message).toContain('standby');
      expect((await runGate(workspace, standby.url(), { mode: 'status' })).outcome.exitCode).toBe(0);
      const client = new pg.Client({ connectionString: standby.url() });
      await client.connect();
      await client.query('select pg_promote()');
      await client.end();
      const { outcome } = await runGate(workspace, standby.url(), NOW);
      expect(outcome.error).toBeNull();
      expect(ending(outcome)).toBe('applied 0 migrated');
      told('a standby, then promoted', `${ending(refused)}, then applied`);
    } finally {
      await standby?.remove();
      await primary.remove();
    }
  });
});

describe('out of connections', () => {
  // Working, watching, and one more where a session was lost or something is cancelled.
  it.each([0, 1])('%i are left', async (limit) => {
    const here = await scene(ONE);
    const { role, url } = await ownedBy(here, [], `connection limit ${limit}`);
    const { outcome } = await here.run({ ...NOW, 'connect-timeout': '2s' }, { url });
    expectTold(outcome, 'failed 1 unchanged', { class: 'resources', sqlstate: '53300' });
    await here.client.query(`alter role ${role} connection limit -1`);
    await goesOn(here, `${limit} connections left`, ending(outcome));
  });

  it('two are enough', async () => {
    const here = await scene({ ...ONE, '2_index.sql': 'create index concurrently on made (id);' });
    const { url } = await ownedBy(here, [], 'connection limit 2');
    const { outcome } = await here.run({ ...NOW, 'connect-timeout': '20s' }, { url });
    expect(ending(outcome)).toBe('applied 0 migrated');
    told('2 connections left', ending(outcome));
  });

  // It is looked for for half a minute.
  it.runIf(FULL)(
    'none for the one that is to tell what was committed: unknown, and the next run finds out',
    { timeout: 300_000 },
    async () => {
      const here = await scene({ '1_it.sql': 'create table made (id int); select pg_sleep(30);' });
      const { role, url } = await ownedBy(here);
      const { onPause, woken } = await asleepInApply(here, role, `alter role ${role} connection limit 0`);
      const { outcome } = await here.run({ ...PAUSED, 'connect-timeout': '2s' }, { url, onPause });
      expectTold(outcome, 'failed 7 unknown', { class: 'connection' });
      await woken(`alter role ${role} connection limit -1`);
      const next = await here.run(NOW, { url });
      expect(ending(next.outcome)).toBe('applied 0 migrated');
      told('no connection for the witness', `${ending(outcome)}, then applied`);
    },
  );
});

describe('out of room for locks', () => {
  it.runIf(FULL)('the dry run is inconclusive, apply tells what it lacked', { timeout: 300_000 }, async () => {
    const server = await startServer({
      major: pgMajor,
      settings: {
        max_locks_per_transaction: '10',
        max_connections: '12',
        max_worker_processes: '2',
        autovacuum: 'off',
      },
    });
    try {
      const tables = Array.from({ length: 3000 }, (_, n) => `create table t${n} (id int);`).join('\n');
      const workspace = await workspaceWith({
        'migrations/1_many.sql': tables,
        'migrations/2_after.sql': 'create table after (id int);',
      });
      const dry = (await runGate(workspace, server.url(), { ...NOW, mode: 'dry-run' })).outcome;
      expectTold(dry, 'dry-run-inconclusive 3 unchanged', { class: 'resources' });
      const failed = (await runGate(workspace, server.url(), { ...NOW, 'allow-hazards': 'dry-run-inconclusive' }))
        .outcome;
      expectTold(failed, 'failed 1 unchanged', {
        class: 'resources',
        sqlstate: '53200',
        file: 'migrations/1_many.sql',
      });
      await server.stop();
      await server.start({ max_locks_per_transaction: '1000' });
      const { outcome } = await runGate(workspace, server.url(), NOW);
      expect(outcome.error).toBeNull();
      expect(ending(outcome)).toBe('applied 0 migrated');
      told('lock table full', `${ending(dry)}; ${ending(failed)}; then applied`);
    } finally {
      await server.remove();
    }
  });
});

describe('the disk is full', () => {
  const GROW = "insert into big select repeat('x', 1000) from generate_series(1, 4000);";
  const LATE = `create function grow() returns trigger language plpgsql as $$ begin ${GROW} return null; end $$;
create table small (id int);
create constraint trigger late after insert on small deferrable initially deferred for each row execute function grow();
insert into small values (1);`;

  const ALWAYS = 'a file that is always full';
  const DISKS = FULL ? [ALWAYS, 'a disk of its own'] : [ALWAYS];
  const NOT_MOUNTED = 'nothing may be mounted here';

  /** A database with a table `big` that can be made to have no room; null: the disk cannot be had here. */
  async function fillable(files: Record<string, string>, kind: string) {
    const here = await scene(files);
    const { rows } = await here.client.query<{ path: string }>("select current_setting('data_directory') as path");
    const disk = kind === ALWAYS ? null : smallDisk(32, rows[0]?.path ?? '');
    if (kind !== ALWAYS && disk === null) return null;
    const where = disk === null ? '' : await tablespaceOn(here, disk);
    await here.client.query(
      `create table big (body text) with (autovacuum_enabled = off)${where}; alter table big alter column body set storage plain`,
    );
    let free: () => Promise<void> = async () => undefined;
    return {
      here,
      fill: async () => {
        if (disk) disk.fill(256);
        else free = await fullFile(here.client, 'big');
      },
      free: async () => {
        disk?.free();
        await free();
        free = async () => undefined;
      },
      remove: async () => {
        await here.database.drop();
        if (disk) await dropTablespace(disk);
      },
    };
  }

  const nameOf = (disk: SmallDisk) => `full_${disk.path.replaceAll(/\W/g, '_').toLowerCase()}`;
  async function tablespaceOn(here: Scene, disk: SmallDisk): Promise<string> {
    await here.client.query(`create tablespace ${nameOf(disk)} location '${disk.path}'`);
    return ` tablespace ${nameOf(disk)}`;
  }
  async function dropTablespace(disk: SmallDisk): Promise<void> {
    const admin = new pg.Client({ connectionString: (await sharedServer()).url });
    await admin.connect();
    // Dropped tables' files go with a checkpoint.
    await admin.query('checkpoint');
    await admin.query(`drop tablespace ${nameOf(disk)}`);
    await admin.end();
    disk.remove();
  }

  const APPLIED = [
    ['while it is applied', GROW, 'apply'],
    ['at COMMIT', LATE, 'apply'],
    ['in a file without a transaction', `-- gate: no-transaction\n${GROW}`, 'apply'],
  ] as const;
  const REHEARSED = [
    ['while it is rehearsed', GROW, 'dry run'],
    ['at COMMIT, rehearsed', LATE, 'dry run'],
  ] as const;
  const MOMENTS = FULL ? [...APPLIED, ...REHEARSED] : APPLIED;

  it.for(DISKS.flatMap((kind) => MOMENTS.map((moment) => [kind, ...moment] as const)))(
    '%s, %s',
    async ([kind, what, sql, when], { skip }) => {
      const made = await fillable({ '1_it.sql': sql }, kind);
      if (made === null) return skip(NOT_MOUNTED);
      const { here, fill, free, remove } = made;
      try {
        if (when === 'dry run') await fill();
        const { outcome } = await here.run(PAUSED, {
          onPause: async () => {
            if (when === 'apply') await fill();
          },
        });
        expectTold(outcome, 'failed 1 unchanged', {
          class: 'disk-full',
          sqlstate: '53100',
          file: 'migrations/1_it.sql',
        });
        expect(await here.rows('select count(*)::int as n from big')).toEqual([{ n: 0 }]);
        await free();
        await goesOn(here, `disk full ${what}, ${kind}`, ending(outcome));
      } finally {
        await free();
        await remove();
      }
    },
  );

  it.each(['dry run', 'apply'])(
    'where our own records are to be written, %s: what is committed is recorded',
    async (when) => {
      const here = await scene(ONE);
      expect(ending((await here.run(NOW)).outcome)).toBe('applied 0 migrated');
      await addFiles(here.workspace, { 'migrations/2_more.sql': 'create table more (id int);' });
      let free: () => Promise<void> = async () => undefined;
      const fill = async () => {
        free = await fullFile(here.client, 'migration_history');
      };
      if (when === 'dry run') await fill();
      const { outcome } = await here.run(PAUSED, {
        onPause: async () => {
          if (when === 'apply') await fill();
        },
      });
      expectTold(outcome, 'failed 1 unchanged', { class: 'disk-full', sqlstate: '53100' });
      expect(await here.rows("select to_regclass('more') as more")).toEqual([{ more: null }]);
      await free();
      await goesOn(here, `disk full under our own records, ${when}`, ending(outcome));
    },
  );

  it.runIf(FULL)(
    'where the server keeps everything, its WAL too: it goes down, and comes back',
    { timeout: 600_000 },
    async ({ skip }) => {
      const shared = await sharedServer();
      const admin = new pg.Client({ connectionString: shared.url });
      await admin.connect();
      const { rows } = await admin.query<{ path: string }>("select current_setting('data_directory') as path");
      await admin.end();
      const disk = smallDisk(400, rows[0]?.path ?? '');
      if (disk === null) return skip(NOT_MOUNTED);
      const server = await startServer({
        major: pgMajor,
        dataParent: disk.path,
        settings: { max_wal_size: '1GB', autovacuum: 'off' },
      });
      try {
        for (let round = 1; round <= 10; round += 1) {
          const workspace = await workspaceWith({
            [`migrations/${round}_grow.sql`]: `create table grow_${round} as select repeat('x', 1000) as body from generate_series(1, 40000);`,
          });
          const schema = `s${round}`;
          const inputs = { ...PAUSED, 'tracking-schema': schema };
          const { outcome } = await runGate(workspace, server.url(), inputs, {
            onPause: async () => disk.fill(Math.floor((SEED % 7) * 512 + round * 700)),
          });
          expect(outcome.exitCode).not.toBe(0);
          expect(['unchanged', 'unknown']).toContain(outcome.databaseState);
          disk.free();
          if (server.pid === null) await server.start();
          let next = (await runGate(workspace, server.url(), { ...NOW, 'tracking-schema': schema })).outcome;
          if (next.exitCode !== 0)
            next = (await runGate(workspace, server.url(), { ...NOW, 'tracking-schema': schema })).outcome;
          expect(next.error).toBeNull();
          const client = new pg.Client({ connectionString: server.url() });
          await client.connect();
          await client.query(`drop table grow_${round}; checkpoint`);
          await client.end();
          told('disk full under the WAL', `${ending(outcome)} (${outcome.error?.class}), then ${next.result}`);
        }
      } finally {
        await server.remove();
        disk.remove();
      }
    },
  );
});

describe('versions and clocks', () => {
  it('a server that is too old is asked nothing', async () => {
    const old = await oldServer('12.22');
    const workspace = await workspaceWith({ 'migrations/1_it.sql': ONE['1_it.sql'] });
    const { outcome } = await runGate(workspace, `postgresql://u:p@127.0.0.1:${old.port}/d?sslmode=disable`, NOW);
    await old.close();
    expectTold(outcome, 'failed 1 unchanged', { class: 'connection' });
    expect(outcome.error?.message).toContain('PostgreSQL 12.22 is too old');
    expect(old.asked).toEqual([]);
    told('too old a server', ending(outcome));
  });

  it('one that is newer than the tests is told of', () => {
    expect(warningOfNew({ version: '18.4', major: 18 })).toEqual([]);
    expect(warningOfNew({ version: '19beta1', major: 19 })[0]).toContain('19beta1 is newer');
  });

  it('a clock that was set back does not make a production database anything less', async () => {
    const here = await scene(ONE);
    await here.run(
      { ...PAUSED, environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION' },
      { onPause: async () => undefined },
    );
    // As written before the clock was set back, and something that came later.
    await here.client.query("update migration_history set executed_at = '2001-01-01'");
    await here.client.query(
      "insert into migration_history (version, action, status, environment) values ('0', 'apply', 'success', 'staging')",
    );
    await addFiles(here.workspace, { 'migrations/2_more.sql': 'create table more (id int);' });
    const { outcome } = await here.run(NOW);
    expectTold(outcome, 'refused 3 unchanged', { class: 'input' });
    expect(outcome.error?.message).toContain('last migrated as production');
    // Rows of a future that the clock has not come to.
    await here.client.query("update schema_migrations set applied_at = now() + interval '10 years'");
    const next = await here.run(
      { ...PAUSED, environment: 'production', 'confirm-token': 'MIGRATE-PRODUCTION' },
      { onPause: async () => undefined },
    );
    expect(ending(next.outcome)).toBe('applied 0 migrated');
    told('clock set back', `${ending(outcome)}, then applied`);
  });

  it("the runner's clock set back in the pause does not lengthen it", async () => {
    const here = await scene(ONE);
    const real = Date.now;
    try {
      const { outcome } = await here.run(PAUSED, {
        onPause: async () => {
          Date.now = () => real() - 3_600_000;
        },
      });
      expect(ending(outcome)).toBe('applied 0 migrated');
    } finally {
      Date.now = real;
    }
    told("runner's clock set back", 'applied');
  });
});

/** Says in the protocol that it is of this version, and lets everybody in; it understands no question. */
async function oldServer(version: string) {
  const asked: string[] = [];
  const server: TcpServer = createServer((socket) => {
    let begun = false;
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (begun) {
        if (data[0] !== 0x58) asked.push(data.toString('latin1'));
        return;
      }
      begun = true;
      const frame = (type: string, body: Buffer) => {
        const head = Buffer.alloc(5, type);
        head.writeInt32BE(body.length + 4, 1);
        return Buffer.concat([head, body]);
      };
      socket.write(
        Buffer.concat([
          frame('R', Buffer.alloc(4)),
          frame('S', Buffer.from(`server_version\0${version}\0`)),
          frame('K', Buffer.from([0, 0, 0, 1, 0, 0, 0, 2])),
          frame('Z', Buffer.from('I')),
        ]),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { port, asked, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

/** As the bench has them for 100 MB. */
const LARGE_RSS_KB = 400_000;

describe('a great deal of it, by the bundle', () => {
  const files = times(100, 10_000);
  const statements = times(1_000, 50_000);
  const megabytes = times(2, 300);
  const cases: readonly (readonly [string, () => Record<string, string>, string, number])[] = [
    [
      `${files} files`,
      () =>
        Object.fromEntries(
          Array.from({ length: files }, (_, n) => [`${n + 1}_f.sql`, `create table t${n} (id int primary key);`]),
        ),
      "select count(*)::int as n from schema_migrations where status = 'completed'",
      files,
    ],
    [
      `${statements} statements in one file`,
      () => ({
        '1_many.sql': [
          'create table t (id int);',
          ...Array.from({ length: statements }, (_, n) => `update t set id = ${n} where id = ${n + 1};`),
        ].join('\n'),
      }),
      "select 1 as n from schema_migrations where status = 'completed'",
      1,
    ],
    [
      `${megabytes} MB of INSERTs`,
      () => {
        const row = (n: number) => `insert into t values (${n}, '${'x'.repeat(180)}');\n`;
        const lines = Array.from({ length: megabytes * 5_000 }, (_, n) => row(n));
        return { '1_large.sql': `create table t (id int, body text);\n${lines.join('')}` };
      },
      'select count(*)::int as n from t',
      megabytes * 5_000,
    ],
  ];

  it.each(cases)('%s', { timeout: 1_800_000 }, async (what, make, sql, expected) => {
    const here = await scene({});
    const cwd = temporaryWorkspace();
    await writeMigrations(`${cwd}/migrations`, make());
    const inputs = {
      'fail-on': 'none',
      environment: 'staging',
      'dry-run-timeout': '0',
      'database-url': 'env',
      'allow-hazards': 'dry-run-inconclusive',
    };
    const args = Object.entries(inputs).flatMap(([name, value]) => [`--${name}`, value]);
    const run = await runCli(['apply', ...args], {
      cwd,
      env: { DATABASE_URL: here.database.url },
      measureMemory: true,
      timeoutMs: 1_700_000,
    });
    expect(run.report?.error ?? null).toBeNull();
    expect(run.exitCode, run.stdout.slice(-2000) + run.stderr.slice(-2000)).toBe(0);
    expect(await here.rows(sql)).toEqual([{ n: expected }]);
    expect(run.peakRssKb ?? 0).toBeLessThan(LARGE_RSS_KB);
    for (const [name, value] of Object.entries(run.report?.outputs ?? {}))
      expect(String(value).length, name).toBeLessThan(100_001);
    const sizeMb = statSync(`${run.logDir}/report.json`).size / 1e6;
    told(
      what,
      `applied in ${(run.durationMs / 1000).toFixed(1)} s, ${Math.round((run.peakRssKb ?? 0) / 1024)} MB of memory, report of ${sizeMb.toFixed(1)} MB`,
    );
  });
});
