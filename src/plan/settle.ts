/** A record that a run has left unfinished, or that somebody says is wrong -> what is to become of it (mode repair). */
import type { MigrationFile, Progress, RecordRow } from './plan.ts';
import { faultOf } from './records.ts';

/** What a person may say of a version. `done` and `again` are about the statement that was begun and not finished. */
export const SETTLE_WORDS = ['applied', 'pending', 'done', 'again'] as const;
export type SettleWord = (typeof SETTLE_WORDS)[number];

export interface Unsettled {
  readonly version: string;
  readonly name: string;
  readonly record: RecordRow | null;
  readonly file: MigrationFile | null;
  /** What the catalog says of the statement that was begun; null: none was. */
  readonly judgement: {
    readonly kind: 'done' | 'again' | 'unknown';
    /** What removes its remains, each statement alone and outside a transaction. */
    readonly cleanup: readonly string[];
  } | null;
  /** The progress with that statement done; null: the file, or that statement in it, is not what was begun. */
  readonly afterStarted: Progress | null;
}

export interface Settlement {
  readonly kind: 'settlement';
  readonly version: string;
  readonly name: string;
  readonly file: string | null;
  readonly cleanup: readonly string[];
  /** Null: the row is taken out. */
  readonly row: {
    readonly status: 'completed' | 'pending';
    readonly checksum: string;
    readonly progress: Progress | null;
  } | null;
  readonly reason: string;
}

/** It cannot be settled like that; `words`: those that would. */
export interface Objection {
  readonly kind: 'objection';
  readonly version: string;
  readonly message: string;
  readonly words: readonly SettleWord[];
}

/** Whether a record waits to be settled; one that makes no sense does. */
export function isUnsettled(record: RecordRow): boolean {
  return (record.status !== 'completed' && record.status !== 'pending') || faultOf(record) !== null;
}

/** `word`: what a person says of it, and `why`; null: what the record and the catalog say. */
export function settle(of: Unsettled, word: SettleWord | null, why: string | null): Settlement | Objection {
  const { version, name, record, file, judgement } = of;
  const progress = record?.progress ?? null;
  const begun = progress?.started ?? null;
  const cleanup = judgement?.kind === 'again' ? judgement.cleanup : [];
  const checksum = file?.checksum ?? record?.checksum ?? '';
  const settled = (row: Settlement['row'], reason: string, clean: readonly string[] = []): Settlement => ({
    kind: 'settlement',
    version,
    name,
    file: file?.file ?? null,
    cleanup: clean,
    row,
    reason,
  });
  const objection = (message: string, words: readonly SettleWord[]): Objection => ({
    kind: 'objection',
    version,
    message: `${version}${name === '' ? '' : ` (${name})`}: ${message}`,
    words,
  });
  const asPending = (reason: string) =>
    settled(file === null ? null : { status: 'pending', checksum, progress: null }, reason, cleanup);
  const goingOn = (to: Progress, reason: string, clean: readonly string[] = []) =>
    settled({ status: 'pending', checksum, progress: to }, reason, clean);
  const said = why ?? 'so said';

  if (record === null && file === null) return objection('there is neither a file nor a record of it', []);
  if (word === 'applied') return settled({ status: 'completed', checksum, progress: null }, said);
  if (word === 'pending') return asPending(said);
  const fault = record && faultOf(record);
  if (fault !== null)
    return objection(`its record makes no sense (${fault}): only you can find out`, ['applied', 'pending']);
  if (word !== null && (progress === null || begun === null))
    return objection(`\`${word}\` is about a statement that was begun and not finished, and there is none`, [
      'applied',
      'pending',
    ]);

  if (progress === null) {
    if (record?.status === 'failed') return asPending('nothing of it was committed: its transaction was rolled back');
    return objection(`it is recorded as ${record?.status}, without how far it came: only you can find out`, [
      'applied',
      'pending',
    ]);
  }
  if (file === null) return objection('it was interrupted half way, and its file is gone', ['applied', 'pending']);
  const sofar = progress.done === 0 ? 'none of its statements' : `statements 1 to ${progress.done}`;
  if (begun === null) return goingOn(progress, `applied of it: ${sofar}; the next run goes on after that`);
  const isDone = word === 'done' || (word === null && judgement?.kind === 'done');
  if (isDone) {
    if (of.afterStarted === null)
      return objection(`statement ${begun} was finished and ${file.file} was edited since: restore it as it was`, [
        'applied',
        'pending',
      ]);
    return goingOn(of.afterStarted, word ? said : `statement ${begun} was finished: what it was to make is there`);
  }
  if (word === 'again' || judgement?.kind === 'again') {
    const before = { ...progress, started: null, startedSql: null };
    return goingOn(before, word ? said : `statement ${begun} was not finished; the next run begins it again`, cleanup);
  }
  return objection(`statement ${begun} of ${file.file} was interrupted, and the catalog does not tell if it was done`, [
    'done',
    'again',
  ]);
}

/** `0007=applied`: the version's key and the word; null where it is neither. */
export function readSettleWord(item: string): readonly [string, SettleWord] | null {
  const [version = '', word = '', ...more] = item.split('=').map((part) => part.trim());
  const known = SETTLE_WORDS.find((one) => one === word);
  // No file's name is longer, so no version is.
  return /^\d{1,255}$/.test(version) && known !== undefined && more.length === 0
    ? [version.replace(/^0+(?=\d)/, ''), known]
    : null;
}
