/** One gate at a time: an advisory lock of the session that does the work, polled so that it can never deadlock with it. */
import { createHash } from 'node:crypto';
import type { Queryable } from './queryable.ts';

/** The key names the product and the tracking table; PostgreSQL itself keeps databases apart. A signed 64-bit number. */
export function lockKey(trackingSchema: string): string {
  const hash = createHash('sha256').update(`postgres-migration-gate ${trackingSchema}.schema_migrations`).digest();
  return hash.readBigInt64BE(0).toString();
}

export interface LockHolder {
  readonly pid: number;
  readonly application: string;
  readonly since: string | null;
}

const POLL_MS = 250;

/**
 * Takes the lock, asking again until `waitMs` have passed (0: does not wait). Returns null once it is held, else who holds it.
 * Polling and not waiting inside the server: a waiting session holds a snapshot, and CREATE INDEX CONCURRENTLY would
 * wait for it.
 */
export async function takeLock(
  session: Queryable,
  key: string,
  waitMs: number,
  signal: AbortSignal,
  onWait: (holder: LockHolder | null) => void,
): Promise<LockHolder | null> {
  const deadline = performance.now() + waitMs;
  let told = false;
  for (;;) {
    const { rows } = await session.query<{ taken: boolean }>('select pg_catalog.pg_try_advisory_lock($1) as taken', [
      key,
    ]);
    if (rows[0]?.taken) return null;
    const holder = await lockHolder(session, key);
    if (!told) onWait(holder);
    told = true;
    if (signal.aborted || performance.now() >= deadline) return holder ?? { pid: 0, application: 'unknown', since: null };
    await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, Math.max(1, deadline - performance.now()))));
  }
}

export async function lockHolder(session: Queryable, key: string): Promise<LockHolder | null> {
  const { rows } = await session.query<LockHolder>(
    `select l.pid, coalesce(a.application_name, '') as application, a.backend_start::text as since
       from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint`,
    [key],
  );
  return rows[0] ?? null;
}

/** Frees the advisory locks that a file took for its session and did not give back; ours stays. */
export function freeOtherLocks(key: string): { readonly text: string } {
  const half = (part: string) => `(case when ${part} > 2147483647 then ${part} - 4294967296 else ${part} end)::int`;
  const unlock = (suffix: string) =>
    `case when held.objsubid = 1 then pg_catalog.pg_advisory_unlock${suffix}((held.high << 32) | held.low)
          else pg_catalog.pg_advisory_unlock${suffix}(${half('held.high')}, ${half('held.low')}) end`;
  return {
    text: `do $gate$ declare held record; begin
      for held in
        select classid::bigint as high, objid::bigint as low, objsubid, mode from pg_catalog.pg_locks
         where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
           and not (objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = ${BigInt(key)})
      loop
        -- As often as it was taken; one that ends with the transaction is refused at once, with a warning.
        while case when held.mode = 'ShareLock' then ${unlock('_shared')} else ${unlock('')} end loop end loop;
      end loop;
    end $gate$`,
  };
}

/** Gives the lock back. False means that this session did not hold it: somebody's pooler is in the way. */
export async function releaseLock(session: Queryable, key: string): Promise<boolean> {
  const { rows } = await session.query<{ released: boolean }>('select pg_catalog.pg_advisory_unlock($1) as released', [
    key,
  ]);
  return rows[0]?.released ?? false;
}

export async function holdsLock(session: Queryable, key: string): Promise<boolean> {
  const { rows } = await session.query<{ held: boolean }>(
    `select exists (select 1 from pg_catalog.pg_locks where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
        and objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = $1::bigint) as held`,
    [key],
  );
  return rows[0]?.held ?? false;
}
