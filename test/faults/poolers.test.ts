/** Through a real PgBouncer: a run works, or is refused before anything is touched; nothing of it stays in the pool. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { nodeTool, runCommand } from '../support/command.ts';
import { FULL, oneOf, randomOf, tally, times } from '../support/faults.ts';
import { runGate } from '../support/gate.ts';
import { type Bouncer, type BouncerSettings, bouncerVersion, startBouncer } from '../support/pgbouncer.ts';
import { startAction } from '../support/runner.ts';
import { ending, type Scene, scene, until, working } from '../support/scene.ts';

const count = tally('poolers');
const FILES = {
  '1_table.sql': 'create table one (id int);',
  '2_index.sql': 'create index concurrently one_id on one (id);',
  '3_rows.sql': 'insert into one select n from generate_series(1, 10) n;',
  '4_name.sql':
    'create table seen as select application_name as name from pg_stat_activity where pid = pg_backend_pid();',
};
const SETUP = 'create table work (id serial, who text)';
const TRANSACTION = /transaction or statement mode/;
const ONE_ONLY = /no second connection/;
const NOT_RESET = /as its last client left it/;

interface Case {
  readonly settings: BouncerSettings;
  /** Other clients of the pool, at work all the time. */
  readonly others: number;
  /** Null: it works. */
  readonly refusal: RegExp | null;
}

const session = { pool_mode: 'session' } as const;
const transaction = { pool_mode: 'transaction' } as const;
const statement = { pool_mode: 'statement' } as const;
const CASES: readonly Case[] = [
  { settings: session, others: 2, refusal: null },
  { settings: { ...session, default_pool_size: '1' }, others: 0, refusal: ONE_ONLY },
  { settings: { ...session, server_reset_query: '' }, others: 2, refusal: NOT_RESET },
  { settings: { ...transaction, server_round_robin: '1' }, others: 0, refusal: TRANSACTION },
  { settings: transaction, others: 4, refusal: TRANSACTION },
  { settings: statement, others: 4, refusal: TRANSACTION },
];
const MORE: readonly Case[] = [
  { settings: { ...session, ignore_startup_parameters: 'extra_float_digits,options' }, others: 0, refusal: null },
  { settings: { ...session, default_pool_size: '2' }, others: 0, refusal: null },
  {
    settings: { ...session, default_pool_size: '20', server_round_robin: '1', min_pool_size: '12' },
    others: 6,
    refusal: null,
  },
  {
    settings: {
      ...session,
      default_pool_size: '20',
      server_round_robin: '1',
      min_pool_size: '12',
      server_reset_query: '',
    },
    others: 6,
    refusal: NOT_RESET,
  },
  // Which keeps none.
  { settings: { ...session, server_lifetime: '0' }, others: 1, refusal: null },
  { settings: { ...session, server_lifetime: '0', server_reset_query: '' }, others: 1, refusal: null },
  // Which keeps locks.
  { settings: { ...session, server_reset_query: 'RESET ALL' }, others: 2, refusal: NOT_RESET },
  {
    settings: { ...session, server_reset_query: 'RESET ALL; SELECT pg_advisory_unlock_all()' },
    others: 2,
    refusal: null,
  },
  { settings: { ...session, server_reset_query: 'SELECT 1' }, others: 2, refusal: NOT_RESET },
  { settings: { ...session, server_reset_query: 'SELECT pg_advisory_unlock_all()' }, others: 2, refusal: NOT_RESET },
  { settings: { ...session, default_pool_size: '3' }, others: 2, refusal: ONE_ONLY },
  { settings: transaction, others: 0, refusal: TRANSACTION },
  { settings: { ...transaction, server_reset_query_always: '1' }, others: 2, refusal: TRANSACTION },
  { settings: { ...transaction, default_pool_size: '1' }, others: 2, refusal: TRANSACTION },
  { settings: { ...statement, default_pool_size: '1', server_reset_query: '' }, others: 2, refusal: TRANSACTION },
  // Since 1.21 it follows prepared statements, where it is allowed to.
  ...((await bouncerVersion()) < '1.21'
    ? []
    : ['0', '200'].flatMap((max_prepared_statements): Case[] => [
        { settings: { ...session, max_prepared_statements }, others: 2, refusal: null },
        { settings: { ...transaction, max_prepared_statements }, others: 2, refusal: TRANSACTION },
      ])),
];

const named = ({ settings: { pool_mode, ...more }, others }: Case) =>
  `${pool_mode} mode, ${others} others${Object.entries(more)
    .map(([name, value]) => `, ${name} = ${value}`)
    .join('')}`;

describe('every mode of the gate', () => {
  it.each([...CASES, ...(FULL ? MORE : [])].map((one) => [named(one), one] as const))(
    '%s',
    async (name, { settings, others, refusal }) => {
      const here = await scene(FILES, SETUP);
      const bouncer = await startBouncer(here.database.url, settings);
      const url = bouncer.url(here.database.name);
      const work = crowd(url, others, settings.pool_mode);
      // A pool of one is known by the second connection that has not come by then.
      const patience = refusal === ONE_ONLY ? '3s' : '10s';
      await work.begun;
      try {
        for (const mode of FULL ? ['status', 'verify', 'dry-run', 'apply'] : ['status', 'apply']) {
          const { outcome } = await runGate(here.workspace, url, { mode, 'connect-timeout': patience });
          if (refusal === null) expect([mode, ending(outcome)]).toEqual([mode, WORKS[mode]]);
          else expect([mode, outcome.error?.message]).toEqual([mode, expect.stringMatching(refusal)]);
          if (refusal !== null) expect(ending(outcome)).toBe('failed 1 unchanged');
          count(name, refusal === null ? 'worked' : 'refused');
          await untilFree(here);
        }
        expect(await here.rows("select to_regclass('one') is null as untouched")).toEqual([
          { untouched: refusal !== null },
        ]);
        // A pooler's connections were not opened in our name: it is said again after each file.
        if (refusal === null) expect(await here.rows('select name from seen')).toEqual([{ name: 'mgate/local/1/-' }]);
        // Nobody else was ever made to wait for good, given our settings, or kept from writing.
        expect(await work.over()).toEqual({ failures: [], worked: others > 0 });
        await expectNeutral(here, bouncer, settings);
      } finally {
        await work.over();
        await bouncer.stop();
      }
    },
  );

  const WORKS: Readonly<Record<string, string>> = {
    status: 'reported 0 unchanged',
    // Something is pending.
    verify: 'failed 1 unchanged',
    'dry-run': 'dry-run-passed 0 unchanged',
    apply: 'applied 0 migrated',
  };
});

describe('the copy that is rehearsed on', () => {
  it.each([{ settings: transaction, refusal: TRANSACTION }, ...(FULL ? [{ settings: session, refusal: null }] : [])])(
    'behind a pooler in $settings.pool_mode mode',
    async ({ settings, refusal }) => {
      const [here, copy] = [await scene(FILES, SETUP), await scene(FILES, SETUP)];
      const bouncer = await startBouncer(copy.database.url, settings);
      try {
        const { outcome } = await here.run({
          'rehearsal-database-url': bouncer.url(copy.database.name),
          'fail-on': 'none',
        });
        expect(ending(outcome)).toBe(refusal === null ? 'applied 0 migrated' : 'failed 1 unchanged');
        if (refusal !== null) expect(outcome.error?.message).toMatch(refusal);
        count(`the copy, ${settings.pool_mode} mode`, refusal === null ? 'worked' : 'refused');
        await expectNeutral(copy, bouncer, settings);
      } finally {
        await bouncer.stop();
      }
    },
  );
});

describe('a busy pool in transaction mode', () => {
  it('is seen for what it is, every time', async () => {
    const here = await scene(FILES, SETUP);
    const random = randomOf('busy');
    for (const size of FULL ? ['2', '3', '8'] : ['3']) {
      const settings = { ...transaction, default_pool_size: size };
      const bouncer = await startBouncer(here.database.url, settings);
      const url = bouncer.url(here.database.name);
      const work = crowd(url, 10, 'transaction');
      await work.begun;
      for (let time = 0; time < times(4, 150); time += 1) {
        const mode = oneOf(['status', 'verify', 'dry-run', 'apply'], random);
        const { outcome } = await runGate(here.workspace, url, { mode });
        expect(outcome.error?.message).toMatch(TRANSACTION);
        count(`10 others, pool of ${size}, transaction mode`, 'refused');
      }
      await untilFree(here);
      expect(await work.over()).toEqual({ failures: [], worked: true });
      await expectNeutral(here, bouncer, settings);
      await bouncer.stop();
    }
    expect(await here.rows("select to_regclass('one') is null as untouched")).toEqual([{ untouched: true }]);
  });
});

describe('through a pool in session mode', () => {
  it('a gate that is killed leaves neither its lock nor its work', async () => {
    const files = {
      '1_table.sql': 'create table one (id int); select pg_sleep(0.1);',
      '2_index.sql': 'create index concurrently one_id on one (id);',
      '3_slow.sql': 'select pg_sleep(0.2); create table three (id int);',
      '4_slow.sql':
        '-- gate: no-transaction\ncreate table four (id int);\nselect pg_sleep(0.2);\ncreate table five (id int);',
    };
    const random = randomOf('killed');
    for (let time = 0; time < times(1, 40); time += 1) {
      const here = await scene(files, SETUP);
      const bouncer = await startBouncer(here.database.url, session);
      const url = bouncer.url(here.database.name);
      const work = crowd(url, 2, 'session');
      await work.begun;
      try {
        const gate = await startAction({ workspace: here.workspace, inputs: { 'database-url': url, mode: 'apply' } });
        const stage = oneOf(['Inspect', 'Dry run', 'Apply', 'Apply'], random);
        await gate.waitFor(stage).catch(() => undefined);
        await sleep(random() * (stage === 'Apply' ? 800 : 300));
        gate.kill('SIGKILL');
        const { signal } = await gate.done;
        count(`SIGKILL after "${stage}"`, signal === null ? 'was over already' : 'nothing left');
        await untilFree(here);
        const { outcome } = await runGate(here.workspace, url);
        expect(['applied 0 migrated', 'up-to-date 0 unchanged']).toContain(ending(outcome));
        const done = "select count(*)::int as n from schema_migrations where status = 'completed'";
        expect(await here.rows(done)).toEqual([{ n: 4 }]);
        expect(await work.over()).toEqual({ failures: [], worked: true });
        await expectNeutral(here, bouncer, session);
      } finally {
        await work.over();
        await bouncer.stop();
      }
      await here.database.drop();
    }
  });

  it('a gate that is cancelled stops at once', async () => {
    const here = await scene({ '1_slow.sql': 'create table one (id int); select pg_sleep(60);' });
    const bouncer = await startBouncer(here.database.url, session);
    const abort = new AbortController();
    const running = runGate(here.workspace, bouncer.url(here.database.name), {}, { signal: abort.signal });
    await until(here.client, working('select pg_sleep%'));
    abort.abort();
    expect(ending((await running).outcome)).toBe('cancelled 6 unchanged');
    await untilFree(here);
    await until(here.client, `select 1 where not exists (${working('%pg_sleep%')})`);
    count('cancelled in a long statement', 'stopped');
    await bouncer.stop();
  });

  it('one waits for the other', async () => {
    const here = await scene({ '1_slow.sql': 'create table one (id int); select pg_sleep(0.7);' });
    const bouncer = await startBouncer(here.database.url, session);
    const url = bouncer.url(here.database.name);
    const runs = await Promise.all([1, 2].map(() => runGate(here.workspace, url)));
    expect(runs.map((run) => ending(run.outcome)).sort()).toEqual(['applied 0 migrated', 'up-to-date 0 unchanged']);
    await untilFree(here);
    count('two gates through one pool', 'one after the other');
    await bouncer.stop();
  });

  it.runIf(FULL)('somebody else’s tool works', async () => {
    const here = await scene({});
    const bouncer = await startBouncer(here.database.url, session);
    const tool = await nodeTool(`const client = await connect();
      await client.query('create table if not exists made (id int)');
      await client.query('create index concurrently if not exists made_id on made (id)');
      await client.end();`);
    const { outcome } = await runCommand(tool, bouncer.url(here.database.name));
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(await here.rows("select indisvalid from pg_index where indexrelid = 'made_id'::regclass")).toEqual([
      { indisvalid: true },
    ]);
    await untilFree(here);
    await expectNeutral(here, bouncer, session);
    count('engine command', 'worked');
    await bouncer.stop();
  });
});

const OUR_LOCKS = `select pid from pg_locks where locktype = 'advisory'
   and database = (select oid from pg_database where datname = current_database())`;
/** A pooler resets what a client has left when that has gone, and nobody waits for it. */
const untilFree = (here: Scene) => until(here.client, `select 1 where not exists (${OUR_LOCKS})`);

const NEUTRAL = `select pg_backend_pid() as pid, current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement,
  current_setting('default_transaction_read_only') as read_only, current_setting('idle_in_transaction_session_timeout') as idle,
  current_setting('client_connection_check_interval') as looks, current_setting('tcp_keepalives_idle') as alive,
  current_setting('search_path') as path, current_user::text as who`;

/** Whoever comes next finds every connection of the pool as a new one is. */
async function expectNeutral(here: Scene, bouncer: Bouncer, settings: BouncerSettings): Promise<void> {
  const [{ pid: _, ...fresh } = { pid: 0 }] = (await (await here.database.client()).query(NEUTRAL)).rows;
  const size = Number(settings.default_pool_size ?? 5);
  const seen = new Set<number>();
  const clients = await Promise.all(Array.from({ length: size }, () => connected(bouncer.url(here.database.name))));
  try {
    for (const client of clients) {
      if (settings.pool_mode === 'transaction') await client.query('begin');
      const [{ pid, ...found }] = (await client.query(NEUTRAL)).rows;
      expect(found).toEqual(fresh);
      seen.add(pid);
    }
    if (settings.pool_mode !== 'statement') expect(seen.size).toBe(size);
  } finally {
    await Promise.all(clients.map((client) => client.end()));
  }
}

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'other' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Clients of the pool that write all the time; none of their statements may fail, and each must have its own effect. */
function crowd(url: string, size: number, mode: BouncerSettings['pool_mode']) {
  let stopped = false;
  let written = 0;
  const failures: string[] = [];
  let begin: () => void = () => undefined;
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  if (size === 0) begin();
  const one = async (who: string) => {
    const client = await connected(url);
    try {
      while (!stopped) {
        const words = mode === 'statement' ? ['', ''] : ['begin; ', '; commit'];
        await client.query(`${words[0]}insert into work (who) values ('${who}')${words[1]}`);
        written += 1;
        if (written >= size) begin();
        await sleep(Math.random() * 4);
      }
    } catch (error) {
      failures.push((error as Error).message);
    } finally {
      await client.end();
    }
  };
  const all = Promise.all(Array.from({ length: size }, (_, at) => one(`other ${at}`)));
  return {
    begun,
    over: async () => {
      stopped = true;
      await all;
      return { failures, worked: written > 0 };
    },
  };
}
