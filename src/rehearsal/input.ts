import type { Plan } from '../engines/engine.ts';
import type { SmokeTest } from '../engines/shared/checks.ts';
import type { Workbench } from '../engines/shared/workbench.ts';
import type { Fingerprints } from '../plan/schema-diff.ts';

/** What one attempt is given. */
export interface AttemptInput {
  readonly bench: Workbench;
  readonly plan: Plan;
  readonly before: Fingerprints;
  readonly smokeTests: readonly SmokeTest[];
  readonly knowledge: Knowledge;
  /** Milliseconds since the epoch; infinite: no limit. */
  readonly deadline: number;
}

/** What one attempt taught the next. */
export interface Knowledge {
  /** Statements that need a savepoint before them, by statement key. */
  readonly suspects: Set<string>;
  /** Statements that fire constraints themselves: the guard must be out of their way. */
  readonly guardOut: Set<string>;
  /** Statements that the server will not have in a transaction, by version key. */
  readonly alone: Map<string, Set<number>>;
  /** Statements reach relations that they do not name: what they did is looked at after each. */
  looksAtEach: boolean;
}
