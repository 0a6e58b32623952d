/** What an interrupted non-transactional statement left behind, judged from the catalog. */
import { type Place, readServerError } from '../../postgres/failure.ts';
import { quoteIdentifier } from '../../postgres/identifier.ts';
import { qualified } from '../../postgres/qualified.ts';
import type { Queryable } from '../../postgres/queryable.ts';
import { Stop } from '../../report/stop.ts';
import { bareName } from '../../sql/classify.ts';
import { indexesIfMissing } from '../../sql/non-transactional.ts';
import type { Leftover } from '../../sql/statement.ts';
import type { Check } from '../engine.ts';

/** `found`: what the catalog shows of it, as a clause. */
export type Judgement =
  /** What the statement was to do is there. */
  | { readonly kind: 'done'; readonly found?: string }
  /**
   * It must be run; first these, each alone and outside a transaction (`plain`: their form inside one). After them it is
   * to be judged once more: FINALIZE finishes what it cleans up.
   */
  | { readonly kind: 'again'; readonly cleanup: readonly Cleanup[]; readonly found?: string }
  /** The catalog does not tell: a person must. `next`: what they do, where that is known. */
  | { readonly kind: 'unknown'; readonly found?: string; readonly next?: string };

export interface Cleanup {
  readonly sql: string;
  readonly plain: string;
}

export interface InvalidIndex {
  readonly name: string;
  readonly table: string;
}

/**
 * Of the index `i`: another session is building, rebuilding or dropping it. REINDEX CONCURRENTLY shows one index of
 * several in the progress view, and a plain role sees no relation there at all; the locks that such a statement keeps
 * for its session, between its transactions too, everybody sees.
 */
const UNDER_WAY = `exists (select 1 from pg_catalog.pg_locks l
          where l.locktype = 'relation' and l.granted and l.pid <> pg_catalog.pg_backend_pid()
            and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
            and (l.relation = i.indexrelid and l.mode = any ('{ShareUpdateExclusiveLock, AccessExclusiveLock}')
              or l.relation = i.indrelid and l.mode = 'ShareUpdateExclusiveLock'
                and exists (select 1 from pg_catalog.pg_stat_progress_create_index p where p.pid = l.pid)))`;

/** Of invalid indexes (a partitioned parent's is so on purpose); that of a TOAST table under the name of the table it serves. */
const INVALID = `
    select pg_catalog.format('%I.%I', n.nspname, c.relname) as name,
           coalesce((select r.oid from pg_catalog.pg_class r where r.reltoastrelid = i.indrelid), i.indrelid)::pg_catalog.regclass::text as table
      from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where not i.indisvalid and c.relkind = 'i' and (n.nspname !~ '^pg_' or n.nspname = 'pg_toast') and not ${UNDER_WAY}`;

/** Invalid indexes that are not so on purpose and that nobody is at right now. */
export async function invalidIndexes(session: Queryable): Promise<InvalidIndex[]> {
  const { rows } = await session.query<InvalidIndex>(qualified(`${INVALID} order by 1`));
  return rows;
}

export interface IndexState {
  readonly exists: boolean;
  readonly valid: boolean;
  readonly building: boolean;
  readonly qualified: string | null;
  /** It is an index of the table that it was looked for on; null: of none in particular. */
  readonly onTable: boolean | null;
}

/** `valid`, `qualified`, `building` of the index that the name `$1` means, seen from the table `$2`; no row: there is none. */
export const INDEX_STATE =
  qualified(`select i.indisvalid and i.indisready or c.relkind = 'I' as valid, pg_catalog.format('%I.%I', n.nspname, c.relname) as qualified,
            ${UNDER_WAY} as building, i.indrelid = pg_catalog.to_regclass($2) as "onTable"
       from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.oid = coalesce(
        -- CREATE INDEX puts the index into the schema of its table, whatever the search_path says.
        (select x.oid from pg_catalog.pg_class x join pg_catalog.pg_class t on t.oid = pg_catalog.to_regclass($2) and x.relnamespace = t.relnamespace
          where x.relname = (pg_catalog.parse_ident($1))[pg_catalog.array_length(pg_catalog.parse_ident($1), 1)]),
        pg_catalog.to_regclass($1))`);

/** The state of the index that a written name means, seen from the table it belongs to where that is known. */
export async function indexState(session: Queryable, name: string, table: string | null): Promise<IndexState> {
  type Row = Omit<IndexState, 'exists'>;
  const { rows } = await session.query<Row>(INDEX_STATE, [name, table]);
  const row = rows[0];
  return row
    ? { exists: true, ...row }
    : { exists: false, valid: false, building: false, qualified: null, onTable: null };
}

/** Looks and changes nothing; inside a transaction or outside of one. */
export async function judge(session: Queryable, leftover: Leftover | null): Promise<Judgement> {
  if (leftover === null) return { kind: 'unknown' };
  switch (leftover.kind) {
    case 'create-index':
      return leftover.index === null
        ? judgeUnnamedIndex(session, leftover)
        : judgeNamedIndex(session, leftover, leftover.index);
    case 'drop-index':
      return judgeDrop(session, leftover.indexes);
    case 'reindex':
      return judgeReindex(session, leftover);
    case 'detach':
      return judgeDetach(session, leftover.parent, leftover.partition);
    case 'create-database':
    case 'drop-database':
    case 'create-tablespace':
    case 'drop-tablespace': {
      const catalog = leftover.kind.endsWith('database') ? ['pg_database', 'datname'] : ['pg_tablespace', 'spcname'];
      const { rows } = await session.query<{ there: boolean }>(
        qualified(
          `select exists (select 1 from pg_catalog.${catalog[0]} where ${catalog[1]} = (pg_catalog.parse_ident($1))[1]) as there`,
        ),
        [leftover.name],
      );
      const there = rows[0]?.there ?? false;
      const found = `${leftover.name} is ${there ? '' : 'not '}there`;
      return there === leftover.kind.startsWith('create') ? { kind: 'done', found } : again(found);
    }
    case 'repeatable':
      return again('it may simply be run again');
  }
}

function again(found: string, cleanup: readonly Cleanup[] = []): Judgement {
  return { kind: 'again', cleanup, found };
}

function dropIndex(qualified: string): Cleanup {
  return { sql: `drop index concurrently if exists ${qualified}`, plain: `drop index if exists ${qualified}` };
}

// -- CREATE INDEX -----------------------------------------------------------------------------------------------

type CreatedIndex = Extract<Leftover, { kind: 'create-index' }>;

async function judgeNamedIndex(session: Queryable, leftover: CreatedIndex, index: string): Promise<Judgement> {
  const { valid, building, qualified, onTable } = await indexState(session, index, leftover.table);
  if (qualified === null) return again(`there is no index ${index}`);
  // The statement itself will say that the name is taken.
  if (onTable === false) return again(`${qualified} is an index of another table`);
  if (building) return underWay(qualified);
  if (!valid)
    return again(`the index ${qualified} is there and invalid: its build was not finished`, [dropIndex(qualified)]);
  const same = await sameIndexes(session, leftover);
  if (same && !same.rows.some((one) => one.qualified === qualified))
    return again(`${qualified} is there with another definition`);
  return { kind: 'done', found: `the index ${qualified} is there and valid` };
}

/** The server chose the name; what the statement makes is known by its definition. */
async function judgeUnnamedIndex(session: Queryable, leftover: CreatedIndex): Promise<Judgement> {
  const same = await sameIndexes(session, leftover);
  if (!same) return { kind: 'unknown', found: `the index has no name, and its definition could not be compared` };
  // The server appends a number where the name is taken, and cuts what is too long.
  const isDefault = ({ bare }: SameIndex) =>
    bare.replace(/\d+$/, '') === same.name.replace(/\d+$/, '') || Buffer.byteLength(bare) >= 60;
  const rows = same.rows.filter(isDefault);
  const building = rows.find((one) => one.building);
  if (building) return underWay(building.qualified);
  const invalid = rows.filter((one) => !one.valid).map((one) => one.qualified);
  if (invalid.length > 0)
    return again(
      `${invalid.join(', ')} on ${leftover.table} has its definition and is invalid: its build was not finished`,
      invalid.map(dropIndex),
    );
  const [valid] = rows;
  if (!valid) return again(`there is no index of its definition on ${leftover.table}`);
  return { kind: 'done', found: `the index ${valid.qualified} has its definition and is valid` };
}

function underWay(qualified: string): Judgement {
  return {
    kind: 'unknown',
    found: `another session is at work on the index ${qualified} right now`,
    next: 'Wait until it is over (pg_stat_progress_create_index), then run again.',
  };
}

interface SameIndex {
  readonly qualified: string;
  readonly bare: string;
  readonly valid: boolean;
  readonly building: boolean;
}

/** All that makes an index what it is, but its name and its table; by column names, as numbers differ after a DROP COLUMN. */
const DEFINITION = `pg_catalog.json_build_array(
      array(select pg_catalog.pg_get_indexdef(i.indexrelid, k, false) from pg_catalog.generate_series(1, i.indnatts::int) k),
      i.indclass::text, i.indcollation::text, i.indoption::text, i.indisunique, pg_catalog.to_jsonb(i) -> 'indnullsnotdistinct',
      i.indnkeyatts, pg_catalog.pg_get_expr(i.indpred, i.indrelid), c.relam::text, c.reloptions)::text`;

/**
 * The indexes of the table that are what the statement makes. The server itself is asked what that is: it makes it on an
 * empty table of the same name and columns, and that is rolled back. Null: it could not.
 */
async function sameIndexes(
  session: Queryable,
  { table, around }: CreatedIndex,
): Promise<{ readonly name: string; readonly rows: readonly SameIndex[] } | null> {
  const bare = quoteIdentifier(bareName(table));
  return rolledBack(session, async () => {
    await session.query(`create temporary table ${bare} (like ${table})`);
    await session.query(`${around[0]}pg_temp.${bare}${around[1]}`);
    const made = await session.query<{ name: string; definition: string }>(
      qualified(`select c.relname::text as name, ${DEFINITION} as definition from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
        where i.indrelid = pg_catalog.to_regclass($1)`),
      [`pg_temp.${bare}`],
    );
    const [only] = made.rows;
    if (!only) return null;
    // Without the empty one, whose name would hide the table's.
    await session.query(`drop table pg_temp.${bare}`);
    const { rows } = await session.query<SameIndex & { definition: string }>(
      qualified(`select pg_catalog.format('%I.%I', n.nspname, c.relname) as qualified, c.relname::text as bare, i.indisvalid and i.indisready as valid,
              ${UNDER_WAY} as building, ${DEFINITION} as definition
         from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where i.indrelid = pg_catalog.to_regclass($1)`),
      [table],
    );
    return { name: only.name, rows: rows.filter((row) => row.definition === only.definition) };
  });
}

const NO_ACTIVE_SQL_TRANSACTION = '25P01';

/** Null: the server refused something of it. */
async function rolledBack<T>(session: Queryable, work: () => Promise<T>): Promise<T | null> {
  let undo = 'rollback to savepoint mgate_judge; release savepoint mgate_judge';
  try {
    await session.query('savepoint mgate_judge');
  } catch (error) {
    if (readServerError(error).code !== NO_ACTIVE_SQL_TRANSACTION) throw error;
    await session.query('begin');
    undo = 'rollback';
  }
  try {
    return await work();
  } catch (error) {
    if (!readServerError(error).fromServer) throw error;
    return null;
  } finally {
    await session.query(undo);
  }
}

// -- the others -------------------------------------------------------------------------------------------------

async function judgeDrop(session: Queryable, indexes: readonly string[]): Promise<Judgement> {
  for (const index of indexes) {
    const { qualified, valid } = await indexState(session, index, null);
    if (qualified !== null) return again(`the index ${qualified} is still there${valid ? '' : ', invalid'}`);
  }
  return { kind: 'done', found: `there is no index ${indexes.join(', ')} any more` };
}

/** The twin of an index: its name, cut where it was too long, and a suffix, and a number where that was taken. */
const TWIN = `'_cc(new|old)[0-9]*$'`;

/** Which twins are the statement's: of the index, of the table and its partitions and their TOAST tables, of the schema's tables. */
const TWINS_OF: Readonly<Record<Extract<Leftover, { kind: 'reindex' }>['of'], string>> = {
  index: `exists (select 1 from pg_catalog.pg_index o join pg_catalog.pg_class oc on oc.oid = o.indexrelid
       where o.indrelid = i.indrelid
         and o.indexrelid = any (select pg_catalog.to_regclass($1) union all select relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)))
         and (oc.relname = pg_catalog.regexp_replace(c.relname, ${TWIN}, '')
           or pg_catalog.octet_length(c.relname) >= 60
             and pg_catalog.starts_with(oc.relname, pg_catalog.regexp_replace(c.relname, ${TWIN}, ''))))`,
  table: `exists (select 1 from pg_catalog.pg_class t
       where t.oid = any (select pg_catalog.to_regclass($1) union all select relid from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)))
         and i.indrelid = any (array[t.oid, t.reltoastrelid]))`,
  schema: `exists (select 1 from pg_catalog.pg_class t join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
       where tn.nspname = (pg_catalog.parse_ident($1))[1] and i.indrelid = any (array[t.oid, t.reltoastrelid]))`,
  database: `$1::text is not null`,
  system: `$1::text is not null`,
};

/** Rebuilding it once more hurts nothing; the twins of the rebuild that was interrupted go first. */
async function judgeReindex(
  session: Queryable,
  { of, target }: Extract<Leftover, { kind: 'reindex' }>,
): Promise<Judgement> {
  const { rows } = await session.query<InvalidIndex>(
    // Who may not even name what is in pg_toast leaves it to whoever may.
    qualified(
      `${INVALID} and c.relname ~ ${TWIN} and pg_catalog.has_schema_privilege(n.oid, 'usage') and ${TWINS_OF[of]} order by 1`,
    ),
    [target],
  );
  if (rows.length === 0) return again('it left nothing behind, and may simply be run again');
  const twins = rows.map((twin) => `${twin.name} on ${twin.table}`).join(', ');
  return again(
    `it left behind ${twins}, invalid`,
    rows.map((twin) => dropIndex(twin.name)),
  );
}

async function judgeDetach(session: Queryable, parent: string, partition: string): Promise<Judgement> {
  const { rows } = await session.query<{ pending: boolean }>(
    qualified(`select inhdetachpending as pending from pg_catalog.pg_inherits
      where inhparent = pg_catalog.to_regclass($1) and inhrelid = pg_catalog.to_regclass($2)`),
    [parent, partition],
  );
  const row = rows[0];
  if (!row) return { kind: 'done', found: `${partition} is no partition of ${parent} any more` };
  if (!row.pending) return again(`${partition} is still a partition of ${parent}`);
  const finalize = `alter table ${parent} detach partition ${partition} finalize`;
  return again(`the detaching of ${partition} from ${parent} is pending`, [{ sql: finalize, plain: finalize }]);
}

// -- IF NOT EXISTS ----------------------------------------------------------------------------------------------

/** Invalid indexes that CREATE INDEX IF NOT EXISTS, among these statements, has passed over as if they were of use. */
export async function passedOver(session: Queryable, statements: Iterable<string>): Promise<InvalidIndex[]> {
  const named = [...statements].flatMap(indexesIfMissing);
  if (named.length === 0) return [];
  const invalid = await invalidIndexes(session);
  const found = new Set<InvalidIndex>();
  for (const { index, table } of invalid.length === 0 ? [] : named) {
    const state = await indexState(session, index, table);
    // A search_path of its file's may be over: then by the names alone.
    const isMeant = (one: InvalidIndex) =>
      state.exists
        ? one.name === state.qualified
        : bareName(one.name) === bareName(index) && bareName(one.table) === bareName(table);
    for (const one of invalid.filter(isMeant)) found.add(one);
  }
  return [...found];
}

export function passedOverCheck(found: readonly InvalidIndex[]): Check {
  const [first] = found;
  return {
    check: 'IF NOT EXISTS has passed over no invalid index',
    passed: first === undefined,
    detail: first
      ? `${found.map((one) => `${one.name} on ${one.table}`).join(', ')} is invalid, and no query uses it: run ${dropIndex(first.name).sql}, then run again`
      : null,
  };
}

/** An index that a statement is to make is there and of no use: IF NOT EXISTS would hide that, CREATE INDEX would fail. */
export function indexInTheWay(state: IndexState, place: Place | null): Stop {
  const { qualified, building } = state;
  return new Stop({
    result: 'failed',
    class: 'duplicate-object',
    message: building
      ? `the index ${qualified} is being built right now by another session`
      : `an invalid index ${qualified} is in the way: a build of it failed, and no query uses it`,
    next: building
      ? 'Wait until that build is over, then run again.'
      : `Run: ${dropIndex(qualified ?? '').sql}; then run again.`,
    ...(place ?? {}),
  });
}
