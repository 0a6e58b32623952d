/** The rehearsal's findings as the report has them: of each migration, and of what failed. */
import type { PlannedMigration } from '../plan/plan.ts';
import type { Definitions } from '../plan/schema-diff.ts';
import { failureFrom, readServerError } from '../postgres/failure.ts';
import type { Failure, MigrationReport } from '../report/outcome.ts';
import type { Request } from '../request/request.ts';
import type { Rehearsal } from '../engines/engine.ts';
import { sourceLine } from '../engines/sql/files.ts';
import { locate } from '../engines/sql/script-file.ts';
import type { StatementFailed } from './endings.ts';
import { type Entry, toReport } from './entry.ts';

/** The rehearsed schema, beside what a report needs: what apply makes is compared with it. */
export interface SqlRehearsal extends Rehearsal {
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

/** `inTheWay`: how many rows it failed on, in a sentence. */
export function failureReport(
  { migration, entry, place, error }: StatementFailed,
  inTheWay: string | null,
  request: Request,
): Failure {
  const position = entry ? readServerError(error).position : null;
  const { line, column } = place ? locate(place, position) : { line: 1, column: 1 };
  const limited = (migration.script.directives.statementTimeoutMs ?? request.statementTimeoutMs) > 0;
  const failure = failureFrom(
    error,
    { file: migration.file, line, column, sourceLine: sourceLine(migration, line) },
    {
      phase: 'dry-run',
      host: request.target.host,
      timedOut: limited ? 'statement' : null,
      showData: request.showData,
    },
  );
  if (inTheWay === null) return failure;
  return { ...failure, hint: [inTheWay, failure.hint].filter((text) => text !== null).join(' ') };
}
