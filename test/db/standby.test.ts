/**
 * Readers on a standby wait for ACCESS EXCLUSIVE locks that are replayed there, and nothing on the primary shows it. They
 * never wait longer than max-exclusive plus 200 ms, beside what replication itself takes, which is measured.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderWith } from '../support/dry-run.ts';
import { type GateRun, runGate } from '../support/gate.ts';
import { pgMajor } from '../support/global-setup.ts';
import { Heartbeat } from '../support/heartbeat.ts';
import { type Server, startServer } from '../support/postgres.ts';
import { leftBehind } from '../support/scene.ts';
import { startStandby } from '../support/standby.ts';

const LIMIT_MS = 400;
const PROMISED_MS = 200;

/** By the wall clock. */
interface Span {
  readonly from: number;
  readonly to: number;
}

interface Seen {
  readonly run: GateRun;
  /** The longest that the standby's reader waited, by its own clock. */
  readonly waitedMs: number;
  /** How long before that it had asked last: where this process or the machine was busy it may have come late. */
  readonly lateMs: number;
  /** How long the primary held ACCESS EXCLUSIVE on the table; 0: too short to be seen. */
  readonly heldMs: number;
  /** From the end of that until the standby had replayed it. */
  readonly replayMs: number;
  /** How long the machine itself stood still after the limit, while the reader waited longest and while the table was held. */
  readonly stalledMs: { readonly waiting: number; readonly holding: number };
}

describe('a reader on a standby', () => {
  const heart = new Heartbeat();
  const servers: Server[] = [];
  const clients: pg.Client[] = [];
  let primary: Server;
  let looker: pg.Client;
  let app: pg.Client;
  let reader: pg.Client;
  let follower: pg.Client;

  const connected = async (server: Server, name: string) => {
    const client = new pg.Client({ connectionString: server.url(), application_name: name });
    await client.connect();
    clients.push(client);
    return client;
  };

  beforeAll(async () => {
    primary = await startServer({ major: pgMajor });
    servers.push(primary);
    const setup = await connected(primary, 'set-up');
    await setup.query('create table big (id int primary key, n int, note text)');
    await setup.query(`insert into big select i, i, 'note ' || i from generate_series(1, 1000000) i`);
    await setup.query('vacuum analyze big');
    await setup.query('create table ticks (at timestamptz default now())');
    await setup.end();
    const standby = await startStandby(primary);
    servers.push(standby);
    [looker, app, reader, follower] = await Promise.all([
      connected(primary, 'looking'),
      connected(primary, 'the app'),
      connected(standby, 'reading'),
      connected(standby, 'following'),
    ]);
  });
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.end()));
    for (const server of servers) await server.remove();
    await heart.stop();
  });

  async function rehearse(sql: string, inputs: Readonly<Record<string, string>>): Promise<Seen> {
    const workspace = await folderWith({ '1_a.sql': sql });
    let over = false;
    const committing = commitUntil(() => over);
    const reading = readUntil(() => over);
    const holding = holdUntil(() => over);
    const run = await runGate(workspace, primary.url(), { mode: 'dry-run', 'lock-retries': '0', ...inputs });
    over = true;
    const [{ longest, lateMs }, { held, replayMs }] = await Promise.all([reading, holding, committing]);
    const stalledMs = {
      waiting: heart.stalledBetween(longest.from + LIMIT_MS, longest.to),
      holding: heart.stalledBetween(held.from + LIMIT_MS, held.to),
    };
    expect(await leftBehind(looker)).toEqual([]);
    const [waitedMs, heldMs] = [longest.to - longest.from, held.to - held.from];
    return { run, waitedMs, lateMs, heldMs, replayMs, stalledMs };
  }

  /** Somebody commits on the primary again and again: without that its log would stay in memory, unsent. */
  async function commitUntil(isOver: () => boolean): Promise<void> {
    while (!isOver()) {
      await app.query('insert into ticks default values');
      await sleep(10);
    }
  }

  /** Reads the table again and again on the standby; the read that took longest. */
  async function readUntil(isOver: () => boolean): Promise<{ longest: Span; lateMs: number }> {
    let longest = { from: 0, to: 0 };
    let lateMs = 0;
    for (let last = Date.now(); !isOver(); await sleep(5)) {
      const from = Date.now();
      await reader.query('select * from big limit 1');
      const to = Date.now();
      if (to - from > longest.to - longest.from) {
        longest = { from, to };
        lateMs = from - last;
      }
      last = from;
    }
    return { longest, lateMs };
  }

  /** Looks how long the gate holds the table on the primary, and then how long its end takes to come to the standby. */
  async function holdUntil(isOver: () => boolean): Promise<{ held: Span; replayMs: number }> {
    const look = `select pg_current_wal_insert_lsn()::text as lsn, exists (select 1 from pg_locks
      where relation = 'big'::regclass and mode = 'AccessExclusiveLock' and granted) as held`;
    let since: number | null = null;
    for (let ending = false; !ending; await sleep(5)) {
      ending = isOver();
      const { rows } = await looker.query<{ lsn: string; held: boolean }>(look);
      const looked = Date.now();
      if (rows[0]?.held) {
        if (since === null) await heart.follow(looker, (reader as unknown as { processID: number }).processID);
        since ??= looked;
      } else if (since !== null) {
        const held = { from: since, to: looked };
        return { held, replayMs: await untilReplayed(rows[0]?.lsn ?? '') };
      }
    }
    return { held: { from: 0, to: 0 }, replayMs: 0 };
  }

  async function untilReplayed(lsn: string): Promise<number> {
    const from = Date.now();
    for (;;) {
      const { rows } = await follower.query('select pg_last_wal_replay_lsn() >= $1::pg_lsn as there', [lsn]);
      if (rows[0]?.there) return Date.now() - from;
      await sleep(2);
    }
  }

  const told = ({ waitedMs, lateMs, heldMs, replayMs, stalledMs }: Seen) =>
    `the standby's reader waited ${waitedMs} ms, late by ${lateMs} ms at most; held on the primary for ${heldMs} ms, replayed ${replayMs} ms later; the machine stood still for ${Math.round(stalledMs.waiting)} and ${Math.round(stalledMs.holding)} ms of the overtime`;

  const many = Array.from({ length: 5_000 }, (_, n) => `alter table big alter column n set default ${n};`).join('\n');

  it.each([
    ['one ALTER that rewrites', 'alter table big alter column n type bigint; select pg_sleep(20);'],
    ['many short ALTERs that add up', `${many}\nselect pg_sleep(20);`],
    ['a short ALTER and long work elsewhere after it', 'alter table big add column more int; select pg_sleep(20);'],
  ])('does not wait for longer than max-exclusive: %s', async (_, sql) => {
    const seen = await rehearse(sql, { 'max-exclusive': `${LIMIT_MS}ms` });
    console.log(told(seen));
    expect(seen.run.outcome).toMatchObject({
      result: 'dry-run-inconclusive',
      exitCode: 3,
      databaseState: 'unchanged',
      rehearsal: { status: 'aborted' },
      error: { class: 'resources' },
      blocked: [],
    });
    expect(seen.run.outcome.error?.message).toMatch(/held ACCESS EXCLUSIVE for .* a standby follows/);
    expect(seen.waitedMs + seen.lateMs, told(seen)).toBeGreaterThan(LIMIT_MS / 2);
    const promised = LIMIT_MS + PROMISED_MS;
    expect(seen.heldMs - seen.stalledMs.holding, told(seen)).toBeLessThanOrEqual(promised);
    expect(seen.waitedMs - seen.replayMs - seen.stalledMs.waiting, told(seen)).toBeLessThanOrEqual(promised);
  });

  it('hardly waits for what is short, which passes', async () => {
    const seen = await rehearse('alter table big add column more int;', { 'max-exclusive': '10s' });
    console.log(told(seen));
    expect(seen.run.outcome).toMatchObject({ result: 'dry-run-passed', rehearsal: { status: 'aborted', attempts: 1 } });
  });

  it('waits on where max-exclusive is 0, no limit', async () => {
    const seen = await rehearse('alter table big add column more int; select pg_sleep(1.5);', {
      'max-exclusive': '0',
      'fail-on': 'none',
    });
    console.log(told(seen));
    expect(seen.run.outcome.result).toBe('dry-run-passed');
    expect(seen.waitedMs + seen.lateMs, told(seen)).toBeGreaterThan(1_000);
  });
});
