/** What the gate asks of an engine, and what it gets back: plain data on every arrow. */

import type { PlannedMigration, PlanProblem, Progress, RecordRow } from '../plan/plan.ts';
import type {
  BackupMarker,
  Blocked,
  Failure,
  FailureClass,
  Health,
  MigrationRef,
  MigrationReport,
  Outcome,
  RelationSize,
  SchemaChange,
  Severity,
} from '../report/outcome.ts';

/** What was found: the server, the database, the files, and how they stand to each other. */
export interface Inspection {
  readonly server: { readonly version: string; readonly major: number };
  readonly previousVersion: string | null;
  readonly plan: Plan;
  /** Files and records that speak against going on; pure findings, the gate decides by mode. */
  readonly problems: readonly PlanProblem[];
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
  readonly recorded: Outcome['recorded'];
  /** The environment as which this database was last migrated, or null. */
  readonly lastEnvironment: { readonly environment: string; readonly table: string } | null;
  readonly appliedCount: number;
}

export interface Plan {
  /** Empty while the plan is open. */
  readonly digest: string;
  /** What is pending shows only in the dry run. */
  readonly isOpen: boolean;
  readonly serverMajor: number;
  readonly pending: readonly PlannedMigration[];
  /** Half-done non-transactional migrations, by version key. */
  readonly resumed: ReadonlyMap<string, RecordRow>;
  readonly downFiles: ReadonlyMap<string, string>;
}

/** Something that only watching can tell; hazards are made of these. */
export type Observation =
  | {
      readonly kind: 'external';
      readonly migration: PlannedMigration;
      readonly line: number;
      readonly sql: string;
      readonly what: string;
      /** It was kept from running in the dry run. */
      readonly withheld: boolean;
    }
  | {
      readonly kind: 'opaque';
      readonly migration: PlannedMigration;
      readonly line: number;
      readonly sql: string;
      readonly what: 'DO' | 'CALL';
    };

/** What the dry run found out that no statement's own work shows: a way back that leads elsewhere, an index in the way. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  readonly version: string;
  /** The migration's file, or its down file. */
  readonly file: string;
  readonly line: number | null;
  /** Cut at 200 characters. */
  readonly sql: string | null;
  readonly relation: string | null;
  readonly message: string;
  readonly safer: string | null;
}

export interface Rehearsal {
  /** The plan as the dry run has seen it, where that is more than was known before. */
  readonly plan: Plan | null;
  readonly verdict: 'passed' | 'failed' | 'inconclusive';
  /** Why it is inconclusive, the class of that, and what to do. */
  readonly reason: string | null;
  readonly class: FailureClass | null;
  readonly next: string | null;
  readonly migrations: readonly MigrationReport[];
  readonly coverage: { readonly statements: number; readonly executed: number };
  readonly blocked: readonly Blocked[];
  readonly observations: readonly Observation[];
  readonly findings: readonly Finding[];
  /** Worth a warning. */
  readonly remarks: readonly string[];
  readonly sizes: readonly RelationSize[];
  readonly schemaDiff: readonly SchemaChange[];
  /** Everything was rehearsed in some form, so that what apply makes can be compared with it. */
  readonly complete: boolean;
  /** Statements that the server refused in a transaction, by version key: their migrations are applied statement by statement. */
  readonly nonTransactional: ReadonlyMap<string, ReadonlySet<number>>;
  readonly proof: Outcome['rehearsal'];
  readonly checks: readonly Check[];
  readonly error: Failure | null;
}

export type Check = Outcome['verification'][number];

export interface Applied {
  readonly applied: readonly { readonly migration: PlannedMigration; readonly ms: number | null }[];
  /** The migration at which it stopped, or null when all were applied. */
  readonly failed: { readonly migration: PlannedMigration; readonly error: Failure } | null;
}

/** A record that repair has settled, and why. */
export interface Settled extends MigrationRef {
  readonly became: 'applied' | 'pending' | 'forgotten';
  readonly reason: string;
}

export interface Verification {
  readonly checks: readonly Check[];
  readonly predictedEqualsActual: boolean | null;
  /** Objects of ours that differ from the prediction. */
  readonly differences: readonly SchemaChange[];
  /** Changes that no migration of ours made. */
  readonly foreign: readonly SchemaChange[];
  /** Worth knowing, and no reason to fail. */
  readonly remarks: readonly string[];
}

/** A session of ours at the server, and no other. */
export interface Backend {
  readonly pid: number;
  readonly since: string;
}

/** What is kept of a tool's work from before it is sent, for whoever reads the database back. */
export interface Trace {
  /** Of the schema and the tool's records before it was started. */
  readonly picture: string;
  /** The tool's own table, where it has one already: the quoted, qualified name. */
  readonly relation: string | null;
  /**
   * The transactions (xid8) that were about to commit until one was seen to have; `untold`: something was to commit by
   * itself, of which no number was known.
   */
  readonly committing: readonly string[] | 'untold';
}

/** What the database was when the SQL engine began to write, for whoever reads it back. */
export interface Outset {
  /** Of the schema. */
  readonly picture: string;
  /** How far half-done migrations had come, by version key. */
  readonly resumed: readonly (readonly [string, Pick<Progress, 'done' | 'started'>])[];
}

/** What a run that was killed has left. */
export interface Remains {
  readonly backend: Backend | null;
  /** Null: no tool was started, or the engine runs none. */
  readonly trace: Trace | null;
  /** Null: nothing was written yet, or the engine is another. */
  readonly outset: Outset | null;
  readonly pending: readonly MigrationRef[];
}

/** What reading the database back says of the migrations of this run. */
export interface StateProof {
  readonly state: 'unchanged' | 'migrated' | 'partially-migrated' | 'unknown';
  readonly currentVersion: string | null;
  readonly applied: readonly MigrationRef[];
}

export interface Engine {
  readonly kind: 'sql' | 'alembic' | 'command';
  /** Connects and looks; for modes that execute it also takes the lock. Throws a Stop. */
  inspect(): Promise<Inspection>;
  /** plan.sql: exactly what would run, in pieces. Secrets are still in it. */
  planText(plan: Plan): Iterable<string>;
  /** What a server feels like right now; asked when there is something to do. */
  health(): Promise<Health>;
  /** Executes everything in one transaction that always rolls back. */
  rehearse(plan: Plan): Promise<Rehearsal>;
  /** Gives the lock back for the review pause. */
  release(): Promise<void>;
  /** Takes it again and reads the state again. */
  resume(): Promise<Inspection>;
  /** Notes a point to restore to. */
  mark(): Promise<BackupMarker>;
  apply(plan: Plan, rehearsal: Rehearsal, marker: BackupMarker | null): Promise<Applied>;
  /** `plan` and `rehearsal` null: what should be there without anything having been applied by this run. */
  verify(): Promise<Verification>;
  /** Settles the records that interrupted and failed runs have left, all of them or none. Throws a Stop. */
  repair(): Promise<readonly Settled[]>;
  /** Reads the database back; never throws: what cannot be read is `unknown`. */
  prove(plan: Plan): Promise<StateProof>;
  /** For a run that was killed: ends its backend, so that it cannot commit any more, and reads the database back. Throws a Stop. */
  settle(remains: Remains): Promise<StateProof>;
  close(): Promise<void>;
}
