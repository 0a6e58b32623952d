/** The committed bundle, as a runner runs it, through what happens to a team that deploys with it. */
import { appendFile, cp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { beforeAll, describe, expect, it } from 'vitest';
import { sharedServer } from '../support/database.ts';
import { fingerprint } from '../support/fingerprint.ts';
import { createDatabase } from '../support/postgres.ts';
import {
  type ActionRun,
  placesOf,
  runAction,
  runCli,
  startAction,
  temporaryWorkspace,
  writeMigrations,
} from '../support/runner.ts';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
const PRODUCTION = 'refs/tags/v1.4.0';
const TOKEN = 'MIGRATE-PRODUCTION';

const BROKEN_AT_THREE = `CREATE TABLE invoices (id bigint PRIMARY KEY);
COMMENT ON TABLE invoices IS 'One per order';
  INSERT INTO invoices (number) VALUES (1);
CREATE INDEX invoices_idx ON invoices (id);
CREATE VIEW open_invoices AS SELECT id FROM invoices;
`;

describe('a team deploys', () => {
  let url: string;
  let workspace: string;

  beforeAll(async () => {
    url = await freshUrl();
    workspace = await checkout();
  });

  const deploy = (inputs: Record<string, string> = {}, ref = 'refs/heads/staging') =>
    runAction({ workspace, ref, inputs: { 'database-url': url, mode: 'apply', ...inputs } });

  it('rehearses, applies and verifies a first deployment', async () => {
    const run = await deploy({
      'critical-tables': 'customers, public.bookings',
      'critical-indexes': 'orders_customer_placed_idx',
      'smoke-tests': 'smoke-tests/*.sql',
    });

    expect(ending(run)).toEqual({ exitCode: 0, result: 'applied', state: 'migrated' });
    expect(run.outputs).toMatchObject({
      environment: 'staging',
      'previous-version': '',
      'current-version': '12',
      'pending-count': '12',
      'applied-count': '12',
    });
    expect(JSON.parse(run.outputs.applied ?? '')).toHaveLength(12);
    expect(run.report).toMatchObject({
      schema: 1,
      predictedEqualsActual: true,
      coverage: { statements: 44, executed: 43 },
    });
    expect(
      run.report.stages.map((stage: { stage: string; status: string }) => `${stage.stage} ${stage.status}`),
    ).toEqual([
      'inspect passed',
      'plan passed',
      'dry-run passed',
      'review skipped',
      'backup skipped',
      'apply passed',
      'verify passed',
    ]);
    expect((await readdir(run.logDir)).sort()).toEqual(['migration.log', 'plan.sql', 'report.json', 'summary.md']);
    expect(run.annotations.filter(({ level }) => level === 'error')).toEqual([]);
    expect(firstLine(run.summary)).toMatch(/Applied: 12 migrations/);
    expect(await ask(url, 'SELECT count(*)::int AS answer FROM order_overview')).toBe(0);
    expect(
      await ask(
        url,
        `SELECT indisvalid AS answer FROM pg_index WHERE indexrelid = 'orders_customer_placed_idx'::regclass`,
      ),
    ).toBe(true);
  });

  it('has nothing left to do after the end', async () => {
    const running = await startAction({ workspace, inputs: { 'database-url': url, mode: 'status' } });
    await running.done;
    const post = await running.runPost();
    expect([post.exitCode, post.outputs, post.summary, post.annotations]).toEqual([0, {}, '', []]);
  });

  it('sets every declared output', async () => {
    const declared = [
      ...((await readFile(join(ROOT, 'action.yml'), 'utf8')).split('\noutputs:')[1]?.matchAll(/^ {2}([\w-]+):$/gm) ??
        []),
    ];
    const run = await deploy({ mode: 'status' });
    expect(declared.length).toBeGreaterThan(10);
    expect(Object.keys(run.outputs).sort()).toEqual(declared.map(([, name]) => name).sort());
  });

  it('does nothing, and writes nothing, when the same files come again', async () => {
    const before = await fingerprint(url, { rowVersions: true });
    const run = await deploy({ 'smoke-tests': 'smoke-tests/*.sql' });

    expect(ending(run)).toEqual({ exitCode: 0, result: 'up-to-date', state: 'unchanged' });
    expect(run.outputs['pending-count']).toBe('0');
    expect(await fingerprint(url, { rowVersions: true })).toBe(before);
  });

  it('passes in production without the token when there is nothing to do', async () => {
    const run = await deploy({}, PRODUCTION);
    expect(ending(run)).toEqual({ exitCode: 0, result: 'up-to-date', state: 'unchanged' });
  });

  it('shows a dry run and changes nothing', async () => {
    await writeMigrations(join(workspace, 'migrations'), {
      '13_wishes.sql': 'CREATE TABLE wishes (id bigint PRIMARY KEY);\n',
    });
    const before = await fingerprint(url, { rowVersions: true });
    const run = await deploy({ mode: 'dry-run' });

    expect(ending(run)).toEqual({ exitCode: 0, result: 'dry-run-passed', state: 'unchanged' });
    expect(run.report.migrations).toMatchObject([{ version: '13', status: 'rehearsed' }]);
    expect(run.report.schemaDiff).toContainEqual(
      expect.objectContaining({ change: 'added', kind: 'table', name: 'public.wishes' }),
    );
    expect(await fingerprint(url, { rowVersions: true })).toBe(before);
  });

  it('executes nothing in production without the token', async () => {
    const before = await fingerprint(url);
    const run = await deploy({ 'review-delay': '0' }, PRODUCTION);

    expect(ending(run)).toEqual({ exitCode: 3, result: 'refused', state: 'unchanged' });
    expect(run.report.error.next).toContain('confirm-token');
    expect(await fingerprint(url)).toBe(before);
  });

  it('refuses a plan that is not the one that was looked at', async () => {
    const run = await deploy({ 'plan-digest': '0'.repeat(64) });
    expect(ending(run)).toEqual({ exitCode: 3, result: 'refused', state: 'unchanged' });
  });

  it('applies the new file in production with the token, the pause, and the digest of the dry run', async () => {
    const seen = await deploy({ mode: 'dry-run' }, PRODUCTION);
    const digest = seen.outputs['plan-digest'] ?? '';
    const run = await deploy({ 'confirm-token': TOKEN, 'review-delay': '1s', 'plan-digest': digest }, PRODUCTION);

    expect(ending(run)).toEqual({ exitCode: 0, result: 'applied', state: 'migrated' });
    expect(run.durationMs).toBeGreaterThan(1000);
    expect(run.report.predictedEqualsActual).toBe(true);
    expect(run.outputs).toMatchObject({ 'previous-version': '12', 'current-version': '13' });
    expect(run.report.stages).toContainEqual(expect.objectContaining({ stage: 'backup', status: 'passed' }));
  });

  it('refuses to be laxer with a database that was migrated as production', async () => {
    await writeMigrations(join(workspace, 'migrations'), {
      '14_more.sql': 'CREATE TABLE more (id bigint PRIMARY KEY);\n',
    });
    const run = await deploy();
    await rm(join(workspace, 'migrations', '14_more.sql'));
    expect(ending(run)).toEqual({ exitCode: 3, result: 'refused', state: 'unchanged' });
  });

  it('stops a migration that breaks at its third statement of five, in the dry run', async () => {
    await writeMigrations(join(workspace, 'migrations'), { '14_invoices.sql': BROKEN_AT_THREE });
    const before = await fingerprint(url, { rowVersions: true });
    const run = await deploy({ 'confirm-token': TOKEN, 'review-delay': '0' }, PRODUCTION);
    await rm(join(workspace, 'migrations', '14_invoices.sql'));

    expect(ending(run)).toEqual({ exitCode: 1, result: 'failed', state: 'unchanged' });
    expect(firstLine(run.summary)).toMatch(/14_invoices\.sql line 3.*unchanged/);
    expect(run.annotations[0]).toMatchObject({
      level: 'error',
      file: 'migrations/14_invoices.sql',
      line: 3,
      column: 25,
    });
    const at = run.log.findIndex((line) => line.includes('INSERT INTO invoices (number)'));
    expect(run.log[at + 1]).toMatch(/^\s*\^\s*$/);
    expect(run.log[at + 1]?.indexOf('^')).toBe(run.log[at]?.indexOf('number'));
    expect(run.report.error).toMatchObject({ class: 'missing-object', sqlstate: '42703', line: 3, column: 25 });
    expect(await fingerprint(url, { rowVersions: true })).toBe(before);
  });

  it('refuses an applied file that was edited', async () => {
    const path = join(workspace, 'migrations', '04_products.sql');
    const before = await readFile(path, 'utf8');
    await appendFile(path, '-- one more line\n');
    const run = await deploy({ 'confirm-token': TOKEN }, PRODUCTION);
    await writeMigrations(workspace, { 'migrations/04_products.sql': before });

    expect(ending(run)).toEqual({ exitCode: 3, result: 'refused', state: 'unchanged' });
    expect(run.report.error).toMatchObject({ class: 'checksum', file: 'migrations/04_products.sql' });
  });

  it('takes CRLF and a byte order mark for the same file', async () => {
    const path = join(workspace, 'migrations', '04_products.sql');
    const before = await readFile(path, 'utf8');
    await writeMigrations(workspace, { 'migrations/04_products.sql': `\uFEFF${before.replaceAll('\n', '\r\n')}` });
    const run = await deploy({}, PRODUCTION);
    await writeMigrations(workspace, { 'migrations/04_products.sql': before });
    expect(ending(run)).toEqual({ exitCode: 0, result: 'up-to-date', state: 'unchanged' });
  });

  it('refuses when an applied file is missing', async () => {
    const path = join(workspace, 'migrations', '04_products.sql');
    const before = await readFile(path, 'utf8');
    await rm(path);
    const run = await deploy({ 'confirm-token': TOKEN }, PRODUCTION);
    await writeMigrations(workspace, { 'migrations/04_products.sql': before });
    expect(ending(run)).toEqual({ exitCode: 3, result: 'refused', state: 'unchanged' });
  });
});

describe('what happens between the dry run and the end', () => {
  const files = {
    '02_cities.sql': 'CREATE TABLE cities (id bigint PRIMARY KEY);\n',
    '03_one_address_each.sql':
      '-- Nobody has two accounts.\n\nALTER TABLE people ADD CONSTRAINT people_email_key UNIQUE (email);\n',
  };

  async function withPeople(): Promise<{ url: string; workspace: string }> {
    const url = await freshUrl();
    const workspace = temporaryWorkspace();
    await writeMigrations(join(workspace, 'migrations'), { '01_people.sql': 'CREATE TABLE people (email text);\n' });
    const first = await runAction({ workspace, inputs: { 'database-url': url, mode: 'apply' } });
    expect(first.outputs.result).toBe('applied');
    await writeMigrations(join(workspace, 'migrations'), files);
    return { url, workspace };
  }

  it('says partially-migrated when data that came in the pause breaks a later file, and goes on from there', async () => {
    const { url, workspace } = await withPeople();
    const running = await startAction({
      workspace,
      inputs: { 'database-url': url, mode: 'apply', 'review-delay': '5s' },
    });
    await running.waitFor(/applying in/);
    await ask(url, `INSERT INTO people VALUES ('a@example.org'), ('a@example.org') RETURNING 1 AS answer`);
    const run = await running.done;

    expect(ending(run)).toEqual({ exitCode: 7, result: 'failed', state: 'partially-migrated' });
    expect(firstLine(run.summary)).toMatch(/partially migrated/i);
    expect(run.annotations[0]).toMatchObject({
      level: 'error',
      file: 'migrations/03_one_address_each.sql',
      line: 3,
      column: 1,
    });
    expect(run.report.migrations).toMatchObject([
      { version: '02', status: 'applied' },
      { version: '03', status: 'failed' },
    ]);
    expect(run.report.error).toMatchObject({ class: 'constraint', sqlstate: '23505' });
    expect(await ask(url, `SELECT to_regclass('cities') IS NOT NULL AS answer`)).toBe(true);
    expect(await ask(url, `SELECT count(*)::int AS answer FROM pg_constraint WHERE conname = 'people_email_key'`)).toBe(
      0,
    );
    expect(await placesOf(run, 'a@example.org')).toEqual([]);

    await ask(url, `DELETE FROM people RETURNING 1 AS answer`);
    const again = await runAction({ workspace, inputs: { 'database-url': url, mode: 'apply' } });
    expect(ending(again)).toEqual({ exitCode: 0, result: 'applied', state: 'migrated' });
    expect(again.outputs['applied-count']).toBe('1');
  });

  it('is unchanged when the first apply fails', async () => {
    const { url, workspace } = await withPeople();
    await rm(join(workspace, 'migrations', '02_cities.sql'));
    const running = await startAction({
      workspace,
      inputs: { 'database-url': url, mode: 'apply', 'review-delay': '5s' },
    });
    await running.waitFor(/applying in/);
    await ask(url, `INSERT INTO people VALUES ('a@example.org'), ('a@example.org') RETURNING 1 AS answer`);
    const run = await running.done;
    expect(ending(run)).toEqual({ exitCode: 1, result: 'failed', state: 'unchanged' });
  });

  it('is cancelled in the pause with nothing changed', async () => {
    const { url, workspace } = await withPeople();
    const before = await fingerprint(url, { rowVersions: true });
    const running = await startAction({
      workspace,
      inputs: { 'database-url': url, mode: 'apply', 'review-delay': '1m' },
    });
    await running.waitFor(/applying in/);
    running.kill('SIGINT');
    const run = await running.done;

    expect(ending(run)).toEqual({ exitCode: 6, result: 'cancelled', state: 'unchanged' });
    expect(run.durationMs).toBeLessThan(20_000);
    expect(await fingerprint(url, { rowVersions: true })).toBe(before);
  });

  it('leaves outputs that tell the truth when it is killed in the pause, and the post step writes the report', async () => {
    const { url, workspace } = await withPeople();
    const running = await startAction({
      workspace,
      inputs: { 'database-url': url, mode: 'apply', 'review-delay': '20s' },
    });
    await running.waitFor(/applying in/);
    running.kill('SIGKILL');
    const run = await running.done;
    expect(run.signal).toBe('SIGKILL');
    expect(['applied', 'up-to-date']).not.toContain(run.outputs.result);

    const post = await running.runPost();
    expect(post.report).toMatchObject({ result: 'failed', databaseState: 'unchanged' });
    expect(post.summary).not.toBe('');
  });

  it('leaves failed and unknown when it is killed in apply; the next run goes on from there', async () => {
    const { url, workspace } = await withPeople();
    const running = await startAction({
      workspace,
      inputs: { 'database-url': url, mode: 'apply', 'review-delay': '5s', 'lock-timeout': '1m' },
    });
    await running.waitFor(/applying in/);
    const holder = new pg.Client({ connectionString: url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE people IN ACCESS SHARE MODE');
    await running.waitFor(/applied migrations\/02_cities\.sql/);
    running.kill('SIGKILL');
    const run = await running.done;
    expect(run.outputs).toMatchObject({ result: 'failed', 'database-state': 'unknown' });

    await holder.end();
    const post = await running.runPost();
    // What the server had been sent already it may have finished, record and all: it is read back, never guessed.
    const done = await ask(url, "SELECT count(*)::int AS answer FROM schema_migrations WHERE status = 'completed'");
    expect(post.report).toMatchObject({
      result: 'failed',
      databaseState: done === 3 ? 'migrated' : 'partially-migrated',
    });
    expect(post.report.applied).toHaveLength(Number(done) - 1);

    // And the next run does the rest, if any.
    const again = await runAction({ workspace, inputs: { 'database-url': url, mode: 'apply' } });
    expect(again.exitCode).toBe(0);
    expect(['applied', 'up-to-date']).toContain(again.outputs.result);
    expect(
      await ask(url, `SELECT array_agg(version || ' ' || status ORDER BY version) AS answer FROM schema_migrations`),
    ).toEqual(['01 completed', '02 completed', '03 completed']);
  });

  it('applies each file once when two gates start together', async () => {
    const { url, workspace } = await withPeople();
    const other = temporaryWorkspace();
    await cp(workspace, other, { recursive: true });
    const runs = await Promise.all(
      [workspace, other].map((folder) =>
        runAction({ workspace: folder, inputs: { 'database-url': url, mode: 'apply' } }),
      ),
    );
    expect(runs.map((run) => run.outputs.result).sort()).toEqual(['applied', 'up-to-date']);
    expect(
      await ask(
        url,
        `SELECT count(*)::int AS answer FROM migration_history WHERE action = 'apply' AND status = 'success'`,
      ),
    ).toBe(3);
  });
});

describe('before anything is connected', () => {
  it('refuses a wrong token', async () => {
    const listening = await silentServer();
    const run = await runAction({
      workspace: await checkout(),
      ref: PRODUCTION,
      inputs: { 'database-url': listening.url, mode: 'apply', 'confirm-token': 'migrate-production' },
    });
    expect(ending(run)).toEqual({ exitCode: 3, result: 'refused', state: 'unchanged' });
    expect(listening.connections()).toBe(0);
    await listening.close();
  });

  it.each(['pull_request_target', 'pull_request'])(
    'refuses to execute anything on %s from a fork',
    async (eventName) => {
      const listening = await silentServer();
      const run = await runAction({
        workspace: await checkout(),
        eventName,
        ref: 'refs/pull/7/merge',
        event: {
          pull_request: {
            head: { repo: { full_name: 'stranger/shop', fork: true } },
            base: { repo: { full_name: 'octo-org/shop' } },
          },
          repository: { full_name: 'octo-org/shop' },
        },
        inputs: { 'database-url': listening.url, mode: 'dry-run', environment: 'staging' },
      });
      expect(ending(run)).toEqual({ exitCode: 3, result: 'refused', state: 'unchanged' });
      expect(listening.connections()).toBe(0);
      await listening.close();
    },
  );
});

it('says so when the database cannot be reached', async () => {
  const listening = await silentServer();
  await listening.close();
  const run = await runAction({
    workspace: await checkout(),
    inputs: { 'database-url': listening.url, mode: 'apply', 'connect-timeout': '3s' },
  });
  expect(ending(run)).toEqual({ exitCode: 1, result: 'failed', state: 'unchanged' });
  expect(run.report.error.class).toBe('connection');
  expect(await placesOf(run, 'not-for-eyes')).toEqual([]);
});

describe('the command line is the same run', () => {
  it('applies, then is up to date, and prints the report', async () => {
    const url = await freshUrl();
    const cwd = await checkout();
    const env = { DATABASE_URL: url };
    const rehearsed = await runCli(['apply', '--dry-run', '--version=01', '--verbose', '--environment', 'staging'], {
      cwd,
      env,
    });
    expect([rehearsed.exitCode, rehearsed.report.result]).toEqual([0, 'dry-run-passed']);
    expect(rehearsed.report.migrations).toHaveLength(1);

    const applied = await runCli(['apply', '--environment', 'staging', '--json'], { cwd, env });
    expect(applied.exitCode).toBe(0);
    expect(JSON.parse(applied.stdout)).toMatchObject({ result: 'applied', databaseState: 'migrated' });

    const again = await runCli(['apply', '--environment=staging'], { cwd, env });
    expect([again.exitCode, again.report.result]).toEqual([0, 'up-to-date']);
    expect(again.stdout).not.toContain('\u001b[');

    for (const [mode, result] of [
      ['status', 'reported'],
      ['verify', 'verified'],
    ] as const) {
      const run = await runCli([mode, '--environment=staging'], { cwd, env });
      expect([run.exitCode, run.report.result]).toEqual([0, result]);
    }
  });

  it('says its version, and what is wrong with an argument', async () => {
    const cwd = temporaryWorkspace();
    expect((await runCli(['--version'], { cwd })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    const wrong = await runCli(['aply'], { cwd });
    expect(wrong.exitCode).toBe(2);
    expect(wrong.stdout + wrong.stderr).toContain('aply');
  });

  it('tells all that is wrong at once, in the report too', async () => {
    const cwd = temporaryWorkspace();
    const wrong = await runCli(['aply', '--lock-wiat', '1s', '--fail-on=never', '--json'], { cwd });
    expect(wrong.exitCode).toBe(2);
    expect(JSON.parse(wrong.stdout)).toEqual(wrong.report);
    expect(wrong.report).toMatchObject({
      ...{ result: 'failed', databaseState: 'unchanged', mode: null },
      error: { class: 'input' },
    });
    const inputs = wrong.report.problems.map((one: { input: string }) => one.input);
    expect(inputs).toEqual(['database-url', 'mode', 'fail-on', 'lock-wiat']);
  });
});

function ending(run: ActionRun) {
  return { exitCode: run.exitCode, result: run.outputs.result, state: run.outputs['database-state'] };
}

function firstLine(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? '';
}

async function freshUrl(): Promise<string> {
  return createDatabase(await sharedServer());
}

async function checkout(): Promise<string> {
  const workspace = temporaryWorkspace();
  await cp(join(ROOT, 'examples', 'migrations'), join(workspace, 'migrations'), { recursive: true });
  await cp(join(ROOT, 'examples', 'smoke-tests'), join(workspace, 'smoke-tests'), { recursive: true });
  return workspace;
}

async function ask(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

/** Something that listens and never speaks: whoever connects is seen. */
async function silentServer() {
  let connections = 0;
  const server = createServer((socket) => {
    connections++;
    socket.destroy();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `postgresql://app:not-for-eyes@127.0.0.1:${address.port}/shop`,
    connections: () => connections,
    close: () => new Promise((done) => server.close(done)),
  };
}
