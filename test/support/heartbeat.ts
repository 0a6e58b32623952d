/**
 * Whether the machine itself stood still: a thread that wants to wake up every ten milliseconds, and notes each time it
 * was woken late. What it missed, nobody else on this machine could have done either. Who has much to do is kept waiting
 * by a busy machine more than one that wants to wake up: of those that it follows it notes how long they wanted to run
 * and had no processor, which Linux counts (https://docs.kernel.org/scheduler/sched-stats.html).
 */
import { Worker } from 'node:worker_threads';
import type pg from 'pg';

const BEAT_MS = 10;
/** Later than this is a stall; less is how timers are. */
const LATE_MS = 5;
const KEPT = 4_096;
const MOST_FOLLOWED = 16;

const BEAT = `
  const { readFileSync } = require('node:fs');
  const { workerData } = require('node:worker_threads');
  const { count, ends, lost, followed, beat, late } = workerData;
  const waits = new Map();
  const waitedSince = () => {
    let sum = 0;
    for (const pid of followed) {
      if (pid === 0) continue;
      try {
        const waited = Number(readFileSync('/proc/' + pid + '/schedstat', 'utf8').split(' ')[1]) / 1e6;
        sum += waited - (waits.get(pid) ?? waited);
        waits.set(pid, waited);
      } catch {
        waits.delete(pid);
      }
    }
    return sum;
  };
  const clock = new Int32Array(new SharedArrayBuffer(4));
  for (let last = Date.now(); ; ) {
    Atomics.wait(clock, 0, 0, beat);
    const now = Date.now();
    const overslept = now - last - beat;
    const missed = Math.max(overslept > late ? overslept : 0, Math.min(waitedSince(), now - last));
    last = now;
    if (missed < 1) continue;
    const at = Atomics.load(count, 0) % ends.length;
    ends[at] = now;
    lost[at] = missed;
    Atomics.add(count, 0, 1);
  }`;

export class Heartbeat {
  private readonly count = new Int32Array(new SharedArrayBuffer(4));
  private readonly ends = new Float64Array(new SharedArrayBuffer(8 * KEPT));
  private readonly lost = new Float64Array(new SharedArrayBuffer(8 * KEPT));
  private readonly followed = new Int32Array(new SharedArrayBuffer(4 * MOST_FOLLOWED));
  private readonly worker: Worker;

  constructor() {
    const { count, ends, lost, followed } = this;
    const workerData = { count, ends, lost, followed, beat: BEAT_MS, late: LATE_MS };
    this.worker = new Worker(BEAT, { eval: true, workerData });
    this.worker.unref();
  }

  /** From now on: this process, the backends of a gate in this client's database, and these that measure it. */
  async follow(client: pg.Client, ...measuring: readonly number[]): Promise<void> {
    const { rows } = await client.query<{ pid: number }>(
      `select pid from pg_stat_activity
        where pid = pg_backend_pid() or datname = current_database() and application_name like 'mgate%'`,
    );
    const pids = [process.pid, ...measuring, ...rows.map(({ pid }) => pid)];
    this.followed.fill(0).set(pids.slice(0, MOST_FOLLOWED));
  }

  /** Milliseconds, of those between two times of the wall clock, in which the machine did not wake who wanted to be woken. */
  stalledBetween(from: number, to: number): number {
    let sum = 0;
    const known = Math.min(Atomics.load(this.count, 0), KEPT);
    for (let at = 0; at < known; at += 1) {
      const end = this.ends[at] ?? 0;
      const start = end - (this.lost[at] ?? 0);
      sum += Math.max(0, Math.min(end, to) - Math.max(start, from));
    }
    return sum;
  }

  /**
   * What is told of times, asked again where the machine stood still for longer than that while it was asked, in all; the
   * fifth answer counts in any case.
   */
  async undisturbed<T>(mostMs: number, ask: () => Promise<T>): Promise<T> {
    for (let time = 1; ; time += 1) {
      const from = Date.now();
      const answer = await ask();
      if (time === 5 || this.stalledBetween(from, Date.now()) <= mostMs) return answer;
    }
  }

  /** Milliseconds since a time of the wall clock, but for those in which the machine stood still. */
  since(from: number): number {
    const now = Date.now();
    return now - from - this.stalledBetween(from, now);
  }

  async stop(): Promise<void> {
    await this.worker.terminate();
  }
}
