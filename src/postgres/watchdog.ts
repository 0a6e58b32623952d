/**
 * The second pair of eyes: a connection of its own that looks, while the first one works, whether anybody is kept
 * waiting by it, how long it has held ACCESS EXCLUSIVE, and how much of the server's lock table it fills.
 */
import { qualified } from './qualified.ts';
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
/** Where a standby follows: nobody there is seen to wait, so all that can be known is since when the lock is held. */
const LOOK_FOR_EXCLUSIVE_MS = 50;
/** A watchdog that cannot see for this long raises the alarm: unwatched work is not allowed to go on. */
const BLIND_MS = 5_000;

/**
 * The server's lock table is read once for a look, as that is what a look costs. pg_blocking_pids stops every backend for
 * a moment and is asked only of sessions that wait. A relation that this session sees in pg_class existed before the
 * watched transaction: what that made is invisible here.
 */
const LOOK = qualified(`
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object('pid', l.pid,
             'application', coalesce((select a.application_name from pg_catalog.pg_stat_activity a where a.pid = l.pid), ''),
             'waitedMs', (extract(epoch from pg_catalog.clock_timestamp() - l.waitstart) * 1000)))
           filter (where not l.granted and l.waitstart is not null and l.pid <> $1
                     and $1 = any (pg_catalog.pg_blocking_pids(l.pid))), '[]') as waiters,
         (pg_catalog.count(*) filter (where l.pid = $1 and l.granted and not l.fastpath))::int as locks,
         coalesce(pg_catalog.bool_or(l.mode = 'AccessExclusiveLock' and l.relation >= 16384
             and exists (select from pg_catalog.pg_class c where c.oid = l.relation))
           filter (where $2 and l.pid = $1 and l.granted and l.locktype = 'relation'), false) as exclusive
    from pg_catalog.pg_locks l`);

/** A lock that is held in several modes takes one place in the lock table; telling them apart costs as much as a look. */
const PLACES = qualified(`
  select pg_catalog.count(distinct (l.locktype, l.relation, l.classid, l.objid, l.objsubid))::int as places
    from pg_catalog.pg_locks l where l.pid = $1 and l.granted and not l.fastpath`);

export class Watchdog {
  private readonly session: Session;
  private readonly options: WatchdogOptions;
  private stopped = false;
  /** Time under ACCESS EXCLUSIVE until now, and when it was last seen to be held; null: it is not. */
  private exclusiveMs = 0;
  private exclusiveAt: number | null = null;
  private lookedAt = performance.now();
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
    let lastSeen = performance.now();
    while (!this.stopped) {
      let pause = LOOK_MS;
      try {
        pause = await this.look();
        lastSeen = performance.now();
      } catch (error) {
        if (performance.now() - lastSeen > BLIND_MS || this.session.lost) {
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

  /** One look; returns how long until the next, shorter when a limit is about to be reached. */
  private async look(): Promise<number> {
    const { watchedPid, maxBlockingMs, maxExclusiveMs, lockLimit } = this.options;
    const { rows } = await this.session.query<{ waiters: Waiter[]; locks: number; exclusive: boolean }>(LOOK, [
      watchedPid,
      maxExclusiveMs !== null,
    ]);
    const { waiters, locks, exclusive } = rows[0] ?? { waiters: [], locks: 0, exclusive: false };
    const longest = Math.max(0, ...waiters.map((waiter) => waiter.waitedMs));
    this.addExclusive(exclusive);
    if (maxBlockingMs > 0 && longest >= maxBlockingMs) {
      this.raise({ kind: 'blocking', waiters: waiters.filter((waiter) => waiter.waitedMs >= maxBlockingMs) });
    } else if (maxExclusiveMs && this.exclusiveMs >= maxExclusiveMs) {
      this.raise({ kind: 'exclusive', heldMs: this.exclusiveMs });
    } else if (lockLimit !== null && locks > lockLimit) {
      await this.countPlaces(lockLimit);
    }
    const left = [maxExclusiveMs === null ? LOOK_MS : LOOK_FOR_EXCLUSIVE_MS];
    if (maxBlockingMs > 0 && waiters.length > 0) left.push(maxBlockingMs - longest);
    if (maxExclusiveMs && exclusive) left.push(maxExclusiveMs - this.exclusiveMs);
    return Math.max(5, Math.min(...left));
  }

  /** Adds up over the whole transaction: a reader on a standby may have waited each time. A look that came late has missed the beginning. */
  private addExclusive(isHeld: boolean): void {
    const now = performance.now();
    const since = this.exclusiveAt ?? Math.min(now, this.lookedAt + LOOK_FOR_EXCLUSIVE_MS);
    if (isHeld) this.exclusiveMs += now - since;
    this.exclusiveAt = isHeld ? now : null;
    this.lookedAt = now;
  }

  private async countPlaces(limit: number): Promise<void> {
    const { rows } = await this.session.query<{ places: number }>(PLACES, [this.options.watchedPid]);
    const places = rows[0]?.places ?? 0;
    if (places > limit) this.raise({ kind: 'lock-table', locks: places, limit });
  }

  private raise(alarm: Alarm): void {
    if (this.stopped) return;
    this.stopped = true;
    this.options.onAlarm(alarm);
  }
}
