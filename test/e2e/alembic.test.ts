/** The committed bundle, as a runner runs it, for a team that migrates with Alembic. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AlembicEnvironment,
  alembicEnvironment,
  alembicProject,
  fileOf,
  type ProjectOptions,
  runAlembic,
} from '../support/alembic.ts';
import { failingInTheMiddle, manyRevisions, revisionId, thirtyRevisions } from '../support/alembic-revisions.ts';
import { type Database, freshDatabase } from '../support/database.ts';
import { dump } from '../support/dump.ts';
import { nodeForAction } from '../support/node24.ts';
import {
  type ActionOptions,
  type ActionRun,
  placesOf,
  runAction,
  runCli,
  startAction,
  temporaryWorkspace,
} from '../support/runner.ts';
import { leftBehind } from '../support/scene.ts';

interface Checkout {
  readonly database: Database;
  readonly client: pg.Client;
  readonly workspace: string;
  readonly environment: AlembicEnvironment;
  readonly env: Record<string, string>;
  options(inputs?: Record<string, string>, more?: Partial<ActionOptions>): ActionOptions;
}

beforeAll(async () => {
  // Not while the first of them wait for it.
  await nodeForAction();
});

async function checkout(options: Omit<ProjectOptions, 'driver'>): Promise<Checkout> {
  const [database, environment] = await Promise.all([
    freshDatabase(),
    alembicEnvironment({ drivers: ['psycopg2', 'psycopg', 'asyncpg'] }),
  ]);
  const workspace = temporaryWorkspace();
  await alembicProject(workspace, { driver: 'psycopg', ...options });
  const env = { PATH: `${environment.bin}:${process.env.PATH}` };
  return {
    database,
    client: await database.client({ application_name: 'the test' }),
    workspace,
    environment,
    env,
    options: (inputs = {}, more = {}) => ({
      workspace,
      env,
      inputs: { 'database-url': database.url, mode: 'apply', 'upload-artifact': 'false', ...inputs },
      ...more,
    }),
  };
}

const ending = ({ exitCode, outputs }: ActionRun) => `${outputs.result} ${exitCode} ${outputs['database-state']}`;
const firstLine = (summary: string) => summary.split('\n').find((line) => line.trim() !== '') ?? '';

describe('a team deploys with Alembic', () => {
  it('rehearses and applies what is pending, and tells no secret of it', async () => {
    const here = await checkout({ revisions: thirtyRevisions() });
    const half = await runAlembic(here.environment, here.workspace, ['upgrade', revisionId(15)], {
      DATABASE_URL: here.database.url,
    });
    expect(half.code).toBe(0);
    // A project that prints what it is given.
    const env = join(here.workspace, 'alembic', 'env.py');
    await writeFile(
      env,
      `import os, sys\nfor item in os.environ.items():\n    print(*item, file=sys.stderr)\n${await readFile(env, 'utf8')}`,
    );
    const before = await dump(here.database.url, { versions: true });
    const dry = await runAction(
      here.options({ mode: 'dry-run', 'fail-on': 'none' }, { env: { ...here.env, DATABASE_URL: here.database.url } }),
    );
    expect(ending(dry)).toBe('dry-run-passed 0 unchanged');
    expect(await dump(here.database.url, { versions: true })).toBe(before);

    const run = await runAction(here.options({ 'fail-on': 'none', 'plan-digest': dry.outputs['plan-digest'] ?? '' }));
    expect(ending(run)).toBe('applied 0 migrated');
    expect(run.outputs).toMatchObject({
      'previous-version': revisionId(15),
      'current-version': revisionId(30),
      'pending-count': '15',
      'applied-count': '15',
    });
    expect(JSON.parse(run.outputs.applied ?? '[]')[0]).toEqual({
      version: revisionId(16),
      name: 'tags',
      file: `alembic/versions/${revisionId(16)}_tags.py`,
    });
    expect(run.report).toMatchObject({ engine: 'alembic', predictedEqualsActual: true });
    expect(firstLine(run.summary)).toMatch(/Applied: 15 migrations/);
    expect((await readdir(run.logDir)).sort()).toEqual(['migration.log', 'plan.sql', 'report.json', 'summary.md']);
    expect(await readFile(join(run.logDir, 'plan.sql'), 'utf8')).toContain('ALTER TABLE orders RENAME note TO remark');
    const { password } = new URL(here.database.url);
    for (const one of [dry, run]) expect(await placesOf(one, password)).toEqual([]);
    expect(await leftBehind(here.client)).toEqual([]);

    const again = await runAction(here.options());
    expect(ending(again)).toBe('up-to-date 0 unchanged');
  });

  it('shows where a revision fails, in its file', async () => {
    const all = failingInTheMiddle();
    const here = await checkout({ revisions: all });
    const run = await runAction(here.options());
    const file = `alembic/versions/${fileOf(all[3] as (typeof all)[number])}`;
    const text = await readFile(join(here.workspace, file), 'utf8');
    const line = text.split('\n').findIndex((one) => one.includes('UPDATE accounts')) + 1;
    expect(ending(run)).toBe('failed 1 unchanged');
    expect(run.annotations[0]).toMatchObject({ level: 'error', file, line });
    expect(firstLine(run.summary)).toContain('unchanged');
    expect(run.summary).toContain(file);
    const at = run.log.findIndex((one) => one.includes('UPDATE accounts SET balance') && !one.includes('executed'));
    expect(run.log.slice(at, at + 2).join('\n')).toMatch(/ledger[^\n]*\n\s*\^/);
    expect(run.report.error).toMatchObject({ class: 'missing-object', sqlstate: '42P01', file, line });
    expect(run.report.migrations.map((one: { status: string }) => one.status)).toEqual([
      'rehearsed',
      'rehearsed',
      'rehearsed',
      'failed',
      'not-executed',
    ]);
    expect((await here.client.query(`select to_regclass('accounts') as there`)).rows).toEqual([{ there: null }]);
  });

  it('refuses a project that has an address of its own, and tells how to mend it', async () => {
    const here = await checkout({ revisions: manyRevisions(2) });
    await alembicProject(here.workspace, {
      revisions: manyRevisions(2),
      driver: 'psycopg',
      env: 'second-url',
      url: here.database.url,
    });
    const run = await runAction(here.options());
    expect(ending(run)).toBe('refused 3 unchanged');
    expect(run.report.error).toMatchObject({ class: 'tool', next: expect.stringContaining('database-url-env') });
    expect((await here.client.query(`select to_regclass('migration_audit') as there`)).rows).toEqual([{ there: null }]);
  });

  it('from the command line, found as people run it', async () => {
    const here = await checkout({ revisions: manyRevisions(3) });
    const env = { DATABASE_URL: here.database.url };
    const words = ['--environment', 'staging', '--alembic-command', `${here.environment.python} -m alembic`];
    const dry = await runCli(['apply', '--dry-run', ...words], { cwd: here.workspace, env });
    expect({ exitCode: dry.exitCode, result: dry.report.result }).toEqual({ exitCode: 0, result: 'dry-run-passed' });
    const run = await runCli(['apply', '--version', revisionId(2), '--json', ...words], { cwd: here.workspace, env });
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      result: 'applied',
      currentVersion: revisionId(2),
      engine: 'alembic',
    });
  });
});

describe('a run that does not come to its end', () => {
  /** In apply the second revision waits; before it the first has committed, or not. */
  const waiting = [
    {
      revision: revisionId(1),
      down: null,
      message: 'create notes',
      upgrade: 'op.create_table("notes", sa.Column("id", sa.Integer))',
    },
    {
      revision: revisionId(2),
      down: revisionId(1),
      message: 'wait',
      upgrade: 'import os\nif "MIGRATION_GATE_REHEARSAL" not in os.environ:\n    op.execute("SELECT pg_sleep(60)")',
    },
  ];

  async function untilItWaits(client: pg.Client): Promise<void> {
    for (;;) {
      const { rows } = await client.query(
        `select 1 from pg_stat_activity where query like '%pg_sleep(60)%' and pid <> pg_backend_pid() and state = 'active' and datname = current_database()`,
      );
      if (rows.length > 0) return;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  const notes = async (client: pg.Client) =>
    (await client.query(`select to_regclass('notes') is not null as there`)).rows[0].there;

  it('killed after something was committed: the post step ends what it left and reads the database back', async () => {
    const here = await checkout({ revisions: waiting, transactionPerMigration: true });
    const running = await startAction(here.options());
    await untilItWaits(here.client);
    running.kill('SIGKILL');
    await running.done;
    const post = await running.runPost();
    expect(await leftBehind(here.client)).toEqual([]);
    expect(post.exitCode).toBe(7);
    expect(post.report).toMatchObject({
      result: 'failed',
      databaseState: 'partially-migrated',
      currentVersion: revisionId(1),
      applied: [{ version: revisionId(1) }],
    });
    expect(await notes(here.client)).toBe(true);
    expect(post.summary).toContain('partially migrated');
  });

  it('killed before: what was not committed is gone, and it is said that nothing was changed', async () => {
    const here = await checkout({ revisions: waiting });
    const running = await startAction(here.options());
    await untilItWaits(here.client);
    running.kill('SIGKILL');
    await running.done;
    const post = await running.runPost();
    expect(await leftBehind(here.client)).toEqual([]);
    expect(post.exitCode).toBe(1);
    expect(post.report).toMatchObject({ result: 'failed', databaseState: 'unchanged', applied: [] });
    expect(await notes(here.client)).toBe(false);
  });

  it('cancelled as a runner cancels: nothing is left, and the state is told', async () => {
    const here = await checkout({ revisions: waiting });
    const running = await startAction(here.options());
    await untilItWaits(here.client);
    running.kill('SIGINT');
    const run = await running.done;
    expect(await leftBehind(here.client)).toEqual([]);
    expect(ending(run)).toBe('cancelled 6 unchanged');
    expect(await notes(here.client)).toBe(false);
  });
});
