/** How an attempt ends, and what is thrown on the way there. */
import type { PlannedMigration } from '../plan/plan.ts';
import type { ServerError } from '../postgres/failure.ts';
import type { Alarm } from '../postgres/watchdog.ts';
import type { FailureClass } from '../report/outcome.ts';
import type { Statement } from '../sql/statement.ts';
import type { Entry } from './entry.ts';

export type Interruption =
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'cancelled' };

export type Ending =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed' }
  /** Something was learned: once more from the start. */
  | { readonly kind: 'again' }
  | { readonly kind: 'inconclusive'; readonly reason: string; readonly next: string; readonly class?: FailureClass }
  /** It lost to somebody else's lock. */
  | { readonly kind: 'contention'; readonly at: Entry | null; readonly error: ServerError }
  | Interruption;

/** It cannot be rehearsed to its end, for a reason that is none of apply's. */
export class Inconclusive extends Error {
  readonly next: string;
  constructor(reason: string, next: string) {
    super(reason);
    this.next = next;
  }
}

export class Again extends Error {}
export class Interrupted extends Error {}

/** A statement of the user's failed; `entry` null: what its file's COMMIT would check did, after the statement at `place`. */
export class StatementFailed extends Error {
  readonly migration: PlannedMigration;
  readonly entry: Entry | null;
  readonly place: Statement | null;
  readonly error: unknown;
  constructor(migration: PlannedMigration, entry: Entry | null, place: Statement | null, error: unknown) {
    super('a statement failed', { cause: error });
    this.migration = migration;
    this.entry = entry;
    this.place = place;
    this.error = error;
  }
}

const CONTENTION = new Set(['55P03', '40P01', '40001']);
const OUT_OF_MEMORY = '53200';
const QUERY_CANCELED = '57014';

/** It lost to somebody else's lock. */
export function isContention({ code }: ServerError): boolean {
  return code !== null && CONTENTION.has(code);
}

/**
 * The server is out of memory, or its lock table is full before the watch saw it: all files together, in one transaction,
 * were too much for it, and of apply, file by file, that says nothing.
 */
export function wasTooMuch({ code }: ServerError): boolean {
  return code === OUT_OF_MEMORY;
}

/** By somebody else's lock or by the clock: not by what the statement is. */
export function wasCutShort(error: ServerError): boolean {
  return isContention(error) || error.code === QUERY_CANCELED;
}

/** As the rest of a sentence that says what was not done. */
export function inWords(interruption: Exclude<Interruption, { kind: 'cancelled' }>): string {
  if (interruption.kind === 'deadline') return 'dry-run-timeout was over';
  const { alarm } = interruption;
  switch (alarm.kind) {
    case 'blocking':
      return 'it kept somebody else waiting for max-blocking';
    case 'exclusive':
      return 'it held ACCESS EXCLUSIVE for max-exclusive';
    case 'lock-table':
      return 'it held too many locks';
    case 'blind':
      return 'the watching connection was lost';
  }
}
