/** The tool's own table: found, read, and told by what makes it. */

import { qualified } from '../../postgres/qualified.ts';
import type { Queryable } from '../../postgres/queryable.ts';
import type { BatchItem } from '../../postgres/session.ts';
import { classify } from '../../sql/classify.ts';
import { bareName } from '../../sql/tokens.ts';
import {
  type CandidateTable,
  candidateTablesQuery,
  KNOWN_TOOLS,
  relationOf,
  toolOfTable,
} from '../shared/known-tools.ts';

export interface ToolTable {
  /** As in `KNOWN_TOOLS`. */
  readonly tool: string;
  readonly schema: string;
  readonly table: string;
  /** The quoted, qualified name. */
  readonly relation: string;
  /** Columns that differ between two runs of the same migrations. */
  readonly volatile: readonly string[];
}

/** One migration as its tool has it on record. */
export interface ToolVersion {
  /** What the tool identifies it by: `0003_orders`, `20250101120000`, `app.0001_initial`... */
  readonly version: string;
  readonly name: string | null;
  readonly state: 'applied' | 'failed';
}

/** What a tool sent. */
export interface Asked {
  readonly sql: string;
  /** Where the session then found the table of records that the text names without a schema; null: not known. */
  readonly schema: string | null;
}

const WHERE_IS = qualified(`
  select n.nspname from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
   where c.oid = pg_catalog.to_regclass(pg_catalog.quote_ident($1))`);

/** The schema of the table that a bare name means to the session. */
export const whereIs = (table: string): BatchItem => ({
  text: WHERE_IS,
  values: [table],
  keep: true,
});

/** The schemas that a text writes before a table's name. */
function schemasBefore(sql: string, table: string): string[] {
  const name = table.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  const written = new RegExp(`([^\\s"'.,()=]+)"?\\s*\\.\\s*"?${name}(?![\\w$])`, 'g');
  return [...sql.matchAll(written)].map(([, schema = '']) => schema);
}

/** A table of records that a text names without saying where it is; null: it names none. */
export function bareNameIn(sql: string, tables: readonly ToolTable[]): string | null {
  const named = tables.find(({ table }) => sql.includes(table));
  return named && schemasBefore(sql, named.table).length === 0 ? named.table : null;
}

/** Those that the tool has asked for. */
export function askedFor(tables: readonly ToolTable[], asked: readonly Asked[]): ToolTable[] {
  return tables.filter(({ schema, table }) =>
    asked.some((one) => {
      if (!one.sql.includes(table)) return false;
      const written = schemasBefore(one.sql, table);
      return written.length > 0 ? written.includes(schema) : schema === (one.schema ?? 'public');
    }),
  );
}

const KNOWN_NAMES = new Set(KNOWN_TOOLS.map(({ table }) => table));

/** It makes a table in which a tool keeps its records. */
export function isForRecords(sql: string, { createsTable } = classify(sql)): boolean {
  if (createsTable === null) return false;
  return KNOWN_NAMES.has(bareName(createsTable)) || /\bversion_num\b/.test(sql);
}

/** The tables of known tools in all schemas but the system's, by schema and name. Reads the catalog only. */
export async function findToolTables(session: Queryable): Promise<ToolTable[]> {
  const { rows } = await session.query<CandidateTable>(candidateTablesQuery(null));
  return toolTablesIn(rows);
}

/** Those among them that are a known tool's. */
export function toolTablesIn(candidates: readonly CandidateTable[]): ToolTable[] {
  return candidates.flatMap((row) => {
    const known = toolOfTable(row);
    if (known === null) return [];
    return [
      { tool: known.tool, schema: row.schema, table: row.table, relation: relationOf(row), volatile: known.volatile },
    ];
  });
}

/** What reads its rows: `version`, `name`, `state`, oldest first. */
export function readingOf({ tool, relation }: ToolTable): string {
  const known = KNOWN_TOOLS.find((one) => one.tool === tool);
  if (known === undefined) throw new Error(`nothing is known of how ${tool} records its migrations`);
  return qualified(known.read(relation));
}

/**
 * What the tool has on record, oldest first; for Alembic its current heads, for golang-migrate its current version.
 * Throws what the server says (42501 without the right to read it).
 */
export async function readVersions(session: Queryable, table: ToolTable): Promise<ToolVersion[]> {
  const { rows } = await session.query<ToolVersion>(readingOf(table));
  return rows;
}
