/** How large and how busy the relations are that the dry run locked or would have: read when it is rolled back. */

import type { Workbench } from '../engines/shared/workbench.ts';
import { readServerError } from '../postgres/failure.ts';
import { PIN } from '../postgres/qualified.ts';
import { BatchError, type BatchItem, type BatchResult } from '../postgres/session.ts';
import type { RelationSize } from '../report/outcome.ts';

/** A table that was never analysed is counted up to this size. */
const COUNTED_BYTES = 16 * 1024 * 1024;
const MOST_COUNTED = 50;
const COUNT_MS = 1_000;

/** Which relations: by their qualified names, and tables by the bare names that texts hold. */
export interface Wanted {
  readonly relations: readonly string[];
  readonly bare: readonly string[];
}

export function arrayLiteral(values: Iterable<string>): string {
  return `{${[...values].map((value) => `"${value.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

/** A partitioned table is as large and as busy as its partitions: `tree` has each relation with those. */
const TREE = `with recursive wanted(name, oid) as (
    select w.name, pg_catalog.to_regclass(w.name)::oid from pg_catalog.unnest($1::text[]) as w(name) where pg_catalog.to_regclass(w.name) is not null
    union select pg_catalog.format('%I.%I', n.nspname, c.relname), c.oid
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
     where c.relname = any ($2::text[]) and c.relkind in ('r', 'p', 'm') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
  ), tree(name, oid) as (
    select name, oid from wanted
    union select t.name, i.inhrelid from tree t join pg_catalog.pg_inherits i on i.inhparent = t.oid
      join pg_catalog.pg_class p on p.oid = t.oid and p.relkind = 'p')`;

/**
 * Asked in one breath with ROLLBACK: a session adds its own reads and writes to the server's counts when it is idle
 * next, so they are not among these. The counts began when they were last reset, or with the server's own.
 */
export function trafficItem({ relations, bare }: Wanted): BatchItem {
  return {
    text: `${TREE}
      select name, writes::text, reads::text, minutes::text from (
        select t.name, pg_catalog.sum(pg_catalog.pg_stat_get_tuples_inserted(t.oid) + pg_catalog.pg_stat_get_tuples_updated(t.oid)
                 + pg_catalog.pg_stat_get_tuples_deleted(t.oid)) as writes,
               pg_catalog.sum(pg_catalog.pg_stat_get_numscans(t.oid) + (select coalesce(pg_catalog.sum(pg_catalog.pg_stat_get_numscans(i.indexrelid)), 0)
                 from pg_catalog.pg_index i where i.indrelid = t.oid)) as reads
          from tree t group by 1) counts,
        (select extract(epoch from pg_catalog.clock_timestamp() - coalesce(pg_catalog.pg_stat_get_db_stat_reset_time(d.oid),
                  least(pg_catalog.pg_stat_get_bgwriter_stat_reset_time(), (select stats_reset from pg_catalog.pg_stat_archiver)))) / 60 as minutes
           from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()) since`,
    values: [arrayLiteral(relations), arrayLiteral(bare)],
    keep: true,
  };
}

export interface Traffic {
  readonly writesPerMinute: number | null;
  readonly readsPerMinute: number | null;
}

export function readTraffic({ rows }: BatchResult): Map<string, Traffic> {
  return new Map(
    rows.map(([name, writes, reads, since]) => {
      const minutes = Number(since ?? 0);
      const rate = (count: string | null | undefined) =>
        minutes < 1 || count == null ? null : Math.round((Number(count) / minutes) * 100) / 100;
      return [name ?? '', { writesPerMinute: rate(writes), readsPerMinute: rate(reads) }];
    }),
  );
}

export type Asker = Pick<Workbench, 'session' | 'log'>;

/**
 * One question in a transaction that can change nothing and takes no longer than `ms`; null: no answer. Names in it are the
 * server's own, unless it `names` what the project's SQL does: those are found by the role's search_path.
 */
export async function askWithin(
  { session, log }: Asker,
  ms: number,
  text: string,
  values: readonly string[] = [],
  names: 'ours' | 'theirs' = 'ours',
): Promise<BatchResult['rows'] | null> {
  try {
    const results = await session.batch([
      { text: 'begin transaction isolation level read committed read only' },
      {
        text: `select pg_catalog.set_config('statement_timeout', $1, true), pg_catalog.set_config('lock_timeout', '500ms', true)`,
        values: [`${Math.max(1, Math.round(ms))}ms`],
      },
      ...(names === 'ours' ? [PIN] : []),
      { text, values, keep: true },
      { text: 'rollback' },
    ]);
    return results.at(-2)?.rows ?? null;
  } catch (error) {
    if (!(error instanceof BatchError)) throw error;
    if (session.lost) throw error;
    await session.batch([{ text: 'rollback' }]);
    // The server's words may hold values of rows.
    log.detail(`a question about the rows has no answer (${readServerError(error).code ?? 'unknown'})`);
    return null;
  }
}

interface Part {
  readonly name: string;
  readonly part: string;
  readonly bytes: number;
  readonly heapBytes: number;
  readonly isTable: boolean;
  readonly rows: number | null;
}

export async function readSizes(
  asker: Asker,
  { relations, bare }: Wanted,
  traffic: ReadonlyMap<string, Traffic>,
): Promise<RelationSize[]> {
  if (relations.length + bare.length === 0) return [];
  const found = await askWithin(
    asker,
    10_000,
    // A file grows with what was rolled back too: its size says only that the planner's estimate may be an old one.
    `${TREE}
     select t.name, t.oid::pg_catalog.regclass::text, pg_catalog.pg_total_relation_size(t.oid)::text, pg_catalog.pg_relation_size(t.oid)::text,
            (c.relkind in ('r', 'm'))::text,
            (case when c.relkind in ('p', 'I') then 0 when c.relpages > 0 and c.reltuples >= 0 then
               case when pg_catalog.pg_relation_size(c.oid) / pg_catalog.current_setting('block_size')::int8 > 2 * c.relpages + 10
                 then greatest(c.reltuples, pg_catalog.pg_stat_get_live_tuples(c.oid)) else c.reltuples end
             else nullif(pg_catalog.pg_stat_get_live_tuples(c.oid), 0) end)::text
       from tree t join pg_catalog.pg_class c on c.oid = t.oid`,
    [arrayLiteral(relations), arrayLiteral(bare)],
  );
  const parts = (found ?? []).map(([name, part, size, heap, isTable, rows]) => ({
    name: name ?? '',
    part: part ?? '',
    bytes: Number(size ?? 0),
    heapBytes: Number(heap ?? 0),
    isTable: isTable === 'true',
    rows: rows == null ? null : Math.round(Number(rows)),
  }));
  const counted = await count(asker, parts);
  const sizes = new Map<string, RelationSize>();
  for (const { name, part, bytes, rows } of parts) {
    const before = sizes.get(name);
    const own = rows ?? counted.get(part) ?? null;
    const sum = before ? (before.rows === null || own === null ? null : before.rows + own) : own;
    const none = { writesPerMinute: null, readsPerMinute: null };
    sizes.set(name, { relation: name, bytes: bytes + (before?.bytes ?? 0), rows: sum, ...(traffic.get(name) ?? none) });
  }
  return [...sizes.values()];
}

/** A table that was just loaded, and that nobody has analysed, must not look empty. */
async function count(asker: Asker, parts: readonly Part[]): Promise<Map<string, number>> {
  const counted = new Map<string, number>();
  const unknown = new Set(parts.filter((one) => one.rows === null && one.isTable && one.heapBytes <= COUNTED_BYTES));
  const until = performance.now() + 2 * COUNT_MS;
  let asked = 0;
  for (const { part, heapBytes } of unknown) {
    if (heapBytes === 0) counted.set(part, 0);
    else if (!counted.has(part) && asked < MOST_COUNTED && performance.now() < until) {
      asked += 1;
      const rows = await askWithin(asker, COUNT_MS, `select pg_catalog.count(*)::text from only ${part}`);
      if (rows?.[0]?.[0] != null) counted.set(part, Number(rows[0][0]));
    }
  }
  return counted;
}
