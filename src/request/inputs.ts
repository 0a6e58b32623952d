/**
 * The one table of inputs, outputs, modes and exit codes. action.yml, the README's tables and the command line's help
 * are generated from it, and the parser takes names, defaults and allowed values from it.
 */

/** How the text of an input is read. `secret`: its value is never repeated in any message. */
export type InputKind =
  | 'text'
  | 'secret'
  | 'path'
  | 'name'
  | 'choice'
  | 'boolean'
  | 'integer'
  | 'duration'
  | 'size'
  | 'list';

export interface InputSpec {
  readonly name: string;
  readonly kind: InputKind;
  /** As text, '' for none. It is what action.yml declares. */
  readonly default: string;
  /** Where the default is not a fixed text: what happens when the input is left out. */
  readonly defaultNote?: string;
  /** One sentence. */
  readonly description: string;
  /** False: a later release does this; set to anything but its default it is refused by name. */
  readonly supported: boolean;
  readonly choices?: readonly string[];
  /** Those of `choices` that a later release brings. */
  readonly later?: readonly string[];
  /** Bounds of an integer. */
  readonly min?: number;
  readonly max?: number;
}

export const INPUTS = [
  {
    name: 'database-url',
    kind: 'secret',
    default: '',
    description:
      'PostgreSQL URL; `env`, or empty outside production, reads `DATABASE_URL`, else `DATABASE_HOST`, `DATABASE_PORT`, `DATABASE_NAME`, `DATABASE_USER` and `DATABASE_PASSWORD`, else `PGHOST`, `PGDATABASE`, `PGUSER` and the like; the command line reads them whenever it is empty.',
    supported: true,
  },
  {
    name: 'rehearsal-database-url',
    kind: 'secret',
    default: '',
    description:
      'Rehearse on this copy instead of the target, whose schema and applied migrations it must equal; `env` reads `REHEARSAL_DATABASE_URL`.',
    supported: true,
  },
  {
    name: 'ssl-root-cert',
    kind: 'text',
    default: '',
    description:
      'Root certificate, as PEM text, as a file or `system`; it wins over the `sslrootcert` of the URL, whose `sslmode` has the meaning that libpq gives it.',
    supported: true,
  },
  {
    name: 'connect-timeout',
    kind: 'duration',
    default: '10s',
    description: 'How long connecting may take; `0` is no limit.',
    supported: true,
  },
  {
    name: 'mode',
    kind: 'choice',
    default: 'dry-run',
    description: 'What to do: see the table of modes.',
    supported: true,
    choices: ['dry-run', 'apply', 'status', 'verify', 'rollback', 'baseline', 'repair'],
    later: ['rollback', 'baseline'],
  },
  {
    name: 'environment',
    kind: 'choice',
    default: '',
    defaultNote: 'inferred',
    description:
      '`production`, `staging` or `development`; inferred, a tag `vX.Y.Z` (semantic version) is production, the branch `staging` is staging, and anything else counts as production, the strict side.',
    supported: true,
    choices: ['production', 'staging', 'development'],
  },
  {
    name: 'confirm-token',
    kind: 'secret',
    default: '',
    description: 'The phrase that the mode asks for in production, exactly: `MIGRATE-PRODUCTION` for `apply`.',
    supported: true,
  },
  {
    name: 'plan-digest',
    kind: 'text',
    default: '',
    description: 'Apply only if the plan computed now has this digest, the one that a dry run gave.',
    supported: true,
  },
  {
    name: 'review-delay',
    kind: 'duration',
    default: '',
    defaultNote: '`30s` in production, else `0`',
    description: 'Pause between the dry run and apply, in which cancelling changes nothing; `0` is no pause.',
    supported: true,
  },
  {
    name: 'engine',
    kind: 'choice',
    default: 'auto',
    description:
      'What the migrations are: numbered SQL files (`sql`), Alembic revisions (`alembic`), or those of any other tool (`command`); `auto` is `alembic` where there is an `alembic.ini`, else `sql`.',
    supported: true,
    choices: ['auto', 'sql', 'alembic', 'command'],
  },
  {
    name: 'migrations-path',
    kind: 'path',
    default: '',
    defaultNote: 'found',
    description:
      'Folder of migration files, inside the working directory; looked for in `migrations`, `db/migrations`, `database/migrations`, `supabase/migrations` and `scripts`, where two finds are an error.',
    supported: true,
  },
  {
    name: 'working-directory',
    kind: 'path',
    default: '.',
    description: 'Folder that all paths start from, inside the workspace.',
    supported: true,
  },
  {
    name: 'target-version',
    kind: 'text',
    default: '',
    defaultNote: 'latest',
    description: 'Stop after this version; with Alembic, after this revision.',
    supported: true,
  },
  {
    name: 'rollback-steps',
    kind: 'integer',
    default: '1',
    description: 'For `rollback`: how many migrations to undo, unless `target-version` is set.',
    supported: false,
  },
  {
    name: 'transaction-mode',
    kind: 'choice',
    default: 'per-migration',
    description:
      '`per-migration`, or `all`: every pending migration in one transaction (a non-transactional file is then refused by name).',
    supported: true,
    choices: ['per-migration', 'all'],
  },
  {
    name: 'allow-out-of-order',
    kind: 'boolean',
    default: 'false',
    description: 'Accept pending files that are older than the newest applied one.',
    supported: true,
  },
  {
    name: 'tracking-schema',
    kind: 'name',
    default: 'public',
    description: 'Schema where the tables of the gate live.',
    supported: true,
  },
  {
    name: 'lock-timeout',
    kind: 'duration',
    default: '2s',
    description: 'How long a statement of transactional work may wait for a lock; `0` is no limit.',
    supported: true,
  },
  {
    name: 'statement-timeout',
    kind: 'duration',
    default: '0',
    description: 'How long a statement may take; `0` is no limit.',
    supported: true,
  },
  {
    name: 'lock-retries',
    kind: 'integer',
    default: '5',
    description:
      'Retries of a whole migration after a lock timeout, a deadlock or a serialization failure (55P03, 40P01, 40001 only), with backoff; the dry run is tried again as often.',
    supported: true,
    min: 0,
    max: 100,
  },
  {
    name: 'lock-wait',
    kind: 'duration',
    default: '60s',
    description: 'How long to wait for another gate on the same database; `0` does not wait.',
    supported: true,
  },
  {
    name: 'max-blocking',
    kind: 'duration',
    default: '1s',
    description: 'Dry run: roll back as soon as anyone else has waited on us for this long; `0` is no limit.',
    supported: true,
  },
  {
    name: 'max-exclusive',
    kind: 'duration',
    default: '',
    defaultNote: 'as `max-blocking`',
    description:
      'Dry run: total time under ACCESS EXCLUSIVE on relations that existed, where standbys follow (their readers wait unseen); `0` is no limit.',
    supported: true,
  },
  {
    name: 'dry-run-timeout',
    kind: 'duration',
    default: '5m',
    description: 'How long the dry run may take in all; `0` is no limit.',
    supported: true,
  },
  {
    name: 'dry-run-max-bytes',
    kind: 'size',
    default: '1GB',
    description:
      'A statement whose rehearsal would rewrite or touch more than this on the target is not run there; units are powers of 1024, `0` is no limit.',
    supported: true,
  },
  {
    name: 'fail-on',
    kind: 'choice',
    default: 'danger',
    description: '`danger`, `warning` or `none`: hazards at or above it refuse the apply.',
    supported: true,
    choices: ['danger', 'warning', 'none'],
  },
  {
    name: 'allow-hazards',
    kind: 'list',
    default: '',
    description: 'Ids of the hazard rules that are accepted for this run.',
    supported: true,
  },
  {
    name: 'assume-rows',
    kind: 'integer',
    default: '0',
    description:
      'Judge every table that exists already as if it had at least this many rows, for a staging database smaller than production.',
    supported: true,
    min: 0,
  },
  {
    name: 'rehearse-rollback',
    kind: 'boolean',
    default: '',
    defaultNote: '`true` where down files exist',
    description: 'The dry run goes up, down and up again.',
    supported: true,
  },
  {
    name: 'settle',
    kind: 'list',
    default: '',
    description:
      'For `repair`, where the database does not tell: `<version>=applied` (all of it is done), `=pending` (none of it), `=done` or `=again` (the statement that was interrupted was finished, or was not).',
    supported: true,
  },
  {
    name: 'settle-reason',
    kind: 'text',
    default: '',
    description: 'Why, for the history; needed with `settle`.',
    supported: true,
  },
  {
    name: 'critical-tables',
    kind: 'list',
    default: '',
    description:
      'Tables that must exist at the end, as `schema.table` or `table`; checked in the dry run and again after apply.',
    supported: true,
  },
  {
    name: 'critical-indexes',
    kind: 'list',
    default: '',
    description: 'Indexes that must exist, valid and ready; checked likewise.',
    supported: true,
  },
  {
    name: 'smoke-tests',
    kind: 'path',
    default: '',
    description:
      'Glob of `.sql` files run read-only in the dry run and after apply; each statement returns no row, or only `true`; `-- gate: uses-index <name>` above one asserts its plan.',
    supported: true,
  },
  {
    name: 'backup',
    kind: 'choice',
    default: '',
    defaultNote: '`marker` in production, else `none`',
    description: '`none`, or `marker`: a restore point or the WAL position, taken just before apply.',
    supported: true,
    choices: ['none', 'marker', 'dump'],
    later: ['dump'],
  },
  {
    name: 'backup-path',
    kind: 'path',
    default: '',
    description: 'Where `backup: dump` writes.',
    supported: false,
  },
  {
    name: 'show-data',
    kind: 'boolean',
    default: 'false',
    description: 'Show row data (DETAIL, key values); otherwise it is replaced by counts in everything that we write.',
    supported: true,
  },
  {
    name: 'alembic-config',
    kind: 'path',
    default: 'alembic.ini',
    description: 'For `engine: alembic`: its configuration, inside the working directory.',
    supported: true,
  },
  {
    name: 'alembic-command',
    kind: 'text',
    default: '',
    defaultNote: 'found',
    description: 'For `engine: alembic`: how to run it, such as `uv run alembic`.',
    supported: true,
  },
  {
    name: 'command',
    kind: 'text',
    default: '',
    description:
      'For `engine: command`: the apply command of the migration tool, such as `npx node-pg-migrate up`; split by quoting rules, and run without a shell.',
    supported: true,
  },
  {
    name: 'command-probe',
    kind: 'text',
    default: '',
    description:
      'For `engine: command`: a harmless command of the same tool, such as its status, by which we see that it connects through us; needed by `dry-run` and `apply`.',
    supported: true,
  },
  {
    name: 'database-url-env',
    kind: 'list',
    default: 'DATABASE_URL',
    description:
      'For `alembic` and `command`: the variables through which the tool is given its URL, `NAME` or `NAME=template` with `{url} {host} {port} {user} {password} {database}`.',
    supported: true,
  },
  {
    name: 'artifact-name',
    kind: 'name',
    default: '',
    defaultNote: '`migration-log-<environment>-<mode>-<run id>-<attempt>`',
    description: 'Name of the artifact; when it is taken, `-2`, `-3` and so on follow it.',
    supported: true,
  },
  {
    name: 'artifact-retention-days',
    kind: 'integer',
    default: '',
    defaultNote: 'as the repository says',
    description: 'How many days the artifact is kept.',
    supported: true,
    min: 1,
    max: 400,
  },
  {
    name: 'upload-artifact',
    kind: 'boolean',
    default: 'true',
    description:
      'Upload `migration-log/` as an artifact at the end, and the plan as one of its own before a review pause.',
    supported: true,
  },
  {
    name: 'github-token',
    kind: 'secret',
    default: '',
    description:
      'Needed only for comments (`pull-requests: write`) and releases (`contents: write`); `env` reads `GITHUB_TOKEN`.',
    supported: true,
  },
  {
    name: 'comment-on-pr',
    kind: 'boolean',
    default: 'true',
    description: 'Comment on pull_request events, when a token is given; one comment, kept up to date.',
    supported: true,
  },
  {
    name: 'create-release',
    kind: 'boolean',
    default: 'false',
    description: 'Create a release on a semantic version tag, after a verified apply.',
    supported: true,
  },
  {
    name: 'notify-url',
    kind: 'secret',
    default: '',
    description: 'Slack- or Discord-compatible webhook, told once how the run ended; `env` reads `NOTIFY_URL`.',
    supported: true,
  },
] as const satisfies readonly InputSpec[];

export type InputName = (typeof INPUTS)[number]['name'];

/** The names of the inputs that take one of a fixed set of words, and the words that each takes. */
type ChoiceSpec = Extract<(typeof INPUTS)[number], { kind: 'choice' }>;
export type ChoiceName = ChoiceSpec['name'];
export type ChoiceOf<N extends ChoiceName> = Extract<ChoiceSpec, { name: N }>['choices'][number];

const BY_NAME: ReadonlyMap<string, InputSpec> = new Map(INPUTS.map((spec) => [spec.name, spec]));

export function isInputName(name: string): name is InputName {
  return BY_NAME.has(name);
}

/** The spec of `name`; null when there is no such input. */
export function findInput(name: string): InputSpec | null {
  return BY_NAME.get(name) ?? null;
}

export interface OutputSpec {
  readonly name: string;
  readonly description: string;
}

export const OUTPUTS = [
  {
    name: 'result',
    description:
      '`dry-run-passed`, `up-to-date`, `applied`, `verified`, `reported`, `rolled-back`, `baselined`, `repaired`, `failed`, `refused`, `dry-run-inconclusive` or `cancelled`.',
  },
  {
    name: 'database-state',
    description:
      '`unchanged`, `migrated`, `partially-migrated`, `rolled-back` or `unknown`, proved by reading the database back.',
  },
  { name: 'environment', description: '`production`, `staging` or `development`, as given or inferred.' },
  { name: 'previous-version', description: 'Newest version that was applied before this run; empty for none.' },
  { name: 'current-version', description: 'Newest version that is applied now; empty for none.' },
  { name: 'pending-count', description: 'How many migrations were pending when the plan was made.' },
  { name: 'pending', description: 'The pending migrations, as JSON: `[{"version","name","file"}]`.' },
  { name: 'applied-count', description: 'How many migrations this run applied.' },
  { name: 'applied', description: 'The migrations that this run applied, as JSON of the same shape.' },
  { name: 'plan-digest', description: 'Digest of the plan, to be given to an apply as `plan-digest`.' },
  { name: 'hazard-count', description: 'How many hazards were found.' },
  { name: 'hazards', description: 'The hazards, worst first, as JSON; all of them are in `report.json`.' },
  { name: 'log-path', description: 'Absolute path of `migration.log`.' },
  { name: 'report-path', description: 'Absolute path of `report.json`.' },
  { name: 'artifact-name', description: 'Name of the artifact.' },
  { name: 'artifact-id', description: 'Id of the uploaded artifact; empty when nothing was uploaded.' },
  { name: 'artifact-url', description: 'Address of the uploaded artifact; empty when nothing was uploaded.' },
  { name: 'duration-ms', description: 'How long the run took, in milliseconds.' },
] as const satisfies readonly OutputSpec[];

export type OutputName = (typeof OUTPUTS)[number]['name'];

export interface ModeSpec {
  readonly name: ChoiceOf<'mode'>;
  readonly description: string;
  /** What `confirm-token` must be in production; null: nothing is asked for. */
  readonly phrase: string | null;
  /** False: read-only, enforced by the server. */
  readonly executes: boolean;
  readonly supported: boolean;
}

export const MODE_TABLE: readonly ModeSpec[] = [
  {
    name: 'dry-run',
    description: 'inspect, plan, dry run, report; nothing is kept',
    phrase: null,
    executes: true,
    supported: true,
  },
  {
    name: 'apply',
    description: 'inspect, plan, dry run, review, apply, verify, report',
    phrase: 'MIGRATE-PRODUCTION',
    executes: true,
    supported: true,
  },
  {
    name: 'status',
    description: 'inspect, plan, report; read-only, works on a standby',
    phrase: null,
    executes: false,
    supported: true,
  },
  {
    name: 'verify',
    description: 'inspect, verify, report; read-only; pending files fail it',
    phrase: null,
    executes: false,
    supported: true,
  },
  {
    name: 'rollback',
    description: 'undo the newest migrations by their down files, rehearsed first',
    phrase: 'ROLLBACK-PRODUCTION',
    executes: true,
    supported: false,
  },
  {
    name: 'baseline',
    description: 'record files up to `target-version` as applied without running them',
    phrase: 'MIGRATE-PRODUCTION',
    executes: true,
    supported: false,
  },
  {
    name: 'repair',
    description: 'inspect, settle interrupted and failed records, report',
    phrase: 'MIGRATE-PRODUCTION',
    executes: true,
    supported: true,
  },
];

export interface ExitCodeSpec {
  readonly code: number;
  readonly description: string;
}

export const EXIT_CODES: readonly ExitCodeSpec[] = [
  { code: 0, description: 'done: the dry run passed, up to date, applied and verified, verified, or reported' },
  { code: 1, description: 'failed, database unchanged: no connection, bad files, or SQL that failed and was undone' },
  { code: 2, description: 'bad input, decided before connecting; database unchanged' },
  {
    code: 3,
    description: 'refused, the dry run was inconclusive, or status found records to settle; database unchanged',
  },
  { code: 4, description: 'applied, not verified' },
  { code: 5, description: 'refused: another gate holds the lock; database unchanged' },
  { code: 6, description: 'cancelled; database unchanged' },
  { code: 7, description: 'partially migrated, or its state could not be read back' },
];
