/** A point to restore to, noted before anything is applied. */
import { qualified } from '../../postgres/qualified.ts';
import type { Session } from '../../postgres/session.ts';
import type { BackupMarker } from '../../report/outcome.ts';
import type { RunIdentity } from '../../request/request.ts';

/** A restore point where the role may set one; else the position in the WAL alone. */
export async function setMarker(session: Session, run: RunIdentity): Promise<BackupMarker> {
  const name = `mgate-${run.runId ?? 'local'}-${run.attempt ?? '1'}`.slice(0, 63);
  const { rows } = await session.query<{ lsn: string; at: string; snapshot: string; may: boolean }>(
    qualified(`select pg_catalog.pg_current_wal_lsn()::text as lsn, pg_catalog.clock_timestamp()::text as at, pg_catalog.pg_current_snapshot()::text as snapshot,
            pg_catalog.has_function_privilege('pg_catalog.pg_create_restore_point(pg_catalog.text)', 'execute') and pg_catalog.current_setting('wal_level') <> 'minimal' as may`),
  );
  const position = rows[0];
  if (!position) throw new Error('the server did not tell its WAL position');
  const { lsn, at, snapshot, may } = position;
  if (!may) return { kind: 'wal-position', name: null, lsn, at, snapshot };
  const point = await session.query<{ lsn: string }>(
    'select pg_catalog.pg_create_restore_point($1)::pg_catalog.text as lsn',
    [name],
  );
  return { kind: 'restore-point', name, lsn: point.rows[0]?.lsn ?? lsn, at, snapshot };
}
