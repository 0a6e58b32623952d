/** Who runs in the benchmarks: the gate's bundle, and the tools that it is measured against. Each gives milliseconds. */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { Session } from '../../src/postgres/session.ts';
import { type Report, runAction, runCli } from '../../test/support/runner.ts';

const DBMATE = '2.36.0';
const NODE_PG_MIGRATE = '9.0.0';

export interface Peers {
  readonly node: string;
  readonly dbmate: string;
  readonly nodePgMigrate: string;
}

/** Fetches the peers on first use, into the cache folder alone. */
export async function fetchPeers(cache: string, node: string): Promise<Peers> {
  const modules = join(cache, 'node_modules');
  const peers: Peers = {
    node,
    // Its own binary, not the Node script that starts it.
    dbmate: join(modules, '@dbmate', `${process.platform}-${process.arch}`, 'bin', 'dbmate'),
    nodePgMigrate: join(modules, 'node-pg-migrate', 'bin', 'node-pg-migrate.js'),
  };
  if (!existsSync(peers.dbmate) || !existsSync(peers.nodePgMigrate)) {
    await mkdir(cache, { recursive: true });
    const wanted = [`dbmate@${DBMATE}`, `node-pg-migrate@${NODE_PG_MIGRATE}`, 'pg@8.23.1'];
    await promisify(execFile)('npm', ['install', '--no-save', '--no-package-lock', '--prefix', cache, ...wanted]);
  }
  return peers;
}

export interface GateTimes {
  /** The whole process, start-up included. */
  readonly wholeMs: number;
  readonly peakRssKb: number | null;
  readonly stageMs: (stage: string) => number;
}

export interface GateRun {
  readonly url: string;
  readonly workspace: string;
  readonly node: string;
  readonly expected: 'applied' | 'up-to-date' | 'dry-run-passed';
  readonly inputs?: Readonly<Record<string, string>>;
  readonly measureMemory?: boolean;
}

/** The Action's door, `mode: apply`, as a runner runs it. Throws unless it ended as expected. */
export async function gateAction(run: GateRun): Promise<GateTimes> {
  const ended = await runAction({
    inputs: { 'database-url': run.url, mode: 'apply', environment: 'staging', ...run.inputs },
    workspace: run.workspace,
    node: run.node,
    measureMemory: run.measureMemory ?? false,
    timeoutMs: 3_600_000,
  });
  if (ended.outputs.result !== run.expected) {
    throw new Error(
      `the gate ended ${ended.outputs.result}, not ${run.expected}:\n${ended.stdout.slice(-4000)}\n${ended.stderr}`,
    );
  }
  return times(ended.durationMs, ended.peakRssKb, ended.report);
}

/** The command line's door. */
export async function gateCli(run: GateRun): Promise<GateTimes> {
  const ended = await runCli(['apply', '--environment', 'staging'], {
    cwd: run.workspace,
    env: { DATABASE_URL: run.url },
    node: run.node,
    measureMemory: run.measureMemory ?? false,
    timeoutMs: 3_600_000,
  });
  if (ended.report?.result !== run.expected) {
    throw new Error(
      `the command line ended ${ended.report?.result}, not ${run.expected}:\n${ended.stdout.slice(-4000)}\n${ended.stderr}`,
    );
  }
  return times(ended.durationMs, ended.peakRssKb, ended.report);
}

/** How long the tool ran in the dry run of `engine: alembic`, start-up included. */
export async function alembicRehearsed(url: string, workspace: string, alembic: string, node: string): Promise<number> {
  const inputs = {
    'database-url': 'env',
    mode: 'dry-run',
    environment: 'staging',
    'alembic-command': alembic,
  };
  const ended = await runAction({ inputs, workspace, node, env: { DATABASE_URL: url }, timeoutMs: 600_000 });
  const log = await readFile(join(ended.logDir, 'migration.log'), 'utf8');
  // The first to run was its look at the database.
  const ran = [...log.matchAll(/alembic ran for (\d+) ms/g)].at(-1)?.[1];
  if (ended.outputs.result !== 'dry-run-passed' || ran === undefined)
    throw new Error(`the gate ended ${ended.outputs.result}:\n${ended.stdout.slice(-4000)}`);
  return Number(ran);
}

export function alembicUpgrade(url: string, workspace: string, alembic: string): Promise<number> {
  return timed(alembic, ['upgrade', 'head'], { DATABASE_URL: url }, workspace);
}

function times(wholeMs: number, peakRssKb: number | null, report: Report): GateTimes {
  return {
    wholeMs,
    peakRssKb,
    stageMs: (name) => {
      const stage = (report.stages as { stage: string; ms: number }[]).find((one) => one.stage === name);
      if (stage === undefined) throw new Error(`report.json has no stage ${name}`);
      return stage.ms;
    },
  };
}

/** One psql process that runs a script. */
export function psql(url: string, script: string): Promise<number> {
  return timed('psql', ['-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', url, '-f', script], {});
}

/** Executes the files over the gate's own driver, each in one round trip as the dry run does, all in one transaction; looks at nothing, and rolls back. */
export async function unobserved(url: string, files: readonly (readonly string[])[]): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const session = new Session(client);
  try {
    const startedAt = performance.now();
    await session.batch([{ text: 'begin' }]);
    for (const statements of files) await session.batch(statements.map((text) => ({ text })));
    await session.batch([{ text: 'rollback' }]);
    return performance.now() - startedAt;
  } finally {
    await session.end();
  }
}

export function pgDumpSchema(url: string): Promise<number> {
  return timed('pg_dump', ['--schema-only', '-d', url, '-f', '/dev/null'], {});
}

export function dbmateUp(peers: Peers, url: string, folder: string): Promise<number> {
  return timed(peers.dbmate, ['--no-dump-schema', '--migrations-dir', folder, 'up'], {
    DATABASE_URL: `${url}?sslmode=disable`,
  });
}

/** By default it runs everything in one transaction; `each` gives every file its own, as the gate does. */
export function nodePgMigrateUp(
  peers: Peers,
  url: string,
  folder: string,
  transaction: 'one' | 'each',
): Promise<number> {
  const each = transaction === 'each' ? ['--no-single-transaction'] : [];
  return timed(peers.node, [peers.nodePgMigrate, 'up', '-m', folder, ...each], { DATABASE_URL: url });
}

/** Milliseconds from start to end of a process; throws with the end of its output when it fails. */
function timed(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  cwd = process.cwd(),
): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedAt = performance.now();
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors = (errors + text).slice(-4000);
    });
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(performance.now() - startedAt);
      else reject(new Error(`${command} ended with ${code}: ${errors}`));
    });
  });
}

/** The major version of a client program on PATH. */
export async function majorOf(program: 'psql' | 'pg_dump'): Promise<number> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  const major = /(\d+)(?:\.\d+|devel|beta|rc)/.exec(stdout)?.[1];
  if (major === undefined) throw new Error(`cannot read the version of ${program}: ${stdout}`);
  return Number(major);
}
