/**
 * What a statement did, read back in the same transaction: the locks it took on relations that existed before, which of
 * them it rewrote and scanned, and how long it took by the server's own clock.
 */
import { quoteLiteral } from '../../../postgres/identifier.ts';
import type { BatchItem, BatchResult } from '../../../postgres/session.ts';
import { LOCK_MODES } from '../../../report/outcome.ts';
import { TRACKING_NAMES } from '../tracking.ts';

/** The relations that existed before, with their file and how often this session had scanned them. */
export function rememberRelations(trackingSchema: string): BatchItem[] {
  const ours = TRACKING_NAMES.map(quoteLiteral).join(', ');
  return [
    {
      text: `create temporary table mgate_before on commit drop as
        select c.oid, c.relkind, pg_catalog.format('%I.%I', n.nspname, c.relname) as name, c.relname as bare,
               pg_catalog.pg_relation_filenode(c.oid) as filenode, pg_catalog.pg_stat_get_xact_numscans(c.oid) as scans
          from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
         where c.relkind in ('r', 'p', 'm', 'i', 'I', 'S', 'v', 'f') and n.nspname <> 'information_schema' and n.nspname !~ '^pg_'
           and not (n.nspname = ${quoteLiteral(trackingSchema)} and c.relname in (${ours}))
           and not exists (select 1 from pg_catalog.pg_index i join pg_catalog.pg_class t on t.oid = i.indrelid
                            where i.indexrelid = c.oid and t.relnamespace = n.oid and n.nspname = ${quoteLiteral(trackingSchema)} and t.relname in (${ours}))`,
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
  text: `select ${CLOCK('pg_catalog.statement_timestamp()')}, null, null, ${CLOCK('pg_catalog.clock_timestamp()')}`,
  keep: true,
};

/** The same, and what this transaction holds of the relations that existed before. */
export const LOOK_AT_LOCKS: BatchItem = {
  name: 'mgate_locks',
  flush: true,
  text: `with held as materialized (
      select locktype, relation, mode from pg_catalog.pg_locks where pid = pg_catalog.pg_backend_pid() and granted)
    select ${CLOCK('pg_catalog.statement_timestamp()')},
      (select pg_catalog.json_agg(pg_catalog.json_build_array(b.name, h.modes, b.relkind,
                b.filenode, pg_catalog.pg_relation_filenode(b.oid), pg_catalog.pg_stat_get_xact_numscans(b.oid) - b.scans))
         from (select relation, pg_catalog.json_agg(mode) as modes from held where locktype = 'relation' group by relation) h
         join pg_temp.mgate_before b on b.oid = h.relation)::text,
      (select pg_catalog.count(*) from held)::text,
      ${CLOCK('pg_catalog.clock_timestamp()')}`,
  keep: true,
};

interface HeldRelation {
  readonly name: string;
  readonly modes: readonly string[];
  readonly kind: string;
  /** Where its rows were before the transaction, and are now; null: nowhere (a view, or dropped by now). */
  readonly filenodeBefore: number | null;
  readonly filenode: number | null;
  readonly scans: number;
}

export interface Look {
  readonly statementEndedAt: number;
  readonly endedAt: number;
  readonly held: readonly HeldRelation[] | null;
  readonly locks: number | null;
}

export function readLook(result: BatchResult): Look {
  const [ended, held, locks, now] = result.rows[0] ?? [];
  const relations = held
    ? (JSON.parse(held) as [string, string[], string, number | null, number | null, number][])
    : null;
  return {
    statementEndedAt: Number(ended),
    endedAt: Number(now),
    held:
      locks === null || locks === undefined
        ? null
        : (relations ?? []).map(([name, modes, kind, filenodeBefore, filenode, scans]) => ({
            name,
            modes,
            kind,
            filenodeBefore,
            filenode,
            scans,
          })),
    locks: locks === null || locks === undefined ? null : Number(locks),
  };
}

export interface Seen {
  readonly locks: readonly { readonly relation: string; readonly mode: string; readonly preexisting: true }[];
  readonly rewrites: readonly string[];
  readonly scans: readonly string[];
}

/** Turns what is held now into what is new since the last look. One of these follows one transaction. */
export class Observer {
  private readonly modes = new Map<string, number>();
  private readonly filenodes = new Map<string, number | null>();
  private readonly scans = new Map<string, number>();

  /** `truncates`: the statement gives tables a new file, and reads it for the indexes, without rewriting anything. */
  newSince(look: Look, truncates: boolean): Seen {
    const locks: Seen['locks'][number][] = [];
    const rewrites: string[] = [];
    const scans: string[] = [];
    for (const relation of look.held ?? []) {
      const strongest = Math.max(...relation.modes.map((mode) => LOCK_MODES.indexOf(mode)));
      const isTable = relation.kind === 'r' || relation.kind === 'm' || relation.kind === 'p';
      const last = this.filenodes.get(relation.name) ?? relation.filenodeBefore;
      const moved = relation.filenode !== null && relation.filenode !== last;
      const rewritten = moved && isTable && !truncates;
      if (rewritten) rewrites.push(relation.name);
      // A lock that is held already does not show again; a rewrite has needed it all the same.
      if (rewritten || strongest > (this.modes.get(relation.name) ?? -1)) {
        locks.push({ relation: relation.name, mode: LOCK_MODES[strongest] ?? 'unknown', preexisting: true });
      }
      this.modes.set(relation.name, Math.max(strongest, this.modes.get(relation.name) ?? -1));
      this.filenodes.set(relation.name, relation.filenode);
      const scanned = relation.scans > (this.scans.get(relation.name) ?? 0);
      if (isTable && scanned && !truncates) scans.push(relation.name);
      this.scans.set(relation.name, relation.scans);
    }
    return { locks, rewrites, scans };
  }
}
