/** Cancelling, in every stage: over within five seconds, nobody of ours left, and what is said is so. */
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { cuttableProxy } from '../support/cuttable.ts';
import type { Files } from '../support/dry-run.ts';
import { runGate } from '../support/gate.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { ending, leftBehind, type Scene, scene, until, working } from '../support/scene.ts';

const PROMISED_MS = 5_000;
const heart = new Heartbeat();
afterAll(() => heart.stop());

/** Runs, cancels once `when` has come to pass, and holds the run to the promise. */
async function cancelled(
  here: Scene,
  when: () => Promise<unknown>,
  inputs: Files = {},
  options: Parameters<Scene['run']>[1] = {},
) {
  const abort = new AbortController();
  let at = 0;
  const running = here.run(inputs, { ...options, signal: abort.signal });
  await Promise.race([when(), running]);
  at = Date.now();
  abort.abort();
  const { outcome } = await running;
  expect(heart.since(at)).toBeLessThan(PROMISED_MS);
  expect(outcome.error).toMatchObject({ class: 'cancelled', message: expect.stringContaining('cancelled') });
  return outcome;
}

const blocked = (here: Scene) => () =>
  until(
    here.client,
    `select 1 from pg_stat_activity where datname = current_database() and application_name like 'mgate%' and wait_event_type = 'Lock'`,
  );

describe('while it connects', () => {
  it('to something that takes the connection and says nothing', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    const here = await scene({ '1_a.sql': 'select 1;' });
    const outcome = await cancelled(
      here,
      async () => {
        while (sockets.length === 0) await sleep(10);
      },
      {},
      { url: `postgres://someone@127.0.0.1:${port}/db` },
    );
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
    expect(outcome.stages[0]).toMatchObject({ stage: 'inspect', status: 'cancelled' });
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
});

describe('while it asks the server', () => {
  it.each(['apply', 'dry-run', 'status', 'verify'])('what is recorded, in mode %s', async (mode) => {
    const here = await scene({ '1_a.sql': 'create table a (id int);', '2_b.sql': 'create table b (id int);' });
    await here.run({ 'target-version': '1' });
    const other = await here.database.client();
    await other.query('begin; lock table schema_migrations');
    const abort = new AbortController();
    const running = runGate(here.workspace, here.database.url, { mode }, { signal: abort.signal });
    await blocked(here)();
    abort.abort();
    const { outcome } = await running;
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
    expect(await leftBehind(here.client)).toEqual([]);
    await other.query('rollback');
  });

  it('again, after the pause', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);', '2_b.sql': 'create table b (id int);' });
    await here.run({ 'target-version': '1' });
    const other = await here.database.client();
    const abort = new AbortController();
    const running = runGate(
      here.workspace,
      here.database.url,
      { 'review-delay': '1ms' },
      { signal: abort.signal, onPause: async () => void (await other.query('begin; lock table schema_migrations')) },
    );
    await blocked(here)();
    abort.abort();
    const { outcome } = await running;
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
    expect(outcome.stages).toContainEqual(expect.objectContaining({ stage: 'review', status: 'passed' }));
    await other.query('rollback');
    expect(await leftBehind(here.client)).toEqual([]);
  });
});

describe('a statement', () => {
  // Catches being cancelled, as some code does, and goes on.
  const STUBBORN = `do $$ begin
    for n in 1..1000 loop begin perform pg_sleep(30); exception when query_canceled then null; end; end loop; end $$;`;

  it('of the dry run that does not want to end is ended with its session', async () => {
    const here = await scene({ '1_a.sql': `create table a (id int); ${STUBBORN}` });
    const outcome = await cancelled(here, () => until(here.client, working('do $$%')));
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
  });

  it('of apply likewise, and the record says cancelled', async () => {
    const files = { '1_a.sql': 'create table a (id int);', '2_b.sql': STUBBORN.replace('30', '(select s from go)') };
    const here = await scene(files, 'create table go (s float); insert into go values (0)');
    const abort = new AbortController();
    let applying: Promise<unknown> | null = null;
    const { outcome } = await here.run(
      { 'review-delay': '1ms' },
      {
        signal: abort.signal,
        onPause: async () => {
          await here.client.query('update go set s = 30');
          applying = until(here.client, working('do $$%')).then(() => abort.abort());
        },
      },
    );
    await applying;
    expect(ending(outcome)).toBe('cancelled 7 partially-migrated');
    expect(await here.rows('select version, status, error_message from schema_migrations order by 1')).toEqual([
      { version: '1', status: 'completed', error_message: null },
      { version: '2', status: 'failed', error_message: 'cancelled while applying' },
    ]);
  });

  it('that builds an index concurrently and waits for somebody', async () => {
    const here = await scene(
      { '1_i.sql': 'create index concurrently big_n on big (n);' },
      'create table big (n int); insert into big select generate_series(1, 100)',
    );
    const other = await here.database.client();
    const outcome = await cancelled(
      here,
      () => until(here.client, `${working('create index concurrently%')} and wait_event_type = 'Lock'`),
      { 'review-delay': '1ms' },
      {
        onPause: async () => void (await other.query('begin; insert into big values (0)')),
      },
    );
    await other.query('rollback');
    expect(ending(outcome)).toBe('cancelled 7 partially-migrated');
    expect(await here.rows("select indisvalid from pg_index where indexrelid = 'big_n'::regclass")).toEqual([
      { indisvalid: false },
    ]);
    // And the next run puts it right.
    expect(ending((await here.run()).outcome)).toBe('applied 0 migrated');
  });

  it('of a smoke test, when everything is applied already', async () => {
    const here = await scene({
      '1_a.sql': 'create table a (id int);',
      'smoke/slow.sql': "select pg_sleep(30)::text = '' where pg_current_xact_id_if_assigned() is null;",
    });
    const outcome = await cancelled(here, () => until(here.client, working('select pg_sleep(30)%')), {
      'smoke-tests': 'smoke/*.sql',
    });
    expect(ending(outcome)).toBe('cancelled 7 migrated');
    expect(outcome.predictedEqualsActual).toBeNull();
    expect(outcome.stages.at(-1)).toMatchObject({ stage: 'verify', status: 'cancelled' });
  });

  it('before the first one: nothing more is begun', async () => {
    const here = await scene({ '1_a.sql': 'create table a (id int);' });
    const { outcome } = await here.run({}, { signal: AbortSignal.abort() });
    expect(ending(outcome)).toBe('cancelled 6 unchanged');
  });
});

describe('when the server has fallen silent', () => {
  it.each([
    ['in the dry run', 'cancelled 6 unchanged', 'dry-run'],
    ['in apply', 'cancelled 7 unknown', 'apply'],
  ])('%s: the run is told of as it stands', async (_what, expected, stage) => {
    const here = await scene(
      { '1_a.sql': 'create table a (id int); select pg_sleep((select s from go));' },
      `create table go (s float); insert into go values (${stage === 'apply' ? 0 : 30})`,
    );
    const proxy = await cuttableProxy(here.database.url);
    const abort = new AbortController();
    const at = { aborted: 0 };
    const silence = async () => {
      await until(here.client, working('select pg_sleep((select%'));
      proxy.mute();
      at.aborted = Date.now();
      abort.abort();
    };
    const silenced: Promise<void>[] = stage === 'apply' ? [] : [silence()];
    const { outcome } = await runGate(
      here.workspace,
      proxy.url,
      { 'review-delay': '1ms' },
      {
        signal: abort.signal,
        onPause: async () => {
          if (stage !== 'apply') return;
          await here.client.query('update go set s = 30');
          silenced.push(silence());
        },
      },
    );
    expect(heart.since(at.aborted)).toBeLessThan(PROMISED_MS);
    await Promise.all(silenced);
    expect(ending(outcome)).toBe(expected);
    expect(outcome.stages).toContainEqual(expect.objectContaining({ stage, status: 'cancelled' }));
    await proxy.close();
    // The server itself finds that its client is gone.
    expect(await leftBehind(here.client)).toEqual([]);
  });
});
