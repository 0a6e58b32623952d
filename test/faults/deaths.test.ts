/**
 * Deaths: of the gate, of its sessions, of the server, of the network between them; at random moments, and exactly around
 * COMMIT. The database is read by plain SQL against the files; what the dead run says of it must be true.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CommitMoment, type CuttableProxy, cuttableProxy } from '../support/cuttable.ts';
import { FULL, oneOf, randomOf, SEED, tally, times } from '../support/faults.ts';
import { runGate } from '../support/gate.ts';
import { createDatabase, type Server, startServer } from '../support/postgres.ts';
import {
  type ActionRun,
  type RunningAction,
  runAction,
  runCli,
  startAction,
  startCli,
  temporaryWorkspace,
  writeMigrations,
} from '../support/runner.ts';
import { CONTRACT } from '../support/scene.ts';
import { filesOf, MIXED, readStanding, type Standing, TOGETHER, withClient } from '../support/traces.ts';

const KINDS = [
  'SIGKILL',
  'the session that works is ended',
  'the session that watches is ended',
  'all sessions are ended',
  'the server crashes',
  'connections closed',
  'connections reset',
  'connections silent',
  'network silent for good',
] as const;
type Kind = (typeof KINDS)[number];

/** What a kill can leave to the server alone: there nothing can be asked any more. */
const FOR_GOOD: Kind = 'network silent for good';

const MOMENTS: readonly CommitMoment[] = ['before', 'sent', 'answered'];
const CHAPTERS = ['Inspect', 'Dry run', 'Review', 'Apply', 'Verify'];
const DEATHS_IN_A_ROW = 3;
/** Nothing new is begun after so many minutes; for a full form that has to fit in somewhere. */
const UNTIL = Date.now() + Number(process.env.MINUTES ?? 60) * 60_000;
/** A run from its start to its end, about. */
const RUN_MS = 1_000;

const count = tally('death');
/** Long ago in a calm world the server forgot nobody: sessions of a dead gate are gone within this time. */
const GONE_WITHIN_MS = 8_000;

let shared: Server;
const servers: Server[] = [];

/** fsync and full page writes as in production: a crash is only honest so. */
async function crashable(): Promise<Server> {
  const server = await startServer({ settings: { fsync: 'on', full_page_writes: 'on' } });
  servers.push(server);
  await makeTemplate(server);
  return server;
}

/** A database where the first two files are applied, to be copied. */
async function makeTemplate(server: Server): Promise<void> {
  const url = await createDatabase(server, 'applied');
  const workspace = await workspaceWith(filesOf(MIXED));
  const run = await runAction({ workspace, inputs: { ...inputsFor(url), 'target-version': '2' } });
  if (run.exitCode !== 0) throw new Error(run.log.join('\n'));
}

async function workspaceWith(files: Record<string, string>): Promise<string> {
  return writeMigrations(temporaryWorkspace(), files);
}

beforeAll(async () => {
  shared = await startServer();
  servers.push(shared);
  await makeTemplate(shared);
});

afterAll(async () => {
  await Promise.all(servers.map((server) => server.remove()));
});

function inputsFor(url: string) {
  return {
    'database-url': `${url}?sslmode=disable`,
    mode: 'apply',
    environment: 'staging',
    'fail-on': 'none',
    // Of a machine that is busy with other deaths nothing is concluded.
    'connect-timeout': '20s',
    'lock-wait': '20s',
    'upload-artifact': 'false',
    backup: 'marker',
  };
}

interface World {
  readonly server: Server;
  readonly url: string;
  readonly workspace: string;
  readonly together: boolean;
  readonly random: () => number;
  readonly read: () => Promise<Standing>;
}

/** Deaths one after the other on a database of its own, each in the run that was to mend the one before; then a calm run. */
async function chain(name: string, server: Server, kinds: readonly Kind[], deaths: number): Promise<void> {
  const random = randomOf(name);
  const together = random() < 0.3;
  const migrations = together ? TOGETHER : MIXED;
  const url = await copyOf(server, random);
  const workspace = await workspaceWith(filesOf(migrations));
  const read = () => readStanding(url, migrations);
  const world: World = { server, url, workspace, together, random, read };
  const told: string[] = [];
  try {
    for (let death = 0; death < deaths; death += 1) {
      const before = await read();
      if (before.isWhole) break;
      if (before.untold && !(await settledByHand(world, before))) break;
      await die(world, oneOf(kinds, random), told);
    }
    await calm(world);
  } catch (error) {
    throw new Error(`${name}: ${told.join('\n')}\n${error instanceof Error ? error.stack : error}`, { cause: error });
  }
  await dropCopy(server, url);
}

async function dropCopy(server: Server, url: string): Promise<void> {
  await withClient(server.url(), (client) =>
    client.query(`drop database "${new URL(url).pathname.slice(1)}" with (force)`),
  );
}

async function copyOf(server: Server, random: () => number): Promise<string> {
  const name = `d_${Math.floor(random() * 1e12).toString(36)}`;
  await withClient(server.url(), (client) => client.query(`create database ${name} template applied`));
  return server.url(name);
}

async function die(world: World, kind: Kind, told: string[]): Promise<void> {
  const { random, together, read, url } = world;
  const before = await read();
  const proxy = await cuttableProxy(url);
  let running: Running | null = null;
  let died = false;
  let when = '';
  const inputs = {
    ...inputsFor(proxy.url),
    ...(kind.includes('silent') ? { 'connect-timeout': '5s' } : {}),
    'transaction-mode': together ? 'all' : 'per-migration',
    'review-delay': random() < 0.3 ? '200ms' : '0',
  };
  const kill = async () => {
    died = true;
    await FAULTS[kind](world, proxy, running as unknown as Running);
  };
  const runId = String(Math.floor(random() * 1e10));
  const door = random() < 0.25 ? 'command line' : 'action';
  const at = random();
  const started = door === 'action' ? byAction(world, inputs, runId) : byCommandLine(world, inputs);
  // The moment is chosen before anything of it can have come.
  let moment: Promise<void>;
  if (at < 0.5) {
    const nth = together ? 1 : 1 + Math.floor(random() * 30);
    const side = oneOf(MOMENTS, random);
    when = `commit ${side}`;
    told.push(`${kind}, ${side} COMMIT ${nth}, ${door}`);
    proxy.atCommit(nth, side, kill);
    running = await started;
    moment = Promise.resolve();
  } else {
    running = await started;
    const chapter = at < 0.8 ? oneOf(CHAPTERS, random) : null;
    const ms = Math.floor(random() * (chapter ? 250 : RUN_MS));
    when = chapter ?? 'anytime';
    told.push(`${kind}, ${ms} ms after ${chapter ?? 'start'}, ${door}`);
    const begun = chapter ? running.waitFor(new RegExp(`^(::group::)?${chapter}$`, 'm')) : Promise.resolve();
    let over = false;
    void running.done.finally(() => {
      over = true;
    });
    moment = begun.then(
      async () => {
        await sleep(ms);
        if (!over) await kill();
      },
      () => undefined,
    );
  }
  const run = await running.done;
  await moment;
  // What a network loses it has lost for both sides in time.
  proxy.mute('later spared');
  proxy.cut();
  await nobodyLeft(world);
  const after = await read();
  told.push(`  ${run.signal ?? run.exitCode}: ${endingOf(run)}; ${run.report?.error?.message ?? ''}`);
  const complaints = [...after.wrong, ...judge(run, before, after, kind)];
  if (complaints.length > 0) throw new Error(`${complaints.join('\n')}\n${run.log.join('\n')}`);
  const post = (await running.runPost?.()) ?? null;
  await nobodyLeft(world);
  const settled = await read();
  await proxy.close();
  if (settled.print !== after.print) throw new Error(`the post step changed the database\n${post?.log.join('\n')}`);
  // One that had reported when it was killed has said it all: its post step does nothing.
  const settles = run.signal === 'SIGKILL' && run.state?.reported !== 'true';
  const again = post && settles ? judge(post, before, settled, kind) : [];
  if (again.length > 0) throw new Error(`after the post step: ${again.join('\n')}\n${post?.log.join('\n')}`);
  if (!died) return;
  const ending = post && settles ? `post: ${endingOf(post)}` : endingOf(run);
  count(kind, ending);
  count(`at ${when}`, ending);
  count(`by ${door}`, run.signal ?? `exit ${run.exitCode}`);
}

/** What a run has said, whichever door it came through. */
type Said = Pick<ActionRun, 'exitCode' | 'signal' | 'outputs' | 'report' | 'log'> & Partial<Pick<ActionRun, 'state'>>;

/** `runPost` null: nobody comes after it. */
interface Running extends Pick<RunningAction, 'kill' | 'waitFor'> {
  readonly done: Promise<Said>;
  readonly runPost: (() => Promise<Said>) | null;
}

type Inputs = Readonly<Record<string, string>>;

function byAction({ workspace }: World, inputs: Inputs, runId: string): Promise<Running> {
  return startAction({ workspace, inputs, runId, timeoutMs: 180_000 });
}

async function byCommandLine({ workspace }: World, { 'database-url': url = '', ...inputs }: Inputs): Promise<Running> {
  // What is found afterwards is this run's.
  rmSync(join(workspace, 'migration-log'), { recursive: true, force: true });
  const args = Object.entries(inputs).map(([name, value]) => `--${name}=${value}`);
  const running = startCli(args, { cwd: workspace, env: { DATABASE_URL: url }, timeoutMs: 180_000 });
  const said = running.done.then(({ exitCode, signal, report, stdout }) => ({
    exitCode,
    signal,
    report,
    log: [stdout],
    outputs: (report === null
      ? {}
      : {
          result: report.result,
          'database-state': report.databaseState,
          applied: JSON.stringify(report.applied),
        }) as Record<string, string>,
  }));
  return { kill: running.kill, waitFor: running.waitFor, done: said, runPost: null };
}

const endingOf = (run: Said) => `${run.outputs.result} ${run.exitCode ?? run.signal} ${run.outputs['database-state']}`;

/** What a run says, against what is there. */
function judge(run: Said, before: Standing, after: Standing, kind: Kind): string[] {
  const wrong: string[] = [];
  const killed = run.signal === 'SIGKILL';
  const state = run.outputs['database-state'];
  const changed = before.print !== after.print;
  const say = (text: string) => wrong.push(`it says ${state}, and ${text}`);
  if (!killed && !CONTRACT.includes(endingOf(run))) say(`its ending is ${endingOf(run)}`);
  switch (state) {
    case 'unchanged':
      if (changed) say('something has changed');
      break;
    case 'migrated':
      if (!after.isWhole) say('not everything is applied');
      break;
    case 'partially-migrated':
      if (after.isWhole) say('everything is applied');
      if (!after.isPart) say('nothing is');
      if (!changed) say('nothing has changed');
      break;
    case 'unknown':
      if (!killed && kind !== FOR_GOOD && after.untold === null) say('it could have been found out');
      break;
    case undefined:
      // Killed before it said anything.
      if (!killed || changed) say('it said nothing');
      break;
    default:
      say('that is no state');
  }
  if (!killed && state !== 'unknown') {
    const applied = JSON.parse(run.outputs.applied || '[]') as { version: string }[];
    const fresh = after.applied.filter((version) => !before.applied.includes(version));
    const said = applied.map(({ version }) => version);
    if (said.join() !== fresh.join()) say(`it says that it applied ${said}, and that is ${fresh}`);
  }
  if (!killed && run.exitCode !== 0 && !run.report?.error?.next) say('it does not say what to do');
  return wrong;
}

/** No session and no lock of a gate stays behind; one that is just leaving is given its time. */
async function nobodyLeft({ url }: Pick<World, 'url'>): Promise<void> {
  const until = Date.now() + GONE_WITHIN_MS;
  for (;;) {
    const left = await withClient(url, async (client) => {
      const { rows } = await client.query<{ what: string }>(
        `select application_name || ' ' || state || ': ' || left(query, 100) as what from pg_stat_activity
          where application_name like 'mgate%' and datname = current_database()
         union all
         select 'lock of ' || pid from pg_locks
          where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
      );
      return rows.map(({ what }) => what);
    });
    if (left.length === 0) return;
    if (Date.now() > until) throw new Error(`left behind: ${left.join('; ')}`);
    await sleep(100);
  }
}

/** The run after a death ends well: everything is there once. Or it says exactly what a person must settle. */
async function calm(world: World): Promise<void> {
  const { url, workspace, read, together } = world;
  for (let settled = false; ; settled = true) {
    const before = await read();
    const mode = together ? 'all' : 'per-migration';
    const { 'database-url': target, ...inputs } = inputsFor(url);
    const args = Object.entries({ ...inputs, 'transaction-mode': mode }).map(([name, value]) => `--${name}=${value}`);
    const run = await runCli(args, { cwd: workspace, env: { DATABASE_URL: target } });
    const after = await read();
    if (before.untold && !settled) {
      expect(run.exitCode, run.stdout).not.toBe(0);
      expect(run.report?.error?.message).toContain(`${before.untold}_`);
      expect(run.report?.error?.message).toContain('statement 1');
      expect(run.report?.error?.next).toMatch(/by hand/);
      expect(await settledByHand(world, after)).toBe(true);
      continue;
    }
    expect(run.report?.result, run.stdout + run.stderr).toBe(before.isWhole ? 'up-to-date' : 'applied');
    expect(run.exitCode).toBe(0);
    expect(after).toMatchObject({ wrong: [], isWhole: true });
    return;
  }
}

/** As a person would, who looked at what the code that was interrupted has done. */
async function settledByHand({ url }: World, { untold }: Standing): Promise<boolean> {
  await withClient(url, async (client) => {
    const { rows } = await client.query('select count(*)::int as done from trace where step like $1', [`${untold}.%`]);
    if (rows[0].done === 2) {
      await client.query(`update schema_migrations set status = 'completed', progress = null where version = $1`, [
        untold,
      ]);
    } else {
      await client.query('delete from trace where step like $1', [`${untold}.%`]);
      await client.query('delete from schema_migrations where version = $1', [untold]);
    }
  });
  return true;
}

const FAULTS: Readonly<Record<Kind, (world: World, proxy: CuttableProxy, run: Running) => Promise<void>>> = {
  SIGKILL: async (_world, _proxy, run) => run.kill('SIGKILL'),
  'the session that works is ended': async ({ url }) =>
    endSessions(url, 'exists (select 1 from locks where locks.pid = a.pid)'),
  'the session that watches is ended': async ({ url }) =>
    endSessions(url, 'not exists (select 1 from locks where locks.pid = a.pid)'),
  'all sessions are ended': async ({ url }) => endSessions(url, 'true'),
  'the server crashes': async ({ server, random }) => {
    await server.stop('immediate');
    await sleep(random() * 1_500);
    await server.start();
  },
  'connections closed': async (_world, proxy) => proxy.cut(),
  'connections reset': async (_world, proxy) => proxy.reset(),
  'connections silent': async (_world, proxy) => proxy.mute('later spared'),
  'network silent for good': async (_world, proxy) => proxy.mute(),
};

async function endSessions(url: string, which: string): Promise<void> {
  await withClient(url, (client) =>
    client.query(
      `with locks as (select pid from pg_locks where locktype = 'advisory'
                         and database = (select oid from pg_database where datname = current_database()))
       select pg_terminate_backend(a.pid) from pg_stat_activity a
        where a.application_name like 'mgate%' and a.datname = current_database() and ${which}`,
    ),
  );
}

/** Several at the same time; every failure is told, not only the first. */
async function all(chains: number, atOnce: number, one: (index: number, lane: number) => Promise<void>): Promise<void> {
  const failures: unknown[] = [];
  let next = 0;
  const lane = async (_: unknown, number: number) => {
    while (next < chains && Date.now() < UNTIL) {
      const index = next++;
      await one(index, number).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  if (failures.length > 0)
    throw new Error(`SEED=${SEED}: ${failures.length} of ${chains}\n${failures.map(String).join('\n\n')}`);
}

/** To look at some of it: `DEATHS='SIGKILL,the server crashes' CHAINS=40`. */
const SOME = process.env.DEATHS?.split(',') as Kind[] | undefined;
const chains = (short: number, full: number) => Number(process.env.CHAINS ?? times(short, full));
const TIMEOUT = { concurrent: true, timeout: FULL ? 1_800_000 : 90_000 };

const ofThese = (kinds: readonly Kind[]) => kinds.filter((kind) => !SOME || SOME.includes(kind));
const quick = ofThese(KINDS.slice(0, 4).concat('connections closed', 'connections reset'));
const crashes = ofThese(['the server crashes']);

test.runIf(quick.length > 0)('the gate, its sessions and its connections die', TIMEOUT, () =>
  all(chains(3, 220), times(2, 5), (index) => chain(`chain ${index}`, shared, quick, times(1, DEATHS_IN_A_ROW))),
);

test.runIf(crashes.length > 0)('the server crashes', TIMEOUT, async () => {
  const lanes = await Promise.all(Array.from({ length: times(1, 2) }, crashable));
  await all(chains(1, 40), lanes.length, (index, lane) =>
    chain(`crash ${index}`, lanes[lane] ?? shared, crashes, times(1, DEATHS_IN_A_ROW)),
  );
});

// Up to a minute passes until it is sure that nothing will come any more.
test.runIf(FULL && ofThese(['connections silent']).length > 0)('the connections fall silent', TIMEOUT, () =>
  all(chains(0, 60), 4, (index) => chain(`silent ${index}`, shared, ['connections silent'], 1)),
);

// A minute passes where nobody can be asked.
test.runIf(FULL && ofThese([FOR_GOOD]).length > 0)('the network is silent for good', TIMEOUT, () =>
  all(chains(0, 8), 4, (index) => chain(`for good ${index}`, shared, [FOR_GOOD], 1)),
);

// -- exactly there ----------------------------------------------------------------------------------------------

/** Every COMMIT of a run in turn; in the short form some of them. */
const COMMITS = 30;
const LOST = ofThese(['connections reset']).length > 0;

test.runIf(LOST)('the answer to a COMMIT is lost, and the records tell what became of it', TIMEOUT, async () => {
  const random = randomOf('lost');
  const each = MOMENTS.flatMap((moment) =>
    Array.from({ length: COMMITS }, (_, index) => ({ moment, nth: index + 1, together: false })).concat(
      { moment, nth: 1, together: true },
      { moment, nth: 2, together: true },
    ),
  );
  const some = FULL ? each : Array.from({ length: 3 }, () => oneOf(each, random));
  await all(some.length, times(1, 2), async (index) => {
    const one = some[index];
    if (one) await loseAnswer(one, random);
  });
});

async function loseAnswer(
  { moment, nth, together }: { moment: CommitMoment; nth: number; together: boolean },
  random: () => number,
): Promise<void> {
  const migrations = together ? TOGETHER : MIXED;
  const url = await copyOf(shared, random);
  const workspace = await workspaceWith(filesOf(migrations));
  const before = await readStanding(url, migrations);
  const proxy = await cuttableProxy(url);
  let lost = false;
  proxy.atCommit(nth, moment, async () => {
    lost = true;
    proxy.reset();
  });
  const { 'database-url': target, ...inputs } = inputsFor(proxy.url);
  const { outcome, lines } = await runGate(workspace, target, {
    ...inputs,
    'transaction-mode': together ? 'all' : 'per-migration',
  });
  await proxy.close();
  const after = await readStanding(url, migrations);
  const truth = after.isWhole ? 'migrated' : before.print === after.print ? 'unchanged' : 'partially-migrated';
  const where = `${moment} COMMIT ${nth}${together ? ', together' : ''}: ${lines.join('\n')}`;
  expect(after.wrong, where).toEqual([]);
  // How far code that commits came, nobody can tell.
  const isTold = outcome.databaseState !== 'unknown' || after.untold === null || truth === 'partially-migrated';
  if (isTold) expect(outcome.databaseState, where).toBe(truth);
  const versions = outcome.applied.map(({ version }) => version);
  expect(versions, where).toEqual(after.applied.filter((version) => !before.applied.includes(version)));
  if (lost) count(`answer lost, ${moment} COMMIT`, `${outcome.result} ${outcome.exitCode} ${outcome.databaseState}`);
  await dropCopy(shared, url);
}

/** The server has got a part of what was sent together, and waits for the rest. */
test.runIf(FULL && ofThese(['connections silent']).length > 0).each(['before', 'sent'] as const)(
  'silent in the middle of what was sent together: %s COMMIT',
  TIMEOUT,
  async (moment) => {
    const url = await copyOf(shared, randomOf(`middle ${moment}`));
    const workspace = await workspaceWith(filesOf(MIXED));
    const proxy = await cuttableProxy(url);
    proxy.atCommit(1, moment, async () => proxy.mute('later spared'));
    const { 'database-url': target, ...inputs } = inputsFor(proxy.url);
    const { outcome } = await runGate(workspace, target, inputs);
    await proxy.close();
    const after = await readStanding(url, MIXED);
    expect(after.wrong).toEqual([]);
    expect(outcome.databaseState).toBe(moment === 'sent' ? 'partially-migrated' : 'unchanged');
    expect(outcome.error?.message).toContain('fell silent: at the server its session waits for us');
    count(`silent in the middle, ${moment} COMMIT`, outcome.databaseState);
    await dropCopy(shared, url);
  },
);

/**
 * What is checked at COMMIT takes its time, in which the client is lost: nothing may be said of it before it is over. Only in
 * apply, by a sequence, of which no rollback takes anything back: long enough for whoever is to see it there.
 */
const SLOW_COMMIT = `create table slow (id int);
create function wait() returns trigger language plpgsql as $$
begin perform pg_sleep(case when nextval('once') > 1 then 5 else 0 end); return null; end $$;
create constraint trigger waits after insert on slow deferrable initially deferred for each row execute function wait();
insert into slow values (1);`;

test.runIf(LOST).each(['connections closed', 'SIGKILL'] as const)(
  'a login whose sessions begin with another role: %s while what COMMIT checks is at work',
  TIMEOUT,
  async (kind) => {
    const random = randomOf(`role ${kind}`);
    const name = `r_${Math.floor(random() * 1e12).toString(36)}`;
    await withClient(shared.url(), async (client) => {
      await client.query(`create role ${name}_owner nologin`);
      await client.query(`create role ${name} login password 'secret' in role ${name}_owner`);
      await client.query(`alter role ${name} set role = '${name}_owner'`);
      await client.query(`create database ${name} owner ${name}_owner`);
    });
    const url = shared.url(name);
    await withClient(url, (client) => client.query(`create sequence once; alter sequence once owner to ${name}_owner`));
    const login = new URL(url);
    login.username = name;
    login.password = 'secret';
    const proxy = await cuttableProxy(login.href);
    const workspace = await workspaceWith({ 'migrations/1_slow.sql': SLOW_COMMIT });
    const running = await startAction({ workspace, inputs: { ...inputsFor(proxy.url), 'fail-on': 'none' } });
    await running.waitFor(/^(::group::)?Apply$/m);
    await withClient(url, async (client) => {
      const atWork = `select 1 from pg_stat_activity where datname = $1 and wait_event = 'PgSleep'`;
      while ((await client.query(atWork, [name])).rows.length === 0) await sleep(20);
    });
    if (kind === 'SIGKILL') running.kill('SIGKILL');
    else proxy.cut();
    const main = await running.done;
    const run = kind === 'SIGKILL' ? await running.runPost() : main;
    const isThere = () =>
      withClient(
        url,
        async (client) => (await client.query(`select to_regclass('slow') is not null as it`)).rows[0].it,
      );
    const told = await isThere();
    await nobodyLeft({ url });
    expect(await isThere(), run.log.join('\n')).toBe(told);
    expect(endingOf(run), run.log.join('\n')).toBe(told ? 'failed 4 migrated' : 'failed 1 unchanged');
    count(`a role hides the backend, ${kind}`, endingOf(run));
    await proxy.close();
  },
);

/** A run that goes on with what another has begun, and is killed: what the other did is not its own. */
test.runIf(ofThese(['SIGKILL']).length > 0).each([
  // Its own rows are the first that it commits: how far it is, before and after each statement.
  { nth: 1, side: 'before', state: 'unchanged' },
  { nth: 1, side: 'answered', state: 'unchanged' },
  { nth: 2, side: 'before', state: 'partially-migrated' },
] as const)('killed while it goes on with a half-done migration: $side COMMIT $nth', TIMEOUT, async (one) => {
  const url = await createDatabase(shared, `half_${one.nth}_${one.side}`);
  const workspace = await workspaceWith({
    'migrations/1_half.sql': `create table half (id int);
create index concurrently half_id on half (id);
create index concurrently missing_id on missing (id);`,
    'migrations/2_more.sql': 'create table more (id int);',
  });
  const run = async (through: string, kill: boolean) => {
    const inputs = { ...inputsFor(through), 'allow-hazards': 'dry-run-inconclusive' };
    return startAction({ workspace, inputs: kill ? inputs : { ...inputs, 'review-delay': '5s' } });
  };
  await withClient(url, async (client) => {
    await client.query('create table missing (id int)');
    const first = await run(url, false);
    await first.waitFor('::group::Review');
    await client.query('drop table missing');
    expect(endingOf(await first.done)).toBe('failed 7 partially-migrated');
    await client.query('create table missing (id int)');
  });
  const proxy = await cuttableProxy(url);
  const started = run(proxy.url, true);
  proxy.atCommit(one.nth, one.side, async () => (await started).kill('SIGKILL'));
  const running = await started;
  expect((await running.done).signal).toBe('SIGKILL');
  const post = await running.runPost();
  await proxy.close();
  expect(post.outputs['database-state'], post.log.join('\n')).toBe(one.state);
  count('killed while it goes on', endingOf(post));
});
