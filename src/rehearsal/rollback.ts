/** The end of the rehearsal's transaction: ROLLBACK, and the server's own word that it is. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Workbench } from '../engines/shared/workbench.ts';
import { PIN } from '../postgres/qualified.ts';
import { BatchError } from '../postgres/session.ts';
import { Stop } from '../report/stop.ts';
import { readTraffic, type Traffic, trafficItem, type Wanted } from './sizes.ts';

const PROVED_WITHIN_MS = 10_000;

/** And how busy others keep the relations that are `wanted`, as far as that is told. */
export async function rollBack(
  { session, armed, log }: Workbench,
  wanted: Wanted,
): Promise<ReadonlyMap<string, Traffic>> {
  if (session.lost) return new Map();
  try {
    // Right in every state of the transaction; what the files had set goes with it.
    const results = await session.batch([{ text: 'rollback' }, ...armed, PIN, trafficItem(wanted)]);
    const last = results.at(-1);
    return last ? readTraffic(last) : new Map();
  } catch (error) {
    log.detail(`rollback: ${(error as Error).message}`);
    if (error instanceof BatchError && error.completed.length > 0 && !session.lost) await session.batch(armed);
    return new Map();
  }
}

/** The transaction and the position in the WAL at which it began. */
export interface Begun {
  readonly xid: string;
  readonly lsn: string | null;
}

export interface Proved {
  readonly xid: string;
  readonly status: string;
  readonly walBytes: number | null;
}

/** Without the server's word that the transaction is aborted nothing may go on: throws a Stop. */
export async function proveRolledBack(bench: Workbench, { xid, lsn }: Begun): Promise<Proved> {
  const { session, watcher, log } = bench;
  const witness = session.lost ? (watcher.lost ? await bench.reconnect() : watcher) : session;
  const until = performance.now() + PROVED_WITHIN_MS;
  let status: string | null = null;
  let walBytes: number | null = null;
  do {
    const { rows } = await witness.query<{ status: string | null; wal: string | null }>(
      `select pg_catalog.pg_xact_status($1::pg_catalog.xid8) as status,
              pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), $2::pg_catalog.pg_lsn)::pg_catalog.text as wal`,
      [xid, lsn],
    );
    status = rows[0]?.status ?? null;
    walBytes = rows[0]?.wal == null ? null : Number(rows[0].wal);
    if (status !== 'in progress') break;
    await sleep(100);
  } while (performance.now() < until);
  if (status !== 'aborted') {
    throw new Stop({
      result: 'failed',
      class: 'internal',
      message: `the rehearsal transaction ${xid} could not be proved to be rolled back (the server says: ${status ?? 'nothing'})`,
      next: 'Compare the database with your last backup before going on, and report this.',
    });
  }
  log.detail(`rehearsal transaction ${xid}: aborted, by the server's own word`);
  return { xid, status, walBytes };
}
