/** Migrations and what the database has -> what would run, in order, and the digest that names it. */
import type { Directives } from '../sql/statement.ts';

/** A migration file, hashed. `version` is the prefix as written; `key` is the same number without leading zeros. */
export interface MigrationFile {
  readonly version: string;
  readonly key: string;
  readonly name: string;
  /** Relative to the working directory, with `/`. What reports and annotations show. */
  readonly file: string;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  /** SHA-256, hex, of the text with BOM dropped and CRLF turned to LF. */
  readonly checksum: string;
}

/** What reading a pending file's statements found; nothing was sent. */
export interface Script {
  /** One transaction together with its record; else unit by unit with recorded progress. */
  readonly transactional: boolean;
  /** Why it is not: `-- gate: no-transaction`, `CREATE INDEX CONCURRENTLY at line 3`, `own transactions`. */
  readonly reason: string | null;
  /** The file holds transaction blocks of its own, beyond one outer wrapper. */
  readonly ownTransactions: boolean;
  /** The text of its one outer BEGIN (`BEGIN ISOLATION LEVEL SERIALIZABLE`), or null. */
  readonly wrapper: string | null;
  readonly directives: Directives;
  /** How many statements will be sent (transaction control not counted). */
  readonly statements: number;
  /** It creates a table of this name (unquoted, schema dropped) among others: the tracking table may come from a file. */
  readonly createsTables: readonly string[];
  /** What the rules read: every statement, but of plain INSERTs of rows, of which there may be millions, only the first. */
  readonly texts: readonly StatementText[];
  /** Other statements that are not among `texts`, because there were too many. */
  readonly unread: number;
}

export interface StatementText {
  /** 1-based in its file; transaction control not counted. */
  readonly index: number;
  readonly line: number;
  readonly sql: string;
}

export interface PlannedMigration extends MigrationFile {
  readonly script: Script;
  /** Its text names `schema_migrations`: what stands in that table may matter to it. */
  readonly namesTracking: boolean;
}

/** A row of `schema_migrations`, as it stands there: anybody may have written it, so no field is sure to be what it should be. */
export interface RecordRow {
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly status: 'pending' | 'running' | 'completed' | 'failed';
  readonly progress: Progress | null;
  readonly errorMessage: string | null;
  /** The address of the run that wrote it; null or absent where that had none. */
  readonly runUrl?: string | null;
}

/** How far a non-transactional migration came, in statements of the file (1-based; transaction control not counted). */
export interface Progress {
  readonly done: number;
  readonly started: number | null;
  /** SHA-256, hex, of the statements 1..done (and of the started one), joined by NUL: they must be unchanged in the file. */
  readonly prefix: string;
  readonly startedSql: string | null;
}

export interface PlanProblem {
  readonly kind: 'edited' | 'missing' | 'out-of-order' | 'duplicate' | 'target' | 'record';
  readonly message: string;
  readonly next: string;
  readonly version: string;
  readonly file: string | null;
}
