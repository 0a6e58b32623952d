/** A dry run on a database of its own, after which the database must be what it was, to the row version. */
import { expect } from 'vitest';
import type { MigrationReport, Outcome, StatementReport } from '../../src/report/outcome.ts';
import { type Database, freshDatabase } from './database.ts';
import { fingerprint } from './fingerprint.ts';
import { type GateOptions, type GateRun, runGate, workspaceWith } from './gate.ts';

export type Files = Readonly<Record<string, string>>;

/** A new database in which `setup` was run, statement by statement where it is a list. */
export async function databaseWith(setup: string | readonly string[] = []): Promise<Database> {
  const database = await freshDatabase();
  const client = await database.client();
  for (const sql of typeof setup === 'string' ? [setup] : setup) await client.query(sql);
  await client.end();
  return database;
}

/** `files`: names below `migrations/`, or with a folder of their own. */
export function folderWith(files: Files): Promise<string> {
  return workspaceWith(
    Object.fromEntries(
      Object.entries(files).map(([name, text]) => [name.includes('/') ? name : `migrations/${name}`, text]),
    ),
  );
}

/**
 * Dry-runs the files; whatever comes of it, the database is unchanged, and nothing of ours is left on the server.
 * `sequences`: false where the files take numbers from them, which no rollback gives back.
 */
export async function dryRun(
  database: Database,
  files: Files,
  inputs: Readonly<Record<string, string>> = {},
  options: GateOptions = {},
  { sequences = true }: { readonly sequences?: boolean } = {},
): Promise<GateRun> {
  const workspace = await folderWith(files);
  const before = await stateOf(database, sequences);
  const run = await runGate(workspace, database.url, { mode: 'dry-run', ...inputs }, options);
  expect(await stateOf(database, sequences)).toBe(before);
  expect(await sessionsOfOurs(database)).toEqual([]);
  expect(run.outcome.databaseState).toBe('unchanged');
  return run;
}

async function stateOf(database: Database, withSequences: boolean): Promise<string> {
  const found = await fingerprint(database.url, { rowVersions: true });
  if (!withSequences) return found;
  const client = await database.client();
  const sequences = await client.query<{ line: string }>(
    `select format('sequence %s.%s %s', schemaname, sequencename, last_value) as line from pg_sequences order by 1`,
  );
  await client.end();
  return [found, ...sequences.rows.map((row) => row.line)].join('\n');
}

/** Backends of a gate on this database; one that is just leaving is given a moment. */
export async function sessionsOfOurs(database: Database): Promise<string[]> {
  const client = await database.client();
  try {
    for (let look = 0; ; look += 1) {
      const { rows } = await client.query<{ query: string }>(
        `select query from pg_stat_activity where application_name like 'mgate%' and datname = current_database()`,
      );
      if (rows.length === 0 || look === 200) return rows.map((row) => row.query);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  } finally {
    await client.end();
  }
}

export function migrationOf(outcome: Outcome, file: string): MigrationReport {
  const found = outcome.migrations.find((one) => one.file.endsWith(file));
  if (!found) throw new Error(`no migration ${file} in the report`);
  return found;
}

export function statementOf(outcome: Outcome, file: string, index = 1): StatementReport {
  const found = migrationOf(outcome, file).statements.find((one) => one.index === index);
  if (!found) throw new Error(`no statement ${index} of ${file} in the report`);
  return found;
}

/** What a statement locked, as `relation mode`. */
export function locksOf(statement: StatementReport): string[] {
  return statement.locks.map((lock) => `${lock.relation} ${lock.mode}`).sort();
}
