/**
 * Whether the tables under our names can hold what we write into them, and show it again. Anybody who owns the schema may
 * have altered them: a record that is swallowed, hidden or emptied by a crash is a migration applied twice.
 */
import { quoteLiteral } from '../../postgres/identifier.ts';

/** A table under one of our names, as the catalog tells. */
export interface TableShape {
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** `pg_class.relpersistence`: p, u (unlogged), t. */
  readonly persistence: string;
  /** Row-level security applies to this role. */
  readonly secured: boolean;
  /** Other tables inherit from it. */
  readonly inherited: boolean;
  readonly columns: readonly ColumnShape[] | null;
  /** A unique index on `version` alone, which ON CONFLICT can use. */
  readonly keyed: boolean;
  /** Rules that stand in for an INSERT or UPDATE. */
  readonly rules: readonly string[] | null;
  /** Triggers that fire at COMMIT, when nothing can be asked any more. */
  readonly deferred: readonly string[] | null;
  /** Constraints that may be looked at no sooner. */
  readonly postponed: readonly string[] | null;
}

interface ColumnShape {
  readonly name: string;
  /** Without its length; of a domain the type below it. */
  readonly type: string;
  /** `pg_type.typcategory`. */
  readonly category: string;
  /** NOT NULL, and nothing fills it in. */
  readonly required: boolean;
}

/** One JSON value, or null where there is no relation of that name. No lock on it, and no right to it is needed. */
export function shapeQuery(schema: string, table: string): string {
  return `(select pg_catalog.json_build_object(
      'kind', c.relkind, 'persistence', c.relpersistence, 'secured', pg_catalog.row_security_active(c.oid),
      'inherited', exists (select from pg_catalog.pg_inherits h where h.inhparent = c.oid),
      'columns', (select pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname, 'type', pg_catalog.format_type(b.oid, null),
            'category', b.typcategory, 'required', a.attnotnull and not a.atthasdef and a.attidentity = ''))
         from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
         join pg_catalog.pg_type b on b.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
      'keyed', exists (select from pg_catalog.pg_index i join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'version' and a.attnum = i.indkey[0]
        where i.indrelid = c.oid and i.indisunique and i.indimmediate and i.indisvalid and i.indnkeyatts = 1 and i.indpred is null),
      'rules', (select pg_catalog.json_agg(r.rulename) from pg_catalog.pg_rewrite r
        where r.ev_class = c.oid and r.ev_type in ('2', '3') and r.ev_enabled <> 'D'),
      'deferred', (select pg_catalog.json_agg(g.tgname) from pg_catalog.pg_trigger g
        where g.tgrelid = c.oid and g.tgdeferrable and not g.tgisinternal and g.tgenabled <> 'D'),
      'postponed', (select pg_catalog.json_agg(k.conname) from pg_catalog.pg_constraint k
        where k.conrelid = c.oid and k.condeferrable and k.contype in ('f', 'u', 'x')))
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where n.nspname = ${quoteLiteral(schema)} and c.relname = ${quoteLiteral(table)})`;
}

/** What we ask of a column: the type's name, or its category (S: text, N: number, D: date, E: enum). */
type Wanted = Readonly<Record<string, readonly string[]>>;

const TEXT = ['S'];
/** A number would lose the zeros that a version begins with, and `char(n)` pads it. */
const EXACT_TEXT = ['text', 'character varying'];

const MIGRATIONS: Wanted = {
  version: EXACT_TEXT,
  name: TEXT,
  checksum: EXACT_TEXT,
  status: [...EXACT_TEXT, 'E'],
  applied_at: ['D'],
  execution_time_ms: ['N'],
  error_message: TEXT,
  applied_by: TEXT,
  progress: ['jsonb'],
  run_url: TEXT,
  commit_sha: TEXT,
  plan_digest: TEXT,
};

const HISTORY: Wanted = {
  id: ['uuid'],
  version: EXACT_TEXT,
  action: [...EXACT_TEXT, 'E'],
  executed_at: ['D'],
  execution_time_ms: ['N'],
  status: [...EXACT_TEXT, 'E'],
  error_message: TEXT,
  executed_by: TEXT,
  environment: [...EXACT_TEXT, 'E'],
  run_url: TEXT,
  commit_sha: TEXT,
  plan_digest: TEXT,
  backup_marker: TEXT,
  reason: TEXT,
};

const HISTORY_REQUIRED = ['id', 'version', 'action', 'executed_at', 'status'];

const KINDS: Readonly<Record<string, string>> = {
  p: 'a partitioned table',
  v: 'a view',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  i: 'an index',
  I: 'an index',
  c: 'a type',
};

/** Why `schema_migrations`, which has our columns, can't keep our records; null when it can. */
export function faultOfMigrations(shape: TableShape): string | null {
  return faultOf(shape, MIGRATIONS) ?? (shape.keyed ? null : 'it has no primary key on version');
}

/** Why `migration_history` can't keep our history; null when it can. */
export function faultOfHistory(shape: TableShape): string | null {
  const names = new Set((shape.columns ?? []).map((column) => column.name));
  const lacking = HISTORY_REQUIRED.filter((name) => !names.has(name));
  const fault = faultOf(shape, HISTORY);
  if (fault !== null || lacking.length === 0) return fault;
  return `it has no column ${lacking.join(', ')}`;
}

function faultOf(shape: TableShape, wanted: Wanted): string | null {
  if (shape.kind !== 'r') return `it is ${KINDS[shape.kind] ?? 'no table'}, not an ordinary table`;
  if (shape.persistence === 'u') return 'it is UNLOGGED: a crash of the server would empty it';
  if (shape.secured) return 'row-level security applies to this role and may hide rows from it';
  if (shape.inherited) return 'other tables inherit from it, and their rows would be taken for its own';
  const [rule] = shape.rules ?? [];
  if (rule !== undefined) return `the rule ${rule} stands in for what is written into it`;
  const [trigger] = shape.deferred ?? [];
  if (trigger !== undefined)
    return `the trigger ${trigger} is deferrable: it may change what is recorded after it was proved`;
  const [constraint] = shape.postponed ?? [];
  if (constraint !== undefined)
    return `the constraint ${constraint} is deferrable: it may refuse what is recorded only at COMMIT`;
  for (const { name, type, category, required } of shape.columns ?? []) {
    const fits = wanted[name];
    if (fits === undefined) {
      if (required) return `its column ${name} is NOT NULL without a default, and is none of ours`;
    } else if (!fits.includes(type) && !fits.includes(category)) {
      return `its column ${name} is of type ${type}, which cannot hold what we write`;
    }
  }
  return null;
}
