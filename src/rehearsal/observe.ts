/**
 * What a statement did, read back in the same transaction: the locks it took on relations that existed before, which of
 * them it rewrote, scanned, emptied or dropped, the rows it wrote, and how long it took by the server's own clock.
 */
import type { LeftOut } from '../postgres/catalog.ts';
import { quoteLiteral } from '../postgres/identifier.ts';
import { qualified } from '../postgres/qualified.ts';
import type { BatchItem, BatchResult } from '../postgres/session.ts';
import { LOCK_MODES, type LockSeen, type StatementReport, type Touched } from '../report/outcome.ts';

/** The relations that existed before, with their file and how often this session had scanned them. */
export function rememberRelations(leftOut: readonly LeftOut[]): BatchItem[] {
  const isLeftOut = (name: string) =>
    leftOut
      .map(
        ({ schema, names }) =>
          `n.nspname = ${quoteLiteral(schema)} and ${name} = any (array[${names.map(quoteLiteral).join(', ')}])`,
      )
      .join(' or ') || 'false';
  return [
    {
      text: qualified(`create temporary table mgate_before on commit drop as
        select c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relname as bare,
               coalesce(x.relname, c.relname) as home,
               pg_catalog.pg_relation_filenode(c.oid) as filenode, pg_catalog.pg_stat_get_xact_numscans(c.oid) as scans,
               pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid) as inserted, pg_catalog.pg_stat_get_xact_tuples_updated(c.oid) as updated,
               pg_catalog.pg_stat_get_xact_tuples_deleted(c.oid) as deleted
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
          left join pg_catalog.pg_index y on y.indexrelid = c.oid left join pg_catalog.pg_class x on x.oid = y.indrelid
         where c.relkind = any ('{r,p,m,i,I,S,v,f}') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
           and not (${isLeftOut('coalesce(x.relname, c.relname)')})`),
    },
    { text: 'create unique index mgate_before_oid on pg_temp.mgate_before (oid)' },
    { text: 'grant select on pg_temp.mgate_before to public' },
  ];
}

const CLOCK = (what: string) => `(extract(epoch from ${what}) * 1000)::text`;

/** When the statement before it ended, and when this look ended: server time in milliseconds. */
export const LOOK_AT_CLOCK: BatchItem = {
  name: 'mgate_clock',
  flush: true,
  text: qualified(
    `select ${CLOCK('pg_catalog.statement_timestamp()')}, null, null, ${CLOCK('pg_catalog.clock_timestamp()')}`,
  ),
  keep: true,
};

const lookAtLocks = (name: string, columns: string): BatchItem => ({
  name,
  flush: true,
  text: qualified(`with held as materialized (
      select locktype, relation, mode from pg_catalog.pg_locks where pid = pg_catalog.pg_backend_pid() and granted)
    select ${CLOCK('pg_catalog.statement_timestamp()')},
      (select pg_catalog.json_agg(pg_catalog.json_build_array(b.name, h.modes, b.relkind,
                b.filenode, pg_catalog.pg_relation_filenode(b.oid), pg_catalog.pg_stat_get_xact_numscans(b.oid) - b.scans,
                case when h.writes and b.relkind = 'r' then pg_catalog.json_build_array(
                  pg_catalog.pg_stat_get_xact_tuples_inserted(b.oid) - b.inserted, pg_catalog.pg_stat_get_xact_tuples_updated(b.oid) - b.updated,
                  pg_catalog.pg_stat_get_xact_tuples_deleted(b.oid) - b.deleted) end,
                case when h.exclusive then case when b.relkind = any ('{r,m}') then pg_catalog.pg_relation_filenode(b.oid) else pg_catalog.pg_table_is_visible(b.oid)::int end is null end,
                case when h.exclusive and b.relkind = 'r' and pg_catalog.pg_relation_filenode(b.oid) <> b.filenode
                  then pg_catalog.pg_relation_size(b.oid) = 0 end,
                ${columns}, b.home))
         from (select relation, pg_catalog.json_agg(mode) as modes, pg_catalog.bool_or(mode = 'AccessExclusiveLock') as exclusive,
                      pg_catalog.bool_or(mode = 'RowExclusiveLock') as writes
                 from held where locktype = 'relation' group by relation) h
         join pg_temp.mgate_before b on b.oid = h.relation)::text,
      (select pg_catalog.count(*) from held)::text,
      ${CLOCK('pg_catalog.clock_timestamp()')}`),
  keep: true,
});

/** The same as the clock, and what this transaction holds of the relations that existed before. */
export const LOOK_AT_LOCKS = lookAtLocks('mgate_locks', 'null');

/** The same again, and which of their columns are gone, by number: for what may have dropped some. */
export const LOOK_AT_COLUMNS = lookAtLocks(
  'mgate_columns',
  `case when h.exclusive and b.relkind = any ('{r,p}') then (select pg_catalog.json_agg(pg_catalog.json_build_array(b.oid::text, a.attnum))
     from pg_catalog.pg_attribute a where a.attrelid = b.oid and a.attnum > 0 and a.attisdropped) end`,
);

/** Whether a statement may drop columns, by its words; those of code that it calls are not seen. */
export function mayDropColumns(sql: string, isOpaque: boolean): boolean {
  return isOpaque || /\bdrop\b/i.test(sql);
}

/** A column that is gone, as the catalog numbers it; its name is read when the rollback has brought it back. */
export interface GoneColumn {
  readonly relation: string;
  readonly oid: string;
  readonly number: number;
}

interface HeldRelation {
  readonly name: string;
  /** The bare name of it, or of the table that it is an index of. */
  readonly home: string;
  readonly modes: readonly string[];
  readonly kind: string;
  /** Where its rows were before the transaction, and are now; null: nowhere (a view, or dropped by now). */
  readonly filenodeBefore: number | null;
  readonly filenode: number | null;
  readonly scans: number;
  /** Rows inserted, updated, deleted in this transaction. Null: it is no table. */
  readonly rows: readonly [number, number, number] | null;
  readonly gone: boolean;
  /** It is in another file than before the transaction, and that is empty. */
  readonly emptied: boolean;
  readonly goneColumns: readonly (readonly [oid: string, number: number])[];
}

export interface Look {
  readonly statementEndedAt: number;
  readonly endedAt: number;
  readonly held: readonly HeldRelation[] | null;
  readonly locks: number | null;
}

type Row = [
  string,
  string[],
  string,
  number | null,
  number | null,
  number,
  [number, number, number] | null,
  boolean | null,
  boolean | null,
  [string, number][] | null,
  string,
];

export function readLook(result: BatchResult): Look {
  const [ended, held, locks, now] = result.rows[0] ?? [];
  const looked = locks !== null && locks !== undefined;
  return {
    statementEndedAt: Number(ended),
    endedAt: Number(now),
    held: looked ? ((held ? JSON.parse(held) : []) as Row[]).map(readHeld) : null,
    locks: looked ? Number(locks) : null,
  };
}

function readHeld(row: Row): HeldRelation {
  const [name, modes, kind, filenodeBefore, filenode, scans, rows, gone, emptied, goneColumns, home] = row;
  return {
    name,
    home,
    modes,
    kind,
    filenodeBefore,
    filenode,
    scans,
    rows,
    gone: gone ?? false,
    emptied: emptied ?? false,
    goneColumns: goneColumns ?? [],
  };
}

/** What a statement's report has of it, and what is known only when the rollback has brought back what was. */
export interface Seen
  extends Pick<StatementReport, 'locks' | 'rewrites' | 'scans' | 'touched' | 'dropped' | 'droppedViews' | 'truncated'> {
  /** Among the rewrites: their new file is empty. Truncated, unless the old one was empty too. */
  readonly emptied: readonly string[];
  readonly goneColumns: readonly GoneColumn[];
}

/** Sequences from which numbers were taken, which no rollback gives back: nextval holds this lock to the end. */
const TAKES_NUMBERS = 'RowExclusiveLock';

/** What of it is about these relations. */
export function partOf(seen: Seen, isWanted: (relation: string) => boolean): Seen {
  const names = (list: readonly string[]) => list.filter(isWanted);
  const rows = <T extends { readonly relation: string }>(list: readonly T[]) =>
    list.filter((one) => isWanted(one.relation));
  return {
    locks: rows(seen.locks),
    rewrites: names(seen.rewrites),
    scans: names(seen.scans),
    touched: rows(seen.touched),
    dropped: names(seen.dropped),
    droppedViews: names(seen.droppedViews),
    truncated: names(seen.truncated),
    emptied: names(seen.emptied),
    goneColumns: rows(seen.goneColumns),
  };
}

/** Nothing of it is in anybody's way: relations that were read, or whose rows were written. */
export function isHarmless({
  locks,
  rewrites,
  scans,
  touched,
  dropped,
  droppedViews,
  truncated,
  goneColumns,
}: Seen): boolean {
  const others = [rewrites, scans, touched, dropped, droppedViews, truncated, goneColumns];
  return (
    others.every((list) => list.length === 0) && locks.every(({ mode }) => LOCK_MODES.indexOf(mode) <= WRITES_ROWS)
  );
}

const WRITES_ROWS = LOCK_MODES.indexOf('RowExclusiveLock');

/** Turns what is held now into what is new since the last look. One of these follows one transaction. */
export class Observer {
  readonly sequencesAdvanced = new Set<string>();
  private readonly modes = new Map<string, number>();
  private readonly filenodes = new Map<string, number | null>();
  private readonly scans = new Map<string, number>();
  private readonly rows = new Map<string, readonly [number, number, number]>();
  private readonly gone = new Set<string>();
  private readonly goneColumns = new Set<string>();

  /** How strong a lock on the relation was seen already, as an index of LOCK_MODES; -1: none. */
  strengthSeen(relation: string): number {
    return this.modes.get(relation) ?? -1;
  }

  /** `truncates`: the statement gives tables a new file, and reads it for the indexes, without rewriting anything. */
  newSince(look: Look, truncates: boolean): Seen {
    const seen = {
      locks: [] as LockSeen[],
      rewrites: [] as string[],
      scans: [] as string[],
      touched: [] as Touched[],
      dropped: [] as string[],
      droppedViews: [] as string[],
      truncated: [] as string[],
      emptied: [] as string[],
      goneColumns: [] as GoneColumn[],
    };
    for (const relation of look.held ?? []) {
      const { name, kind } = relation;
      const strongest = Math.max(...relation.modes.map((mode) => LOCK_MODES.indexOf(mode)));
      const isTable = kind === 'r' || kind === 'm' || kind === 'p';
      const last = this.filenodes.has(name) ? this.filenodes.get(name) : relation.filenodeBefore;
      const moved = relation.filenode !== null && relation.filenode !== last && isTable;
      const rewritten = moved && !truncates;
      if (rewritten) seen.rewrites.push(name);
      if (rewritten && relation.emptied) seen.emptied.push(name);
      if (moved && truncates) seen.truncated.push(name);
      // A lock that is held already does not show again; a rewrite has needed it all the same.
      if (rewritten || strongest > this.strengthSeen(name)) {
        seen.locks.push({ relation: name, mode: LOCK_MODES[strongest] ?? 'unknown', preexisting: true });
      }
      this.modes.set(name, Math.max(strongest, this.strengthSeen(name)));
      this.filenodes.set(name, relation.filenode);
      const scanned = relation.scans > (this.scans.get(name) ?? 0);
      if (isTable && scanned && !truncates) seen.scans.push(name);
      this.scans.set(name, relation.scans);
      const touched = this.touchedSince(relation);
      if (touched) seen.touched.push(touched);
      if (relation.gone && !this.gone.has(name)) {
        this.gone.add(name);
        if (isTable) seen.dropped.push(name);
        else if (kind === 'v' || kind === 'f') seen.droppedViews.push(name);
      }
      if (kind === 'S' && relation.modes.includes(TAKES_NUMBERS)) this.sequencesAdvanced.add(name);
      for (const [oid, number] of relation.gone ? [] : relation.goneColumns) {
        if (this.goneColumns.has(`${oid}:${number}`)) continue;
        this.goneColumns.add(`${oid}:${number}`);
        seen.goneColumns.push({ relation: name, oid, number });
      }
    }
    return seen;
  }

  /** TRUNCATE sets the server's counts back: less than before is not told. */
  private touchedSince({ name, rows }: HeldRelation): Touched | null {
    if (rows === null) return null;
    const last = this.rows.get(name) ?? [0, 0, 0];
    this.rows.set(name, rows);
    const [inserted, updated, deleted] = rows.map((count, at) => Math.max(0, count - (last[at] ?? 0))) as [
      number,
      number,
      number,
    ];
    return inserted + updated + deleted === 0 ? null : { relation: name, inserted, updated, deleted };
  }
}
