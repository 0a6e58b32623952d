/** How a migration ended, as our own rows tell it. */
import { randomUUID } from 'node:crypto';
import type { PlannedMigration } from '../../../plan/plan.ts';
import { readServerError } from '../../../postgres/failure.ts';
import type { Session } from '../../../postgres/session.ts';
import type { Failure } from '../../../report/outcome.ts';
import { redactor } from '../../../report/redact.ts';
import { cut } from '../../../report/text.ts';
import { notAsWritten } from '../../shared/refusals.ts';
import {
  failureItem,
  historyItem,
  NOT_AS_WRITTEN,
  proveItem,
  type RecordValues,
  type RunStamp,
  readRecords,
  recordItem,
} from '../../shared/tracking.ts';
import type { Workbench } from '../../shared/workbench.ts';
import type { Pair, Sender } from './sender.ts';

/** `heard` is told how long the transaction had taken until then, in milliseconds. */
export function recordDone(
  sender: Sender,
  stamp: RunStamp,
  { version, name, checksum }: PlannedMigration,
  executionTimeMs: number | null,
  heard: (ms: number) => void = () => undefined,
): void {
  const done = { version, name, checksum, status: 'completed', progress: null, errorMessage: null } as const;
  const id = randomUUID();
  sender.add(recordItem(stamp, { ...done, executionTimeMs }), { heard: (ms) => heard(Number(ms ?? 0)) });
  sender.add(historyItem(stamp, { id, version, status: 'success', errorMessage: null, executionTimeMs }), null);
  sender.add(...provePair(stamp, done, id));
}

/** How far a migration has come, in the transaction that is open: written, and proved to be there. */
export function progressPairs(stamp: RunStamp, row: RecordValues): Pair[] {
  return [[recordItem(stamp, row), null], provePair(stamp, row, null)];
}

function provePair(stamp: RunStamp, row: Parameters<typeof proveItem>[1], historyId: string | null): Pair {
  const meaning = (error: unknown) =>
    readServerError(error).code === NOT_AS_WRITTEN ? notAsWritten(stamp.schema, error) : error;
  return [proveItem(stamp, row, historyId), { meaning }];
}

/** The failure's row and event, in a transaction of their own. Throws where the database cannot be told. */
export async function recordFailure(
  bench: Workbench,
  stamp: RunStamp,
  { version, name, checksum }: PlannedMigration,
  error: Failure,
  ms: number,
): Promise<void> {
  const redact = redactor(bench.request.secrets);
  const message = cut(redact(`${error.sqlstate ? `${error.sqlstate}: ` : ''}${error.message}`), 1_000);
  const session = await bench.witness();
  // The connection was lost while COMMIT was on its way, and the server finished it.
  if (session !== bench.session && (await isCompleted(session, stamp.schema, version))) return;
  try {
    await session.batch([
      { text: 'begin' },
      failureItem(stamp, { version, name, checksum, errorMessage: message }),
      historyItem(stamp, { version, status: 'failed', errorMessage: message, executionTimeMs: ms }),
      { text: 'commit' },
    ]);
  } catch (cause) {
    // The same session is asked next what state the database is in.
    if (!session.lost) await session.query('rollback');
    throw cause;
  }
}

async function isCompleted(session: Session, schema: string, version: string): Promise<boolean> {
  const records = await readRecords(session, schema, false);
  return records.some((row) => row.version === version && row.status === 'completed');
}
