/** What a tool may have committed, noted before it is sent; and what that and the tool's records say once it is over. */
import type { Session } from '../../postgres/session.ts';
import type { Announcement } from '../../rehearsal/proxy/announcer.ts';
import type { Committed } from '../../rehearsal/proxy/commits.ts';
import type { StateProof, Trace } from '../engine.ts';

export interface Tracing {
  /** What is known before the tool is started. */
  readonly before: Pick<Trace, 'picture' | 'relation'>;
  /** Puts it where a death of ours does not reach it. */
  readonly note: (trace: Trace) => void;
  /** The number of the transaction that this backend is in, as xid8; null: it has none, as it has written nothing. */
  readonly transactionOf: (pid: number) => Promise<string | null>;
  readonly log: (line: string) => void;
}

export class Tracer {
  trace: Trace;
  private readonly input: Tracing;

  constructor(input: Tracing) {
    this.input = input;
    this.trace = { ...input.before, committing: [] };
    input.note(this.trace);
  }

  /** Nothing worse can be told of it any more. */
  get isUntold(): boolean {
    return this.trace.committing === 'untold';
  }

  /** Null: it was noted at once. */
  announce(what: Announcement, pid: number): Promise<void> | null {
    if (what === 'transaction') return this.noteTransaction(pid);
    this.note('untold');
    return null;
  }

  private async noteTransaction(pid: number): Promise<void> {
    try {
      const number = await this.input.transactionOf(pid);
      const { committing } = this.trace;
      if (number !== null && committing !== 'untold') this.note([...committing, number]);
    } catch (error) {
      this.input.log(`the tool's transaction could not be told: ${(error as Error).message}`);
      this.note('untold');
    }
  }

  private note(committing: Trace['committing']): void {
    this.trace = { ...this.trace, committing };
    this.input.note(this.trace);
  }
}

/**
 * As the server counts them: `backend_xid` has the lower 32 bits alone, and is the number nearest to where a snapshot ends.
 * That is one more than the newest that has ended: a number that was given out since, to this backend or before it to
 * somebody who is still at work, may be above it. $1: the backend's process id.
 */
export const TRANSACTION_OF = `
  select (b.next + ((a.backend_xid::text::bigint - b.next + 2147483648) & 4294967295) - 2147483648)::text as number
    from pg_catalog.pg_stat_activity a,
      (select pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text::bigint) b (next)
   where a.pid = $1 and a.backend_xid is not null`;

/** What became of what was about to commit. Its backend must be gone. */
export async function committedOf(session: Session, { committing }: Trace): Promise<Committed> {
  if (committing === 'untold') return 'unknown';
  if (committing.length === 0) return 'nothing';
  const { rows } = await session.query<{ status: string | null }>(
    'select pg_catalog.pg_xact_status(n::pg_catalog.xid8) as status from pg_catalog.unnest($1::pg_catalog.text[]) n',
    [committing],
  );
  if (rows.some(({ status }) => status === 'committed')) return 'something';
  return rows.every(({ status }) => status === 'aborted') ? 'nothing' : 'unknown';
}

export interface Found {
  /** Of this run's migrations: by the tool's records, or by its word where it keeps none. */
  readonly applied: number;
  readonly missing: number;
  readonly committed: Committed;
  /** The schema and the tool's records are what they were before; null: nobody knows what they were. */
  readonly isSame: boolean | null;
}

/** What all of it comes to. That nothing differs is not enough: rows may have been written. */
export function stateOf({ applied, missing, committed, isSame }: Found): StateProof['state'] {
  if (missing === 0 && applied > 0) return 'migrated';
  if (applied > 0 || committed === 'something' || isSame === false) return 'partially-migrated';
  return committed === 'nothing' && isSame ? 'unchanged' : 'unknown';
}
