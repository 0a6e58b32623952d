/**
 * Deaths while somebody else's tool is rehearsed or applies: of the gate, of the tool, of its sessions, of the network, of
 * the server; at random moments, and exactly around COMMIT. What is there is read by plain SQL; what the dead run says of
 * it must be true, and the next run must come to its end.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { alembicEnvironment, alembicProject, type RevisionFile } from '../support/alembic.ts';
import { revisionId } from '../support/alembic-revisions.ts';
import { asCommand, write } from '../support/command.ts';
import { type CommitMoment, type CuttableProxy, cuttableProxy } from '../support/cuttable.ts';
import { FULL, oneOf, randomOf, SEED, tally, times } from '../support/faults.ts';
import { createDatabase, type Server, startServer } from '../support/postgres.ts';
import { type ActionRun, type RunningAction, runAction, startAction, temporaryWorkspace } from '../support/runner.ts';
import { nodePgMigrate, psql } from '../support/tools.ts';

const STEPS = [1, 2, 3] as const;
const MOMENTS: readonly CommitMoment[] = ['before', 'sent', 'answered'];
const CHAPTERS = ['Inspect', 'Dry run', 'Apply', 'Apply', 'Apply', 'Verify'];
const GONE_WITHIN_MS = 15_000;
/** A run from its start to its end, about. */
const RUN_MS = 4_000;

const count = tally('death of a tool');

interface Project {
  readonly name: string;
  /** Null: the tool keeps no records, and its word is all there is. */
  readonly recordedBy: string | null;
  /** All that is pending in one transaction, or one for each. */
  readonly apart: boolean;
  readonly make: (
    workspace: string,
  ) => Promise<{ readonly inputs: Record<string, string>; readonly path: string | null }>;
}

/** Each makes a table, fills it, and adds up in a table of before; with time in between for something to happen. */
const bodyOf = (step: number) => [
  `create table step_${step} (n int)`,
  `insert into step_${step} select generate_series(1, 10)`,
  'select pg_sleep(0.1)',
  `update ledger set total = total + ${10 ** step}`,
];

const revisions: RevisionFile[] = STEPS.map((step) => ({
  revision: revisionId(step),
  down: step === 1 ? null : revisionId(step - 1),
  message: `step ${step}`,
  upgrade: bodyOf(step)
    .map((sql) => `op.execute("${sql}")`)
    .join('\n'),
}));

const alembic = (name: string, driver: 'psycopg2' | 'psycopg', transactionPerMigration: boolean): Project => ({
  name,
  recordedBy: 'select version_num as version from alembic_version',
  apart: transactionPerMigration,
  make: async (workspace) => {
    const { bin } = await alembicEnvironment({ drivers: ['psycopg2', 'psycopg', 'asyncpg'] });
    await alembicProject(workspace, { driver, revisions, transactionPerMigration });
    return { inputs: { engine: 'alembic' }, path: bin };
  },
});

const PROJECTS: readonly Project[] = [
  {
    name: 'psql -f',
    recordedBy: null,
    apart: true,
    make: async (workspace) => {
      // As one who may have to run it again writes it.
      const blocks = STEPS.map(
        (step) => `begin;
select to_regclass('step_${step}') is null as wanted \\gset
\\if :wanted
${bodyOf(step).join(';\n')};
\\endif
commit;
`,
      );
      await write(workspace, { 'up.sql': blocks.join('') });
      const words = [...(await psql()), '-X', '-q', '-v', 'ON_ERROR_STOP=1'];
      const command = asCommand([...words, '-f', 'up.sql']);
      return {
        inputs: { engine: 'command', command, 'command-probe': asCommand([...words, '-c', 'select 1']) },
        path: null,
      };
    },
  },
  {
    name: 'node-pg-migrate',
    recordedBy: 'select name as version from pgmigrations order by id',
    apart: true,
    make: async (workspace) => {
      const files = STEPS.map((step) => [
        `migrations/${step}_step.sql`,
        `-- Up Migration\n${bodyOf(step).join(';\n')};\n-- Down Migration\ndrop table step_${step};\n`,
      ]);
      await write(workspace, Object.fromEntries(files));
      const tool = await nodePgMigrate();
      const command = asCommand([...tool, 'up', '--no-single-transaction']);
      const probe = asCommand([...tool, 'up', '--dry-run']);
      return { inputs: { engine: 'command', command, 'command-probe': probe }, path: null };
    },
  },
  alembic('alembic', 'psycopg', false),
  alembic('alembic, a transaction each', 'psycopg2', true),
];

let shared: Server;
const servers: Server[] = [];

async function newServer(settings: Readonly<Record<string, string>>): Promise<Server> {
  const server = await startServer({ settings });
  servers.push(server);
  await withClient(server.url(), (client) =>
    client.query(`create role d_owner; create role d_login login noinherit password 'secret-word' in role d_owner;
                  alter role d_login set role = d_owner`),
  );
  return server;
}

beforeAll(async () => {
  shared = await newServer({});
  await alembicEnvironment({ drivers: ['psycopg2', 'psycopg', 'asyncpg'] });
}, 120_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.remove()));
});

// -- what is there --------------------------------------------------------------------------------------------------

interface Standing {
  /** Steps that are there, whole. */
  readonly done: readonly number[];
  readonly wrong: readonly string[];
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, application_name: 'the test' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

const read = (url: string, { recordedBy }: Project): Promise<Standing> =>
  withClient(url, async (client) => {
    const { rows: tables } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace`,
    );
    const names = tables.map(({ name }) => name);
    const wrong: string[] = [];
    const done = STEPS.filter((step) => names.includes(`step_${step}`));
    if (done.some((step, at) => step !== at + 1)) wrong.push(`there are the steps ${done}`);
    for (const step of done) {
      const { rows } = await client.query(`select count(*)::int as n from step_${step}`);
      if (rows[0].n !== 10) wrong.push(`step ${step} has ${rows[0].n} rows`);
    }
    const { rows } = await client.query('select total from ledger');
    const total = done.reduce((sum, step) => sum + 10 ** step, 0);
    if (rows[0].total !== total) wrong.push(`the ledger says ${rows[0].total}, and not ${total}`);
    const table = /from (\w+)/.exec(recordedBy ?? '')?.[1];
    const records =
      table && names.includes(table) ? (await client.query(recordedBy ?? '')).rows.map((row) => row.version) : [];
    const asRecorded =
      table === 'alembic_version' ? done.slice(-1).map(revisionId) : done.map((step) => `${step}_step`);
    if (recordedBy !== null && records.join() !== asRecorded.join())
      wrong.push(`there are the steps ${done}, and on record ${records.join() || 'none'}`);
    return { done, wrong };
  });

/** Processes whose working directory is the project, but for the gate itself. */
function toolsIn(workspace: string, gate: number | null): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== gate)
    .map(Number)
    .filter((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/cwd`) !== workspace) return false;
        return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
      } catch {
        return false; // it has just ended, or is another's
      }
    });
}

/** No session, no lock and no process of it stays; one that is just leaving is given its time. */
async function nobodyLeft(url: string, workspace: string): Promise<void> {
  const until = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    const atServer = await withClient(url, async (client) => {
      const { rows } = await client.query<{ what: string }>(
        `select application_name || ' ' || state || ': ' || left(query, 100) as what from pg_stat_activity
          where backend_type = 'client backend' and datname = current_database() and pid <> pg_backend_pid()
         union all
         select 'lock of ' || pid from pg_locks
          where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
         union all select 'prepared ' || gid from pg_prepared_xacts`,
      );
      return rows.map(({ what }) => what);
    });
    const left = [...atServer, ...toolsIn(workspace, null).map((pid) => `process ${pid}`)];
    if (left.length === 0) return;
    if (Date.now() > until) throw new Error(`left behind: ${left.join('; ')}`);
    await sleep(100);
  }
}

// -- how they die ---------------------------------------------------------------------------------------------------

interface World {
  readonly server: Server;
  /** The superuser's. */
  readonly url: string;
  /** The gate's; of every second world a login whose sessions begin as another role. */
  readonly gateUrl: string;
  readonly project: Project;
  readonly workspace: string;
  readonly inputs: Record<string, string>;
  readonly path: string | null;
  readonly random: () => number;
}

const FAULTS = {
  'SIGKILL of the gate': async (_: World, __: CuttableProxy, run: RunningAction) => run.kill('SIGKILL'),
  'SIGKILL of the tool': async ({ workspace }: World, _: CuttableProxy, run: RunningAction) => {
    for (const pid of toolsIn(workspace, run.pid)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
  },
  'a session is ended': async ({ url, random }: World) =>
    withClient(url, async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
      );
      if (rows.length > 0) await client.query('select pg_terminate_backend($1)', [oneOf(rows, random).pid]);
    }),
  'the session that writes is ended': async ({ url }: World) =>
    withClient(url, (client) =>
      client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database()
            and pid <> pg_backend_pid() and backend_xid is not null`,
      ),
    ),
  'connections closed': async (_: World, proxy: CuttableProxy) => proxy.cut(),
  'connections reset': async (_: World, proxy: CuttableProxy) => proxy.reset(),
  'connections silent': async (_: World, proxy: CuttableProxy) => proxy.mute('later spared'),
  'the server crashes': async ({ server, random }: World) => {
    await server.stop('immediate');
    await sleep(random() * 1_500);
    await server.start();
  },
} as const;
type Kind = keyof typeof FAULTS;

async function worldOf(server: Server, project: Project, random: () => number): Promise<World> {
  const url = await createDatabase(server, `d_${Math.floor(random() * 1e12).toString(36)}`);
  const gateUrl = random() < 0.5 ? url : await loginTo(url);
  const owner = gateUrl === url ? 'current_user' : 'd_owner';
  await withClient(url, (client) =>
    client.query(
      `create table ledger (total int); insert into ledger values (0); alter table ledger owner to ${owner}`,
    ),
  );
  const workspace = temporaryWorkspace();
  const { inputs, path } = await project.make(workspace);
  return { server, url, gateUrl, project, workspace, inputs, path, random };
}

/** A login that begins as a role which may neither see nor end what the login has at the server. */
async function loginTo(url: string): Promise<string> {
  const gateUrl = new URL(url);
  [gateUrl.username, gateUrl.password] = ['d_login', 'secret-word'];
  await withClient(url, (client) => client.query('alter schema public owner to d_owner'));
  return gateUrl.href;
}

function optionsOf({ workspace, path, inputs }: World, url: string, runId: string) {
  return {
    workspace,
    runId,
    timeoutMs: 120_000,
    env: { PATH: path === null ? (process.env.PATH ?? '') : `${path}:${process.env.PATH}` },
    inputs: {
      'database-url': `${url}?sslmode=disable`,
      mode: 'apply',
      environment: 'staging',
      'fail-on': 'none',
      // Of a machine that is busy with other deaths nothing is concluded.
      'connect-timeout': '20s',
      'lock-wait': '20s',
      'review-delay': '0',
      'upload-artifact': 'false',
      ...inputs,
    },
  };
}

const endingOf = ({ outputs, exitCode, signal }: ActionRun) =>
  `${outputs.result} ${exitCode ?? signal} ${outputs['database-state']}`;

async function die(world: World, kind: Kind): Promise<void> {
  const { url, project, random, workspace } = world;
  const proxy = await cuttableProxy(world.gateUrl);
  const before = await read(url, project);
  const given = optionsOf(world, proxy.url, String(Math.floor(random() * 1e10)));
  const patience = kind.includes('silent') ? { 'connect-timeout': '5s' } : {};
  const options = { ...given, inputs: { ...given.inputs, ...patience } };
  let running: RunningAction | null = null;
  let died = false;
  const fault = async () => {
    if (running === null) return;
    died = true;
    await FAULTS[kind](world, proxy, running);
  };
  let when = '';
  let moment = Promise.resolve();
  const at = random();
  running = await startAction(options);
  let isOver = false;
  void running.done.finally(() => {
    isOver = true;
  });
  const chapter = at < 0.5 ? 'Apply' : at < 0.9 ? oneOf(CHAPTERS, random) : null;
  if (at < 0.5) {
    const nth = 1 + Math.floor(random() * 4);
    const side = oneOf(MOMENTS, random);
    when = `COMMIT ${nth} ${side}`;
    moment = running.waitFor('::group::Apply').then(
      () => proxy.atCommit(nth, side, fault),
      () => undefined,
    );
  } else {
    const ms = Math.floor(random() * (chapter ? 900 : RUN_MS));
    when = `${ms} ms after ${chapter ?? 'the start'}`;
    const begun = chapter ? running.waitFor(`::group::${chapter}`) : Promise.resolve();
    moment = begun.then(
      async () => {
        await sleep(ms);
        if (!isOver) await fault();
      },
      () => undefined,
    );
  }
  const run = await running.done;
  await moment;
  // What a network loses it has lost for both sides in time.
  proxy.mute('later spared');
  proxy.cut();
  const killed = run.signal === 'SIGKILL';
  // One that had reported when it was killed has said it all: its post step does nothing.
  const told = killed && run.state.reported !== 'true' ? await running.runPost() : run;
  const story = `${project.name}: ${kind}, ${when}: ${endingOf(told)}\n${told.log.join('\n')}`;
  try {
    await nobodyLeft(url, workspace);
    const after = await read(url, project);
    const wrong = [...after.wrong, ...judge(told, before, after, world)];
    if (wrong.length > 0) throw new Error(wrong.join('\n'));
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}\n${killed ? `${run.log.join('\n')}\npost: ` : ''}${story}`,
    );
  } finally {
    await proxy.close();
  }
  if (died) count(kind, `${project.name} ${told.outputs['database-state']}`);
}

/** What a run says, against what is there. */
function judge(run: ActionRun, before: Standing, after: Standing, { project }: World): string[] {
  const wrong: string[] = [];
  const state = run.outputs['database-state'];
  const say = (text: string) => wrong.push(`it says ${state}, and ${text}`);
  const fresh = after.done.filter((step) => !before.done.includes(step));
  const isWhole = after.done.length === STEPS.length;
  switch (state) {
    case 'unchanged':
      if (fresh.length > 0) say(`${fresh} are new`);
      break;
    case 'migrated':
      if (!isWhole) say(`there are only ${after.done}`);
      break;
    case 'partially-migrated':
      if (fresh.length === 0) say('nothing is new');
      // Of a tool without records nobody can say that it is all of it.
      if (isWhole && project.recordedBy !== null) say('all of it is there');
      break;
    default:
      say('it could have been found out');
  }
  const applied = JSON.parse(run.outputs.applied || '[]') as { version: string }[];
  const count = fresh.length;
  if (project.recordedBy !== null && applied.length !== count) say(`it names ${applied.length} as applied of ${count}`);
  const isWell = run.outputs.result === 'applied' || run.outputs.result === 'up-to-date';
  if (!isWell && !run.report?.error?.next) say('it does not say what to do');
  return wrong;
}

/** The run after a death ends well: everything is there once. */
async function calm(world: World): Promise<void> {
  const { url, gateUrl, project } = world;
  const before = await read(url, project);
  const run = await runAction(optionsOf(world, gateUrl, '1'));
  const isWhole = before.done.length === STEPS.length;
  const expected = isWhole ? 'up-to-date 0 unchanged' : 'applied 0 migrated';
  expect(endingOf(run), `${project.name}, calm\n${run.log.join('\n')}`).toBe(expected);
  expect(await read(url, project)).toEqual({ done: STEPS, wrong: [] });
}

/** While the tool is in its first transaction: what it was started for has not been recorded anywhere yet. */
async function dieEarly(name: string, project: Project): Promise<void> {
  const world = await worldOf(shared, project, randomOf(name));
  const { url, gateUrl, workspace } = world;
  const options = optionsOf(world, gateUrl, '2');
  const inputs = { ...options.inputs, 'review-delay': '5s', 'lock-timeout': '0' };
  const running = await startAction({ ...options, inputs });
  const told = await withClient(url, async (client) => {
    await running.waitFor('applying in');
    // It may look at the database, and not write to this table.
    await client.query('begin; lock table ledger in share mode');
    let isOver = false;
    void running.done.then(() => {
      isOver = true;
    });
    for (let isThere = false; !isThere && !isOver; await sleep(20)) {
      const { rows } = await client.query(
        `select 1 from pg_locks where database = (select oid from pg_database where datname = current_database())
            and not granted and relation = 'ledger'::regclass`,
      );
      isThere = rows.length > 0;
    }
    running.kill('SIGKILL');
    await running.done;
    return running.runPost();
  });
  expect(endingOf(told), `${project.name}\n${told.log.join('\n')}`).toBe('failed 1 unchanged');
  expect(told.report?.error?.next).toBe('Nothing was changed; run again.');
  await nobodyLeft(url, workspace);
  expect(await read(url, project)).toEqual({ done: [], wrong: [] });
  count('SIGKILL of the gate, nothing committed yet', `${project.name} ${told.outputs['database-state']}`);
  if (FULL) await calm(world);
}

async function chain(name: string, server: Server, project: Project, kinds: readonly Kind[], deaths: number) {
  const random = randomOf(name);
  const world = await worldOf(server, project, random);
  for (let death = 0; death < deaths; death += 1) {
    if ((await read(world.url, project)).done.length === STEPS.length) break;
    await die(world, oneOf(kinds, random));
  }
  await calm(world);
}

/** Several at the same time; every failure is told, not only the first. */
async function all(chains: number, atOnce: number, one: (index: number, lane: number) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (_: unknown, number: number) => {
    while (next < chains) {
      const index = next++;
      await one(index, number).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failures.length > 0)
    throw new Error(`SEED=${SEED}: ${failures.length} of ${chains}\n${failures.map(String).join('\n\n')}`);
}

const QUICK: readonly Kind[] = [
  'SIGKILL of the gate',
  'SIGKILL of the gate',
  'SIGKILL of the tool',
  'a session is ended',
  'the session that writes is ended',
  'connections closed',
  'connections reset',
];
const projectOf = (index: number) => PROJECTS[index % PROJECTS.length] as Project;
/** To look at some of it: `CHAINS=8 DEATHS='connections silent'`. */
const SOME = process.env.DEATHS?.split(',') as Kind[] | undefined;
const chains = (short: number, full: number) => Number(process.env.CHAINS ?? times(short, full));
const TIMEOUT = FULL ? 3_600_000 : 120_000;
const ofThese = (kinds: readonly Kind[]) => kinds.filter((kind) => !SOME || SOME.includes(kind));
const [quick, silent, crashes] = [QUICK, ['connections silent'], ['the server crashes']].map((kinds) =>
  ofThese(kinds as Kind[]),
) as [Kind[], Kind[], Kind[]];

test.runIf(quick.length > 0)('the gate, the tool and its connections die', { timeout: TIMEOUT }, () =>
  all(chains(2, 60), times(2, 4), (index) => chain(`chain ${index}`, shared, projectOf(index), quick, times(1, 3))),
);

test.runIf(quick.length > 0)('the gate dies before the tool has committed anything', { timeout: TIMEOUT }, () =>
  all(times(1, 2 * PROJECTS.length), times(1, 4), (index) =>
    dieEarly(`early ${index}`, FULL ? projectOf(index) : oneOf(PROJECTS, randomOf('early'))),
  ),
);

test.runIf(FULL && silent.length > 0)('the connections fall silent', { timeout: TIMEOUT }, () =>
  all(chains(0, 12), 4, (index) => chain(`silent ${index}`, shared, projectOf(index), silent, 1)),
);

test.runIf(FULL && crashes.length > 0)('the server crashes', { timeout: TIMEOUT }, async () => {
  const settings = { fsync: 'on', full_page_writes: 'on' };
  const lanes = await Promise.all([newServer(settings), newServer(settings)]);
  await all(chains(0, 24), lanes.length, (index, lane) =>
    chain(`crash ${index}`, lanes[lane] as Server, projectOf(index), crashes, 2),
  );
});
