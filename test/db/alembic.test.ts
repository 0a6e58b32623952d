/** Alembic through the gate: the dry run leaves no trace and tells what apply then does, which is what alembic alone would do. */
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALEMBIC_NEW, ALEMBIC_OLD, type Driver } from '../support/alembic.ts';
import { manyRevisions, revisionId, thirtyRevisions } from '../support/alembic-revisions.ts';
import { type AlembicScene, alembicScene, type SceneOptions } from '../support/alembic-scene.ts';
import { sharedServer } from '../support/database.ts';
import { migrationOf } from '../support/dry-run.ts';
import type { GateRun } from '../support/gate.ts';
import { createDatabase } from '../support/postgres.ts';
import { ending } from '../support/scene.ts';

const ANYWAY = { 'fail-on': 'none' };
const HALF = revisionId(15);
/** What no two runs have in common. */
const CLOCKS = ['public.customers.created_at', 'public.orders.placed_at', 'public.orders.updated_at'];

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(sql);
  await client.end();
}

/** The same project by alembic alone, on a database of its own that was at `from` before. */
async function byAlembicAlone(scene: AlembicScene, from: string | null, setup: string | null): Promise<string> {
  const url = await createDatabase(await sharedServer());
  if (setup) await query(url, setup);
  for (const target of from === null ? ['head'] : [from, 'head']) {
    const { code, stderr } = await scene.alembic(['upgrade', target], url);
    expect(code, stderr).toBe(0);
  }
  return scene.dump(url, CLOCKS);
}

const KINDS: Readonly<Record<string, string>> = {
  r: 'table',
  p: 'table',
  i: 'index',
  I: 'index',
  v: 'view',
  m: 'view',
  S: 'sequence',
};

/** `table public.customers`, of all that a schema difference may name: without the product's code. */
async function objects(scene: AlembicScene): Promise<Set<string>> {
  const relations = await scene.rows(
    `select c.relkind::text, c.oid::regclass::text, n.nspname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'i', 'I', 'v', 'm', 'S') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and c.relname !~ '^(alembic_version|migration_history|\\w*ledger_of_alembic)'`,
  );
  const columns = await scene.rows(
    `select a.attrelid::regclass::text, a.attname::text, n.nspname::text from pg_attribute a join pg_class c on c.oid = a.attrelid
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and a.attnum > 0 and not a.attisdropped and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
        and c.relname !~ '^(alembic_version|migration_history|\\w*ledger_of_alembic)'`,
  );
  const qualified = (name: unknown, schema: unknown) => (String(name).includes('.') ? `${name}` : `${schema}.${name}`);
  return new Set([
    ...relations.map(([kind, name, schema]) => `${KINDS[String(kind)]} ${qualified(name, schema)}`),
    ...columns.map(([table, column, schema]) => `column ${qualified(table, schema)}.${column}`),
  ]);
}

const minus = (all: Set<string>, some: Set<string>) => [...all].filter((one) => !some.has(one)).sort();

/** What the dry run says of added and removed objects of the kinds that `objects` reads. */
function told(run: GateRun, change: 'added' | 'removed'): string[] {
  const kinds = new Set([...Object.values(KINDS), 'column']);
  return run.outcome.schemaDiff
    .filter((one) => one.change === change && kinds.has(one.kind))
    .map(({ kind, name }) => `${kind} ${name}`)
    .sort();
}

const versions = (list: readonly { version: string }[]) => list.map(({ version }) => version);

interface Variant {
  readonly name: string;
  readonly options: Omit<SceneOptions, 'revisions'>;
  /** The revision at which the database is, with data, before; null: it is empty. */
  readonly from: string | null;
}

const variant = (driver: Driver, alembic: typeof ALEMBIC_NEW | typeof ALEMBIC_OLD, from: string | null, more = {}) => ({
  name: `${driver}, alembic ${alembic.alembic}, ${from === null ? 'an empty database' : 'half way, with data'}${Object.entries(more).map(([key, value]) => `, ${key} ${value}`)}`,
  options: { driver, alembic, ...more },
  from,
});

const VARIANTS: readonly Variant[] = [
  variant('psycopg2', ALEMBIC_OLD, null),
  variant('asyncpg', ALEMBIC_OLD, HALF),
  variant('psycopg2', ALEMBIC_NEW, HALF, { transactionPerMigration: true }),
  variant('psycopg', ALEMBIC_NEW, null, {
    versionTable: 'ledger_of_alembic',
    versionTableSchema: 'deploy',
    setup: 'create schema deploy',
  }),
  variant('psycopg', ALEMBIC_NEW, HALF, { env: 'async', transactionPerMigration: true }),
  variant('asyncpg', ALEMBIC_NEW, null),
];

describe.each(VARIANTS)('thirty revisions: $name', ({ options, from }) => {
  let scene: AlembicScene;
  let alone: string;
  let before: Set<string>;
  let seen: GateRun;
  const pending = thirtyRevisions().length - (from === null ? 0 : 15);

  beforeAll(async () => {
    scene = await alembicScene({ ...options, revisions: thirtyRevisions() });
    alone = await byAlembicAlone(scene, from, options.setup ?? null);
    if (from !== null) expect((await scene.alembic(['upgrade', from])).code).toBe(0);
    before = await objects(scene);
  });

  test('are rehearsed without a trace', async () => {
    seen = await scene.dryRun(ANYWAY);
    const { outcome } = seen;
    expect(ending(outcome)).toBe('dry-run-passed 0 unchanged');
    expect(outcome).toMatchObject({ previousVersion: from, currentVersion: from, applied: [], error: null });
    expect(outcome.pending).toHaveLength(pending);
    expect(outcome.migrations.map(({ status }) => status)).toEqual(Array(pending).fill('rehearsed'));
    expect(outcome.coverage.statements - outcome.coverage.executed).toBe(from === null ? 1 : 0);
    expect(outcome.rehearsal).toMatchObject({ status: 'aborted', on: 'target' });
    expect(await scene.rows(`select to_regclass('migration_history')`)).toEqual([[null]]);
  });

  test('are applied as predicted, and as alembic would have done alone', async () => {
    const { outcome } = await scene.run(ANYWAY);
    expect(ending(outcome)).toBe('applied 0 migrated');
    expect(outcome).toMatchObject({
      previousVersion: from,
      currentVersion: revisionId(30),
      predictedEqualsActual: true,
      unpredicted: [],
      warnings: [],
    });
    expect(outcome.planDigest).toBe(seen.outcome.planDigest);
    expect(outcome.applied).toEqual(outcome.pending);
    expect(versions(outcome.applied)).toEqual(versions(seen.outcome.pending));
    const after = await objects(scene);
    expect(told(seen, 'added')).toEqual(minus(after, before));
    expect(told(seen, 'removed')).toEqual(minus(before, after));
    expect(await scene.dump(undefined, CLOCKS)).toBe(alone);
    const history = await scene.rows(
      `select version, action, status, error_message, environment, execution_time_ms >= 0, plan_digest
         from migration_history order by ctid`,
    );
    const row = ['apply', 'success', null, 'staging', true, outcome.planDigest];
    expect(history).toEqual(versions(outcome.applied).map((one) => [one, ...row]));
    expect(outcome.migrations.every(({ appliedMs }) => appliedMs !== null)).toBe(true);
  });
});

describe('what is told', () => {
  const line = (text: string, sql: string) => text.split('\n').findIndex((one) => one.includes(sql)) + 1;

  test('each statement under its revision, with file, line, rows and the locks on tables that were there', async () => {
    const scene = await alembicScene({ driver: 'psycopg', revisions: thirtyRevisions() });
    expect((await scene.alembic(['upgrade', HALF])).code).toBe(0);
    const { outcome } = await scene.dryRun(ANYWAY);
    const renamed = migrationOf(outcome, `${revisionId(26)}_rename_the_note_of_an_order.py`);
    expect(renamed).toMatchObject({ version: revisionId(26), transactional: true, status: 'rehearsed' });
    const line26 = line(await scene.read(renamed.file), 'def upgrade');
    expect(renamed.statements).toMatchObject([
      {
        sql: 'ALTER TABLE orders RENAME note TO remark',
        line: line26,
        executed: true,
        locks: [{ relation: 'public.orders', mode: 'AccessExclusiveLock', preexisting: true }],
      },
      // Made in this very run: nobody else can wait for it.
      { sql: 'ALTER TABLE tags RENAME TO labels', line: line26, executed: true, locks: [] },
    ]);
    const shipments = outcome.migrations.find(({ name }) => name === 'one shipment for each order sent');
    const filled = shipments?.statements.find(({ sql }) => sql.startsWith('INSERT INTO shipments'));
    expect(filled).toMatchObject({ rows: 30, count: 1 });
    expect(filled?.line).toBe(line(await scene.read(shipments?.file ?? ''), 'INSERT INTO shipments'));
    const products = migrationOf(outcome, `${revisionId(25)}_attributes_of_products_in_batches.py`);
    const updates = products.statements.filter(({ sql }) => sql.startsWith('UPDATE products'));
    expect(updates.map(({ rows, count }) => [rows, count])).toEqual([
      [1, 1],
      [1, 1],
      [198, 198],
    ]);
    expect(outcome.hazards.filter(({ rule }) => rule === 'drop-column')).toMatchObject([
      {
        version: revisionId(27),
        file: `alembic/versions/${revisionId(27)}_drop_what_nobody_reads.py`,
        statement: 'ALTER TABLE customers DROP COLUMN name',
      },
    ]);
  });

  test("plan.sql is in alembic's own words where it can write the upgrade down, else what the dry run saw", async () => {
    const scene = await alembicScene({ driver: 'psycopg2', revisions: manyRevisions(3) });
    const rendered = await scene.alembic(['upgrade', 'head', '--sql']);
    const { plan, outcome } = await scene.dryRun();
    expect(plan).toContain(`-- plan-digest: ${outcome.planDigest}\n`);
    expect(plan).toContain(rendered.stdout.trim());

    const hostile = await alembicScene({ driver: 'psycopg2', revisions: manyRevisions(4) });
    expect((await hostile.alembic(['upgrade', 'head', '--sql'])).code).toBe(0);
    await hostile.write(
      `alembic/versions/${revisionId(4)}_fill_table_0.py`,
      (await hostile.read(`alembic/versions/${revisionId(4)}_fill_table_0.py`)).replace(
        'bind = op.get_bind()',
        'bind = op.get_bind()\n    assert bind.execute(sa.text("SELECT count(*) FROM table_0")).scalar() == 0',
      ),
    );
    const seen = await hostile.dryRun();
    expect(ending(seen.outcome)).toBe('dry-run-passed 0 unchanged');
    expect(seen.plan).not.toContain('INSERT INTO alembic_version');
    expect(seen.plan).toContain(`4 of 4: alembic/versions/${revisionId(4)}_fill_table_0.py`);
    expect(seen.plan).toMatch(
      /CREATE TABLE table_0[\s\S]*CREATE INDEX ix_table_0_name[\s\S]*INSERT INTO table_0 \(name\)/,
    );
  });
});

describe('how far', () => {
  test('to a revision in the middle, by its beginning; then nothing more to there; then the rest', async () => {
    const scene = await alembicScene({ driver: 'asyncpg', revisions: manyRevisions(8) });
    const first = await scene.run({ 'target-version': revisionId(3).slice(0, 8) });
    expect(ending(first.outcome)).toBe('applied 0 migrated');
    expect(versions(first.outcome.applied)).toEqual([1, 2, 3].map(revisionId));
    expect(first.outcome).toMatchObject({ previousVersion: null, currentVersion: revisionId(3) });
    expect(await scene.rows('select version_num from alembic_version')).toEqual([[revisionId(3)]]);
    const again = await scene.run({ 'target-version': revisionId(3) });
    expect(ending(again.outcome)).toBe('up-to-date 0 unchanged');
    const behind = await scene.run({ 'target-version': revisionId(2) });
    expect(ending(behind.outcome)).toBe('failed 1 unchanged');
    expect(behind.outcome.error).toMatchObject({
      class: 'input',
      message: expect.stringContaining('is applied already'),
    });
    const rest = await scene.run();
    expect(versions(rest.outcome.applied)).toEqual([4, 5, 6, 7, 8].map(revisionId));
    expect(rest.outcome).toMatchObject({ previousVersion: revisionId(3), currentVersion: revisionId(8) });
  });

  test('nothing pending: no token, no pause, and alembic is not run', async () => {
    const scene = await alembicScene({ driver: 'psycopg2', revisions: manyRevisions(2) });
    expect((await scene.alembic(['upgrade', 'head'])).code).toBe(0);
    // It would show if it were: the project's code leaves a trace.
    await scene.write('alembic/env.py', `open("ran", "w").close()\n${await scene.read('alembic/env.py')}`);
    for (const mode of ['dry-run', 'apply']) {
      const { outcome } = await scene.run({
        mode,
        environment: 'production',
        'review-delay': '1m',
        'plan-digest': 'a'.repeat(64),
      });
      expect(ending(outcome)).toBe('up-to-date 0 unchanged');
      expect(outcome.stages.filter(({ status }) => status !== 'skipped').map(({ stage }) => stage)).toEqual([
        'inspect',
        'plan',
      ]);
    }
    await expect(scene.read('ran')).rejects.toThrow('ENOENT');
  });
});
