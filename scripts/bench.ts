/**
 * `npm run bench [-- --only small|observed|idle|large|wide|alembic|reading] [--runs 3] [--assert]`: the gate side by side with psql, pg_dump,
 * dbmate and node-pg-migrate, on a server of its own with fsync on and a fresh database for everything that is applied.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { alembicEnvironment, alembicProject } from '../test/support/alembic.ts';
import { manyRevisions } from '../test/support/alembic-revisions.ts';
import { nodeForAction } from '../test/support/node24.ts';
import { createDatabase, type Server, startServer } from '../test/support/postgres.ts';
import { temporaryWorkspace } from '../test/support/runner.ts';
import {
  alembicRehearsed,
  alembicUpgrade,
  dbmateUp,
  fetchPeers,
  type GateTimes,
  gateAction,
  gateCli,
  majorOf,
  nodePgMigrateUp,
  type Peers,
  pgDumpSchema,
  psql,
  unobserved,
} from './bench/contestants.ts';
import { smallChanges, smallMigrations, tablesBefore, writeForAll, writeInserts } from './bench/files.ts';
import { compare, type Line, printTable, rounds } from './bench/measure.ts';
import { reading } from './bench/reading.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const CACHE = join(ROOT, '.cache', 'bench');
/** What a careful server has; the test server's defaults are unsafe and faster. */
const SAFE = { fsync: 'on', full_page_writes: 'on' };
const SMALL_FILES = 1000;
/** Tables that are there already, changed by the small files of `observed`. */
const TABLES_BEFORE = 250;
const REVISIONS = 500;
const LARGE_BYTES = 100_000_000;
const LARGE_RSS_KB = 400_000;
const WIDE_TABLES = 20_000;

interface Bench {
  readonly runs: number;
  readonly peers: Peers;
  readonly node: string;
}

const MEASUREMENTS: Readonly<Record<string, (bench: Bench) => Promise<Line[]>>> = {
  small,
  observed,
  idle,
  large,
  wide,
  alembic,
  reading,
};

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      runs: { type: 'string', default: '3' },
      assert: { type: 'boolean', default: false },
    },
  });
  const names = values.only === undefined ? Object.keys(MEASUREMENTS) : values.only.split(',');
  const unknown = names.filter((name) => MEASUREMENTS[name] === undefined);
  const runs = Number(values.runs);
  if (unknown.length > 0 || !Number.isInteger(runs) || runs < 1) {
    console.error(`Use: npm run bench [-- --only ${Object.keys(MEASUREMENTS).join('|')}] [--runs 3] [--assert]`);
    return 2;
  }
  const runtime = await nodeForAction();
  const bench: Bench = { runs, node: runtime.path, peers: await fetchPeers(CACHE, runtime.path) };
  console.log(
    `${runtime.description}, ${cpus().length} CPUs, psql ${await majorOf('psql')}; medians of ${runs} rounds`,
  );
  const lines: Line[] = [];
  for (const name of names) {
    process.stderr.write(`${name} `);
    lines.push(...((await MEASUREMENTS[name]?.(bench)) ?? []));
  }
  printTable(lines);
  return values.assert && lines.some((line) => line.ok === false) ? 1 : 0;
}

/** 1,000 files of one to three statements: the whole run, and applying alone. */
async function small({ runs, node, peers }: Bench): Promise<Line[]> {
  return withServer(18, {}, async (server) => {
    const files = await writeForAll(temporaryWorkspace(), smallMigrations(SMALL_FILES));
    const gate = async (door: typeof gateAction) =>
      door({ url: await createDatabase(server), workspace: files.workspace, node, expected: 'applied' });
    const idleAfter = async (up: (url: string) => Promise<number>): Promise<number> => {
      const url = await createDatabase(server);
      const whole = await up(url);
      // Without its start-up and its look at what is there: applying alone, as our stage is.
      return whole - (await up(url));
    };
    const seen = await rounds<string, number | GateTimes>(runs, {
      action: () => gate(gateAction),
      psql: async () => psql(await createDatabase(server), files.psqlScript),
      cli: () => gate(gateCli),
      dbmate: () => idleAfter((url) => dbmateUp(peers, url, files.dbmate)),
      npmOne: () => idleAfter((url) => nodePgMigrateUp(peers, url, files.npm, 'one')),
      npmEach: () => idleAfter((url) => nodePgMigrateUp(peers, url, files.npm, 'each')),
    });
    const whole = (name: string) => timesOf(seen[name]).map((times) => times.wholeMs);
    const dryRun = timesOf(seen.action).map((times) => times.stageMs('dry-run'));
    const apply = timesOf(seen.action).map((times) => times.stageMs('apply'));
    return [
      compare('1,000 small files, whole run (action) / psql', whole('action'), numbersOf(seen.psql), 2.5),
      compare('1,000 small files, whole run (cli) / psql', whole('cli'), numbersOf(seen.psql), 2.5),
      compare('1,000 small files, dry run / psql', dryRun, numbersOf(seen.psql), null),
      compare('1,000 small files, apply stage / psql', apply, numbersOf(seen.psql), 1.3),
      compare('1,000 small files, apply stage / dbmate applying', apply, numbersOf(seen.dbmate), 1),
      compare(
        '1,000 small files, apply stage / node-pg-migrate, a transaction each',
        apply,
        numbersOf(seen.npmEach),
        1,
      ),
      compare(
        '1,000 small files, apply stage / node-pg-migrate, its default: one transaction',
        apply,
        numbersOf(seen.npmOne),
        1,
      ),
    ];
  });
}

/** What looking costs: the dry run's stage, against executing the same statements and rolling back without a look. */
async function observed({ runs, node }: Bench): Promise<Line[]> {
  return withServer(18, {}, async (server) => {
    const changes = smallChanges(SMALL_FILES, TABLES_BEFORE);
    const { workspace } = await writeForAll(temporaryWorkspace(), changes);
    const inputs = { mode: 'dry-run' };
    const url = await createDatabase(server, 'observed');
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(tablesBefore(TABLES_BEFORE));
    await client.query('VACUUM ANALYZE');
    await client.end();
    const seen = await rounds<string, number | GateTimes>(Math.max(runs, 5), {
      gate: () => gateAction({ url, workspace, node, inputs, expected: 'dry-run-passed' }),
      unobserved: () =>
        unobserved(
          url,
          changes.map((sql) => [sql]),
        ),
    });
    const dryRun = timesOf(seen.gate).map((times) => times.stageMs('dry-run'));
    const title = 'dry run of 1,000 files, of executing them unobserved';
    return [compare(title, dryRun, numbersOf(seen.unobserved), 1.5)];
  });
}

/** The same files, all applied: what a deployment without a migration pays. */
async function idle({ runs, node, peers }: Bench): Promise<Line[]> {
  return withServer(18, {}, async (server) => {
    const files = await writeForAll(temporaryWorkspace(), smallMigrations(SMALL_FILES));
    const [forAction, forCli, forDbmate, forNpm] = await Promise.all([
      createDatabase(server, 'idle_action'),
      createDatabase(server, 'idle_cli'),
      createDatabase(server, 'idle_dbmate'),
      createDatabase(server, 'idle_npm'),
    ]);
    const gate = { workspace: files.workspace, node };
    await gateAction({ ...gate, url: forAction, expected: 'applied' });
    await gateCli({ ...gate, url: forCli, expected: 'applied' });
    await dbmateUp(peers, forDbmate, files.dbmate);
    await nodePgMigrateUp(peers, forNpm, files.npm, 'one');
    const seen = await rounds<string, number>(Math.max(runs, 3) * 3, {
      action: async () => (await gateAction({ ...gate, url: forAction, expected: 'up-to-date' })).wholeMs,
      npm: () => nodePgMigrateUp(peers, forNpm, files.npm, 'one'),
      cli: async () => (await gateCli({ ...gate, url: forCli, expected: 'up-to-date' })).wholeMs,
      dbmate: () => dbmateUp(peers, forDbmate, files.dbmate),
    });
    const of = (name: string) => seen[name] ?? [];
    return [
      compare('nothing pending, whole run (action) / node-pg-migrate', of('action'), of('npm'), 0.7),
      compare('nothing pending, whole run (cli) / node-pg-migrate', of('cli'), of('npm'), 0.7),
      compare('nothing pending, whole run (action) / dbmate', of('action'), of('dbmate'), 3),
      compare('nothing pending, whole run (cli) / dbmate', of('cli'), of('dbmate'), 3),
    ];
  });
}

/** 500 revisions: how long alembic runs in the dry run, through the proxy, and against the server itself. */
async function alembic({ runs, node }: Bench): Promise<Line[]> {
  return withServer(18, {}, async (server) => {
    const lines: Line[] = [];
    for (const driver of ['psycopg2', 'psycopg'] as const) {
      const { alembic } = await alembicEnvironment({ drivers: [driver] });
      const workspace = temporaryWorkspace();
      await alembicProject(workspace, { revisions: manyRevisions(REVISIONS), driver });
      const seen = await rounds<string, number>(Math.max(runs, 5), {
        gate: async () => alembicRehearsed(await createDatabase(server), workspace, alembic, node),
        direct: async () => alembicUpgrade(await createDatabase(server), workspace, alembic),
      });
      const title = `${REVISIONS} Alembic revisions (${driver}) through the proxy / direct`;
      lines.push(compare(title, seen.gate ?? [], seen.direct ?? [], 1.3));
    }
    return lines;
  });
}

/** One file of 100 MB of INSERTs, of one row each and of a hundred rows each. */
async function large({ runs, node }: Bench): Promise<Line[]> {
  return withServer(18, {}, async (server) => {
    const lines: Line[] = [];
    for (const rowsEach of [100, 1]) {
      const workspace = join(CACHE, `inserts-of-${rowsEach}`);
      const file = join(workspace, 'migrations', '1_readings.sql');
      await writeInserts(file, LARGE_BYTES, rowsEach);
      const script = join(workspace, 'all.psql');
      await writeFile(script, `BEGIN;\n\\i ${file}\nCOMMIT;\n`);
      const inputs = { 'dry-run-timeout': '1h' };
      const seen = await rounds<string, number | GateTimes>(runs, {
        gate: () =>
          withDatabase(server, (url) =>
            gateAction({ url, workspace, node, inputs, expected: 'applied', measureMemory: true }),
          ),
        psql: () => withDatabase(server, (url) => psql(url, script)),
      });
      const gate = timesOf(seen.gate);
      const what = `100 MB of INSERTs of ${rowsEach === 1 ? 'one row' : `${rowsEach} rows`}`;
      const dryRun = gate.map((times) => times.stageMs('dry-run'));
      const apply = gate.map((times) => times.stageMs('apply'));
      lines.push(compare(`${what}, dry run / psql`, dryRun, numbersOf(seen.psql), 1.3));
      lines.push(compare(`${what}, apply / psql`, apply, numbersOf(seen.psql), 1.3));
      lines.push(residentLine(what, gate));
    }
    return lines;
  });
}

function residentLine(what: string, gate: readonly GateTimes[]): Line {
  const peaks = gate.map((times) => times.peakRssKb).filter((peak) => peak !== null);
  const peak = peaks.length === 0 ? null : Math.max(...peaks);
  return {
    measure: `${what}, peak resident size`,
    gate: peak === null ? 'not measured' : `${Math.round(peak / 1000)} MB`,
    other: '',
    ratio: null,
    bound: `< ${LARGE_RSS_KB / 1000} MB`,
    ok: peak === null ? null : peak < LARGE_RSS_KB,
  };
}

/** A database of 20,000 tables and one small pending file, against dumping its schema once. */
async function wide({ runs, node }: Bench): Promise<Line[]> {
  const dumper = await majorOf('pg_dump');
  const major = Math.min(dumper, 18);
  // pg_dump locks every table, in one transaction.
  return withServer(major, { max_locks_per_transaction: '512' }, async (server) => {
    const url = await createDatabase(server, 'wide');
    await createTables(url, WIDE_TABLES);
    const workspace = temporaryWorkspace();
    const migrations = join(workspace, 'migrations');
    await mkdir(migrations, { recursive: true });
    const applyOneMore = async (number: number): Promise<number> => {
      await writeFile(
        join(migrations, `${number}_note.sql`),
        `ALTER TABLE item_${number} ADD COLUMN note text;\nCREATE TABLE note_${number} (id bigint PRIMARY KEY);\n`,
      );
      return (await gateAction({ url, workspace, node, expected: 'applied' })).wholeMs;
    };
    // Once each beforehand: the first to read 20,000 tables' catalog rows reads them from disk.
    await pgDumpSchema(url);
    await applyOneMore(1);
    const seen = await rounds<string, number>(Math.max(runs, 3), {
      gate: (round) => applyOneMore(round + 2),
      pgDump: () => pgDumpSchema(url),
    });
    const title = `20,000 tables and one pending file, whole run / pg_dump ${dumper} --schema-only (server ${major})`;
    return [compare(title, seen.gate ?? [], seen.pgDump ?? [], 1)];
  });
}

async function createTables(url: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let from = 1; from <= count; from += 500) {
      await client.query(`DO $$ BEGIN
        FOR n IN ${from}..${Math.min(from + 499, count)} LOOP
          EXECUTE format('CREATE TABLE item_%s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            name text NOT NULL, price integer CHECK (price >= 0), created_at timestamptz DEFAULT now())', n);
          EXECUTE format('CREATE INDEX item_%s_name_idx ON item_%s (name)', n, n);
        END LOOP; END $$`);
    }
    await client.query('VACUUM ANALYZE pg_class, pg_attribute, pg_constraint, pg_index, pg_depend, pg_attrdef');
  } finally {
    await client.end();
  }
}

async function withServer<T>(
  major: number,
  settings: Readonly<Record<string, string>>,
  work: (server: Server) => Promise<T>,
): Promise<T> {
  // On the disk, as a server in production.
  const server = await startServer({ major, settings: { ...SAFE, ...settings }, dataParent: tmpdir() });
  try {
    return await work(server);
  } finally {
    await server.remove();
  }
}

/** For large ones: dropped at once, so that the disk does not fill. */
async function withDatabase<T>(server: Server, work: (url: string) => Promise<T>): Promise<T> {
  const url = await createDatabase(server);
  try {
    return await work(url);
  } finally {
    const client = new pg.Client({ connectionString: server.url() });
    await client.connect();
    await client.query(`DROP DATABASE ${client.escapeIdentifier(new URL(url).pathname.slice(1))} WITH (FORCE)`);
    await client.query('CHECKPOINT');
    await client.end();
  }
}

function timesOf(values: readonly (number | GateTimes)[] | undefined): GateTimes[] {
  return (values ?? []).filter((value) => typeof value !== 'number');
}

function numbersOf(values: readonly (number | GateTimes)[] | undefined): number[] {
  return (values ?? []).filter((value) => typeof value === 'number');
}

process.exitCode = await main();
