/** The rehearsal as the report has it. */

import type { Rehearsal } from '../engines/engine.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import type { Definitions } from '../plan/schema-diff.ts';
import type { MigrationReport } from '../report/outcome.ts';
import { type Entry, toReport } from './entry.ts';

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
    statements: entries.map(toReport),
  };
}
