/** One session at the server, named so that no other is meant, and how it is ended. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../../postgres/session.ts';
import type { Backend } from '../engine.ts';
import { BACKEND_START, type ServerFacts } from './inspect.ts';

const GONE_WITHIN_MS = 10_000;

export function backendOf({ backendPid, backendStart }: ServerFacts): Backend {
  return { pid: backendPid, since: backendStart };
}

/** Ends the backend, and returns once it is gone: until then it could still commit. */
export async function endBackend(session: Session, { pid, since }: Backend): Promise<void> {
  const until = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const { rows } = await session.query(
      `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a where a.pid = $1 and ${BACKEND_START} = $2`,
      [pid, since],
    );
    if (rows.length === 0) return;
    if (performance.now() > until) throw new Error(`the lost session's backend ${pid} is still at work`);
    await sleep(100);
  }
}
