/** All that a run has to say, as plain data. Reports, outputs and exit codes are made from this and from nothing else. */
import type { Environment, Known, Mode, RunIdentity } from '../request/request.ts';

export type Result =
  | 'dry-run-passed'
  | 'up-to-date'
  | 'verified'
  | 'reported'
  | 'applied'
  | 'rolled-back'
  | 'baselined'
  | 'repaired'
  | 'failed'
  | 'refused'
  | 'dry-run-inconclusive'
  | 'cancelled';

export type DatabaseState = 'unchanged' | 'migrated' | 'partially-migrated' | 'rolled-back' | 'unknown';

export const STAGES = ['inspect', 'plan', 'dry-run', 'review', 'backup', 'apply', 'verify'] as const;
export type StageName = (typeof STAGES)[number] | 'rollback' | 'record';

export interface Stage {
  readonly stage: StageName;
  readonly status: 'passed' | 'failed' | 'skipped' | 'cancelled';
  readonly ms: number;
}

export type FailureClass =
  | 'input'
  | 'connection'
  | 'tls'
  | 'authentication'
  | 'permission'
  | 'disk-full'
  | 'lock-timeout'
  | 'deadlock'
  | 'statement-timeout'
  | 'syntax'
  | 'missing-object'
  | 'duplicate-object'
  | 'constraint'
  | 'checksum'
  | 'order'
  | 'not-in-transaction'
  | 'resources'
  | 'tool'
  | 'verification'
  | 'cancelled'
  | 'internal';

/** What went wrong: where, PostgreSQL's own words, what it means, and the one next command. */
export interface Failure {
  readonly class: FailureClass;
  readonly sqlstate: string | null;
  readonly message: string;
  readonly detail: string | null;
  readonly hint: string | null;
  /** PL/pgSQL and SQL function context, where the server gave one. */
  readonly where: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  /** The failing statement's source line and a caret under the column, two lines; or null. */
  readonly excerpt: string | null;
  /** What this class of failure means, in a sentence. */
  readonly meaning: string;
  /** What to do next: one command or one action. */
  readonly next: string;
}

/** PostgreSQL's table-level lock modes, weakest first. https://www.postgresql.org/docs/current/explicit-locking.html */
export const LOCK_MODES = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];

export interface LockSeen {
  readonly relation: string;
  readonly mode: string;
  readonly preexisting: boolean;
}

export interface StatementReport {
  /** 1-based in its file; transaction control is not counted. */
  readonly index: number;
  readonly line: number;
  /** Cut at 1,000 characters; secrets redacted. */
  readonly sql: string;
  /** How many statements of the file this entry stands for: more than 1 for a run of bulk INSERTs. */
  readonly count: number;
  /** It was sent as written (a failed one too). False: not, or in another form; `reason` says. */
  readonly executed: boolean;
  readonly error: string | null;
  readonly reason: string | null;
  readonly ms: number | null;
  readonly rows: number | null;
  readonly locks: readonly LockSeen[];
  readonly rewrites: readonly string[];
  readonly scans: readonly string[];
  /** What it did was asked of the server. False: the run ended before that, and what is not told here is not known. */
  readonly watched: boolean;
  /** Rows of tables that existed before, written through triggers, cascades and functions too; only where there were any. */
  readonly touched: readonly Touched[];
  /** Tables and materialized views that existed before and are gone after it, whatever words did that. */
  readonly dropped: readonly string[];
  /** Views and foreign tables likewise. */
  readonly droppedViews: readonly string[];
  /** Columns likewise, of tables that are still there. What code drops that its words do not show is in `schemaDiff` alone. */
  readonly droppedColumns: readonly DroppedColumn[];
  /** Tables that existed before and were emptied as a whole, those reached by CASCADE too. */
  readonly truncated: readonly string[];
}

export interface Touched {
  readonly relation: string;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
}

export interface DroppedColumn {
  readonly relation: string;
  readonly column: string;
  /** How many rows have a value there; null: not counted. */
  readonly values: number | null;
}

export interface MigrationReport {
  readonly version: string;
  readonly name: string;
  readonly file: string;
  readonly checksum: string;
  readonly transactional: boolean;
  readonly status: 'applied' | 'pending' | 'rehearsed' | 'not-executed' | 'failed' | 'rolled-back';
  /** The dry run's time. */
  readonly ms: number | null;
  readonly appliedMs: number | null;
  readonly statements: readonly StatementReport[];
}

export const EFFECTS = [
  'blocks-reads',
  'blocks-writes',
  'rewrites',
  'scans',
  'destroys',
  'breaks-clients',
  'changes-behaviour',
  'fails',
  'may-fail',
  'non-transactional',
  'external',
  'bulk',
] as const;
export type Effect = (typeof EFFECTS)[number];
export type Severity = 'info' | 'warning' | 'danger';

export interface Hazard {
  readonly rule: string;
  readonly severity: Severity;
  readonly effects: readonly Effect[];
  readonly version: string | null;
  readonly file: string | null;
  readonly line: number | null;
  /** Cut at 200 characters. */
  readonly statement: string | null;
  readonly relation: string | null;
  readonly message: string;
  readonly safer: string | null;
  readonly source: 'observed' | 'static' | 'both';
  /** Set when the user accepted it: `allow-hazards`, or the reason in the file. */
  readonly allowed: string | null;
}

export interface Blocked {
  readonly pid: number;
  readonly application: string;
  readonly waitedMs: number;
  readonly file: string | null;
  readonly statementIndex: number | null;
}

export type SchemaObjectKind =
  | 'table'
  | 'column'
  | 'index'
  | 'constraint'
  | 'function'
  | 'trigger'
  | 'view'
  | 'type'
  | 'policy'
  | 'sequence'
  | 'extension'
  | 'grant'
  | 'schema'
  | 'statistics'
  | 'rule'
  | 'publication'
  | 'event-trigger'
  | 'other';

export interface SchemaChange {
  readonly change: 'added' | 'removed' | 'changed';
  readonly kind: SchemaObjectKind;
  /** Qualified: `public.orders`, `public.orders.total` (column), `public.orders_pkey`. */
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** How large a relation was that something locked, rewrote or scanned. */
export interface RelationSize {
  readonly relation: string;
  readonly bytes: number;
  /** Counted where the table is small and was never analysed; else estimated; with its partitions. Null: unknown. */
  readonly rows: number | null;
  /** Rows written and scans begun, on average over the server's statistics; null: unknown, or under a minute of them. */
  readonly writesPerMinute: number | null;
  readonly readsPerMinute: number | null;
}

export interface Health {
  readonly connections: number;
  readonly maxConnections: number;
  readonly longTransactions: readonly {
    readonly pid: number;
    readonly application: string;
    readonly seconds: number;
  }[];
  readonly waitingLocks: number;
  readonly databaseBytes: number;
  readonly standbys: number;
}

/** The point to restore to, taken just before apply. */
export interface BackupMarker {
  readonly kind: 'restore-point' | 'wal-position';
  readonly name: string | null;
  readonly lsn: string;
  readonly at: string;
  readonly snapshot: string;
}

/** A question of a review. `unknown` never reads as yes. */
export interface ChecklistItem {
  readonly question: string;
  readonly answer: 'yes' | 'no' | 'unknown';
  /** What the gate saw. */
  readonly detail: string;
}

/** An artifact that was uploaded. */
export interface ArtifactLink {
  readonly name: string;
  readonly id: string;
  /** Null where the address of the run is not known. */
  readonly url: string | null;
}

export interface MigrationRef {
  readonly version: string;
  readonly name: string;
  readonly file: string;
}

export interface Outcome {
  readonly result: Result;
  readonly databaseState: DatabaseState;
  readonly exitCode: number;
  readonly mode: Mode | null;
  readonly environment: Environment | null;
  readonly environmentSource: string | null;
  readonly engine: 'sql' | 'alembic' | 'command' | null;
  readonly server: {
    readonly version: string | null;
    readonly host: string;
    readonly port: number;
    readonly database: string;
    readonly user: string;
    readonly source: string;
  } | null;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly planDigest: string | null;
  readonly previousVersion: string | null;
  readonly currentVersion: string | null;
  readonly pending: readonly MigrationRef[];
  readonly applied: readonly MigrationRef[];
  /** What the database already had before this run, newest first; for `status`. */
  readonly recorded: readonly (MigrationRef & { readonly status: string; readonly appliedAt: string | null })[];
  readonly stages: readonly Stage[];
  readonly migrations: readonly MigrationReport[];
  readonly coverage: { readonly statements: number; readonly executed: number };
  readonly blocked: readonly Blocked[];
  readonly hazards: readonly Hazard[];
  readonly sizes: readonly RelationSize[];
  readonly schemaDiff: readonly SchemaChange[];
  readonly predictedEqualsActual: boolean | null;
  /** What differed from the prediction, where something did. */
  readonly unpredicted: readonly SchemaChange[];
  readonly health: Health | null;
  readonly backup: BackupMarker | null;
  /** The proof that the rehearsal was rolled back: its transaction's id and what the server says of it. */
  readonly rehearsal: {
    readonly xid: string;
    readonly status: string;
    readonly attempts: number;
    readonly walBytes: number | null;
    readonly on: 'target' | 'copy';
    /** Row versions that the rollback left behind in tables that existed, for VACUUM to clean. */
    readonly deadTuples: number;
    /** Sequences that existed and from which numbers were taken, which a rollback does not give back. */
    readonly sequencesAdvanced: readonly string[];
  } | null;
  readonly checklist: readonly ChecklistItem[];
  readonly verification: readonly {
    readonly check: string;
    readonly passed: boolean;
    readonly detail: string | null;
  }[];
  /** Things worth knowing that stop nothing, worst first. */
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  /** Every input problem, where that is what stopped the run. */
  readonly problems: readonly { readonly input: string; readonly message: string }[];
  readonly error: Failure | null;
  /** Way-back files that exist for what is, or was, pending. */
  readonly downFiles: readonly string[];
  readonly run: Pick<RunIdentity, 'runId' | 'attempt' | 'repository' | 'actor' | 'sha' | 'ref' | 'runUrl'>;
  /** As it is, or would have been, called. */
  readonly artifactName: string | null;
  /** What was uploaded so far: the plan, before the pause; the whole folder, at the end. */
  readonly artifacts: { readonly plan: ArtifactLink | null; readonly log: ArtifactLink | null };
}

/** Of a run that has not found out anything yet; `startedAt` in ISO 8601. */
export function blankOutcome(
  known: Pick<Known, 'mode' | 'environment' | 'target' | 'run' | 'publishing'>,
  startedAt: string,
): Outcome {
  return {
    result: 'failed',
    databaseState: 'unchanged',
    exitCode: 1,
    mode: known.mode,
    environment: known.environment,
    environmentSource: null,
    engine: null,
    server: known.target && {
      version: null,
      host: known.target.host,
      port: known.target.port,
      database: known.target.database,
      user: known.target.user,
      source: known.target.source,
    },
    startedAt,
    durationMs: 0,
    planDigest: null,
    previousVersion: null,
    currentVersion: null,
    pending: [],
    applied: [],
    recorded: [],
    stages: STAGES.map((stage) => ({ stage, status: 'skipped', ms: 0 })),
    migrations: [],
    coverage: { statements: 0, executed: 0 },
    blocked: [],
    hazards: [],
    sizes: [],
    schemaDiff: [],
    predictedEqualsActual: null,
    unpredicted: [],
    health: null,
    backup: null,
    rehearsal: null,
    checklist: [],
    verification: [],
    warnings: [],
    notes: [],
    problems: [],
    error: null,
    downFiles: [],
    run: known.run,
    artifactName: known.publishing.artifactName,
    artifacts: { plan: null, log: null },
  };
}
