/** A statement as it stands in a file, and what its words say of it. No server is asked. */

/** One statement: from its first word to the character before its `;`. Leading comments and white space are not part of it. */
export interface Statement {
  /** Exactly what is sent to the server. */
  readonly sql: string;
  /** 1-based line of its first character in the file. */
  readonly line: number;
  /** 1-based column, in code points, of its first character. */
  readonly column: number;
}

/** Why a text cannot be read as SQL: where, and what to do. Lines and columns are 1-based, columns in code points. */
export class SqlProblem extends Error {
  readonly line: number;
  readonly column: number;
  constructor(message: string, line: number, column: number) {
    super(message);
    this.name = 'SqlProblem';
    this.line = line;
    this.column = column;
  }
}

export type TransactionControl =
  | 'begin' // BEGIN, START TRANSACTION
  | 'commit' // COMMIT, END
  | 'rollback' // ROLLBACK, ABORT
  | 'commit-chain'
  | 'rollback-chain'
  | 'prepare' // PREPARE TRANSACTION, COMMIT PREPARED, ROLLBACK PREPARED
  | 'savepoint'; // SAVEPOINT, RELEASE, ROLLBACK TO: harmless inside a transaction

/** A statement that the server refuses inside a transaction block (25001), facts of PostgreSQL 14 to 18. */
export interface NonTransactional {
  /** In words: `CREATE INDEX CONCURRENTLY`, `VACUUM`, `DO that commits`. */
  readonly what: string;
  /** The same work in a form that a transaction allows, or null where there is none. */
  readonly plain: string | null;
  /** The relation whose size decides whether the plain form is rehearsed (the table, or for DROP/REINDEX INDEX the index); null: unknown. */
  readonly relation: string | null;
  /** What an interrupted run leaves, and how the catalog is asked about it. */
  readonly leftover: Leftover | null;
}

export type Leftover =
  | {
      readonly kind: 'create-index';
      readonly index: string | null;
      readonly table: string;
      readonly ifNotExists: boolean;
      /** The plain form before and behind the table's name: what it makes is known by making it on another table. */
      readonly around: readonly [string, string];
    }
  | { readonly kind: 'drop-index'; readonly indexes: readonly string[] }
  | {
      readonly kind: 'reindex';
      readonly target: string;
      readonly of: 'index' | 'table' | 'schema' | 'database' | 'system';
    }
  | { readonly kind: 'detach'; readonly parent: string; readonly partition: string }
  | {
      readonly kind: 'create-database' | 'drop-database' | 'create-tablespace' | 'drop-tablespace';
      readonly name: string;
    }
  /** May simply be run again: VACUUM, CLUSTER, ALTER SYSTEM, REINDEX, ALTER DATABASE ... SET TABLESPACE. */
  | { readonly kind: 'repeatable' };

/** What the words of one statement say. Names are as written, quotes included where they were written (`"Order Items"`, `public.orders`). */
export interface StatementFacts {
  /** The command's leading words in upper case: `CREATE INDEX`, `ALTER TABLE`, `INSERT`, `DO`, `WITH`. */
  readonly command: string;
  readonly control: TransactionControl | null;
  readonly nonTransactional: NonTransactional | null;
  /** `INSERT INTO <table> ... VALUES`: the table, so that a run of them can be told as one. */
  readonly bulkInsertInto: string | null;
  /** Creates a table (`CREATE [UNLOGGED] TABLE [IF NOT EXISTS]`): its name. */
  readonly createsTable: string | null;
  /** `ALTER TYPE ... ADD VALUE`: the label, unquoted. */
  readonly addsEnumValue: string | null;
  /** `setval(...)` is called at top level in this statement. */
  readonly callsSetval: boolean;
  /** DO or CALL: code that the words do not show. `commits`: a DO body that holds a COMMIT or ROLLBACK word. */
  readonly opaque: null | { readonly what: 'DO' | 'CALL'; readonly commits: boolean };
  /** Reaches out of the database, so that a rollback does not undo it: `COPY ... PROGRAM`, `COPY ... TO a file`, `dblink`, `http`. In words, or null. */
  readonly external: string | null;
  /** Must not be run at all in a rehearsal: `COPY ... TO/FROM PROGRAM`, `COPY ... TO '/file'`. In words, or null. */
  readonly forbiddenInRehearsal: string | null;
  /** Writes that may be large: DML and statements that rewrite a table or build an index. */
  readonly mayWrite: MayWrite | null;
  /** Names (unquoted, lower case unless quoted) that this statement creates, for telling what follows from it when it is not executed. */
  readonly creates: readonly string[];
}

export type MayWrite =
  /** UPDATE, DELETE, INSERT ... SELECT, MERGE, CREATE TABLE AS, SELECT INTO: EXPLAIN can estimate it. */
  | { readonly kind: 'dml' }
  /** ALTER TABLE forms that may rewrite, CLUSTER, REFRESH MATERIALIZED VIEW, SET LOGGED, ...: as large as the relation. */
  | { readonly kind: 'rewrite'; readonly relation: string }
  /** CREATE INDEX, ADD PRIMARY KEY / UNIQUE / EXCLUDE, REINDEX: an index build over the relation. */
  | { readonly kind: 'index'; readonly relation: string };

/** `-- gate: ...` lines in the leading comments of a file. */
export interface Directives {
  readonly noTransaction: boolean;
  readonly batch: boolean;
  readonly allow: readonly { readonly rule: string; readonly reason: string; readonly line: number }[];
  readonly lockTimeoutMs: number | null;
  readonly statementTimeoutMs: number | null;
}
