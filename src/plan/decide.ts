/** A pure function of the files and the records: what is pending, in order, and everything that speaks against it. */
import { brief } from '../report/text.ts';
import { compareKeys, compareVersions } from './order.ts';
import type { MigrationFile, PlanProblem, RecordRow } from './plan.ts';
import { shown, soundRecords } from './records.ts';

export interface DecideInput {
  readonly files: readonly MigrationFile[];
  readonly records: readonly RecordRow[];
  readonly targetVersion: string | null;
  readonly allowOutOfOrder: boolean;
  /** The raw bytes' SHA-256 of a file whose checksum differs from the recorded one: other runners record that. */
  readonly rawChecksum: (file: MigrationFile) => string;
}

export interface Decision {
  /** In the order in which they run. */
  readonly pending: readonly MigrationFile[];
  /** Files whose version is recorded as completed, in order. */
  readonly applied: readonly MigrationFile[];
  /** Half-done non-transactional migrations among the pending ones, by version key: they are resumed. */
  readonly resumed: ReadonlyMap<string, RecordRow>;
  /** Highest completed version, as recorded. */
  readonly currentVersion: string | null;
  readonly problems: readonly PlanProblem[];
  /** Numbers left out between the versions; information. */
  readonly gaps: readonly string[];
}

const keyOf = (version: string) => version.replace(/^0+(?=\d)/, '');

export function decide(input: DecideInput): Decision {
  const files = [...input.files].sort(compareVersions);
  const { records, problems: senseless } = soundRecords(input.records, keyOf);
  const completed = new Map(records.filter((r) => r.status === 'completed').map((r) => [keyOf(r.version), r]));
  const unfinished = new Map(records.filter((r) => r.status !== 'completed').map((r) => [keyOf(r.version), r]));
  const currentKey = highest(completed.keys());
  const applied = files.filter((file) => completed.has(file.key));
  const targetKey = input.targetVersion === null ? null : keyOf(input.targetVersion);
  const pending = files.filter(
    (file) => !completed.has(file.key) && (targetKey === null || compareKeys(file.key, targetKey) <= 0),
  );

  const problems: PlanProblem[] = [
    ...senseless,
    ...duplicates(files),
    ...edited(applied, completed, input.rawChecksum),
    ...missing(files, completed),
    ...unknownTarget(files, completed, input.targetVersion, targetKey),
  ];
  if (!input.allowOutOfOrder && currentKey !== null) problems.push(...outOfOrder(pending, currentKey, completed));
  const resumed = new Map<string, RecordRow>();
  for (const file of pending) {
    const row = unfinished.get(file.key);
    // Without progress the row is of a transactional migration: it left nothing behind and never blocks.
    if (row?.progress) resumed.set(file.key, row);
  }
  for (const [key, row] of unfinished) {
    if (row.progress && !files.some((file) => file.key === key)) {
      problems.push({
        kind: 'missing',
        version: row.version,
        file: null,
        message: `migration ${shown(row.version)} (${brief(row.name, 200)}) was interrupted half way and its file is gone`,
        next: 'Bring the file back as it was, then run again.',
      });
    }
  }
  return {
    pending,
    applied,
    resumed,
    currentVersion: currentKey === null ? null : (completed.get(currentKey)?.version ?? null),
    problems,
    gaps: gapsBetween(files),
  };
}

/** `versions`: of the pending ones those whose last event in the history says that they are applied. */
export function appliedByHistory(
  pending: readonly MigrationFile[],
  versions: readonly string[],
  schema: string,
): PlanProblem[] {
  const applied = new Set(versions.map(keyOf));
  return pending
    .filter((file) => applied.has(file.key))
    .map((file) => ({
      kind: 'record',
      version: file.version,
      file: file.file,
      message: `${file.file} was applied, as ${schema}.migration_history tells, and ${schema}.schema_migrations no longer says so`,
      next: `Find out whether it is, then run mode: repair with settle: ${file.version}=applied, or ${file.version}=pending if it was undone by hand, and settle-reason.`,
    }));
}

function highest(keys: Iterable<string>): string | null {
  let highest: string | null = null;
  for (const key of keys) if (highest === null || compareKeys(key, highest) > 0) highest = key;
  return highest;
}

function duplicates(files: readonly MigrationFile[]): PlanProblem[] {
  const problems: PlanProblem[] = [];
  for (const [index, file] of files.entries()) {
    const before = files[index - 1];
    if (before?.key !== file.key) continue;
    problems.push({
      kind: 'duplicate',
      version: file.version,
      file: file.file,
      message: `${before.file} and ${file.file} have the same version ${file.key}`,
      next: `Give ${file.file} a version of its own (a higher number than every other file), then run again.`,
    });
  }
  return problems;
}

function edited(
  applied: readonly MigrationFile[],
  completed: ReadonlyMap<string, RecordRow>,
  rawChecksum: (file: MigrationFile) => string,
): PlanProblem[] {
  return applied
    .filter((file) => {
      const recorded = completed.get(file.key)?.checksum.trim().toLowerCase();
      return recorded !== file.checksum && recorded !== rawChecksum(file);
    })
    .map((file) => ({
      kind: 'edited',
      version: file.version,
      file: file.file,
      message: `${file.file} was edited after it was applied: its checksum is ${file.checksum.slice(0, 12)}…, recorded is ${start(completed.get(file.key)?.checksum ?? '')}`,
      next: `Restore ${file.file} as it was applied (git log -- ${file.file}) and put the change into a new migration.`,
    }));
}

function start(checksum: string): string {
  return checksum === '' ? 'none' : `${checksum.slice(0, 12)}…`;
}

function missing(files: readonly MigrationFile[], completed: ReadonlyMap<string, RecordRow>): PlanProblem[] {
  const keys = new Set(files.map((file) => file.key));
  return [...completed]
    .filter(([key]) => !keys.has(key))
    .sort(([a], [b]) => compareKeys(a, b))
    .map(([, row]) => ({
      kind: 'missing',
      version: row.version,
      file: null,
      message: `migration ${shown(row.version)} (${brief(row.name, 200)}) is applied in the database and its file is missing`,
      next: 'Bring the file back (a branch that lacks it may be behind), then run again.',
    }));
}

function outOfOrder(
  pending: readonly MigrationFile[],
  currentKey: string,
  completed: ReadonlyMap<string, RecordRow>,
): PlanProblem[] {
  const current = completed.get(currentKey)?.version ?? currentKey;
  return pending
    .filter((file) => compareKeys(file.key, currentKey) < 0)
    .map((file) => ({
      kind: 'out-of-order',
      version: file.version,
      file: file.file,
      message: `${file.file} comes before ${current}, which is applied already`,
      next: `Rename ${file.file} to a version after ${current}, or set allow-out-of-order: true.`,
    }));
}

function unknownTarget(
  files: readonly MigrationFile[],
  completed: ReadonlyMap<string, RecordRow>,
  targetVersion: string | null,
  targetKey: string | null,
): PlanProblem[] {
  if (targetKey === null || completed.has(targetKey) || files.some((file) => file.key === targetKey)) return [];
  return [
    {
      kind: 'target',
      version: targetVersion ?? targetKey,
      file: null,
      message: `target-version ${targetVersion}: there is no migration of that version`,
      next: `Set target-version to one of the files' versions${files.length > 0 ? `, the last is ${files.at(-1)?.version}` : ''}.`,
    },
  ];
}

/** The numbers that are left out, as ranges; only where versions are counted rather than timestamps. */
function gapsBetween(files: readonly MigrationFile[]): string[] {
  const gaps: string[] = [];
  for (const [index, file] of files.entries()) {
    const before = files[index - 1];
    if (!before || before.key.length > 9 || file.key.length > 9) continue;
    const [from, to] = [Number(before.key) + 1, Number(file.key) - 1];
    if (from > to) continue;
    gaps.push(from === to ? `${from}` : `${from} to ${to}`);
  }
  return gaps;
}
