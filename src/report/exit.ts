/** What happened -> the exit code that the contract gives it. */
import type { DatabaseState, Result } from './outcome.ts';

export interface ExitReasons {
  /** Decided by reading the inputs, before connecting. */
  readonly badInput?: boolean;
  /** Another gate held the lock for longer than `lock-wait`. */
  readonly lockHeld?: boolean;
  /** `status` found edited, missing, failed or interrupted records. */
  readonly alarm?: boolean;
}

export function exitCodeOf(result: Result, state: DatabaseState, why: ExitReasons): number {
  switch (result) {
    case 'dry-run-passed':
    case 'up-to-date':
    case 'verified':
    case 'applied':
    case 'rolled-back':
    case 'baselined':
    case 'repaired':
      return 0;
    case 'reported':
      return why.alarm ? 3 : 0;
    case 'dry-run-inconclusive':
      return 3;
    case 'refused':
      return why.lockHeld ? 5 : somethingCommitted(state) ? 7 : 3;
    case 'cancelled':
      return state === 'unchanged' ? 6 : 7;
    case 'failed':
      return failedCode(state, why);
  }
}

function failedCode(state: DatabaseState, why: ExitReasons): number {
  switch (state) {
    case 'unchanged':
      return why.badInput ? 2 : 1;
    case 'migrated':
      return 4;
    // A roll back that went through and could not be verified: like `migrated`, done and not proved.
    case 'rolled-back':
      return 4;
    case 'partially-migrated':
    case 'unknown':
      return 7;
  }
}

function somethingCommitted(state: DatabaseState): boolean {
  return state !== 'unchanged';
}
