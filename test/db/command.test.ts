/** psql, dbmate, node-pg-migrate and Django through the gate, unmodified: the dry run leaves no trace and tells what apply then does. */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findToolTables } from '../../src/engines/tool/tables.ts';
import { dryRunCommand, dumpOfProject, ending, runCommand } from '../support/command.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { migrationOf } from '../support/dry-run.ts';
import type { GateRun } from '../support/gate.ts';
import {
  childEnvironment,
  djangoProject,
  runTool,
  SHOP_PROOF,
  SHOP_PROVED,
  TOOL_PROJECTS,
  type ToolProject,
  type Variant,
} from '../support/tools.ts';

let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'gate-command-'));
});
afterAll(() => rm(home, { recursive: true, force: true }));

const PARTS = ['1_customers', '2_load', '3_domain', '4_orders', '5_index', '6_view'];

/** The first three migrations, by the tool alone; what is left to do stays in the project. */
async function halfWay(project: ToolProject, url: string): Promise<void> {
  const { folder, tool } = project;
  const including = (parts: readonly string[]) => parts.map((part) => `\\ir parts/${part}.sql\n`).join('');
  const words: Record<ToolProject['tool'], readonly string[]> = {
    psql: project.apply,
    dbmate: project.apply,
    'node-pg-migrate': [...project.apply, '3'],
    django: [...project.apply, 'shop', '0003'],
  };
  const later = tool === 'dbmate' ? project.versions.slice(3) : [];
  const nameOf = (version: string) => `${version}_${PARTS[Number(version.at(-1)) - 1]?.slice(2)}.sql`;
  await mkdir(join(folder, 'later'), { recursive: true });
  const move = (from: string, to: string) =>
    Promise.all(later.map((one) => rename(join(folder, from, nameOf(one)), join(folder, to, nameOf(one)))));
  if (tool === 'psql') await writeFile(join(folder, 'all.sql'), including(PARTS.slice(0, 3)));
  await move('db/migrations', 'later');
  const { code, output } = await runTool(project, words[tool], childEnvironment(url));
  expect(code, output).toBe(0);
  await move('later', 'db/migrations');
  if (tool === 'psql') await writeFile(join(folder, 'all.sql'), including(PARTS.slice(3)));
}

interface Case {
  readonly name: ToolProject['tool'];
  readonly start: 'an empty database' | 'half way, with data';
  readonly make: (folder: string, variant?: Variant) => Promise<ToolProject>;
}

const CASES: readonly Case[] = TOOL_PROJECTS.flatMap(([name, make]) => [
  { name, make, start: 'an empty database' as const },
  { name, make, start: 'half way, with data' as const },
]);

/** What the tool has on record of this project alone. */
const own = (name: string, versions: readonly string[]) =>
  versions.filter((version) => name !== 'django' || version.startsWith('shop.'));

const told = (run: GateRun) => run.outcome.migrations.map(({ version }) => version);

/** Where each of the six migrations is in the project. */
const FILES: Record<ToolProject['tool'], (version: string) => string> = {
  psql: () => 'all.sql',
  dbmate: (version) => `db/migrations/${version}_${PARTS[Number(version.at(-1)) - 1]?.slice(2)}.sql`,
  'node-pg-migrate': (version) => `migrations/${version}${version.includes('load') ? '.sql' : '.js'}`,
  django: (version) => `shop/migrations/${version.slice('shop.'.length)}.py`,
};

describe.each(CASES)('$name, $start', ({ name, start, make }) => {
  let project: ToolProject;
  let database: Database;
  let alone: Database;
  let seen: GateRun;
  let pending: readonly string[];
  const isHalf = start !== 'an empty database';

  beforeAll(async () => {
    const folder = join(home, `${name}-${isHalf}`);
    [project, database, alone] = await Promise.all([make(folder), freshDatabase(), freshDatabase()]);
    if (isHalf) {
      await halfWay(project, alone.url);
      await make(folder);
      await halfWay(project, database.url);
    }
    const { code, output } = await runTool(project, project.apply, childEnvironment(alone.url));
    expect(code, output).toBe(0);
    pending = name === 'psql' ? ['unrecorded'] : project.versions.slice(isHalf ? 3 : 0);
  });

  it('is rehearsed without a trace, each statement under its migration', async () => {
    seen = await dryRunCommand(project, database);
    const { outcome } = seen;
    expect(ending(outcome), outcome.error?.message).toEqual({
      result: 'dry-run-passed',
      exitCode: 0,
      databaseState: 'unchanged',
    });
    expect(outcome.previousVersion).toBe(isHalf ? (project.versions[2] ?? null) : null);
    expect(
      own(
        name,
        told(seen).filter((one) => name === 'psql' || one !== 'unrecorded'),
      ),
    ).toEqual(pending);
    for (const version of pending) {
      const migration = outcome.migrations.find((one) => one.version === version);
      expect(migration).toMatchObject({ status: 'rehearsed', file: FILES[name](version) });
    }
    const file = (part: number) => FILES[name](project.versions[part - 1] ?? '');
    const index = migrationOf(outcome, file(5)).statements.find(({ sql }) => sql.includes('shop_customer_email'));
    expect(index?.reason).toMatch(/^rehearsed in its plain form/);
    const orders = migrationOf(outcome, file(4)).statements.find(({ sql }) => /CREATE TABLE shop_order/.test(sql));
    expect(orders?.executed).toBe(true);
    // The lock on the table that is referenced, where it was there before.
    expect(orders?.locks).toEqual(
      isHalf ? [{ relation: 'public.shop_customer', mode: 'ShareRowExclusiveLock', preexisting: true }] : [],
    );
    const lines: Record<ToolProject['tool'], number> = {
      psql: isHalf ? 1 : 4,
      dbmate: 3,
      'node-pg-migrate': 2,
      django: 7,
    };
    expect(orders?.line).toBe(lines[name]);
  });

  it('has the same digest the next time, and is applied as predicted, as it would have been alone', async () => {
    const again = await dryRunCommand(project, database);
    expect(again.outcome.planDigest).toBe(seen.outcome.planDigest);
    expect(again.outcome.planDigest).toMatch(/^[0-9a-f]{64}$/);

    const { outcome } = await runCommand(project, database.url, { 'plan-digest': again.outcome.planDigest ?? '' });
    expect(ending(outcome), outcome.error?.message).toEqual({
      result: 'applied',
      exitCode: 0,
      databaseState: 'migrated',
    });
    expect(outcome).toMatchObject({ predictedEqualsActual: true, currentVersion: project.versions.at(-1) ?? null });
    expect(outcome.applied.map(({ version }) => version)).toEqual(told(seen));

    const client = await database.client();
    expect((await client.query(SHOP_PROOF)).rows).toEqual([SHOP_PROVED]);
    const [table] = await findToolTables(client);
    expect(await dumpOfProject(database.url, table ?? null)).toBe(await dumpOfProject(alone.url, table ?? null));
  });

  it.skipIf(name === 'psql')('is up to date then, also in production: no token, no pause', async () => {
    const before = await dumpOfProject(database.url, null);
    const run = await runCommand(
      project,
      database.url,
      { environment: 'production', 'plan-digest': '0'.repeat(64) },
      { onPause: () => expect.fail('a pause') },
    );
    expect(ending(run.outcome)).toEqual({ result: 'up-to-date', exitCode: 0, databaseState: 'unchanged' });
    expect(run.outcome.currentVersion).toBe(project.versions.at(-1));
    expect(await dumpOfProject(database.url, null)).toBe(before);
  });

  it('status and verify ask the table, and run nothing', async () => {
    const status = await runCommand(project, database.url, { mode: 'status' });
    expect(ending(status.outcome)).toEqual({ result: 'reported', exitCode: 0, databaseState: 'unchanged' });
    expect(
      own(
        name,
        status.outcome.recorded.map((one) => one.version),
      ).toSorted(),
    ).toEqual(project.versions);
    const verified = await runCommand(project, database.url, { mode: 'verify', 'critical-tables': 'shop_order' });
    expect(ending(verified.outcome)).toEqual({ result: 'verified', exitCode: 0, databaseState: 'unchanged' });
    const lost = await runCommand(project, database.url, { mode: 'verify', 'critical-tables': 'shop_nowhere' });
    expect(lost.outcome.exitCode).not.toBe(0);
  });
});

describe.each(TOOL_PROJECTS)('%s, with a migration that fails', (name, make) => {
  it('fails in the dry run, by statement, file and line', async () => {
    const database = await freshDatabase();
    const project = await make(join(home, `${name}-failing`), 'failing');
    const { outcome } = await dryRunCommand(project, database);
    expect(ending(outcome)).toEqual({ result: 'failed', exitCode: 1, databaseState: 'unchanged' });
    const at: Record<string, object> = {
      psql: { file: 'parts/4_orders.sql', line: 15, column: 1 },
      dbmate: { file: 'db/migrations/20250101000004_orders.sql', line: 16, column: 1 },
      'node-pg-migrate': { file: 'migrations/1735689600004_orders.js', line: 3, column: 12 },
      django: { file: 'shop/migrations/0004_orders.py', line: 8 },
    };
    expect(outcome.error).toMatchObject({ class: 'missing-object', sqlstate: '42P01', ...at[name] });
    const failed = outcome.migrations.filter(({ status }) => status === 'failed');
    expect(failed).toHaveLength(1);
    expect(failed[0]?.statements.at(-1)).toMatchObject({
      sql: 'ALTER TABLE shop_nowhere ADD COLUMN lost int',
      executed: true,
      error: 'relation "shop_nowhere" does not exist',
    });
    expect(outcome.hazards.filter(({ rule }) => rule === 'statement-fails')).toHaveLength(1);
    // Those before it were rehearsed.
    if (name !== 'psql') expect(outcome.migrations.filter(({ status }) => status === 'rehearsed')).not.toEqual([]);
  });
});

describe('what passes in the rehearsal and fails in apply', () => {
  it.each(TOOL_PROJECTS.filter(([name]) => name !== 'django'))(
    '%s: what was committed before it is told',
    async (name, make) => {
      const [database, project] = await Promise.all([freshDatabase(), make(join(home, `${name}-late`))]);
      await halfWay(project, database.url);
      const client = await database.client();
      const { outcome } = await runCommand(
        project,
        database.url,
        { 'review-delay': '1s' },
        // Its last migration wants at least one.
        { onPause: async () => void (await client.query('DELETE FROM shop_customer')) },
      );
      expect(ending(outcome)).toEqual({ result: 'failed', exitCode: 7, databaseState: 'partially-migrated' });
      expect(outcome.error).toMatchObject({ message: 'no customers', sqlstate: 'P0001' });
      expect(outcome.applied.map(({ version }) => version)).toEqual(
        name === 'psql' ? [] : project.versions.slice(3, 5),
      );
      const { rows } = await client.query(
        `SELECT to_regclass('shop_order') IS NOT NULL AS orders, to_regclass('shop_summary') AS view`,
      );
      expect(rows).toEqual([{ orders: true, view: null }]);
    },
  );

  it('Django: nothing was committed before it', async () => {
    const [database, project] = await Promise.all([freshDatabase(), djangoProject(join(home, 'django-late'))]);
    await halfWay(project, database.url);
    // So that what it does first is about the shop.
    const others = await runTool(project, [...project.apply, 'auth'], childEnvironment(database.url));
    expect(others.code, others.output).toBe(0);
    const client = await database.client();
    const { outcome } = await runCommand(
      project,
      database.url,
      { 'review-delay': '1s', 'lock-timeout': '200ms', 'lock-retries': '0' },
      { onPause: async () => void (await client.query('BEGIN; LOCK TABLE shop_customer')) },
    );
    expect(ending(outcome)).toEqual({ result: 'failed', exitCode: 1, databaseState: 'unchanged' });
    expect(outcome.error).toMatchObject({ class: 'lock-timeout', sqlstate: '55P03' });
    await client.query('ROLLBACK');
    expect((await client.query(`SELECT to_regclass('shop_order') AS orders`)).rows).toEqual([{ orders: null }]);
  });
});
