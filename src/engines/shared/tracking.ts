/** Our own tables: what they look like, who else's they might be, how they are read and written (contract, section 6). */
import { randomUUID } from 'node:crypto';
import type { PlannedMigration, Progress, RecordRow } from '../../plan/plan.ts';
import type { LeftOut } from '../../postgres/catalog.ts';
import { quoteIdentifier, quoteLiteral } from '../../postgres/identifier.ts';
import { PIN } from '../../postgres/qualified.ts';
import type { Queryable } from '../../postgres/queryable.ts';
import type { BatchItem } from '../../postgres/session.ts';
import type { BackupMarker } from '../../report/outcome.ts';
import type { Request } from '../../request/request.ts';
import { type CandidateTable, candidateTablesQuery, toolOfName, toolOfTable } from './known-tools.ts';
import { faultOfHistory, faultOfMigrations, shapeQuery, type TableShape } from './tracking-shape.ts';

export const TRACKING_NAMES = [
  'schema_migrations',
  'migration_history',
  'migration_status_view',
  'get_migration_status',
];

/** Our own objects, where a schema is read or compared: they are nobody's migration. */
export function leftOut(schema: string): readonly LeftOut[] {
  return [{ schema, names: TRACKING_NAMES }];
}

/** A file that makes the tracking table itself; until it has run there is nowhere to record what was done. */
export function makesTracking({ script }: PlannedMigration): boolean {
  return script.createsTables.includes('schema_migrations');
}

/** What stands under our names in the tracking schema. */
export type TrackingState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'ours'; readonly complete: boolean }
  /** A `schema_migrations` of another shape, or, where we have none, another tool's table. */
  | { readonly kind: 'foreign'; readonly table: string; readonly tool: string }
  /** Ours by its columns, and altered so that it cannot be relied on. */
  | { readonly kind: 'unfit'; readonly table: string; readonly fault: string };

const REQUIRED = ['version', 'name', 'checksum', 'status'];
/** Columns that we add to the contract's own, for the run's identity and for resuming. */
const EXTRA_COLUMNS: readonly (readonly [string, string])[] = [
  ['applied_at', 'timestamptz default now()'],
  ['execution_time_ms', 'integer'],
  ['error_message', 'text'],
  ['applied_by', 'text'],
  ['progress', 'jsonb'],
  ['run_url', 'text'],
  ['commit_sha', 'text'],
  ['plan_digest', 'text'],
];
const HISTORY_COLUMNS: readonly (readonly [string, string])[] = [
  ['execution_time_ms', 'integer'],
  ['error_message', 'text'],
  ['executed_by', 'text'],
  ['environment', 'text'],
  ['run_url', 'text'],
  ['commit_sha', 'text'],
  ['plan_digest', 'text'],
  ['backup_marker', 'text'],
  ['reason', 'text'],
];

/** Schemas that tools make for themselves. */
const HOMES = ['drizzle', 'graphile_migrate', 'sqitch', 'supabase_migrations'];

/**
 * Before our own questions, in one string with them, which is one transaction outside of a block: no function, operator
 * or type of somebody's schema stands in for the server's own, whatever search_path the role has.
 */
export const PINNED = `${PIN.text};`;

/** Names in what we create are the server's own as well: a default is looked up once, and called for ever. */
function pinned(texts: readonly string[]): BatchItem[] {
  return [PIN, ...[...texts, 'reset search_path'].map((text) => ({ text }))];
}

/** The tables under our names, and which other tools' tables exist: one row, no lock on any of them. */
export function trackingQuery(schema: string): string {
  const literal = quoteLiteral(schema);
  return `${PINNED}
    select ${shapeQuery(schema, 'schema_migrations')} as migrations, ${shapeQuery(schema, 'migration_history')} as history,
      exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
               where n.nspname = ${literal} and c.relname = 'migration_status_view')
      and exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                   where n.nspname = ${literal} and p.proname = 'get_migration_status') as views,
      (select pg_catalog.json_agg(pg_catalog.row_to_json(o)) from (${candidateTablesQuery([schema, ...HOMES], 'by-name')}) o) as others`;
}

export interface TrackingRow {
  readonly migrations: TableShape | null;
  readonly history: TableShape | null;
  readonly views: boolean;
  readonly others: CandidateTable[] | null;
}

const namesIn = (shape: TableShape | null) => (shape?.columns ?? []).map((column) => column.name);

export function readTrackingState(row: TrackingRow, schema: string): TrackingState {
  const others = row.others ?? [];
  if (row.migrations) {
    const names = namesIn(row.migrations);
    if (!REQUIRED.every((column) => names.includes(column))) {
      const other = others.find((one) => one.schema === schema && one.table === 'schema_migrations');
      const tool = (other && toolOfTable(other)?.tool) ?? 'an unknown tool';
      return { kind: 'foreign', table: `${schema}.schema_migrations`, tool };
    }
    const fault = faultOfMigrations(row.migrations);
    if (fault !== null) return { kind: 'unfit', table: `${schema}.schema_migrations`, fault };
    const history = readHistoryState(row, schema);
    if (history.kind === 'unfit') return history;
    const complete =
      row.views && EXTRA_COLUMNS.every(([name]) => names.includes(name)) && history.kind === 'ours' && history.complete;
    return { kind: 'ours', complete };
  }
  const history = readHistoryState(row, schema);
  if (history.kind === 'unfit') return history;
  for (const other of others) {
    // In doubt by its name alone: another release of it may have other columns.
    const known = toolOfTable(other) ?? toolOfName(other);
    if (known) return { kind: 'foreign', table: `${other.schema}.${other.table}`, tool: known.tool };
  }
  return { kind: 'absent' };
}

/** Our history alone, which is all of ours that tools with a record of their own need. */
export function readHistoryState(
  { history }: TrackingRow,
  schema: string,
): Exclude<TrackingState, { kind: 'foreign' }> {
  if (!history) return { kind: 'absent' };
  const fault = faultOfHistory(history);
  if (fault !== null) return { kind: 'unfit', table: `${schema}.migration_history`, fault };
  const names = namesIn(history);
  return { kind: 'ours', complete: HISTORY_COLUMNS.every(([name]) => names.includes(name)) };
}

const NUMERIC_ORDER = (column: string) =>
  `case when ${column} ~ '^[0-9]+$' then ${column}::pg_catalog.numeric end desc nulls last, ${column} desc`;

const addMissing = (table: string, columns: readonly (readonly [string, string])[]) =>
  `alter table ${table} ${columns.map(([name, type]) => `add column if not exists ${name} ${type}`).join(', ')}`;

/** IF NOT EXISTS would ask for the right to create schemas even where there is nothing to create. */
const createSchema = (schema: string) => `do $gate$ begin
       if not exists (select 1 from pg_catalog.pg_namespace where nspname = ${quoteLiteral(schema)}) then create schema ${quoteIdentifier(schema)}; end if;
     end $gate$`;

const createHistory = (schema: string) => [
  `create table if not exists ${quoteIdentifier(schema)}.migration_history (
       id uuid primary key default gen_random_uuid(), version text not null, action text not null, executed_at timestamptz default now(),
       execution_time_ms integer, status text not null, error_message text, executed_by text, environment text)`,
  addMissing(`${quoteIdentifier(schema)}.migration_history`, HISTORY_COLUMNS),
];

/** Our history alone, for tools that keep a record of their own. Runs inside a transaction. */
export function createHistoryItems(schema: string): BatchItem[] {
  return pinned([createSchema(schema), ...createHistory(schema)]);
}

/** Creates what is missing of our tables and changes nothing of what is there. Runs inside a transaction. */
export function createTrackingItems(schema: string): BatchItem[] {
  const s = quoteIdentifier(schema);
  return pinned([
    createSchema(schema),
    `create table if not exists ${s}.schema_migrations (
       version text primary key, name text not null, applied_at timestamptz default now(), checksum text not null,
       execution_time_ms integer, status text not null constraint schema_migrations_status_check check (status in ('pending', 'running', 'completed', 'failed')),
       error_message text, applied_by text)`,
    addMissing(`${s}.schema_migrations`, EXTRA_COLUMNS),
    ...createHistory(schema),
    `do $gate$ begin
       if not exists (select 1 from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                       where n.nspname = ${quoteLiteral(schema)} and c.relname = 'migration_status_view') then
         create view ${s}.migration_status_view as
           select version, name, status, applied_at, execution_time_ms, applied_by, error_message
             from ${s}.schema_migrations
            order by ${NUMERIC_ORDER('version').replaceAll(' desc', '')};
       end if;
       if not exists (select 1 from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                       where n.nspname = ${quoteLiteral(schema)} and p.proname = 'get_migration_status') then
         create function ${s}.get_migration_status()
           returns table(total bigint, completed bigint, failed bigint, running bigint, pending bigint, current_version text, last_applied_at timestamptz)
           language sql stable as $body$
             select count(*), count(*) filter (where m.status = 'completed'), count(*) filter (where m.status = 'failed'),
                    count(*) filter (where m.status = 'running'), count(*) filter (where m.status = 'pending'),
                    (select c.version from ${s}.schema_migrations c where c.status = 'completed'
                      order by ${NUMERIC_ORDER('c.version')} limit 1),
                    max(m.applied_at) filter (where m.status = 'completed')
               from ${s}.schema_migrations m $body$;
       end if;
     end $gate$`,
  ]);
}

interface RawRecord {
  readonly version: string;
  readonly name: string | null;
  readonly checksum: string | null;
  readonly status: RecordRow['status'];
  readonly error_message: string | null;
  readonly applied_at: string | null;
  readonly progress: Progress | null;
  readonly run_url: string | null;
}

export interface Recorded extends RecordRow {
  readonly appliedAt: string | null;
}

/**
 * Every row of `schema_migrations`, in no order, as it stands there: whether its version, status and progress make sense
 * is asked by the plan. `complete`: false for an adopted table, whose missing columns read as null.
 */
export async function readRecords(session: Queryable, schema: string, complete: boolean): Promise<Recorded[]> {
  const table = `${quoteIdentifier(schema)}.schema_migrations m`;
  const { rows } = await session.query<RawRecord>(
    complete
      ? `${PINNED} select version, name, checksum, status::text, error_message, applied_at::text, progress, run_url from ${table}`
      : `${PINNED} select r.* from ${table}, pg_catalog.jsonb_to_record(pg_catalog.to_jsonb(m)) as
           r(version text, name text, checksum text, status text, error_message text, applied_at text, progress jsonb, run_url text)`,
  );
  return rows.map((row) => ({
    version: row.version,
    name: row.name ?? '',
    checksum: row.checksum ?? '',
    status: row.status,
    progress: row.progress,
    errorMessage: row.error_message,
    appliedAt: row.applied_at,
    runUrl: row.run_url,
  }));
}

/** As what a database was migrated, and the table that says so. */
export interface LastEnvironment {
  readonly environment: string;
  readonly table: string;
}

/**
 * As what this database was migrated, the strictest; null: never, or nothing that this role may read says so. A database
 * never becomes anything laxer, so no clock is asked, which may have been set back between two runs. `production` counts
 * in whatever schema it stands, as another `tracking-schema` is no other database; of what `schema` itself says, a word
 * that is none of ours counts next.
 */
export async function readLastEnvironment(session: Queryable, schema: string): Promise<LastEnvironment | null> {
  const { rows: histories } = await session.query<{ schema: string }>(historiesQuery(schema));
  let own: LastEnvironment | null = null;
  for (const history of histories) {
    const isOwn = history.schema === schema;
    const { rows } = await session.query<{ environment: string }>(
      `${PINNED} ${isOwn ? '' : NO_POLICY} select h.environment::text as environment
         from ${isOwn ? '' : 'only '}${quoteIdentifier(history.schema)}.migration_history h
        where h.status::text = 'success' and h.environment is not null
        order by case h.environment::text when 'production' then 1 when 'staging' then 3 when 'development' then 4 else 2 end
        limit 1`,
    );
    const [row] = rows;
    if (!row) continue;
    const last = { environment: row.environment, table: `${history.schema}.migration_history` };
    if (last.environment === 'production') return last;
    if (isOwn) own = last;
  }
  return own;
}

/** Fails where a policy would be asked, which is somebody's code. */
const NO_POLICY = `select pg_catalog.set_config('row_security', 'off', true);`;

/**
 * Schemas with a history of ours that this role may read. Anybody may have made one of that name, and what is asked of it
 * runs with this role's rights: of schemas other than our own only ordinary tables of plain text that no policy guards.
 */
function historiesQuery(schema: string): string {
  return `${PINNED}
  select n.nspname::text as schema
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.relname = 'migration_history' and c.relkind = 'r'
     and pg_catalog.has_schema_privilege(n.oid, 'USAGE') and pg_catalog.has_table_privilege(c.oid, 'SELECT')
     and (n.nspname = ${quoteLiteral(schema)} or not pg_catalog.row_security_active(c.oid))
     and (select pg_catalog.count(*) from pg_catalog.pg_attribute a
           where a.attrelid = c.oid and not a.attisdropped and a.attname in ('status', 'environment') and a.attgenerated <> 'v'
             and (n.nspname = ${quoteLiteral(schema)} or a.atttypid in ('pg_catalog.text'::pg_catalog.regtype, 'pg_catalog.varchar'::pg_catalog.regtype))) = 2
   order by 1`;
}

/** Of these versions (keys: without leading zeros) the ones whose last event says that they are applied, as recorded. */
export async function readAppliedByHistory(
  session: Queryable,
  schema: string,
  keys: readonly string[],
): Promise<string[]> {
  if (keys.length === 0) return [];
  const list = keys.map((key) => quoteLiteral(key.replace(/^0+/, ''))).join(', ');
  const { rows } = await session.query<{ version: string }>(
    `${PINNED} select version from (
       select distinct on (pg_catalog.ltrim(h.version, '0')) h.version, h.action::text as action
         from ${quoteIdentifier(schema)}.migration_history h
        where h.status = 'success' and pg_catalog.ltrim(h.version, '0') in (${list})
        order by pg_catalog.ltrim(h.version, '0'), h.executed_at desc nulls last) last
      where action in ('apply', 'baseline')`,
  );
  return rows.map((row) => row.version);
}

/** What is the same in every row that one run writes. */
export interface RunStamp {
  readonly schema: string;
  readonly actor: string | null;
  readonly environment: string;
  readonly runUrl: string | null;
  readonly sha: string | null;
  readonly planDigest: string;
  readonly backupMarker: string | null;
}

/** `planDigest`: of the plan that is carried out; `marker`: what to restore to. */
export function stampOf(
  { run, environment, trackingSchema }: Request,
  planDigest: string,
  marker: BackupMarker | null,
): RunStamp {
  return {
    schema: trackingSchema,
    actor: run.actor,
    environment,
    runUrl: run.runUrl,
    sha: run.sha,
    planDigest,
    backupMarker: marker === null ? null : `${marker.name ?? ''} ${marker.lsn} ${marker.at}`.trim(),
  };
}

export interface RecordValues {
  readonly version: string;
  readonly name: string;
  readonly checksum: string;
  readonly status: RecordRow['status'];
  readonly progress: Progress | null;
  readonly errorMessage: string | null;
  /** Milliseconds, or null: since the transaction began. */
  readonly executionTimeMs: number | null;
}

/** Milliseconds since the transaction began, by the server's clock. */
const SINCE_BEGIN =
  'pg_catalog.round(extract(epoch from pg_catalog.clock_timestamp() operator(pg_catalog.-) pg_catalog.transaction_timestamp()) operator(pg_catalog.*) 1000)::int';

/** The row of one migration, inserted or brought up to date. */
export function recordItem(stamp: RunStamp, row: RecordValues): BatchItem {
  return {
    name: 'mgate_record',
    text: `insert into ${quoteIdentifier(stamp.schema)}.schema_migrations as m
        (version, name, checksum, status, execution_time_ms, error_message, applied_by, progress, run_url, commit_sha, plan_digest, applied_at)
      values ($1, $2, $3, $4, coalesce($5::int, ${SINCE_BEGIN}), $6, $7, $8::pg_catalog.jsonb, $9, $10, $11, pg_catalog.clock_timestamp())
      on conflict (version) do update set name = excluded.name, checksum = excluded.checksum, status = excluded.status,
        execution_time_ms = excluded.execution_time_ms, error_message = excluded.error_message, applied_by = excluded.applied_by,
        progress = excluded.progress, run_url = excluded.run_url, commit_sha = excluded.commit_sha, plan_digest = excluded.plan_digest,
        applied_at = excluded.applied_at
      returning execution_time_ms`,
    keep: true,
    values: [
      row.version,
      row.name,
      row.checksum,
      row.status,
      row.executionTimeMs === null ? null : String(Math.round(row.executionTimeMs)),
      row.errorMessage,
      stamp.actor,
      row.progress === null ? null : JSON.stringify(row.progress),
      stamp.runUrl,
      stamp.sha,
      stamp.planDigest,
    ],
  };
}

/** A failure's row: what a non-transactional migration has done stays written down, and what is completed stays so. */
export function failureItem(
  stamp: RunStamp,
  row: Pick<RecordValues, 'version' | 'name' | 'checksum' | 'errorMessage'>,
): BatchItem {
  return {
    text: `insert into ${quoteIdentifier(stamp.schema)}.schema_migrations as m
        (version, name, checksum, status, error_message, applied_by, run_url, commit_sha, plan_digest, applied_at)
      values ($1, $2, $3, 'failed', $4, $5, $6, $7, $8, pg_catalog.clock_timestamp())
      on conflict (version) do update set status = excluded.status, error_message = excluded.error_message,
        applied_by = excluded.applied_by, run_url = excluded.run_url, commit_sha = excluded.commit_sha,
        plan_digest = excluded.plan_digest, applied_at = excluded.applied_at
      where m.status operator(pg_catalog.<>) 'completed'`,
    values: [
      row.version,
      row.name,
      row.checksum,
      row.errorMessage,
      stamp.actor,
      stamp.runUrl,
      stamp.sha,
      stamp.planDigest,
    ],
  };
}

/** Takes a row out: of a version that has neither a file nor anything in the database. */
export function forgetItem({ schema }: RunStamp, version: string): BatchItem {
  return { text: `delete from ${quoteIdentifier(schema)}.schema_migrations where version ${IS} $1`, values: [version] };
}

/** How many of these events are in the history. */
export async function eventsThere(session: Queryable, schema: string, ids: readonly string[]): Promise<number> {
  const { rows } = await session.query<{ there: number }>(
    `select pg_catalog.count(*)::int as there from ${quoteIdentifier(schema)}.migration_history h where h.id ${IS} any ($1::pg_catalog.uuid[])`,
    [ids],
  );
  return rows[0]?.there ?? 0;
}

/** One event of the history. `reason`: why a repair has settled it like that. */
export function historyItem(
  stamp: RunStamp,
  event: {
    readonly id?: string;
    readonly action?: 'apply' | 'repair';
    readonly version: string;
    readonly status: 'success' | 'failed';
    readonly errorMessage: string | null;
    readonly executionTimeMs: number | null;
    readonly reason?: string;
  },
): BatchItem {
  return {
    name: 'mgate_history',
    text: `insert into ${quoteIdentifier(stamp.schema)}.migration_history
        (id, version, executed_at, execution_time_ms, status, error_message, executed_by, environment, run_url, commit_sha, plan_digest, backup_marker, action, reason)
      values ($13, $1, pg_catalog.clock_timestamp(), coalesce($2::int, ${SINCE_BEGIN}), $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
    values: [
      event.version,
      event.executionTimeMs === null ? null : String(Math.round(event.executionTimeMs)),
      event.status,
      event.errorMessage,
      stamp.actor,
      stamp.environment,
      stamp.runUrl,
      stamp.sha,
      stamp.planDigest,
      stamp.backupMarker,
      event.action ?? 'apply',
      event.reason ?? null,
      event.id ?? randomUUID(),
    ],
  };
}

/** What a row was written as. */
type Written = Pick<RecordValues, 'version' | 'checksum' | 'status' | 'progress'>;

/**
 * After our rows and before COMMIT: fails with `NOT_AS_WRITTEN` where they are not there as they were written. A trigger may
 * swallow or change them, and a migration that is applied and not recorded would be applied again.
 * `historyId`: the event's, of a migration that is done or settled; null: none was written.
 */
export function proveItem(stamp: RunStamp, row: Written, historyId: string | null): BatchItem {
  const event =
    historyId === null ? '' : `and ${eventIs(stamp.schema, `h.action ${IS} 'apply' and h.environment ${IS} $6`)}`;
  return {
    name: historyId === null ? 'mgate_prove' : 'mgate_prove_done',
    text: proof(`${rowIs(stamp.schema)} ${event}`),
    values: [...valuesOf(row), ...(historyId === null ? [] : [historyId, stamp.environment])],
  };
}

/** The same of what a repair has written. `row`: its version alone, where it was taken out. */
export function proveRepairItem(
  stamp: RunStamp,
  row: Written | Pick<Written, 'version'>,
  historyId: string,
): BatchItem {
  const s = quoteIdentifier(stamp.schema);
  const event = (id: string) => eventIs(stamp.schema, `h.action ${IS} 'repair'`, id);
  return 'status' in row
    ? { text: proof(`${rowIs(stamp.schema)} and ${event('$5')}`), values: [...valuesOf(row), historyId] }
    : {
        text: proof(`not exists (select from ${s}.schema_migrations m where m.version ${IS} $1) and ${event('$2')}`),
        values: [row.version, historyId],
      };
}

/** Our rows are written under the role's own path, as a trigger that keeps an audit of them counts on it; and proved there. */
const IS = 'operator(pg_catalog.=)';

const rowIs = (schema: string) => `exists (select from ${quoteIdentifier(schema)}.schema_migrations m
          where m.version ${IS} $1 and m.status ${IS} $2 and m.checksum ${IS} $3
            and coalesce(m.progress::pg_catalog.text, '') ${IS} coalesce($4::pg_catalog.jsonb::pg_catalog.text, ''))`;

const eventIs = (schema: string, also: string, id = '$5') =>
  `exists (select from ${quoteIdentifier(schema)}.migration_history h
            where h.id ${IS} ${id} and h.version ${IS} $1 and h.status ${IS} 'success' and ${also})`;

const proof = (condition: string) => `select case when ${condition} then 1
    else pg_catalog.concat('not as written ', pg_catalog.pg_backend_pid())::pg_catalog.int4 end`;

const valuesOf = ({ version, status, checksum, progress }: Written) => [
  version,
  status,
  checksum,
  progress === null ? null : JSON.stringify(progress),
];

/** The text that is no number. */
export const NOT_AS_WRITTEN = '22P02';
