/** A database and an Alembic project, and runs of the gate over them, each held to what must be so after every run. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { expect } from 'vitest';
import {
  ALEMBIC_NEW,
  type AlembicEnvironment,
  alembicEnvironment,
  alembicProject,
  type ProjectOptions,
  runAlembic,
  type ToolOutput,
} from './alembic.ts';
import { type Database, freshDatabase } from './database.ts';
import { dump } from './dump.ts';
import { type GateOptions, type GateRun, runGate, workspaceWith } from './gate.ts';
import { leftBehind } from './scene.ts';

export type Inputs = Readonly<Record<string, string>>;

export interface AlembicScene {
  readonly database: Database;
  readonly workspace: string;
  readonly environment: AlembicEnvironment;
  /** The environment of the gate and, as far as that lets it through, of alembic. */
  readonly env: Readonly<Record<string, string>>;
  /** A superuser's session of its own. */
  readonly client: pg.Client;
  rows(sql: string, values?: unknown[]): Promise<unknown[][]>;
  /** `apply` unless said otherwise. Nothing of ours is left at the server; unless it was applied, the database is as it was. */
  run(inputs?: Inputs, options?: GateOptions): Promise<GateRun>;
  dryRun(inputs?: Inputs, options?: GateOptions): Promise<GateRun>;
  /** Alembic by itself, on this database or another. */
  alembic(args: readonly string[], url?: string, more?: Inputs): Promise<ToolOutput>;
  /** Writes a file of the project anew; null: removes it. */
  write(name: string, text: string | null): Promise<void>;
  read(name: string): Promise<string>;
  /** All of this database or another, without the gate's records and the columns `without`. */
  dump(url?: string, without?: readonly string[]): Promise<string>;
}

export interface SceneOptions extends ProjectOptions {
  /** Exact versions; the newest by default. */
  readonly alembic?: { readonly alembic: string; readonly sqlalchemy: string };
  readonly setup?: string;
}

const OURS = 'migration_history';

export async function alembicScene({ alembic = ALEMBIC_NEW, setup, ...project }: SceneOptions): Promise<AlembicScene> {
  const [environment, database, workspace] = await Promise.all([
    alembicEnvironment({ ...alembic, drivers: DRIVERS[alembic.sqlalchemy[0] ?? ''] ?? [project.driver] }),
    freshDatabase(),
    workspaceWith({}),
  ]);
  await rm(join(workspace, 'migrations'), { recursive: true });
  await alembicProject(workspace, project);
  const client = await database.client({ application_name: 'the test' });
  if (setup) await client.query(setup);
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH: `${environment.bin}:${PATH}`, HOME, DATABASE_URL: database.url };

  const scene: AlembicScene = {
    database,
    workspace,
    environment,
    env,
    client,
    rows: async (sql, values = []) => (await client.query({ text: sql, values, rowMode: 'array' })).rows,
    run: async (inputs = {}, options = {}) => {
      const before = await dump(database.url, { versions: true });
      let after = before;
      const { onPause } = options;
      const paused = async () => {
        await onPause?.();
        after = await dump(database.url, { versions: true });
      };
      const run = await runGate(
        workspace,
        database.url,
        { engine: 'alembic', ...inputs },
        { env, ...options, ...(onPause ? { onPause: paused } : {}) },
      );
      expect(await leftBehind(client)).toEqual([]);
      const { databaseState, mode } = run.outcome;
      // What apply leaves unchanged may have been written and rolled back, and then there is our own record of it.
      if (
        databaseState === 'unchanged' &&
        !run.outcome.stages.some((one) => one.stage === 'apply' && one.status !== 'skipped')
      )
        expect(await dump(database.url, { versions: true })).toBe(after);
      expect(mode).toBe(inputs.mode ?? 'apply');
      return run;
    },
    dryRun: (inputs = {}, options = {}) => scene.run({ mode: 'dry-run', ...inputs }, options),
    alembic: (args, url = database.url, more = {}) =>
      runAlembic(environment, workspace, args, { DATABASE_URL: url, ...more }),
    write: async (name, text) => {
      if (text === null) return rm(join(workspace, name));
      await mkdir(join(workspace, name, '..'), { recursive: true });
      await writeFile(join(workspace, name), text);
    },
    read: (name) => readFile(join(workspace, name), 'utf8'),
    dump: async (url = database.url, without = []) => {
      const lines = await dump(url, { without: [...without, `public.${OURS}`] });
      return lines
        .split('\n')
        .filter((line) => !line.includes(OURS))
        .join('\n');
    },
  };
  return scene;
}

/** One environment for each SQLAlchemy, so that few have to be made. */
const DRIVERS: Readonly<Record<string, readonly ('psycopg2' | 'psycopg' | 'asyncpg')[]>> = {
  1: ['psycopg2', 'asyncpg'],
  2: ['psycopg2', 'psycopg', 'asyncpg'],
};
