/** The rehearsal as the report has it. */

import type { Rehearsal } from '../engines/engine.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import type { Definitions } from '../plan/schema-diff.ts';
import type { MigrationReport } from '../report/outcome.ts';
import { type Entry, toReport } from './entry.ts';
import { addTouched } from './looks.ts';

/** The rehearsed schema, beside what a report needs: what apply makes is compared with it. */
export interface SeenRehearsal extends Rehearsal {
  readonly predicted: Definitions;
  /** The catalog groups that the rehearsal made, changed or removed. */
  readonly touched: ReadonlySet<string>;
}

export function migrationReport(
  migration: PlannedMigration,
  entries: readonly Entry[],
  transactional: boolean,
  status: MigrationReport['status'],
): MigrationReport {
  const times = entries.map((entry) => entry.ms).filter((ms) => ms !== null);
  const { version, name, file, checksum } = migration;
  return {
    version,
    name,
    file,
    checksum,
    transactional,
    status,
    ms: times.length === 0 ? null : Math.round(times.reduce((sum, ms) => sum + ms, 0)),
    appliedMs: null,
    statements: folded(entries).map(toReport),
  };
}

/** A long run of INSERTs into one table is one entry; its first ones were noted by themselves, before it was long. */
function folded(entries: readonly Entry[]): readonly Entry[] {
  const told: Entry[] = [];
  for (const entry of entries) {
    let run = entry;
    if (entry.count > 1) {
      for (let first = told.at(-1); first && goesOn(first, run); first = told.at(-1)) {
        run = joined(first, run);
        told.pop();
      }
    }
    told.push(run);
  }
  return told;
}

function goesOn(one: Entry, next: Entry): boolean {
  const into = one.facts.bulkInsertInto;
  return (
    into !== null && into === next.facts.bulkInsertInto && one.index + one.count === next.index && one.reason === null
  );
}

const sum = (one: number | null, other: number | null) =>
  one === null || other === null ? (one ?? other) : one + other;

function joined(first: Entry, rest: Entry): Entry {
  return {
    ...first,
    count: first.count + rest.count,
    ran: first.ran + rest.ran,
    executed: first.executed && rest.executed,
    error: rest.error,
    ms: sum(first.ms, rest.ms),
    rows: sum(first.rows, rest.rows),
    locks: [...first.locks, ...rest.locks],
    rewrites: [...first.rewrites, ...rest.rewrites],
    scans: [...new Set([...first.scans, ...rest.scans])],
    watched: first.watched && rest.watched,
    touched: addTouched(first.touched, rest.touched),
  };
}
