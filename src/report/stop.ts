import type { FailureClass, Result } from './outcome.ts';

/** Why a run ends here. Thrown by the rooms with effects, caught once, in the gate; everything a report needs is in it. */
export interface StopReason {
  readonly result: Extract<Result, 'failed' | 'refused' | 'dry-run-inconclusive' | 'cancelled'>;
  /** Left out: decided from the server's error by the failure catalogue. */
  readonly class?: FailureClass;
  readonly message: string;
  /** The one next step; left out: the failure catalogue's. */
  readonly next?: string;
  readonly file?: string | null;
  readonly line?: number | null;
  readonly column?: number | null;
  /** The source line that `line` and `column` point at, uncut; the excerpt is made from it. */
  readonly sourceLine?: string | null;
  /** Decided by what was given, before anything was connected to: an exit code of its own. */
  readonly badInput?: boolean;
  /** What was not to be written may have been: what is there is not known. */
  readonly stateUnknown?: boolean;
  /** Another gate holds the lock: an exit code of its own. */
  readonly lockHeld?: boolean;
}

/** The run was asked to end. `when`: what it was doing, such as `while applying`. */
export function cancelled(when: string, next = 'Run it again when you are ready: nothing was changed.'): Stop {
  return new Stop({ result: 'cancelled', class: 'cancelled', message: `cancelled ${when}`, next });
}

export class Stop extends Error {
  readonly reason: StopReason;
  constructor(reason: StopReason, options?: { cause?: unknown }) {
    super(reason.message, options);
    this.name = 'Stop';
    this.reason = reason;
  }
}
