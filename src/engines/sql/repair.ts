/** Mode repair: what interrupted and failed runs have left in the records is settled, each version with its reason. */
import { randomUUID } from 'node:crypto';
import type { MigrationFile, Progress, RecordRow } from '../../plan/plan.ts';
import { faultOf } from '../../plan/records.ts';
import { isUnsettled, type Settlement, type SettleWord, settle, type Unsettled } from '../../plan/settle.ts';
import { readServerError } from '../../postgres/failure.ts';
import { BatchError, type Session } from '../../postgres/session.ts';
import { RESET_ROLE } from '../../postgres/settings.ts';
import { Stop } from '../../report/stop.ts';
import { plural } from '../../report/text.ts';
import type { Request } from '../../request/request.ts';
import { classify } from '../../sql/classify.ts';
import type { Settled } from '../engine.ts';
import { judge } from '../shared/leftovers.ts';
import { notAsWritten } from '../shared/refusals.ts';
import {
  createTrackingItems,
  eventsThere,
  forgetItem,
  historyItem,
  NOT_AS_WRITTEN,
  proveRepairItem,
  type RunStamp,
  recordItem,
} from '../shared/tracking.ts';
import { versionKey } from './files.ts';
import { begunBy, ProgressKeeper } from './progress.ts';
import { scriptOf } from './script-file.ts';

export interface RepairInput {
  readonly session: Session;
  readonly request: Request;
  readonly stamp: RunStamp;
  readonly files: readonly MigrationFile[];
  readonly records: readonly RecordRow[];
  /** Where the session was lost: another one, once the backend of the first is gone. */
  readonly witness: () => Promise<Session>;
  readonly onLine: (text: string) => void;
}

/** Statements that were sent for a version, by its key. */
type Ran = Map<string, string[]>;

/** Settles everything or nothing. Throws a Stop that names what a person must find out. */
export async function repair(input: RepairInput): Promise<readonly Settled[]> {
  const settlements = await decideAll(input, new Map());
  if (settlements.length === 0) return [];
  const { session, request } = input;
  await session.batch([...RESET_ROLE, { text: `set lock_timeout = ${request.lockTimeoutMs}` }]);
  const ran: Ran = new Map();
  try {
    for (const { version, cleanup } of settlements) {
      for (const sql of cleanup) {
        input.onLine(sql);
        ran.set(versionKey(version), [...(ran.get(versionKey(version)) ?? []), sql]);
        await session.batch([{ text: sql }]);
      }
    }
    // What cleans up may finish what was begun, as FINALIZE does.
    const now = ran.size === 0 ? settlements : await decideAll(input, ran);
    await record(input, now);
    return now.map(({ version, name, file, row, reason }) => ({
      version,
      name,
      file: file ?? '',
      became: row === null ? 'forgotten' : row.status === 'completed' ? 'applied' : 'pending',
      reason,
    }));
  } catch (error) {
    throw ran.size === 0 ? error : afterCleaning(error, [...ran.values()].flat());
  }
}

/** Records and history together, and the proof that they are there as written. */
async function record(input: RepairInput, settlements: readonly Settlement[]): Promise<void> {
  const { session, stamp } = input;
  const each = settlements.map((one) => ({ ...one, id: randomUUID() }));
  try {
    await session.batch([
      { text: 'begin' },
      ...createTrackingItems(stamp.schema),
      ...each.flatMap(({ id, version, name, row, reason }) => [
        row === null
          ? forgetItem(stamp, version)
          : recordItem(stamp, { version, name, ...row, errorMessage: null, executionTimeMs: 0 }),
        historyItem(stamp, {
          id,
          action: 'repair',
          version,
          status: 'success',
          errorMessage: null,
          executionTimeMs: 0,
          reason,
        }),
      ]),
      ...each.map(({ id, version, row }) => proveRepairItem(stamp, { version, ...row }, id)),
      { text: 'commit' },
    ]);
  } catch (error) {
    if (!session.lost) {
      await session.query('rollback');
      throw error instanceof BatchError && readServerError(error.cause).code === NOT_AS_WRITTEN
        ? notAsWritten(stamp.schema, error)
        : error;
    }
    // The answer to COMMIT may be what was lost: the events tell.
    const ids = each.map(({ id }) => id);
    if ((await eventsThere(await input.witness(), stamp.schema, ids)) < ids.length) throw error;
  }
}

/** Nothing was recorded, and something was done. */
function afterCleaning(error: unknown, ran: readonly string[]): Stop {
  const { message, code } = readServerError(error);
  const also = error instanceof Stop ? error.reason : { next: 'Run mode: repair again.' };
  return new Stop(
    {
      ...also,
      result: 'failed',
      message: `${message}${code ? ` (${code})` : ''}; no record was settled, and these were run before: ${ran.join('; ')}`,
      stateUnknown: true,
    },
    { cause: error },
  );
}

/** `ran`: what was cleaned up already. */
async function decideAll({ session, request, files, records }: RepairInput, ran: Ran): Promise<Settlement[]> {
  const { words, reason } = request.settle;
  const fileOf = new Map(files.map((file) => [file.key, file]));
  const recordOf = new Map(records.map((record) => [versionKey(record.version), record]));
  const keys = new Set([...records.filter(isUnsettled).map(({ version }) => versionKey(version)), ...words.keys()]);
  const settlements: Settlement[] = [];
  const objections: { message: string; version: string; words: readonly SettleWord[] }[] = [];
  for (const key of keys) {
    const [record, file] = [recordOf.get(key) ?? null, fileOf.get(key) ?? null];
    const known = record ?? file ?? { version: key, name: '' };
    const begun = await lookAt(session, record, file);
    const found = { version: known.version, name: known.name, record, file, ...begun };
    const sent = ran.get(key) ?? [];
    // Against "run it again" stands that there is nothing left to run.
    const isOver = sent.length > 0 && words.get(key) === 'again' && begun.judgement?.kind === 'done';
    const settled = settle(found, isOver ? null : (words.get(key) ?? null), reason);
    if (settled.kind === 'objection') objections.push(settled);
    else settlements.push({ ...settled, reason: [settled.reason, ...sent.map((sql) => `ran: ${sql}`)].join('; ') });
  }
  const [first, ...more] = objections;
  if (!first) return settlements;
  throw new Stop({
    result: 'refused',
    class: 'order',
    message: `${first.message}${more.length > 0 ? ` (and ${plural(more.length, 'more')})` : ''}; nothing was settled`,
    next:
      first.words.length === 0
        ? `Take ${first.version} out of settle, then run mode: repair again.`
        : `Look at the database, then run mode: repair again with settle: ${objections.map((one) => `${one.version}=${one.words.join('|')}`).join(', ')} (one word each) and settle-reason.`,
    file: files.find((file) => file.version === first.version)?.file ?? null,
  });
}

/** What the catalog says of the statement that was begun, and how far the file is with it. */
async function lookAt(
  session: Session,
  record: RecordRow | null,
  file: MigrationFile | null,
): Promise<Pick<Unsettled, 'judgement' | 'afterStarted'>> {
  // What makes no sense tells nothing.
  const progress = record && faultOf(record) === null ? record.progress : null;
  if (progress === null || progress.started === null) return { judgement: null, afterStarted: null };
  const leftover = classify(progress.startedSql ?? '').nonTransactional?.leftover ?? null;
  const judged = await judge(session, leftover);
  return {
    judgement: { kind: judged.kind, cleanup: judged.kind === 'again' ? judged.cleanup.map(({ sql }) => sql) : [] },
    afterStarted: file === null ? null : progressAfter(file, progress),
  };
}

/** Null where the statement, or what is done before it, was edited since. */
function progressAfter(file: MigrationFile, progress: Progress): Progress | null {
  const keeper = new ProgressKeeper(file, progress);
  try {
    for (const event of scriptOf(file)) {
      if (event.kind !== 'statement') continue;
      keeper.pass(event.index, event.statement);
      if (event.index === progress.started)
        return begunBy(progress, event.statement, null).edited ? null : keeper.done();
    }
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  return null;
}
