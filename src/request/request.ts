import type { SettleWord } from '../plan/settle.ts';
/** What a run was asked to do: read once, checked once, frozen. Every other room takes this and never a raw input. */

export const MODES = ['dry-run', 'apply', 'status', 'verify', 'rollback', 'baseline', 'repair'] as const;
export type Mode = (typeof MODES)[number];
/** The modes that this release carries out; the others are refused by name. */
export type RunMode = 'dry-run' | 'apply' | 'status' | 'verify' | 'repair';

export const ENVIRONMENTS = ['production', 'staging', 'development'] as const;
export type Environment = (typeof ENVIRONMENTS)[number];

export type SslMode = 'disable' | 'allow' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** Where a database is and how to get in. `source` says where that came from ("input database-url"), never a value. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  readonly sslMode: SslMode;
  /** PEM text, the path of a PEM file, `system`, or null. */
  readonly sslRootCert: string | null;
  /** As libpq's `channel_binding=require`: the server proves that it knows the password, on this very TLS connection. */
  readonly needsChannelBinding?: true;
  /** From the URL's `options` / `application_name` and other libpq parameters that we honour; never sent as they are. */
  readonly source: string;
}

/** A variable of a child's environment; its value is the URL, or the template with its placeholders filled in. */
export interface UrlVariable {
  readonly name: string;
  /** With `{url} {host} {port} {user} {password} {database}` and no other braces; null: the URL. */
  readonly template: string | null;
}

/** Which run this is, as GitHub (or nobody) says. */
export interface RunIdentity {
  readonly runId: string | null;
  readonly attempt: string | null;
  readonly repository: string | null;
  readonly actor: string | null;
  readonly sha: string | null;
  readonly ref: string | null;
  readonly runUrl: string | null;
  readonly eventName: string | null;
  readonly workflow: string | null;
  readonly job: string | null;
  /** Of a pull_request event. */
  readonly pullRequest: number | null;
}

/** Who is told of the run, and where; known even of a run whose inputs were not accepted. */
export interface Publishing {
  /** As it will be called; null: it cannot be said. */
  readonly artifactName: string | null;
  readonly uploadArtifact: boolean;
  /** Null: as the repository says. */
  readonly retentionDays: number | null;
  readonly githubToken: string | null;
  readonly commentOnPr: boolean;
  readonly createRelease: boolean;
  readonly notifyUrl: string | null;
}

export interface Request {
  readonly door: 'action' | 'cli';
  readonly mode: RunMode;
  readonly environment: Environment;
  /** How the environment was decided: `input`, `tag v1.2.3`, `branch staging`, `assumed, the strict side`. */
  readonly environmentSource: string;
  /** Why no program of the checkout is run, not even to read its migrations; null: it may be. */
  readonly toolRefused: { readonly reason: string; readonly next: string } | null;
  readonly target: Target;
  readonly rehearsalTarget: Target | null;
  readonly connectTimeoutMs: number;
  /**
   * Whether the typed confirmation was right, or none was needed. `missing` still inspects: with nothing pending the
   * run is `up-to-date`, otherwise it is refused before anything is executed. (A wrong token never gets this far.)
   */
  readonly confirmation: 'confirmed' | 'not-needed' | 'missing';
  readonly planDigest: string | null;
  readonly reviewDelayMs: number;
  readonly engine: 'auto' | 'sql' | 'alembic' | 'command';
  /** As given, or null: look for it. */
  readonly migrationsPath: string | null;
  /** Absolute. */
  readonly workingDirectory: string;
  /** A path inside the working directory. */
  readonly alembicConfig: string;
  /** The words that run Alembic, at least one; null: look for it. */
  readonly alembicCommand: readonly string[] | null;
  /** The tool's apply command, at least one word; null with every engine but `command`. */
  readonly command: readonly string[] | null;
  /** A harmless command of the same tool; null: none was given. */
  readonly commandProbe: readonly string[] | null;
  /** How a child is given its URL; at least one. */
  readonly urlVariables: readonly UrlVariable[];
  /** The version of a file; with Alembic a revision; null: the latest. */
  readonly targetVersion: string | null;
  readonly transactionMode: 'per-migration' | 'all';
  readonly allowOutOfOrder: boolean;
  readonly trackingSchema: string;
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly lockRetries: number;
  readonly lockWaitMs: number;
  readonly maxBlockingMs: number;
  readonly maxExclusiveMs: number;
  readonly dryRunTimeoutMs: number;
  readonly dryRunMaxBytes: number;
  /** Every table that exists already is judged as if it had at least this many rows. */
  readonly assumeRows: number;
  /** The dry run goes down and up again too; null: where there are down files. */
  readonly rehearseRollback: boolean | null;
  /** For mode repair: what a person says of a version, by its key, and why; a reason where there are words. */
  readonly settle: { readonly words: ReadonlyMap<string, SettleWord>; readonly reason: string | null };
  readonly failOn: 'danger' | 'warning' | 'none';
  readonly allowHazards: readonly string[];
  readonly criticalTables: readonly string[];
  readonly criticalIndexes: readonly string[];
  /** A glob of `.sql` files relative to the working directory, or null. */
  readonly smokeTests: string | null;
  readonly backup: 'none' | 'marker';
  readonly showData: boolean;
  readonly publishing: Publishing;
  readonly run: RunIdentity;
  readonly verbose: boolean;
  readonly json: boolean;
  /** What must never be seen in anything we write: passwords as written and decoded, URLs, tokens. */
  readonly secrets: readonly string[];
}

/** One thing that is wrong with the inputs: the input's name, what it holds (a secret is never repeated), what is allowed. */
export interface InputProblem {
  readonly input: string;
  readonly message: string;
}

export type ParsedRequest =
  | { readonly kind: 'request'; readonly request: Request }
  /** Exit 2: all of it at once. `known` is what could be read, for the report. */
  | { readonly kind: 'invalid'; readonly problems: readonly InputProblem[]; readonly known: Known }
  /** Exit 3: decided before connecting (event, token). */
  | { readonly kind: 'refused'; readonly reason: string; readonly next: string; readonly known: Known };

/** What can be said of a run whose request was not accepted. */
export interface Known {
  readonly mode: Mode | null;
  readonly environment: Environment | null;
  readonly workingDirectory: string;
  /** Null: not said, or not understood. */
  readonly target: Target | null;
  readonly run: RunIdentity;
  readonly publishing: Publishing;
  readonly json: boolean;
  readonly secrets: readonly string[];
}
