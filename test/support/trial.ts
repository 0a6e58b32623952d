/** Trials of one promise: whoever waits on the dry run is free again soon after its patience has ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Database } from './database.ts';
import { type GateRun, runGate } from './gate.ts';
import type { Heartbeat } from './heartbeat.ts';

export interface Trial {
  readonly workspace: string;
  readonly database: Database;
  readonly inputs: Readonly<Record<string, string>>;
  /** Gives a row once the gate has what the other one will wait for. */
  readonly begun: string;
  /** What the other one wants; one row, `free`: when it had it, by the server's clock. */
  readonly wants: string;
  /** From the moment that it has, to the moment that the other one wants it. */
  readonly delayMs: number;
  /** max-blocking. */
  readonly patienceMs: number;
}

export interface Measured {
  readonly run: GateRun;
  readonly delayMs: number;
  /** How long the other one waited, by its own clock. Null: it did not have to. */
  readonly waitedMs: number;
  /** From when it began to wait, as pg_locks tells, until it was free, by the server's clock. Null: nobody saw it wait. */
  readonly blockedMs: number | null;
  /** Of the time after its patience had ended: how long the machine itself stood still. */
  readonly stalledMs: number;
}

export interface Bystanders {
  /** Looks at locks. */
  readonly looker: pg.Client;
  /** Waits. */
  readonly other: pg.Client;
  readonly heart: Heartbeat;
}

/** Dry-runs the folder, and has somebody want what it has, `delayMs` after it has it. */
export async function attempt(
  { workspace, database, inputs, begun, wants, delayMs, patienceMs }: Trial,
  { looker, other, heart }: Bystanders,
): Promise<Measured> {
  let over = false;
  const running = runGate(workspace, database.url, { mode: 'dry-run', ...inputs }).finally(() => {
    over = true;
  });
  while (!over && (await looker.query(begun)).rows.length === 0) await sleep(5);
  const pid = (other as unknown as { processID: number }).processID;
  await heart.follow(looker, pid);
  await sleep(delayMs);
  for (;;) {
    await other.query('begin');
    const from = Date.now();
    const startedAt = performance.now();
    const theirs = other.query<{ free: number }>(wants).then(({ rows }) => ({
      free: rows[0]?.free ?? Number.NaN,
      waitedMs: performance.now() - startedAt,
    }));
    const since = await waitOf(looker, pid, theirs);
    const { free, waitedMs } = await theirs;
    const to = Date.now();
    await other.query('rollback');
    // It came before the statement took what it wants (a scan may begin anywhere in a table): once more.
    if (!over && (since === null || free - since < patienceMs)) {
      await sleep(5);
      continue;
    }
    const run = await running;
    return {
      run,
      delayMs,
      waitedMs,
      blockedMs: since === null ? null : free - since,
      stalledMs: heart.stalledBetween(from + patienceMs, to),
    };
  }
}

/** When a backend began to wait, in milliseconds of the server's clock; of several waits in a row the first, as to whoever waits they are one. */
async function waitOf(looker: pg.Client, pid: number, until: Promise<unknown>): Promise<number | null> {
  let done = false;
  const ended = until.finally(() => {
    done = true;
  });
  ended.catch(() => undefined);
  let since: number | null = null;
  while (!done) {
    const { rows } = await looker.query<{ since: number }>(
      `select extract(epoch from waitstart)::float8 * 1000 as since from pg_locks
        where pid = $1 and not granted and waitstart is not null`,
      [pid],
    );
    since ??= rows[0]?.since ?? null;
    await Promise.race([sleep(10), ended.catch(() => undefined)]);
  }
  return since;
}
