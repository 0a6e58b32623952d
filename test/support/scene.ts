/** A database and a folder of migrations, and runs of the gate over them, each held to what the contract says of every run. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { expect } from 'vitest';
import type { Outcome } from '../../src/report/outcome.ts';
import { type Database, freshDatabase } from './database.ts';
import { type Files, folderWith } from './dry-run.ts';
import { type GateOptions, type GateRun, runGate } from './gate.ts';

export interface Scene {
  readonly database: Database;
  readonly workspace: string;
  /** A superuser's session of its own, for setting things up and looking at what is there. */
  readonly client: pg.Client;
  /** Rows of a query, without ceremony. */
  rows(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  run(inputs?: Readonly<Record<string, string>>, options?: GateOptions & { readonly url?: string }): Promise<GateRun>;
}

/** `setup`: run before the first gate. `files`: names below `migrations/`, or with a folder of their own. */
export async function scene(
  files: Files,
  setup: string | readonly string[] = [],
  server: { readonly url: string } | null = null,
): Promise<Scene> {
  const database = await freshDatabase(server);
  const client = await database.client({ application_name: 'the test' });
  for (const sql of typeof setup === 'string' ? [setup] : setup) if (sql !== '') await client.query(sql);
  const workspace = await folderWith(files);
  return {
    database,
    workspace,
    client,
    rows: async (sql, values) => (await client.query(sql, values)).rows,
    run: async (inputs = {}, { url = database.url, ...options } = {}) => {
      const schema = inputs['tracking-schema'] ?? 'public';
      let before = await completed(client, schema);
      const { onPause } = options;
      const paused = async () => {
        await onPause?.();
        // What others do in the pause is not this run's.
        before = await completed(client, schema);
      };
      const run = await runGate(workspace, url, inputs, { ...options, ...(onPause ? { onPause: paused } : {}) });
      expect(CONTRACT).toContain(ending(run.outcome));
      expect(await leftBehind(client)).toEqual([]);
      agree(run.outcome, before, await completed(client, schema));
      return run;
    },
  };
}

export const ending = ({ result, exitCode, databaseState }: Outcome) => `${result} ${exitCode} ${databaseState}`;

/** The contract's table of results, exit codes and states (section 3), for the modes that there are. */
export const CONTRACT = [
  'dry-run-passed 0 unchanged',
  'repaired 0 unchanged',
  'up-to-date 0 unchanged',
  'verified 0 unchanged',
  'reported 0 unchanged',
  'reported 3 unchanged',
  'applied 0 migrated',
  'failed 1 unchanged',
  'refused 3 unchanged',
  'dry-run-inconclusive 3 unchanged',
  'refused 5 unchanged',
  'failed 4 migrated',
  'failed 7 partially-migrated',
  'failed 7 unknown',
  'cancelled 6 unchanged',
  'cancelled 7 migrated',
  'cancelled 7 partially-migrated',
  'cancelled 7 unknown',
];

async function completed(client: pg.Client, schema: string): Promise<string[]> {
  const { rows } = await client.query<{ there: boolean }>(
    `select exists (select 1 from pg_attribute where attrelid = to_regclass($1) and attname = 'status') as there`,
    [`"${schema}".schema_migrations`],
  );
  if (!rows[0]?.there) return [];
  const done = await client.query<{ version: string }>(
    `select version from "${schema}".schema_migrations where status = 'completed' order by 1`,
  );
  return done.rows.map((row) => row.version);
}

/** What a report says of the database is what the database says. */
function agree(outcome: Outcome, before: readonly string[], after: readonly string[]): void {
  // Of our own records no state is told.
  if (outcome.result === 'repaired') return;
  const fresh = after.filter((version) => !before.includes(version));
  const pending = outcome.pending.map((one) => one.version);
  switch (outcome.databaseState) {
    case 'unchanged':
      expect(after).toEqual(before);
      break;
    case 'migrated':
      expect(fresh).toEqual(expect.arrayContaining(pending));
      break;
    case 'partially-migrated':
      expect(pending.filter((version) => !fresh.includes(version))).not.toEqual([]);
      break;
  }
  if (outcome.databaseState !== 'unknown') {
    expect(outcome.applied.map((one) => one.version).sort()).toEqual(fresh);
  }
}

/** Advisory locks and backends of a gate in this database; one that is just leaving is given a moment. */
export async function leftBehind(client: pg.Client): Promise<string[]> {
  for (let look = 0; ; look += 1) {
    const { rows } = await client.query<{ what: string }>(
      `select 'lock of ' || pid as what from pg_locks
        where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())
       union all
       select application_name || ': ' || query from pg_stat_activity
        where application_name like 'mgate%' and datname = current_database()`,
    );
    if (rows.length === 0 || look === 200) return rows.map((row) => row.what);
    await sleep(50);
  }
}

/** Waits until a query gives a row, for at most half a minute if nothing else is said; returns that row. */
export async function until(client: pg.Client, sql: string, seconds = 30): Promise<Record<string, unknown>> {
  for (let look = 0; look < 50 * seconds; look += 1) {
    const { rows } = await client.query(sql);
    if (rows[0]) return rows[0];
    await sleep(20);
  }
  throw new Error(`never so: ${sql}`);
}

/** Ends backends: they are gone when it returns, and what they said last is read before anything that is begun then. */
export async function endBackends(client: pg.Client, where: string, values: unknown[] = []): Promise<void> {
  await client.query(`select pg_terminate_backend(pid, 30000) from pg_stat_activity where ${where}`, values);
  await sleep(20);
}

/** A gate's backend in this database whose running statement is like this. */
export const working = (pattern: string) =>
  `select pid from pg_stat_activity where datname = current_database() and application_name like 'mgate%'
      and state = 'active' and query like '${pattern.replaceAll("'", "''")}'`;
