/** Which rows of `schema_migrations` can be believed: unknown is not "not applied", or a migration would be applied twice. */
import { cut } from '../report/text.ts';
import type { PlanProblem, RecordRow } from './plan.ts';

export interface SoundRecords {
  readonly records: readonly RecordRow[];
  readonly problems: readonly PlanProblem[];
}

const STATUSES: readonly unknown[] = ['pending', 'running', 'completed', 'failed'];

/** `keyOf`: a version without leading zeros. */
export function soundRecords(rows: readonly RecordRow[], keyOf: (version: string) => string): SoundRecords {
  const records: RecordRow[] = [];
  const problems: PlanProblem[] = [];
  const counted = new Map<string, RecordRow>();
  for (const row of rows) {
    const fault = faultOf(row);
    if (fault !== null) {
      problems.push(problem(row, `the record of migration ${shown(row.version)} makes no sense: ${fault}`));
      continue;
    }
    records.push(row);
    // A failed row of a transactional migration says nothing, whatever its version is written like.
    if (row.status !== 'completed' && row.progress === null) continue;
    const other = counted.get(keyOf(row.version));
    if (other) {
      const both = `${shown(other.version)} (${other.status}) and ${shown(row.version)} (${row.status})`;
      problems.push(problem(row, `one migration has two records: ${both}`));
    }
    counted.set(keyOf(row.version), row);
  }
  return { records, problems };
}

/** Why a row cannot be believed, or null. */
export function faultOf({ version, status, progress }: { [field in keyof RecordRow]: unknown }): string | null {
  if (typeof version !== 'string') return 'its version is NULL';
  if (version.trim() === '') return 'its version is empty';
  if (!STATUSES.includes(status)) {
    return `its status is ${shown(status)}, and none of ${STATUSES.join(', ')}`;
  }
  // Once it is completed, how far it had come no longer matters.
  if (progress === null || status === 'completed') return null;
  const wrong = faultOfProgress(progress);
  return wrong === null ? null : `its progress ${wrong}`;
}

function faultOfProgress(progress: unknown): string | null {
  if (typeof progress !== 'object' || progress === null || Array.isArray(progress)) return 'is not an object';
  const { done, started, prefix, startedSql } = progress as Record<string, unknown>;
  if (!isCount(done)) return `says that ${shown(done)} statements are done`;
  if (started !== null && started !== done + 1)
    return `says that statement ${shown(started)} was started after ${done} were done`;
  if (typeof prefix !== 'string' || !/^[0-9a-f]{64}$/.test(prefix))
    return 'has no hash of the statements that are done';
  if (startedSql !== null && typeof startedSql !== 'string') return 'does not tell which statement was started';
  return (started === null) === (startedSql === null) ? null : 'tells of a started statement only in part';
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** In quotes where it is more than a word: a space at its end or digits of another script would not be seen. */
export function shown(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'string' && /^[\w.]{1,80}$/.test(value)) return value;
  if (typeof value === 'object') return Array.isArray(value) ? 'a list' : 'an object';
  return cut(JSON.stringify(value), 80).replace(/[^\x20-\x7e…]/g, escaped);
}

function escaped(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function problem({ version }: RecordRow, message: string): PlanProblem {
  return {
    kind: 'record',
    version: version ?? '',
    file: null,
    message,
    next: 'Somebody has changed schema_migrations by hand: find out whether that migration is applied, and put its row right, or settle it with mode: repair.',
  };
}
