/** What a rule is given and what it gives. */
import type { Effect, Severity } from '../../report/outcome.ts';
import type { Action, ActionOf, Kind } from '../actions.ts';
import type { RuleId } from '../catalogue.ts';
import type { Asked, Work } from '../claim.ts';
import type { Name } from '../names.ts';
import type { Run } from '../run.ts';

export interface Context {
  readonly asked: Asked;
  /** The statement itself: of a DO block the one inside of it. */
  readonly sql: string;
  readonly major: number;
  /** All that the statement does. */
  readonly statement: readonly Action[];
  /** What the statements before it did. */
  readonly run: Run;
}

export interface Finding {
  readonly rule: RuleId;
  /** Whose table it is about. Nothing is said of one that the run made itself. */
  readonly relation?: Name | null;
  /** What it is about where the schema's difference shows that: no relation, or a column of it. */
  readonly object?: Name;
  readonly lock?: string | null;
  readonly work?: Work;
  /** Instead of the catalogue's. */
  readonly effects?: readonly Effect[];
  /** Instead of the catalogue's; never worse. */
  readonly severity?: Severity;
  /** Names between backticks. */
  readonly message: string;
  /** SQL, which ends with a semicolon, or a sentence, which does not. */
  readonly safer: string | null;
  /** The text does not tell whether the work is done at all: without a dry run it is a hint and no more. */
  readonly unsure?: boolean;
  /** Not so bad where the same file makes this anew: what it is, by kind and name. */
  readonly unlessMade?: string;
}

export type Found = Finding | readonly Finding[] | null;

/** The rules of a family, by the kind of action that they read. */
export type Rules = { readonly [K in Kind]?: readonly ((action: ActionOf<K>, at: Context) => Found)[] };
