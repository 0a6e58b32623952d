/** Many gates at once: every migration exactly once, and whoever comes second waits, finds nothing to do, or says who is at it. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { oneOf, randomOf, tally, times } from '../support/faults.ts';
import { pgMajor } from '../support/global-setup.ts';
import { createDatabase, type Server, startServer } from '../support/postgres.ts';
import { type CliRun, runCli, temporaryWorkspace, writeMigrations } from '../support/runner.ts';
import { leftBehind } from '../support/scene.ts';

const count = tally('together');
const GATES = times(4, 50);
const ROUNDS = times(1, 2);

/** Ten files, each of which leaves a row in `trace` every time that it runs; the sixth cannot run in a transaction. */
function tenFiles(prefix = ''): Record<string, string> {
  const trace = (number: number) => `insert into ${prefix}trace (number) values (${number});`;
  const files: Record<string, string> = {
    '01_trace.sql': `create table ${prefix}trace (number int, at timestamptz default clock_timestamp());\n${trace(1)}`,
  };
  for (let number = 2; number <= 10; number += 1) {
    const table = `${prefix}t${number}`;
    files[`${String(number).padStart(2, '0')}_${table}.sql`] =
      number === 6
        ? `-- gate: no-transaction\n${trace(6)}\ncreate index concurrently ${prefix}trace_number on ${prefix}trace (number);`
        : `create table ${table} (id int primary key);\n${trace(number)}`;
  }
  return files;
}

const EACH_ONCE = Array.from({ length: 10 }, (_, at) => ({ number: at + 1, runs: 1 }));
const VERSIONS = EACH_ONCE.map(({ number }) => String(number).padStart(2, '0'));

interface Gate {
  readonly mode: string;
  readonly url: string;
  readonly prefix?: string;
  /** `5m` by default. */
  readonly lockWait?: string;
  readonly more?: readonly string[];
}

/** As runs of the command line, each in a checkout of its own, started together but for a little chance. */
async function start(gates: readonly Gate[], random: () => number): Promise<CliRun[]> {
  return Promise.all(
    gates.map(async ({ mode, url, prefix, lockWait = '5m', more = [] }) => {
      const cwd = temporaryWorkspace();
      await writeMigrations(cwd, inFolder(tenFiles(prefix)));
      await sleep(random() * 150);
      const words = [mode, '--environment', 'staging', '--connect-timeout', '60s', '--lock-wait', lockWait, ...more];
      return runCli(words, { cwd, env: { DATABASE_URL: url }, timeoutMs: 600_000 });
    }),
  );
}

const inFolder = (files: Record<string, string>) =>
  Object.fromEntries(Object.entries(files).map(([name, text]) => [`migrations/${name}`, text]));

function endingOf({ report, exitCode, stderr, stdout }: CliRun): string {
  if (report === null) throw new Error(`no report, exit code ${exitCode}: ${stdout}\n${stderr}`);
  const unlike = report.unpredicted.length > 0 ? ` ${JSON.stringify(report.unpredicted)}` : '';
  const why = report.result === 'failed' ? `: ${report.error?.message}${unlike}` : '';
  return `${report.result} ${exitCode} ${report.databaseState}${why}`;
}

const DONE = 'applied 0 migrated';
const NOTHING = 'up-to-date 0 unchanged';

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** By the database alone: each file ran once, is recorded once, and nothing of a gate is left. */
async function expectEachOnce(url: string, { prefix = '', schema = 'public' } = {}): Promise<void> {
  await withClient(url, async (client) => {
    const rows = async (sql: string) => (await client.query(sql)).rows;
    expect(await rows(`select number, count(*)::int as runs from ${prefix}trace group by 1 order by 1`)).toEqual(
      EACH_ONCE,
    );
    const completed = `select version from ${schema}.schema_migrations where status = 'completed' order by 1`;
    expect((await rows(completed)).map((row) => row.version)).toEqual(VERSIONS);
    const history = `select version from ${schema}.migration_history where action = 'apply' and status = 'success' order by 1`;
    expect((await rows(history)).map((row) => row.version)).toEqual(VERSIONS);
    expect(await rows('select indexrelid::regclass::text as invalid from pg_index where not indisvalid')).toEqual([]);
    expect(await leftBehind(client)).toEqual([]);
  });
}

const servers: Server[] = [];
afterAll(async () => {
  for (const server of servers) await server.remove();
});

async function serverOf(max_connections: string): Promise<Server> {
  const server = await startServer({ major: pgMajor, settings: { max_connections } });
  servers.push(server);
  return server;
}

/** How many connections gates have at once, asked every few milliseconds; of the highest the tenth, as some were just leaving. */
function mostConnections(url: string) {
  let stopped = false;
  const seen: number[] = [];
  const watching = withClient(url, async (client) => {
    while (!stopped) {
      const { rows } = await client.query<{ n: number }>(
        "select count(*)::int as n from pg_stat_activity where application_name like 'mgate/%'",
      );
      seen.push(rows[0]?.n ?? 0);
      await sleep(10);
    }
  });
  return async () => {
    stopped = true;
    await watching;
    return seen.sort((a, b) => b - a)[Math.floor(seen.length / 10)] ?? 0;
  };
}

describe('started together', () => {
  it('on one empty database: every file once, one applies, all others find nothing to do', async () => {
    const server = await serverOf('200');
    const random = randomOf('one database');
    for (let round = 0; round < ROUNDS; round += 1) {
      const url = await createDatabase(server);
      const most = mostConnections(server.url());
      const runs = await start(
        Array.from({ length: GATES }, () => ({ mode: 'apply', url })),
        random,
      );
      const endings = runs.map(endingOf);
      for (const ending of endings) count(`${GATES} gates, one database`, ending);
      expect(endings.toSorted()).toEqual([DONE, ...Array.from({ length: GATES - 1 }, () => NOTHING)].toSorted());
      await expectEachOnce(url);
      // Two for each is what one gate alone needs; the many that wait come and go with one.
      expect(await most()).toBeLessThanOrEqual(GATES + 2);
    }
  });

  it('where the server has connections for hardly more than one: nobody is starved', async () => {
    // Of which three are for superusers, as these gates are not.
    const server = await serverOf('10');
    const random = randomOf('few connections');
    for (let round = 0; round < ROUNDS; round += 1) {
      const url = new URL(await createDatabase(server));
      await withClient(url.href, async (client) => {
        const role = `migrator_${round}`;
        await client.query(`create role ${role} login password 'secret' connection limit 4`);
        await client.query(`grant all on schema public to ${role}`);
        await client.query(`grant all on database "${url.pathname.slice(1)}" to ${role}`);
        url.username = role;
        url.password = 'secret';
      });
      const gates = times(4, 30);
      const runs = await start(
        Array.from({ length: gates }, () => ({ mode: 'apply', url: url.href })),
        random,
      );
      const endings = runs.map(endingOf);
      for (const ending of endings) count(`${gates} gates, a role with four connections`, ending);
      expect(endings.filter((ending) => ending === DONE).length).toBe(1);
      // Whoever had no connection within connect-timeout says so, and has changed nothing.
      const others = endings.filter((ending) => ending !== DONE && ending !== NOTHING);
      for (const ending of others)
        expect(ending).toMatch(/^failed 1 unchanged: could not connect.*too many connections/);
      await expectEachOnce(url.href);
    }
  });

  it('for less than the time that the first one takes: the others say who holds the lock', async () => {
    const server = servers[0] ?? (await serverOf('200'));
    const random = randomOf('no patience');
    const url = await createDatabase(server);
    const runs = await start(
      Array.from({ length: GATES }, () => ({ mode: 'apply', url, lockWait: '0' })),
      random,
    );
    for (const run of runs) {
      const ending = endingOf(run);
      count(`${GATES} gates without patience`, ending);
      expect([DONE, NOTHING, 'refused 5 unchanged']).toContain(ending);
      if (run.exitCode === 5)
        expect(run.report.error.message).toMatch(/another gate holds the lock: mgate\/|an unknown session/);
    }
    expect(runs.some((run) => endingOf(run) === DONE)).toBe(true);
    await expectEachOnce(url);
  });

  it('with tracking schemas of their own, and in two databases: side by side', async () => {
    const server = servers[0] ?? (await serverOf('200'));
    const random = randomOf('side by side');
    const [one, two] = [await createDatabase(server), await createDatabase(server)];
    const many = times(0, 12);
    const accepted = ['--allow-hazards', 'another-tool'];
    const kinds = [
      { url: one, prefix: 'a_', schema: 'a', more: ['--tracking-schema', 'a', ...accepted] },
      { url: one, prefix: 'b_', schema: 'b', more: ['--tracking-schema', 'b', ...accepted] },
      { url: one, prefix: 'c_', schema: 'public', more: accepted },
      { url: two, prefix: 'c_', schema: 'public', more: accepted },
    ];
    // One of each kind, none of which would wait: nobody is in another kind's way.
    const first = kinds.map((kind) => ({ mode: 'apply', lockWait: '0', ...kind }));
    const firsts = await start(first, random);
    for (const run of firsts) count('one of each of four kinds, without patience', endingOf(run));
    expect(firsts.map(endingOf)).toEqual(kinds.map(() => DONE));
    for (const { url, prefix, schema } of kinds) await expectEachOnce(url, { prefix, schema });
    const more = kinds.flatMap((kind) => Array.from({ length: many }, () => ({ mode: 'apply', ...kind })));
    for (const run of await start(more, random)) expect(endingOf(run)).toBe(NOTHING);
  });

  it('in all modes: those who only look are never in the way, and never wrong', async () => {
    const server = servers[0] ?? (await serverOf('200'));
    const random = randomOf('mixed');
    for (let round = 0; round < ROUNDS; round += 1) {
      const url = await createDatabase(server);
      const some = Array.from({ length: GATES - 2 }, () => oneOf(['dry-run', 'status', 'verify', 'apply'], random));
      const modes = ['apply', 'status', 'dry-run', ...some];
      const runs = await start(
        modes.map((mode) => ({ mode, url })),
        random,
      );
      for (const [at, run] of runs.entries()) {
        const mode = modes[at] ?? '';
        const ending = endingOf(run);
        count(`mixed modes: ${mode}`, ending);
        expect(MAY_END[mode], `${mode}: ${ending}`).toContain(ending.replace(/\d+ migrations? pending.*/, 'pending'));
      }
      expect(runs.filter((run) => endingOf(run) === DONE).length).toBe(1);
      await expectEachOnce(url);
    }
  });

  const MAY_END: Readonly<Record<string, readonly string[]>> = {
    apply: [DONE, NOTHING],
    'dry-run': ['dry-run-passed 0 unchanged', NOTHING],
    // A migration that is under way is told of as such.
    status: ['reported 0 unchanged', 'reported 3 unchanged'],
    verify: ['verified 0 unchanged', 'failed 1 unchanged: pending'],
  };
});
