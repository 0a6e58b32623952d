/** One session at the server, named so that no other is meant, and how it is ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import { askAsLogin } from '../../postgres/as-login.ts';
import type { Session } from '../../postgres/session.ts';
import type { Backend } from '../engine.ts';
import type { ServerFacts } from './inspect.ts';

const GONE_WITHIN_MS = 10_000;

/** The same text whatever a session's time zone is. `a`: pg_stat_activity. */
export const BACKEND_START = 'extract(epoch from a.backend_start)::text';

export function backendOf({ backendPid, backendStart }: ServerFacts): Backend {
  return { pid: backendPid, since: backendStart };
}

/** Ends the backend, and returns once it is gone: until then it could still commit. */
export async function endBackend(session: Session, { pid, since }: Backend): Promise<void> {
  const until = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    // The session that asks may be it, handed on by a pool: then what it did before is over.
    const left = await askAsLogin(
      session,
      `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a
        where a.pid = $1 and a.pid <> pg_catalog.pg_backend_pid() and ${BACKEND_START} = $2`,
      [String(pid), since],
    );
    if (left.length === 0) return;
    if (performance.now() > until) throw new Error(`the lost session's backend ${pid} is still at work`);
    await sleep(100);
  }
}
