/** Whether a database is a copy of the target: the same schema, the same migrations applied. */
import { compareDefinitions } from '../../plan/schema-diff.ts';
import { readDefinitions, readFingerprints } from '../../postgres/catalog.ts';
import type { Session } from '../../postgres/session.ts';
import { Stop } from '../../report/stop.ts';
import { unfitTable } from './refusals.ts';
import { leftOut, readRecords, readTrackingState, type TrackingRow, trackingQuery } from './tracking.ts';
import type { Workbench } from './workbench.ts';

/** What tracking the copy has. `tracking`: the target's. Throws a Stop for what is no copy. */
export async function requireCopy(
  target: Session,
  tracking: Workbench['tracking'],
  copy: Session,
): Promise<Workbench['tracking']> {
  const { schema } = tracking;
  const ours = await readFingerprints(target, leftOut(schema));
  const theirs = await readFingerprints(copy, leftOut(schema));
  const differences = compareDefinitions(
    await readDefinitions(target, ours.groups.keys()),
    await readDefinitions(copy, theirs.groups.keys()),
  );
  const { rows } = await copy.query<TrackingRow>(trackingQuery(schema));
  const state = rows[0] ? readTrackingState(rows[0], schema) : ({ kind: 'absent' } as const);
  if (state.kind === 'unfit') throw unfitTable(`the copy's ${state.table}`, state.fault);
  const here = tracking.exists ? await completed(target, schema) : [];
  const there = state.kind === 'ours' ? await completed(copy, schema) : [];
  const [first] = differences;
  if (first || here.join() !== there.join()) {
    throw new Stop({
      result: 'refused',
      class: 'verification',
      message: first
        ? `the copy's schema is not the target's: ${first.kind} ${first.name} ${first.change === 'changed' ? 'differs' : first.change === 'added' ? 'is only in the copy' : 'is only in the target'} (${differences.length} differences)`
        : `the copy has other migrations applied than the target (${there.length} against ${here.length})`,
      next: 'Refresh the copy from the target, then run again.',
    });
  }
  return { schema, exists: state.kind === 'ours', complete: state.kind === 'ours' && state.complete };
}

async function completed(session: Session, schema: string): Promise<string[]> {
  const records = await readRecords(session, schema, false);
  return records
    .filter((row) => row.status === 'completed')
    .map((row) => `${row.version} ${row.checksum}`)
    .sort();
}
