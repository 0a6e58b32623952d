/** A statement that failed, where it stands in its file. */
import { failureFrom, readServerError } from '../../../postgres/failure.ts';
import type { StatementFailed } from '../../../rehearsal/endings.ts';
import type { Failure } from '../../../report/outcome.ts';
import type { Request } from '../../../request/request.ts';
import { locate } from '../../../sql/locate.ts';
import { sourceLine } from '../files.ts';

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
