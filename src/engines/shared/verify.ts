/** Whether the database is now what it should be: asked of it, and compared with what the dry run said. */

import { changedGroups, compareDefinitions, type Fingerprints, groupsToProve } from '../../plan/schema-diff.ts';
import { type LeftOut, readDefinitions, readFingerprints } from '../../postgres/catalog.ts';
import type { Session } from '../../postgres/session.ts';
import type { SeenRehearsal } from '../../rehearsal/report.ts';
import type { SchemaChange } from '../../report/outcome.ts';
import type { Request } from '../../request/request.ts';
import type { Check, Verification } from '../engine.ts';
import { checkIndexes, checkTables, readSmokeTests, runSmokeTests } from './checks.ts';
import { type InvalidIndex, invalidIndexes, passedOver, passedOverCheck } from './leftovers.ts';

/** Just before apply: the schema, and the indexes that were invalid already. */
export interface StateBefore {
  readonly fingerprints: Fingerprints;
  readonly invalid: readonly InvalidIndex[];
}

/** What this run has applied; null in `verify(..., null)`: nothing, and only what is asked for by name is checked. */
export interface AppliedRun {
  /** Whether the records say that everything was applied. */
  readonly records: Check;
  readonly leftOut: readonly LeftOut[];
  readonly before: StateBefore;
  readonly rehearsal: SeenRehearsal | null;
  /** Rehearsed on a copy: its oids say nothing here. */
  readonly onCopy: boolean;
}

export async function verify(session: Session, request: Request, run: AppliedRun | null): Promise<Verification> {
  const checks: Check[] = [];
  const smokeTests = readSmokeTests(request.workingDirectory, request.smokeTests);
  if (run) checks.push(run.records);
  await session.query('begin transaction isolation level read committed read only');
  try {
    checks.push(...(await checkTables(session, request.criticalTables)));
    checks.push(...(await checkIndexes(session, request.criticalIndexes)));
    if (run) {
      checks.push(invalidCheck(await invalidIndexes(session), run.before.invalid));
      const statements = (run.rehearsal?.migrations ?? []).flatMap((migration) => migration.statements);
      const over = await passedOver(
        session,
        statements.map(({ sql }) => sql),
      );
      if (over.length > 0) checks.push(passedOverCheck(over));
    }
    checks.push(...(await runSmokeTests(session, smokeTests)));
  } finally {
    await session.query('rollback');
  }
  return { checks, remarks: [], ...(await compare(session, run)) };
}

/** What our migrations made, against what the dry run said they would make. */
async function compare(
  session: Session,
  run: AppliedRun | null,
): Promise<Pick<Verification, 'predictedEqualsActual' | 'differences' | 'foreign'>> {
  if (!run?.rehearsal) return { predictedEqualsActual: null, differences: [], foreign: [] };
  const { rehearsal, before, onCopy } = run;
  const after = await readFingerprints(session, run.leftOut);
  const groups = changedGroups(before.fingerprints, after);
  const rehearsed = { added: [], removed: [], changed: onCopy ? [] : [...rehearsal.touched] };
  const actual = await readDefinitions(session, groupsToProve(rehearsed, groups));
  const ours = oursIn(rehearsal);
  const all = compareDefinitions(rehearsal.predicted, actual);
  const differences = all.filter((change) => change.change !== 'added' || ours(change));
  const foreign = all.filter((change) => !differences.includes(change));
  return { predictedEqualsActual: rehearsal.complete ? differences.length === 0 : null, differences, foreign };
}

function invalidCheck(now: readonly InvalidIndex[], before: readonly InvalidIndex[]): Check {
  const known = new Set(before.map((index) => index.name));
  const fresh = now.filter((index) => !known.has(index.name));
  return {
    check: 'no invalid index was left behind',
    passed: fresh.length === 0,
    detail:
      fresh.length === 0 ? null : `invalid: ${fresh.map((index) => `${index.name} on ${index.table}`).join(', ')}`,
  };
}

/** Whether something that is there and was not predicted belongs to what our migrations touched. */
function oursIn(rehearsal: SeenRehearsal): (change: SchemaChange) => boolean {
  const removed = new Set(
    rehearsal.schemaDiff.filter((one) => one.change === 'removed').map((one) => `${one.kind} ${one.name}`),
  );
  const tables = [...rehearsal.predicted.values()].filter((one) => one.kind === 'table').map((one) => `${one.name}.`);
  return (change) =>
    removed.has(`${change.kind} ${change.name}`) || tables.some((table) => change.name.startsWith(table));
}
