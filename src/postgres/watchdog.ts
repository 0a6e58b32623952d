/**
 * The second pair of eyes: a connection of its own that looks, while the first one works, whether anybody is kept
 * waiting by it, how long it has held ACCESS EXCLUSIVE, and how much of the server's lock table it fills.
 */
import type { Session } from './session.ts';

export interface Waiter {
  readonly pid: number;
  readonly application: string;
  readonly waitedMs: number;
}

export type Alarm =
  | { readonly kind: 'blocking'; readonly waiters: readonly Waiter[] }
  | { readonly kind: 'exclusive'; readonly heldMs: number }
  | { readonly kind: 'lock-table'; readonly locks: number; readonly limit: number }
  | { readonly kind: 'blind'; readonly error: Error };

export interface WatchdogOptions {
  readonly watchedPid: number;
  /** Milliseconds that somebody else may wait on the watched session; 0: no limit. */
  readonly maxBlockingMs: number;
  /** Milliseconds under ACCESS EXCLUSIVE on relations that others see; 0: no limit. Null: no standby follows, not watched. */
  readonly maxExclusiveMs: number | null;
  /** How many locks the watched session may hold; null: not watched. */
  readonly lockLimit: number | null;
  readonly onAlarm: (alarm: Alarm) => void;
}

const LOOK_MS = 100;
/** A watchdog that cannot see for this long raises the alarm: unwatched work is not allowed to go on. */
const BLIND_MS = 5_000;

/** Waiting sessions first, from pg_locks alone: pg_blocking_pids stops every backend for a moment and is asked only of them. */
const WAITERS = `
  select w.pid, coalesce(a.application_name, '') as application,
         extract(epoch from pg_catalog.clock_timestamp() - w.waitstart) * 1000 as waited
    from pg_catalog.pg_locks w left join pg_catalog.pg_stat_activity a on a.pid = w.pid
   where not w.granted and w.waitstart is not null and w.pid <> $1 and $1 = any (pg_catalog.pg_blocking_pids(w.pid))`;

/** A relation that this session sees in pg_class existed before the watched transaction: what that made is invisible here. */
const HELD = `
  select pg_catalog.count(distinct (l.locktype, l.relation, l.classid, l.objid, l.objsubid))::int as locks,
         coalesce(pg_catalog.bool_or(l.mode = 'AccessExclusiveLock' and l.locktype = 'relation' and c.oid is not null), false) as exclusive
    from pg_catalog.pg_locks l
    left join pg_catalog.pg_class c on c.oid = l.relation and l.mode = 'AccessExclusiveLock' and c.oid >= 16384
   where l.pid = $1 and l.granted and not l.fastpath`;

export class Watchdog {
  private readonly session: Session;
  private readonly options: WatchdogOptions;
  private stopped = false;
  private exclusiveSince: number | null = null;
  private readonly running: Promise<void>;
  private wake: (() => void) | null = null;

  constructor(session: Session, options: WatchdogOptions) {
    this.session = session;
    this.options = options;
    this.running = this.watch();
  }

  /** Ends the watch and waits until the last look is over. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.wake?.();
    await this.running;
  }

  private async watch(): Promise<void> {
    let lastSeen = Date.now();
    while (!this.stopped) {
      let pause = LOOK_MS;
      try {
        pause = await this.look();
        lastSeen = Date.now();
      } catch (error) {
        if (Date.now() - lastSeen > BLIND_MS || this.session.lost) {
          this.raise({ kind: 'blind', error: error as Error });
          return;
        }
      }
      if (this.stopped) return;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pause);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** One look; returns how long until the next, shorter when somebody's patience is about to end. */
  private async look(): Promise<number> {
    const { watchedPid, maxBlockingMs, maxExclusiveMs, lockLimit } = this.options;
    const { rows } = await this.session.query<{ pid: number; application: string; waited: string }>(WAITERS, [
      watchedPid,
    ]);
    const waiters = rows.map((row) => ({ pid: row.pid, application: row.application, waitedMs: Number(row.waited) }));
    const longest = Math.max(0, ...waiters.map((waiter) => waiter.waitedMs));
    if (maxBlockingMs > 0 && longest >= maxBlockingMs) {
      this.raise({ kind: 'blocking', waiters: waiters.filter((waiter) => waiter.waitedMs >= maxBlockingMs) });
    }
    if (maxExclusiveMs !== null || lockLimit !== null) await this.lookAtHeld(maxExclusiveMs, lockLimit);
    const untilImpatient = maxBlockingMs > 0 && waiters.length > 0 ? maxBlockingMs - longest : LOOK_MS;
    return Math.min(LOOK_MS, Math.max(5, untilImpatient));
  }

  private async lookAtHeld(maxExclusiveMs: number | null, lockLimit: number | null): Promise<void> {
    const { rows } = await this.session.query<{ locks: number; exclusive: boolean }>(HELD, [this.options.watchedPid]);
    const held = rows[0] ?? { locks: 0, exclusive: false };
    if (lockLimit !== null && held.locks > lockLimit)
      this.raise({ kind: 'lock-table', locks: held.locks, limit: lockLimit });
    if (!held.exclusive) {
      this.exclusiveSince = null;
    } else {
      this.exclusiveSince ??= Date.now();
      const heldMs = Date.now() - this.exclusiveSince;
      if (maxExclusiveMs !== null && maxExclusiveMs > 0 && heldMs >= maxExclusiveMs)
        this.raise({ kind: 'exclusive', heldMs });
    }
  }

  private raise(alarm: Alarm): void {
    if (this.stopped) return;
    this.stopped = true;
    this.options.onAlarm(alarm);
  }
}
