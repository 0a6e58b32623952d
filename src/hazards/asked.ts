/** The statements of planned files, as rules are asked about them. */
import type { PlannedMigration } from '../plan/plan.ts';
import type { Asked } from './claim.ts';

export function* asked(pending: readonly PlannedMigration[]): Generator<Asked> {
  for (const { version, file, script } of pending) {
    for (const { index, line, sql } of script.texts) {
      yield { version, file, index, line, sql, transactional: script.transactional };
    }
  }
}
