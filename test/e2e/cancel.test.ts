/** Stopped at any moment, asked to or killed: the record, the outputs and the database agree, and nothing of ours is left at the server. */
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Database, freshDatabase } from '../support/database.ts';
import { times } from '../support/faults.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { nodeForAction } from '../support/node24.ts';
import { type ActionRun, startAction, temporaryWorkspace, writeMigrations } from '../support/runner.ts';
import { leftBehind } from '../support/scene.ts';

const FILES = {
  'migrations/01_people.sql': 'create table people (id int primary key);',
  'migrations/02_slow.sql':
    'create table slow (id int);\nselect pg_sleep(6);\ninsert into slow select generate_series(1, 1000);',
  'migrations/03_index.sql': 'create index concurrently slow_id on slow (id);',
  'migrations/04_after.sql': 'create table after_all (id int);',
};
/** A dry run and an apply of six seconds each, and the pause between them. */
const WHOLE_RUN_MS = 14_500;
const MOMENTS = times(10, 50);
const KILLED = times(6, 20);
const AT_ONCE = 8;

/** Each with the milliseconds that it lasts, about. */
const CHAPTERS = [
  ['Inspect', 500],
  ['Dry run', 6_500],
  ['Review', 1_000],
  ['Apply', 6_500],
] as const;

const heart = new Heartbeat();
afterAll(() => heart.stop());

beforeAll(async () => {
  // Not while the first of them wait for it.
  await nodeForAction();
});

interface Place {
  readonly database: Database;
  readonly client: pg.Client;
  readonly workspace: string;
}

async function place(): Promise<Place> {
  const database = await freshDatabase();
  const workspace = await writeMigrations(temporaryWorkspace(), FILES);
  return { database, client: await database.client({ application_name: 'the test' }), workspace };
}

function start({ database, workspace }: Place, reviewDelay = '1s') {
  return startAction({
    workspace,
    inputs: { 'database-url': database.url, mode: 'apply', 'review-delay': reviewDelay },
    ref: 'refs/heads/staging',
  });
}

interface Held {
  readonly tables: readonly string[];
  readonly records: Readonly<Record<string, string>>;
}

async function held(client: pg.Client): Promise<Held> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'i')
       and relname in ('people', 'slow', 'slow_id', 'after_all') order by 1`,
  );
  const { rows: tracked } = await client.query(`select to_regclass('schema_migrations') is not null as there`);
  const records = tracked[0]?.there
    ? (await client.query<{ version: string; status: string }>('select version, status from schema_migrations')).rows
    : [];
  return {
    tables: rows.map((row) => row.name),
    records: Object.fromEntries(records.map((row) => [row.version, row.status])),
  };
}

const MADE = [
  ['01', 'people'],
  ['02', 'slow'],
  ['03', 'slow_id'],
  ['04', 'after_all'],
] as const;

/** A migration is there whole and recorded as completed, or neither; and the report says which. */
function agree(said: { state: string | undefined; applied: readonly { version: string }[] }, now: Held): void {
  const done = MADE.filter(([version]) => now.records[version] === 'completed');
  const there = MADE.filter(([, name]) => now.tables.includes(name));
  // An index that was being built may be there, invalid: only then is there more than is recorded.
  const more = there.filter((one) => !done.includes(one)).map(([version]) => version);
  expect(['', '03']).toContain(more.join());
  expect(done.filter((one) => !there.includes(one))).toEqual([]);
  const state =
    done.length === MADE.length ? 'migrated' : done.length + more.length > 0 ? 'partially-migrated' : 'unchanged';
  expect(said.state).toBe(state);
  expect(said.applied.map((one) => one.version)).toEqual(done.map(([version]) => version));
}

async function manyTimes(moments: number, work: (moment: number) => Promise<void>): Promise<void> {
  const left = Array.from({ length: moments }, (_, index) => index);
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
    }),
  );
}

const stateOf = (run: ActionRun) => ({ state: run.outputs['database-state'], applied: run.report.applied });

describe('cancelled', () => {
  it(`at ${MOMENTS} moments of a run with a long statement`, { timeout: 300_000 }, async () => {
    const stages = new Set<string>();
    await manyTimes(MOMENTS, async (moment) => {
      const here = await place();
      // Of the moments of the review the first is in the pause, however late we are.
      const running = await start(here, moment === CHAPTERS.findIndex(([name]) => name === 'Review') ? '1m' : '1s');
      // A process that has not come to listen yet dies of it, as any does; the runner starts the post step then.
      await running.waitFor('::add-mask::');
      const [chapter, lastsMs] = CHAPTERS[moment % CHAPTERS.length] ?? CHAPTERS[0];
      await running.waitFor(`::group::${chapter}`);
      await sleep((lastsMs / MOMENTS) * (moment - (moment % CHAPTERS.length)));
      const cancelledAt = Date.now();
      running.kill('SIGINT');
      const run = await running.done;
      const waited = heart.since(cancelledAt);

      const now = await held(here.client);
      agree(stateOf(run), now);
      expect(await leftBehind(here.client)).toEqual([]);
      expect(run.report.databaseState).toBe(run.outputs['database-state']);
      if (run.outputs.result === 'applied') {
        expect(run.exitCode).toBe(0);
      } else {
        expect(run.outputs.result).toBe('cancelled');
        expect(run.exitCode).toBe(run.outputs['database-state'] === 'unchanged' ? 6 : 7);
        expect(run.report.error).toMatchObject({ class: 'cancelled' });
        expect(run.summary.split('\n', 1)[0]).toMatch(/cancelled/i);
        expect(waited).toBeLessThan(5_000);
        for (const status of Object.values(now.records)) expect(['completed', 'failed', 'running']).toContain(status);
        stages.add(run.report.stages.find((one: { status: string }) => one.status === 'cancelled')?.stage ?? 'between');
      }
      await here.database.drop();
    });
    expect([...stages]).toEqual(expect.arrayContaining(['dry-run', 'review', 'apply']));
  });

  it('goes on from wherever it was', { timeout: 120_000 }, async () => {
    const here = await place();
    const running = await start(here);
    await running.waitFor(/applied migrations\/01_people/);
    running.kill('SIGTERM');
    const run = await running.done;
    expect(run.outputs).toMatchObject({ result: 'cancelled', 'database-state': 'partially-migrated' });
    await here.client.query("update schema_migrations set error_message = null where version = '02'");
    const again = await (await start(here)).done;
    expect(again.outputs).toMatchObject({ result: 'applied', 'database-state': 'migrated', 'applied-count': '3' });
  });
});

describe('killed', () => {
  it(`at ${KILLED} moments: the post step ends what is left at the server and tells what is there`, {
    timeout: 300_000,
  }, async () => {
    await manyTimes(KILLED, async (moment) => {
      const here = await place();
      const running = await start(here);
      await sleep((WHOLE_RUN_MS / KILLED) * moment);
      running.kill('SIGKILL');
      const run = await running.done;
      const post = await running.runPost();
      const now = await held(here.client);
      expect(await leftBehind(here.client)).toEqual([]);
      if (run.signal === null || run.state.reported === 'true') {
        expect(run.outputs.result).toBe('applied');
        expect([post.exitCode, post.stdout]).toEqual([0, '']);
      } else if (post.outputs.result === 'applied') {
        // It was killed while it wrote its report.
        expect(post.exitCode).toBe(0);
        agree(stateOf(post), now);
      } else {
        // What the outputs said before, they said without knowing: nothing of it is untrue.
        expect(run.outputs.result ?? 'failed').toBe('failed');
        expect(['unknown', 'unchanged', undefined]).toContain(run.outputs['database-state']);
        if (run.outputs['database-state'] !== 'unknown') expect(now.records).toEqual({});
        expect(post.exitCode).not.toBe(0);
        expect(post.report).toMatchObject({ result: 'failed', error: { message: expect.stringContaining('killed') } });
        agree({ state: post.report.databaseState, applied: post.report.applied }, now);
        expect(post.summary).toContain(post.report.databaseState.replace('-', ' '));
        expect(post.annotations.filter((one) => one.level === 'error').length).toBeGreaterThan(0);
      }
      await here.database.drop();
    });
  });

  it('and what it had kept was taken away: unknown, never unchanged', { timeout: 60_000 }, async () => {
    const here = await place();
    const running = await start(here);
    await running.waitFor(/applied migrations\/01_people/);
    running.kill('SIGKILL');
    const { state } = await running.done;
    await rm(state.kept ?? '');
    const post = await running.runPost();
    expect(post.exitCode).toBe(7);
    expect(post.report).toMatchObject({ result: 'failed', databaseState: 'unknown' });
    expect(await leftBehind(here.client)).toEqual([]);
  });
});
