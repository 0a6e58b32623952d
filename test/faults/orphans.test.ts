/** What a dead run has left at the server: it ends by itself, or the next run names it, and ends it when it is its own. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { lockKey } from '../../src/postgres/lock.ts';
import { nodeTool, runCommand } from '../support/command.ts';
import { cuttableProxy } from '../support/cuttable.ts';
import { folderWith } from '../support/dry-run.ts';
import { FULL, randomOf, tally, times } from '../support/faults.ts';
import { runGate } from '../support/gate.ts';
import { startAction } from '../support/runner.ts';
import { ending, type Scene, scene, until, working } from '../support/scene.ts';

const count = tally('orphans');
const RUN = { GITHUB_RUN_ID: '4711', GITHUB_REPOSITORY: 'octo-org/shop' };
const attempt = (number: number) => ({ env: { ...RUN, GITHUB_RUN_ATTEMPT: String(number) } });
const NO_GATE = `select 1 where not exists (select 1 from pg_stat_activity
   where datname = current_database() and application_name like 'mgate%' and pid <> pg_backend_pid())`;

describe('the runner is killed', () => {
  const FILES = {
    '1_table.sql': 'create table one (id int);\ninsert into one select n from generate_series(1, 1000) n;',
    '2_long.sql': 'create table two (id int); select pg_sleep(case when exists (select 1 from go) then 60 else 0 end);',
    '3_index.sql': 'create index concurrently one_id on one (id);',
  };

  const MOMENTS: readonly (readonly [what: string, where: string])[] = [
    ['in a long statement of apply', 'apply'],
    ['in CREATE INDEX CONCURRENTLY, which waits for somebody', 'concurrently'],
    ['in a long statement of the dry run', 'dry-run'],
  ];

  it.each(MOMENTS.slice(0, FULL ? 3 : 2))(
    '%s: its backend is gone soon, and the next run ends well',
    async (what, where) => {
      const random = randomOf(what);
      for (let time = 0; time < times(1, 20); time += 1) {
        const here = await scene(FILES, 'create table go (id int)');
        if (where === 'dry-run') await here.client.query('insert into go values (1)');
        const run = await startAction({
          workspace: here.workspace,
          inputs: { 'database-url': here.database.url, mode: 'apply', 'review-delay': '5s' },
        });
        const at = where === 'concurrently' ? 'create index concurrently%' : '%pg_sleep(case%';
        let holder: pg.Client | null = null;
        if (where !== 'dry-run') await run.waitFor('applying in');
        if (where === 'apply') await here.client.query('insert into go values (1)');
        if (where === 'concurrently') holder = await snapshotHolder(here);
        await until(here.client, working(at));
        await sleep(random() * 300);
        run.kill('SIGKILL');
        await run.done;
        await until(here.client, NO_GATE);
        await holder?.query('rollback');
        await here.client.query('delete from go');
        expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
        expect(await here.rows("select indisvalid from pg_index where indexrelid = 'one_id'::regclass")).toEqual([
          { indisvalid: true },
        ]);
        count(`SIGKILL ${what}`, 'its backend ended by itself');
      }
    },
  );

  it.runIf(FULL)('while a tool is at work: neither its session nor ours stays', async () => {
    const here = await scene({ '1_unused.sql': 'select 1;' });
    const tool = await nodeTool(`const client = await connect();
      await client.query('create table if not exists made (id int)');
      await client.query('select pg_sleep(case when exists (select 1 from go) then 60 else 0 end)');
      await client.end();`);
    await here.client.query('create table go (id int)');
    const run = await startAction({
      workspace: tool.folder,
      inputs: {
        'database-url': here.database.url,
        mode: 'apply',
        engine: 'command',
        command: tool.apply.join(' '),
        'command-probe': tool.probe?.join(' ') ?? '',
        'review-delay': '5s',
        'fail-on': 'none',
      },
    });
    await run.waitFor('applying in');
    await here.client.query('insert into go values (1)');
    await until(here.client, working('select pg_sleep(case%'));
    run.kill('SIGKILL');
    await run.done;
    await until(here.client, NO_GATE);
    await here.client.query('delete from go');
    const again = await runCommand(tool, here.database.url);
    expect(ending(again.outcome)).toMatch(/^(applied 0 migrated|up-to-date 0 unchanged)$/);
    count('SIGKILL while a tool works', 'both backends ended by themselves');
  });
});

describe('the network falls silent: the server’s end goes on', () => {
  const SLOW = {
    '1_table.sql': 'create table one (id int);',
    '2_slow.sql': 'create table two (id int); select pg_sleep(case when exists (select 1 from go) then 30 else 0 end);',
    '3_last.sql': 'create table three (id int);',
  };

  /** A first attempt that is cut off in the middle of apply; its process is left without an answer. */
  async function cutOff(here: Scene, env: Readonly<Record<string, string>>) {
    const proxy = await cuttableProxy(here.database.url);
    const abort = new AbortController();
    let onPause: () => Promise<void> = async () => undefined;
    const paused = new Promise<void>((resolve) => {
      onPause = async () => {
        await here.client.query('insert into go values (1)');
        resolve();
      };
    });
    const lost = runGate(
      here.workspace,
      proxy.url,
      { 'review-delay': '1ms', 'connect-timeout': '10s' },
      { env, signal: abort.signal, onPause },
    );
    // The dry run has this statement too, for a moment.
    await paused;
    await until(here.client, working('%pg_sleep(case%'));
    proxy.mute();
    await here.client.query('delete from go');
    return {
      over: async () => {
        await proxy.close();
        abort.abort();
        return (await lost).outcome;
      },
    };
  }

  it('the next attempt of the same run ends what the first has left, and goes on from there', async () => {
    const here = await scene(SLOW, 'create table go (id int)');
    const first = await cutOff(here, attempt(9).env);
    const { outcome, lines } = await runGate(here.workspace, here.database.url, {}, attempt(10));
    expect(outcome.error).toBeNull();
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(lines.join('\n')).toMatch(
      /earlier attempt of this run is over.*mgate\/4711\/9\/octo-org\/shop, pid \d+.*ended/,
    );
    expect(await here.rows('select version, action from migration_history order by 1')).toEqual(
      ['1', '2', '3'].map((version) => ({ version, action: 'apply' })),
    );
    expect((await first.over()).exitCode).not.toBe(0);
    count('silent cut, then the next attempt', 'ended and taken over');
  });

  it('what it had sent is done, and its idle session keeps the lock: the next attempt ends that too', async () => {
    const here = await scene(
      {
        '1_slow.sql':
          'create table one (id int); select pg_sleep(case when exists (select 1 from go) then 5 else 0 end);',
      },
      'create table go (id int)',
    );
    const first = await cutOff(here, attempt(1).env);
    await until(here.client, `select 1 from pg_stat_activity where state = 'idle' and pid in (${HOLDER})`);
    const { outcome } = await runGate(here.workspace, here.database.url, { 'lock-wait': '0' }, attempt(2));
    expect(ending(outcome)).toBe('up-to-date 0 unchanged');
    await first.over();
    count('silent cut after the last word, then the next attempt', 'ended');
  });

  it('another run only names it, since when it is there, and what to do', async () => {
    const here = await scene(SLOW, 'create table go (id int)');
    const first = await cutOff(here, attempt(1).env);
    const [holder] = await here.rows(HOLDER);
    // Longer than it keeps its own connection while it waits.
    const inputs = { 'lock-wait': FULL ? '5s' : '1300ms' };
    for (const env of [{ ...RUN, GITHUB_RUN_ID: '4712', GITHUB_RUN_ATTEMPT: '2' }, {}]) {
      const { outcome } = await runGate(here.workspace, here.database.url, inputs, { env });
      expect(ending(outcome)).toBe('refused 5 unchanged');
      expect(outcome.error?.message).toMatch(
        new RegExp(
          `mgate/4711/1/octo-org/shop \\(https://github.com/octo-org/shop/actions/runs/4711/attempts/1\\), pid ${holder?.pid}, connected since ${AT}, (active|idle) since ${AT}$`,
        ),
      );
      expect(outcome.error?.next).toContain(`select pg_terminate_backend(${holder?.pid});`);
    }
    await here.client.query('select pg_terminate_backend($1)', [holder?.pid]);
    expect(ending((await runGate(here.workspace, here.database.url)).outcome)).toBe('applied 0 migrated');
    await first.over();
    count('silent cut, then another run', 'named, and left alone');
  });
});

describe('whose a session is', () => {
  const FILES = { '1_table.sql': 'create table one (id int);' };
  const LONG = { GITHUB_RUN_ID: '16000000001', GITHUB_REPOSITORY: `octo-org/${'a-very-long-name-'.repeat(4)}` };
  const cut = (number: number) => `mgate/16000000001/${number}/${LONG.GITHUB_REPOSITORY}`.slice(0, 63);
  const later = { ...LONG, GITHUB_RUN_ATTEMPT: '10' };

  it.each<readonly [what: string, application: string, env: Readonly<Record<string, string>>, isOurs: boolean]>([
    ['an earlier attempt, cut at 63 bytes', cut(9), later, true],
    ['the same attempt', cut(10), later, false],
  ])('%s', async (what, application, env, isOurs) => {
    const here = await scene(FILES);
    const held = await holding(here, application);
    const { outcome } = await runGate(here.workspace, here.database.url, { 'lock-wait': '0' }, { env });
    expect(ending(outcome)).toBe(isOurs ? 'applied 0 migrated' : 'refused 5 unchanged');
    expect(await isThere(here, held)).toBe(!isOurs);
    count(`the lock is held by: ${what}`, isOurs ? 'ended' : 'left alone');
  });

  it('another login is left alone, whatever it calls itself', async () => {
    const here = await scene(FILES);
    const role = `other_${Date.now()}`;
    await here.client.query(`create role ${role} login password 'other'`);
    try {
      const held = await holding(here, 'mgate/4711/1/octo-org/shop', { user: role, password: 'other' });
      const { outcome } = await runGate(here.workspace, here.database.url, { 'lock-wait': '300ms' }, attempt(2));
      expect(ending(outcome)).toBe('refused 5 unchanged');
      expect(await isThere(here, held)).toBe(true);
      count('the lock is held by: a forged name of another login', 'left alone');
      await held.end();
    } finally {
      await here.client.query(`drop role ${role}`);
    }
  });

  it('a tool’s session that an earlier attempt has left at work is ended too; idle ones, and those of others, are not', async () => {
    const here = await scene(FILES);
    const open = (application: string) => here.database.client({ application_name: application });
    const [busy, idle, other] = await Promise.all([
      open('mgate/4711/1/octo-org/shop'),
      open('mgate/4711/1/octo-org/shop'),
      open('mgate/4712/1/octo-org/shop'),
    ]);
    await Promise.all([busy, other].map((client) => client.query('begin')));
    const { outcome } = await runGate(here.workspace, here.database.url, {}, attempt(2));
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect([await isThere(here, busy), await isThere(here, idle), await isThere(here, other)]).toEqual([
      false,
      true,
      true,
    ]);
  });
});

describe('the dead man’s switch', () => {
  const SETTINGS = [
    'client_connection_check_interval',
    'idle_in_transaction_session_timeout',
    'tcp_user_timeout',
    'tcp_keepalives_idle',
  ];
  const SEEN = `create table seen as select name, setting from pg_settings where name in ('${SETTINGS.join("', '")}')`;

  it('is armed before the first statement of a file, in the dry run and in apply, and after a file that resets', async () => {
    const here = await scene({
      '1_reset.sql': "set client_connection_check_interval = '0'; reset all;",
      '2_look.sql': SEEN,
    });
    const sure = `do $$ begin if current_setting('client_connection_check_interval') <> '1s' then raise 'not armed'; end if; end $$;`;
    const dry = await scene({ '1_look.sql': sure });
    expect(ending((await dry.run({ mode: 'dry-run' })).outcome)).toBe('dry-run-passed 0 unchanged');
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
    expect(await here.rows('select setting from seen order by name')).toEqual(
      ['1000', '60000', '20', '30000'].map((setting) => ({ setting })),
    );
  });

  it('is armed before the lock is asked for, and for those who only read', async () => {
    const here = await scene({ '1_table.sql': 'create table one (id int);' }, 'create table customers (id int)');
    const smoke = await folderWith({
      '1_table.sql': 'create table one (id int);',
      'smoke/look.sql': "select current_setting('client_connection_check_interval') = '1s';",
    });
    const { outcome } = await runGate(smoke, here.database.url, { mode: 'apply', 'smoke-tests': 'smoke/*.sql' });
    expect(ending(outcome)).toBe('applied 0 migrated');
    const read = await runGate(smoke, here.database.url, { mode: 'verify', 'smoke-tests': 'smoke/*.sql' });
    expect(ending(read.outcome)).toBe('verified 0 unchanged');
  });
});

const AT = String.raw`2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d UTC`;
const HOLDER = `select pid from pg_locks where locktype = 'advisory' and granted
   and database = (select oid from pg_database where datname = current_database())`;

/** A session of this name that holds the gate's lock. */
async function holding(here: Scene, application: string, login: pg.ClientConfig = {}): Promise<pg.Client> {
  const url = new URL(here.database.url);
  if (login.user) url.username = login.user;
  if (login.password) url.password = String(login.password);
  const client = await here.database.client({ connectionString: url.href, application_name: application });
  await client.query('select pg_advisory_lock($1)', [lockKey('public')]);
  return client;
}

async function isThere(here: Scene, client: pg.Client): Promise<boolean> {
  const pid = (client as unknown as { processID: number }).processID;
  const rows = await here.rows(`select 1 from pg_stat_activity where pid = $1`, [pid]);
  return rows.length > 0;
}

/** Somebody whose old snapshot CREATE INDEX CONCURRENTLY waits for. */
async function snapshotHolder(here: Scene): Promise<pg.Client> {
  const client = await here.database.client();
  await client.query('begin isolation level repeatable read');
  await client.query('select 1');
  return client;
}
