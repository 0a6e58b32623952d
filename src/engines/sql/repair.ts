/** Mode repair: what interrupted and failed runs have left in the records is settled, each version with its reason. */
import type { MigrationFile, Progress, RecordRow } from '../../plan/plan.ts';
import { isUnsettled, type Settlement, type SettleWord, settle, type Unsettled } from '../../plan/settle.ts';
import type { Session } from '../../postgres/session.ts';
import { RESET_ROLE } from '../../postgres/settings.ts';
import { Stop } from '../../report/stop.ts';
import { plural } from '../../report/text.ts';
import type { Request } from '../../request/request.ts';
import { classify } from '../../sql/classify.ts';
import type { Settled } from '../engine.ts';
import { judge } from '../shared/leftovers.ts';
import { createTrackingItems, forgetItem, historyItem, type RunStamp, recordItem } from '../shared/tracking.ts';
import { versionKey } from './files.ts';
import { begunBy, ProgressKeeper } from './progress.ts';
import { scriptOf } from './script-file.ts';

export interface RepairInput {
  readonly session: Session;
  readonly request: Request;
  readonly stamp: RunStamp;
  readonly files: readonly MigrationFile[];
  readonly records: readonly RecordRow[];
  readonly onLine: (text: string) => void;
}

/** Settles everything or nothing. Throws a Stop that names what a person must find out. */
export async function repair(input: RepairInput): Promise<readonly Settled[]> {
  const settlements = await decideAll(input);
  if (settlements.length === 0) return [];
  const { session, request, stamp } = input;
  await session.batch([...RESET_ROLE, { text: `set lock_timeout = ${request.lockTimeoutMs}` }]);
  for (const { cleanup } of settlements) {
    for (const sql of cleanup) {
      input.onLine(sql);
      await session.batch([{ text: sql }]);
    }
  }
  await session.batch([
    { text: 'begin' },
    ...createTrackingItems(stamp.schema),
    ...settlements.flatMap(({ version, name, row, reason }) => [
      row === null
        ? forgetItem(stamp, version)
        : recordItem(stamp, { version, name, ...row, errorMessage: null, executionTimeMs: 0 }),
      historyItem(stamp, {
        action: 'repair',
        version,
        status: 'success',
        errorMessage: null,
        executionTimeMs: 0,
        reason,
      }),
    ]),
    { text: 'commit' },
  ]);
  return settlements.map(({ version, name, file, row, reason }) => ({
    version,
    name,
    file: file ?? '',
    became: row === null ? 'forgotten' : row.status === 'completed' ? 'applied' : 'pending',
    reason,
  }));
}

async function decideAll({ session, request, files, records }: RepairInput): Promise<Settlement[]> {
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
    const settled = settle(found, words.get(key) ?? null, reason);
    if (settled.kind === 'settlement') settlements.push(settled);
    else objections.push(settled);
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
  const progress = record?.progress ?? null;
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
