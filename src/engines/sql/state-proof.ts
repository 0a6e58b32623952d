/** What the database says of this run's migrations when it is read back. */
import { decide } from '../../plan/decide.ts';
import type { Progress } from '../../plan/plan.ts';
import type { Fingerprints } from '../../plan/schema-diff.ts';
import { readFingerprints } from '../../postgres/catalog.ts';
import type { Session } from '../../postgres/session.ts';
import type { MigrationRef } from '../../report/outcome.ts';
import { classify } from '../../sql/classify.ts';
import type { Check, Plan, StateProof } from '../engine.ts';
import { leftOut, type Recorded, readRecords, type TrackingRow, trackingQuery } from '../shared/tracking.ts';

/** What reading back asks of a plan. */
export interface Planned {
  readonly pending: readonly (MigrationRef & { readonly key: string })[];
  /** Half-done ones, as the run found them, by version key. */
  readonly resumed: ReadonlyMap<string, { readonly progress: Pick<Progress, 'done' | 'started'> | null }>;
  /** The version of a non-transactional migration at which apply stopped: what of it had been done stands in its record. */
  readonly stoppedWithin?: string | null;
}

/** Whether the schema is what it was just before apply; null where that was not read. */
type IsAsBefore = ((now: Fingerprints) => boolean) | null;

export async function readBack(
  session: Session,
  schema: string,
  plan: Planned,
  isAsBefore: IsAsBefore,
): Promise<StateProof> {
  const { rows } = await session.query<TrackingRow>(trackingQuery(schema));
  const tracked = rows[0]?.migrations ? await readRecords(session, schema, false) : [];
  const records = new Map(tracked.map((row) => [row.version, row]));
  const { currentVersion } = decide({
    files: [],
    records: tracked,
    targetVersion: null,
    allowOutOfOrder: true,
    rawChecksum: () => '',
  });
  const applied = plan.pending.filter((one) => records.get(one.version)?.status === 'completed');
  if (applied.length === plan.pending.length) return { state: 'migrated', currentVersion, applied };
  const begun = applied.length > 0 || plan.pending.some((one) => hasAdvanced(one, plan, records));
  const state = begun ? 'partially-migrated' : await stateOfStarted(session, schema, plan, records, isAsBefore);
  return { state, currentVersion, applied };
}

function hasAdvanced(
  { version, key }: Planned['pending'][number],
  { resumed }: Planned,
  records: ReadonlyMap<string, Recorded>,
): boolean {
  const row = records.get(version);
  const was = resumed.get(key)?.progress;
  // The statement that was begun may have been done by whoever began it: the schema tells.
  const before = was?.started ?? was?.done ?? 0;
  return row?.status !== 'completed' && (row?.progress?.done ?? 0) > before;
}

/** A non-transactional statement that failed may have left something that no progress tells of: an invalid index. */
async function stateOfStarted(
  session: Session,
  schema: string,
  plan: Planned,
  records: ReadonlyMap<string, Recorded>,
  isAsBefore: IsAsBefore,
): Promise<StateProof['state']> {
  const started = plan.pending.flatMap((one) => {
    const progress = records.get(one.version)?.progress;
    if (!progress) return [];
    const begun = plan.resumed.get(one.key)?.progress?.started ?? null;
    if (progress.started === null) return begun === progress.done ? [{ again: true, sql: '' }] : [];
    const again = begun === progress.started;
    return [{ again, sql: progress.startedSql ?? '' }];
  });
  const within = plan.stoppedWithin ?? null;
  // None of it was done; or it was, and something took that out of the record.
  if (within !== null && !records.get(within)?.progress)
    return isAsBefore?.(await readFingerprints(session, leftOut(schema))) ? 'unchanged' : 'unknown';
  if (started.length === 0) return 'unchanged';
  if (!isAsBefore) return started.every(({ again }) => again) ? 'unchanged' : 'unknown';
  if (!isAsBefore(await readFingerprints(session, leftOut(schema)))) return 'partially-migrated';
  // Code that commits may have changed rows, of which the catalog tells nothing; it is never begun a second time.
  const untold = started.some(({ again, sql }) => !again && !classify(sql).nonTransactional?.leftover);
  return untold ? 'unknown' : 'unchanged';
}

/** Whether our table says that all of the plan was applied as it is. */
export async function checkRecords(session: Session, trackingSchema: string, plan: Plan | null): Promise<Check> {
  const recorded = new Map((await readRecords(session, trackingSchema, false)).map((row) => [row.version, row]));
  const wrong = (plan?.pending ?? []).filter((one) => {
    const row = recorded.get(one.version);
    return row?.status !== 'completed' || row.checksum !== one.checksum;
  });
  return {
    check: 'every migration is recorded with its checksum',
    passed: wrong.length === 0,
    detail: wrong.length === 0 ? null : `not so: ${wrong.map((one) => one.file).join(', ')}`,
  };
}
