/** What is particular to one tool that the gate runs and does not carry out itself. */
import type { PlannedMigration, PlanProblem, StatementText } from '../../plan/plan.ts';
import type { FailureClass } from '../../report/outcome.ts';
import type { Ended } from './child.ts';
import type { Asked, ToolTable, ToolVersion } from './tables.ts';

export type Words = readonly [string, ...string[]];

/** What the project and the database's records come to. */
export interface Standing {
  /** In order; of a tool whose files are not read, none. */
  readonly pending: readonly PlannedMigration[];
  /** As one text; null: none. */
  readonly currentVersion: string | null;
  readonly applied: readonly Fingerprinted[];
  /** What else makes an apply another one: its configuration. */
  readonly extra: readonly Fingerprinted[];
  /** Files that hold a way back, by version key. */
  readonly ways: ReadonlyMap<string, string>;
  readonly problems: readonly PlanProblem[];
  readonly warnings: readonly string[];
}

export interface Fingerprinted {
  readonly version: string;
  /** SHA-256, or empty where there is nothing to hash. */
  readonly checksum: string;
}

/** What the tool's own words say of its failure. */
export interface Explained {
  readonly class: FailureClass;
  readonly message: string;
  readonly meaning: string;
  readonly next: string;
  /** Relative to the working directory. */
  readonly file: string | null;
  readonly line: number | null;
}

/** What a harmless command did, seen through the proxy. */
export interface LookedThrough {
  readonly ended: Ended;
  readonly connections: number;
  /** It was kept from connecting past the proxy, and failed. */
  readonly triedToPass: boolean;
  /** The statements that it sent. */
  readonly said: readonly Asked[];
  /** It said something that writes; it was told that this is done, and it was not. */
  readonly wouldWrite: boolean;
}

export interface Tool {
  readonly engine: 'alembic' | 'command';
  /** In a sentence: `alembic`, `npx prisma`. */
  readonly name: string;
  /** What is pending shows only in the dry run. */
  readonly isOpen: boolean;
  /** A harmless command by which is seen that the tool connects through us; null: none was given. */
  readonly probe: Words | null;
  /** Reads the project, without a connection; again, for what was edited since. Throws a Stop. */
  read(): Promise<void>;
  /** Of the tables that are there, the tool's own; `said`: what it sent in the probe, null: it was not probed. */
  tableOf(tables: readonly ToolTable[], said: readonly Asked[] | null): ToolTable | null;
  /** Only a probe can tell which of them is its own, or whether one is. */
  isInDoubt(tables: readonly ToolTable[]): boolean;
  standing(versions: readonly ToolVersion[]): Standing;
  /** Of these, which the tool records, what the records do not have; and what is current by them. */
  stillPending(
    pending: readonly PlannedMigration[],
    versions: readonly ToolVersion[],
  ): { readonly pending: readonly PlannedMigration[]; readonly currentVersion: string | null };
  /** Brings the database to where the plan wants it. */
  upgrade(pending: readonly PlannedMigration[]): Words;
  /**
   * A migration by the version under which the tool records it; null: what it did beside its records. `ended`: how it
   * failed in it.
   */
  planned(version: string | null, texts: readonly StatementText[], ended?: Ended | null): PlannedMigration;
  /** Versions that a statement records, by its text; null: the text does not say, the table does. */
  recordedBy(sql: string): readonly string[] | null;
  /** Null: its words say nothing that is known. */
  explain(ended: Ended): Explained | null;
  /** What would run, as the tool itself would write it down; null: it cannot. */
  render(pending: readonly PlannedMigration[]): Promise<string | null>;
  /** After everything was applied: what the tool has to say of the database. */
  remarks(look: (words: Words) => Promise<LookedThrough>): Promise<readonly string[]>;
}
