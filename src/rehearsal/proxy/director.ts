/** Who decides, while a tool is played on the rehearsal's session, what becomes of its statements. */
import type { BatchItem } from '../../postgres/session.ts';
import type { StatementFacts } from '../../sql/statement.ts';
import type { Fields } from './wire.ts';

/** A statement of the tool's that does something, as it is about to be executed. */
export interface Said {
  readonly sql: string;
  readonly facts: StatementFacts;
  /** `none`: by itself, and it commits; `block`: in the tool's own transaction; `together`: with others in one string or pipeline. */
  readonly within: 'none' | 'block' | 'together';
  /** Its values come apart from its text (`$1`). */
  readonly hasValues: boolean;
}

export type Decision =
  /** `guarded`: with a savepoint around it, so that it can be forgiven. */
  | { readonly send: 'as it is'; readonly guarded: boolean }
  | { readonly send: 'instead'; readonly sql: string; readonly guarded: boolean }
  /** The tool is told that it is done. */
  | { readonly send: 'nothing'; readonly tag: string };

export interface Told {
  /** The command tag; null: it failed, or a limit of rows has suspended it. */
  readonly tag: string | null;
  readonly error: Fields | null;
  /** Milliseconds, with the way to the server and back. */
  readonly ms: number;
}

/** Decides what becomes of statements and looks at what they did. What it throws ends the play. */
export interface Director {
  /**
   * Before a statement is sent. Executions of one statement after another, and INSERTs of VALUES in one pipeline, may
   * go to the server together: then this is called for all of them before any is executed, and for those behind an
   * error `after` is never called.
   */
  before(said: Said): Promise<Decision>;
  /** It may not even be prepared for what was not done before: then a savepoint stands before that. */
  isSuspect?(sql: string): boolean;
  /** It could not be prepared, which is rolled back. True: it is taken for prepared, and `before` will say that it is not sent. */
  unprepared?(said: Said, error: Fields): Promise<boolean>;
  /** It failed behind its savepoint, and that is rolled back: the tag of its being done all the same, or null: it failed. */
  forgive(said: Said, error: Fields): Promise<string | null>;
  /** Also of one that failed as it was prepared, which `before` was never asked about. */
  after(said: Said, told: Told): Promise<void>;
  /** What COMMIT would check: deferred constraints. Rejects with a BatchError where that fails. */
  commit(): Promise<void>;
  /** Said before and after a SET CONSTRAINTS ALL of the tool's, which would trip over the guard. */
  readonly guard?: { readonly out: readonly BatchItem[]; readonly in: readonly BatchItem[] };
  /** Something that is not rehearsed as it is: an isolation level. */
  note(what: string): void;
  /** What the tool did and would have committed is gone: from here on what is seen is not what would be. */
  lose(what: string): void;
  /** To be said again after a RESET, and where another connection gets its turn. */
  readonly settings: () => readonly BatchItem[];
  /** Asks the server to cancel what it is at; resolves when the server has been told. Never rejects. */
  cancel(): void | Promise<void>;
  /** Which databases a tool may ask for by name, the target's first. */
  readonly database: string;
}
