/** The gate with engine `command`, for real tools and for small ones made for a test. */
import { mkdir, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import type { Outcome } from '../../src/report/outcome.ts';
import type { Database } from './database.ts';
import { sessionsOfOurs } from './dry-run.ts';
import { dump } from './dump.ts';
import { type GateOptions, type GateRun, runGate, workspaceWith } from './gate.ts';
import { psql, type ToolProject } from './tools.ts';

export type Inputs = Readonly<Record<string, string>>;
type Folder = Pick<ToolProject, 'folder'>;

/** Words as a command line that reads as these words. */
export function asCommand(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}

/** `probe` null: none is given. */
export interface Commanded extends Folder {
  readonly apply: readonly string[];
  readonly probe: readonly string[] | null;
}

/** What a step of a workflow would have in its environment; nothing of the database. */
export const STEP_ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'HOME'].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name] ?? '']])),
);

/** Hazards are not refused unless the test asks; the mode is `apply`, as in `runGate`. */
export function runCommand(
  { folder, apply, probe }: Commanded,
  url: string,
  inputs: Inputs = {},
  options: GateOptions = {},
): Promise<GateRun> {
  const own = {
    engine: 'command',
    command: asCommand(apply),
    ...(probe === null ? {} : { 'command-probe': asCommand(probe) }),
    'fail-on': 'none',
  };
  return runGate(folder, url, { ...own, ...inputs }, { ...options, env: { ...STEP_ENVIRONMENT, ...options.env } });
}

/** A dry run; whatever comes of it, the database is what it was, and nothing of ours or the tool's is left on the server. */
export async function dryRunCommand(
  commanded: Commanded,
  database: Pick<Database, 'url'> & Database,
  inputs: Inputs = {},
  options: GateOptions = {},
): Promise<GateRun> {
  const before = await dump(database.url, { versions: true });
  const run = await runCommand(commanded, database.url, { mode: 'dry-run', ...inputs }, options);
  expect(await dump(database.url, { versions: true })).toBe(before);
  expect(await sessionsOfOurs(database)).toEqual([]);
  expect(run.outcome.databaseState).toBe('unchanged');
  return run;
}

/** `psql -f up.sql`, as a project of its own. */
export async function psqlFile(sql: string, more: Readonly<Record<string, string>> = {}): Promise<Commanded> {
  const folder = await workspaceWith({ 'up.sql': sql, ...more });
  const words = [...(await psql()), '-X', '-v', 'ON_ERROR_STOP=1'];
  return { folder, apply: [...words, '-f', 'up.sql'], probe: [...words, '-c', 'SELECT 1'] };
}

/**
 * A tool of one file, which has `pg`, `url` (DATABASE_URL) and `connect(config?)`; `body` is run as an async function's.
 * `probe` likewise; it connects, and that is all, unless it is given.
 */
export async function nodeTool(body: string, probe = 'await (await connect()).end();'): Promise<Commanded> {
  const folder = await workspaceWith({ 'tool.mjs': toolText(body), 'probe.mjs': toolText(probe) });
  return { folder, apply: [process.execPath, 'tool.mjs'], probe: [process.execPath, 'probe.mjs'] };
}

const PG = createRequire(import.meta.url).resolve('pg');

function toolText(body: string): string {
  return `import pg from ${JSON.stringify(`file://${PG}`)};
import { setTimeout as sleep } from 'node:timers/promises';
const url = process.env.DATABASE_URL;
async function connect(config = { connectionString: url }) {
  const client = new pg.Client(config);
  await client.connect();
  return client;
}
${body}
`;
}

export async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
}

/** What of the outcome tells how it ended. */
export function ending({ result, exitCode, databaseState }: Outcome) {
  return { result, exitCode, databaseState };
}

/** All of a database but for what no two runs have in common: our own records, and the clocks in the tool's. */
export async function dumpOfProject(
  url: string,
  table: { readonly schema: string; readonly table: string; readonly volatile: readonly string[] } | null,
): Promise<string> {
  const clocks = table?.volatile.map((column) => `${table.schema}.${table.table}.${column}`) ?? [];
  const lines = await dump(url, { without: ['public.migration_history', ...clocks] });
  return lines
    .split('\n')
    .filter((line) => !line.includes('migration_history'))
    .join('\n');
}
