/** Somebody's migration tool through the committed bundle, as a runner runs it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { asCommand, nodeTool } from '../support/command.ts';
import { sharedServer } from '../support/database.ts';
import { dump } from '../support/dump.ts';
import { createDatabase } from '../support/postgres.ts';
import { type ActionRun, placesOf, runAction, runCli, startAction, temporaryWorkspace } from '../support/runner.ts';
import { leftBehind } from '../support/scene.ts';
import { dbmateProject, djangoProject, SHOP_PROOF, SHOP_PROVED, type ToolProject } from '../support/tools.ts';
import { withClient } from '../support/traces.ts';

const freshUrl = async () => createDatabase(await sharedServer());

const inputsFor = ({ apply, probe }: Pick<ToolProject, 'apply' | 'probe'>, url: string) => ({
  'database-url': url,
  engine: 'command',
  command: asCommand(apply),
  'command-probe': asCommand(probe),
});

const ending = ({ exitCode, outputs }: ActionRun) => [exitCode, outputs.result, outputs['database-state']];

const rows = (url: string, sql: string): Promise<unknown[]> =>
  withClient(url, async (client) => (await client.query(sql)).rows);

describe('a team deploys with its own tool', () => {
  it('dbmate: a dry run to look at, its digest applied, then nothing to do', async () => {
    const url = await freshUrl();
    const project = await dbmateProject(temporaryWorkspace());
    const deploy = (inputs: Record<string, string>) =>
      runAction({ workspace: project.folder, inputs: { ...inputsFor(project, url), ...inputs } });
    const before = await dump(url, { versions: true });

    const seen = await deploy({ mode: 'dry-run' });
    expect(ending(seen), seen.summary).toEqual([0, 'dry-run-passed', 'unchanged']);
    expect(await dump(url, { versions: true })).toBe(before);
    expect(seen.outputs['pending-count']).toBe('6');
    expect(JSON.parse(seen.outputs.pending ?? '')[3]).toEqual({
      version: '20250101000004',
      name: 'orders',
      file: 'db/migrations/20250101000004_orders.sql',
    });
    expect(seen.report).toMatchObject({ engine: 'command', coverage: { statements: 13, executed: 12 } });
    const plan = readFileSync(join(seen.logDir, 'plan.sql'), 'utf8');
    expect(plan).toContain('CREATE TABLE shop_order');
    expect(plan).toContain('CREATE INDEX CONCURRENTLY shop_customer_email');

    const applied = await deploy({ mode: 'apply', 'plan-digest': seen.outputs['plan-digest'] ?? '' });
    expect(ending(applied), applied.summary).toEqual([0, 'applied', 'migrated']);
    expect(applied.report.predictedEqualsActual).toBe(true);
    expect(applied.outputs).toMatchObject({ 'current-version': '20250101000006', 'applied-count': '6' });
    expect(await rows(url, SHOP_PROOF)).toEqual([SHOP_PROVED]);

    const again = await deploy({ mode: 'apply' });
    expect(ending(again)).toEqual([0, 'up-to-date', 'unchanged']);
  });

  it('Django: a migration that fails stops the deployment at its file, with nothing changed', async () => {
    const url = await freshUrl();
    const project = await djangoProject(temporaryWorkspace(), 'failing');
    const before = await dump(url, { versions: true });
    const run = await runAction({ workspace: project.folder, inputs: { ...inputsFor(project, url), mode: 'apply' } });
    expect(ending(run)).toEqual([1, 'failed', 'unchanged']);
    expect(run.annotations[0]).toMatchObject({ level: 'error', file: 'shop/migrations/0004_orders.py', line: 8 });
    expect(run.summary.split('\n').find((line) => line.trim() !== '')).toMatch(/0004_orders\.py.*unchanged/);
    expect(run.report.error).toMatchObject({ class: 'missing-object', sqlstate: '42P01' });
    expect(await dump(url, { versions: true })).toBe(before);
  });

  it('with an address of its own it is refused, and its password is nowhere to be read', async () => {
    const url = await freshUrl();
    const { password } = new URL(url);
    const tool = await nodeTool(`const a = await connect({ connectionString: ${JSON.stringify(url)} });
      await a.query('create table x (id int)');`);
    const before = await dump(url, { versions: true });
    const run = await runAction({
      workspace: tool.folder,
      inputs: { ...inputsFor({ ...tool, probe: tool.probe ?? [] }, url), mode: 'apply' },
    });
    expect(ending(run)).toEqual([3, 'refused', 'unchanged']);
    expect(run.report.error.next).toContain('database-url-env');
    expect(await dump(url, { versions: true })).toBe(before);
    expect(await placesOf(run, password)).toEqual([]);
  });
});

describe('a run that is stopped', () => {
  const body = `import { writeFileSync } from 'node:fs';
    const a = await connect();
    await a.query('create table one (id int)');
    const step = process.env.MIGRATION_GATE_REHEARSAL ? 'rehearsal' : 'apply';
    writeFileSync(\`\${step}.pid\`, String(process.pid));
    console.log('half way');
    if (process.env.WAITS_IN === step) await sleep(600_000);
    await a.query('create table two (id int)');
    await a.end();`;

  const isAlive = (pid: number) => {
    const stat = `/proc/${pid}/stat`;
    return existsSync(stat) && !/\) [ZX]/.test(readFileSync(stat, 'latin1'));
  };

  it('cancelled in the dry run: the tool is gone with it, and nothing is left', async () => {
    const url = await freshUrl();
    const tool = await nodeTool(body);
    const before = await dump(url, { versions: true });
    const running = await startAction({
      workspace: tool.folder,
      inputs: { ...inputsFor({ ...tool, probe: tool.probe ?? [] }, url), mode: 'dry-run' },
      env: { WAITS_IN: 'rehearsal' },
    });
    await untilThere(join(tool.folder, 'rehearsal.pid'));
    running.kill('SIGINT');
    const run = await running.done;
    expect(ending(run)).toEqual([6, 'cancelled', 'unchanged']);
    expect(isAlive(Number(readFileSync(join(tool.folder, 'rehearsal.pid'), 'utf8')))).toBe(false);
    expect(await dump(url, { versions: true })).toBe(before);
    expect(await withClient(url, leftBehind)).toEqual([]);
  });

  it('killed in apply: outputs tell the worst, the post step what is there', async () => {
    const url = await freshUrl();
    const tool = await nodeTool(body);
    const running = await startAction({
      workspace: tool.folder,
      inputs: { ...inputsFor({ ...tool, probe: tool.probe ?? [] }, url), mode: 'apply', 'review-delay': '1s' },
      env: { WAITS_IN: 'apply' },
    });
    await untilThere(join(tool.folder, 'apply.pid'));
    running.kill('SIGKILL');
    const run = await running.done;
    expect(run.outputs).toMatchObject({ result: 'failed', 'database-state': 'unknown' });
    const post = await running.runPost();
    expect(post.report.databaseState).not.toBe('unchanged');
    expect(
      await rows(url, `select to_regclass('one') is not null as one, to_regclass('two') is not null as two`),
    ).toEqual([{ one: true, two: false }]);
    const pid = Number(readFileSync(join(tool.folder, 'apply.pid'), 'utf8'));
    try {
      process.kill(pid, 'SIGKILL');
    } catch (error) {
      // It may have ended by itself, of the connection that it has lost.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  });
});

it('the command line, with the URL in the environment: status, dry run, apply', async () => {
  const url = await freshUrl();
  const project = await dbmateProject(temporaryWorkspace());
  const own = [
    '--environment=staging',
    '--engine=command',
    `--command=${asCommand(project.apply)}`,
    `--command-probe=${asCommand(project.probe)}`,
  ];
  const run = (...words: string[]) => runCli([...words, ...own], { cwd: project.folder, env: { DATABASE_URL: url } });
  expect((await run('status')).report).toMatchObject({ result: 'reported', engine: 'command' });
  const unprobed = await runCli(['apply', '--dry-run', ...own.slice(0, 3)], {
    cwd: project.folder,
    env: { DATABASE_URL: url },
  });
  expect([unprobed.exitCode, unprobed.report.result]).toEqual([3, 'refused']);
  expect(unprobed.report.error.next).toContain('unprobed-command');
  expect((await run('apply', '--dry-run')).exitCode).toBe(0);
  expect((await run('apply')).report).toMatchObject({ result: 'applied', databaseState: 'migrated' });
  const status = await run('status');
  expect(status.exitCode).toBe(0);
  expect(status.stdout).toContain('20250101000006');
});

async function untilThere(file: string): Promise<void> {
  for (let looks = 0; !existsSync(file) || readFileSync(file, 'utf8') === ''; looks += 1) {
    if (looks > 2_500) throw new Error(`${file} never came`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
