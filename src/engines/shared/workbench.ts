import type { Log } from '../../log.ts';
import { Cancellation } from '../../postgres/cancel.ts';
import type { LeftOut } from '../../postgres/catalog.ts';
import type { BatchItem, Session } from '../../postgres/session.ts';
import type { Request, Target } from '../../request/request.ts';

/** What the stages of one run share: the session that works, the one that watches, and what was found out about the server. */
export interface Workbench {
  readonly request: Request;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** The database that is worked on: the run's, or the copy. */
  readonly target: Target;
  readonly session: Session;
  /** The working session's backend. */
  readonly pid: number;
  readonly watcher: Session;
  /** Opens another session on the same database; for when one was lost. */
  readonly reconnect: () => Promise<Session>;
  /** Where the working session was lost: another one, once that one's backend is gone and can't commit any more. */
  readonly witness: () => Promise<Session>;
  /** What re-arms the dead man's switch after a RESET ALL. */
  readonly armed: readonly BatchItem[];
  readonly serverMajor: number;
  readonly databaseBytes: number;
  readonly standbys: number;
  /** How many locks the server's table has room for, by its settings. */
  readonly lockCapacity: number;
  /** Objects that are nobody's migration: our own, and the tool's. */
  readonly leftOut: readonly LeftOut[];
  readonly tracking: {
    readonly schema: string;
    readonly exists: boolean;
    readonly complete: boolean;
  };
}

/** What stops the working session. */
export function cancellationOf({ pid, watcher, reconnect, log }: Workbench): Cancellation {
  return new Cancellation({
    pid,
    from: async () => (watcher.lost ? reconnect() : watcher),
    onFailure: (error) => log.detail(`the running statement could not be cancelled: ${error.message}`),
  });
}
