/** What an interrupted non-transactional statement left behind, judged from the catalog. */
import type { Place } from '../../postgres/failure.ts';
import type { Queryable } from '../../postgres/queryable.ts';
import { Stop } from '../../report/stop.ts';
import type { Leftover } from '../../sql/statement.ts';

export type Judgement =
  /** What the statement was to do is there. */
  | { readonly kind: 'done' }
  /** It must be run; first these, each alone and outside a transaction (`plain`: their form inside one). */
  | { readonly kind: 'again'; readonly cleanup: readonly { readonly sql: string; readonly plain: string }[] }
  /** The catalog does not tell: a person must. */
  | { readonly kind: 'unknown' };

const AGAIN: Judgement = { kind: 'again', cleanup: [] };
const DONE: Judgement = { kind: 'done' };

export interface InvalidIndex {
  readonly name: string;
  readonly table: string;
}

/** Invalid indexes that are not so on purpose (a partitioned parent's are) and are not being built right now. */
export async function invalidIndexes(session: Queryable): Promise<InvalidIndex[]> {
  const { rows } = await session.query<InvalidIndex>(
    `select pg_catalog.format('%I.%I', n.nspname, c.relname) as name, i.indrelid::pg_catalog.regclass::text as table
       from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where not i.indisvalid and c.relkind = 'i' and n.nspname !~ '^pg_'
        and not exists (select 1 from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid)
      order by 1`,
  );
  return rows;
}

export interface IndexState {
  readonly exists: boolean;
  readonly valid: boolean;
  readonly building: boolean;
  readonly qualified: string | null;
}

/** `valid`, `qualified`, `building` of the index that the name `$1` means, seen from the table `$2`; no row: there is none. */
export const INDEX_STATE = `select i.indisvalid and i.indisready as valid, pg_catalog.format('%I.%I', n.nspname, c.relname) as qualified,
            exists (select 1 from pg_catalog.pg_stat_progress_create_index p where p.index_relid = i.indexrelid) as building
       from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.oid = coalesce(
        -- CREATE INDEX puts the index into the schema of its table, whatever the search_path says.
        (select x.oid from pg_catalog.pg_class x join pg_catalog.pg_class t on t.oid = pg_catalog.to_regclass($2) and x.relnamespace = t.relnamespace
          where x.relname = (pg_catalog.parse_ident($1))[pg_catalog.array_length(pg_catalog.parse_ident($1), 1)]),
        pg_catalog.to_regclass($1))`;

/** The state of the index that a written name means, seen from the table it belongs to where that is known. */
export async function indexState(session: Queryable, name: string, table: string | null): Promise<IndexState> {
  type Row = Omit<IndexState, 'exists'>;
  const { rows } = await session.query<Row>(INDEX_STATE, [name, table]);
  const row = rows[0];
  return row ? { exists: true, ...row } : { exists: false, valid: false, building: false, qualified: null };
}

export async function judge(session: Queryable, leftover: Leftover | null): Promise<Judgement> {
  if (leftover === null) return { kind: 'unknown' };
  switch (leftover.kind) {
    case 'create-index': {
      // Without a name the server chose one: nothing to look for by name.
      if (leftover.index === null) return { kind: 'unknown' };
      const state = await indexState(session, leftover.index, leftover.table);
      if (!state.exists || state.qualified === null) return AGAIN;
      if (state.valid) return DONE;
      return { kind: 'again', cleanup: [dropIndex(state.qualified)] };
    }
    case 'drop-index': {
      for (const index of leftover.indexes) if ((await indexState(session, index, null)).exists) return AGAIN;
      return DONE;
    }
    case 'reindex': {
      const left = (await invalidIndexes(session)).filter((index) => /_cc(new|old)\d*"?$/.test(index.name));
      return { kind: 'again', cleanup: left.map((index) => dropIndex(index.name)) };
    }
    case 'detach':
      return judgeDetach(session, leftover.parent, leftover.partition);
    case 'create-database':
    case 'drop-database':
    case 'create-tablespace':
    case 'drop-tablespace': {
      const catalog = leftover.kind.endsWith('database') ? ['pg_database', 'datname'] : ['pg_tablespace', 'spcname'];
      const { rows } = await session.query<{ there: boolean }>(
        `select exists (select 1 from pg_catalog.${catalog[0]} where ${catalog[1]} = (pg_catalog.parse_ident($1))[1]) as there`,
        [leftover.name],
      );
      return (rows[0]?.there ?? false) === leftover.kind.startsWith('create') ? DONE : AGAIN;
    }
    case 'repeatable':
      return AGAIN;
  }
}

function dropIndex(qualified: string): { sql: string; plain: string } {
  return { sql: `drop index concurrently if exists ${qualified}`, plain: `drop index if exists ${qualified}` };
}

async function judgeDetach(session: Queryable, parent: string, partition: string): Promise<Judgement> {
  const { rows } = await session.query<{ pending: boolean }>(
    `select inhdetachpending as pending from pg_catalog.pg_inherits
      where inhparent = pg_catalog.to_regclass($1) and inhrelid = pg_catalog.to_regclass($2)`,
    [parent, partition],
  );
  const row = rows[0];
  if (!row) return DONE;
  if (!row.pending) return AGAIN;
  const finalize = `alter table ${parent} detach partition ${partition} finalize`;
  return { kind: 'again', cleanup: [{ sql: finalize, plain: finalize }] };
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
