/** One gate at a time: an advisory lock of the session that does the work. */
import { createHash } from 'node:crypto';
import { askAsLogin } from './as-login.ts';
import { qualified } from './qualified.ts';
import type { Queryable } from './queryable.ts';
import type { Session } from './session.ts';

/** The key names the product and the tracking table; PostgreSQL itself keeps databases apart. A signed 64-bit number. */
export function lockKey(trackingSchema: string): string {
  const hash = createHash('sha256').update(`postgres-migration-gate ${trackingSchema}.schema_migrations`).digest();
  return hash.readBigInt64BE(0).toString();
}

export interface LockHolder {
  readonly pid: number;
  readonly application: string;
  /** Connected since (`2026-11-21 09:30:00 UTC`); its state (`active`, `idle`...) and since when. Null: nobody tells us. */
  readonly since: string | null;
  readonly state: string | null;
  readonly stateSince: string | null;
}

/**
 * Takes the lock if it is free: the backend that has it now for us, or who else holds it. Whoever waits asks again, and
 * does not wait inside the server: a waiting session holds a snapshot, and CREATE INDEX CONCURRENTLY would wait for it.
 */
export async function tryLock(session: Session, key: string): Promise<{ taken: number } | { holder: LockHolder }> {
  for (let look = 1; ; look += 1) {
    const { rows } = await session.query<{ taken: boolean; pid: number }>(
      'select pg_catalog.pg_try_advisory_lock($1) as taken, pg_catalog.pg_backend_pid() as pid',
      [key],
    );
    if (rows[0]?.taken) return { taken: rows[0].pid };
    const holder = await lockHolder(session, key);
    if (holder) return { holder };
    // It was gone when we looked: the lock may be free by now.
    if (look === LOOKS) return { holder: NOBODY };
  }
}

const LOOKS = 3;
const NOBODY: LockHolder = { pid: 0, application: 'unknown', since: null, state: null, stateSince: null };
const shown = (column: string) => `pg_catalog.to_char(${column} at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"')`;

/** Of its own login's sessions a role that they begin with may be told less than the login. */
async function lockHolder(session: Session, key: string): Promise<LockHolder | null> {
  const [row] = await askAsLogin(
    session,
    `select l.pid, coalesce(a.application_name, ''), ${shown('a.backend_start')}, a.state, ${shown('a.state_change')}
       from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a on a.pid = l.pid
      where l.locktype = 'advisory' and l.granted and l.objsubid = 1
        and l.database = (select oid from pg_catalog.pg_database where datname = pg_catalog.current_database())
        and ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint`,
    [key],
  );
  if (!row) return null;
  const [pid, application, since = null, state = null, stateSince = null] = row;
  return { pid: Number(pid), application: application ?? '', since, state, stateSince };
}

/** Frees the advisory locks that a file took for its session and did not give back; ours stays. */
export function freeOtherLocks(key: string): { readonly text: string } {
  const half = (part: string) => `(case when ${part} > 2147483647 then ${part} - 4294967296 else ${part} end)::int`;
  const unlock = (suffix: string) =>
    qualified(`case when held.objsubid = 1 then pg_catalog.pg_advisory_unlock${suffix}((held.high << 32) | held.low)
          else pg_catalog.pg_advisory_unlock${suffix}(${half('held.high')}, ${half('held.low')}) end`);
  return {
    text: `do $gate$ declare held record; begin
      for held in
        ${qualified(`select classid::bigint as high, objid::bigint as low, objsubid, mode from pg_catalog.pg_locks
         where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
           and not (objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = (${BigInt(key)}))`)}
      loop
        -- As often as it was taken; one that ends with the transaction is refused at once, with a warning.
        while case when held.mode operator(pg_catalog.=) 'ShareLock' then ${unlock('_shared')} else ${unlock('')} end loop end loop;
      end loop;
    end $gate$`,
  };
}

/** What gives up every advisory lock of its session, ours with them. */
export const GIVES_UP_LOCKS = /^discard\s+all\b|\bpg_advisory_unlock_all\b/i;

/** Takes ours again where a file has given it up; that nobody else has it is asked for elsewhere. */
export function retakeLock(key: string): { readonly text: string } {
  const ours = `'${BigInt(key)}'::bigint`;
  return { text: qualified(`select pg_catalog.pg_try_advisory_lock(${ours}) where not (${isHeld(ours)})`) };
}

/** After a file: the lock is held, or held again. Else who has it now. */
export async function keepLock(session: Session, key: string): Promise<LockHolder | null> {
  if (await holdsLock(session, key)) return null;
  const taken = await tryLock(session, key);
  return 'holder' in taken ? taken.holder : null;
}

/** Gives the lock back. False means that this session did not hold it: somebody's pooler is in the way. */
export async function releaseLock(session: Queryable, key: string): Promise<boolean> {
  const { rows } = await session.query<{ released: boolean }>('select pg_catalog.pg_advisory_unlock($1) as released', [
    key,
  ]);
  return rows[0]?.released ?? false;
}

const POLITE = 20;

/**
 * The backend that took the lock for us serves somebody else now: a pooler gives backends away. The lock is given back when
 * that backend is ours again for a moment, else the backend is ended, as nobody could ever free it.
 */
export async function freeStrandedLock(session: Session, key: string, pid: number): Promise<void> {
  for (let time = 0; time < POLITE; time += 1) {
    const { rows } = await session.query<{ freed: boolean }>(
      qualified(
        'select case when pg_catalog.pg_backend_pid() = $2::int then pg_catalog.pg_advisory_unlock($1) else false end as freed',
      ),
      [key, pid],
    );
    if (rows[0]?.freed) return;
  }
  if ((await lockHolder(session, key))?.pid === pid) {
    await askAsLogin(session, 'select pg_catalog.pg_terminate_backend($1)', [String(pid)]);
  }
}

export async function holdsLock(session: Queryable, key: string): Promise<boolean> {
  const { rows } = await session.query<{ held: boolean }>(qualified(`select ${isHeld('$1')} as held`), [key]);
  return rows[0]?.held ?? false;
}

const isHeld = (key: string) =>
  `exists (select 1 from pg_catalog.pg_locks where locktype = 'advisory' and granted and pid = pg_catalog.pg_backend_pid()
      and objsubid = 1 and ((classid::bigint << 32) | objid::bigint) = ${key}::bigint)`;
