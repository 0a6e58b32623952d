/** Names in statements: as the catalog knows them, and as they are written. */
import type { Node, RangeVar } from 'libpg-query';

/** A relation, type or function; `schema` only where it is written. Unquoted. */
export interface Name {
  readonly schema: string | null;
  readonly name: string;
}

/** `orders`, `shop.orders`: as the catalog has it. */
export function known({ schema, name }: Name): string {
  return schema === null ? name : `${schema}.${name}`;
}

/** As it is written in a statement: quoted where it must be. */
export function written({ schema, name }: Name): string {
  return schema === null ? quote(name) : `${quote(schema)}.${quote(name)}`;
}

export function quote(name: string): string {
  return /^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

export function quoteAll(names: readonly string[]): string {
  return names.map(quote).join(', ');
}

/** A name for an index or constraint made from these parts, unquoted and no longer than PostgreSQL keeps. */
export function madeName(...parts: readonly string[]): string {
  const whole = parts.join('_').replace(/[^\p{L}\p{N}_]+/gu, '_');
  return [...whole].slice(0, 60).join('');
}

/** `orders` as the text says it, `public.orders` as the catalog does, quoted where it must be. */
export function sameRelation(written: string, qualified: string): boolean {
  const [one, other] = [written.replaceAll('"', ''), qualified.replaceAll('"', '')];
  return one === other || other.endsWith(`.${one}`) || one.endsWith(`.${other}`);
}

export function nameOf(range: RangeVar | undefined): Name | null {
  return range?.relname === undefined ? null : { schema: range.schemaname ?? null, name: range.relname };
}

/** `a.b.c` as a list of strings: the last two count. */
export function nameOfParts(parts: readonly Node[] | undefined): Name | null {
  const strings = (parts ?? []).flatMap((part) => ('String' in part ? [part.String.sval ?? ''] : []));
  const name = strings.at(-1);
  return name === undefined ? null : { schema: strings.at(-2) ?? null, name };
}

/** Key words that cannot be a column's or a table's name without quotes. https://www.postgresql.org/docs/18/sql-keywords-appendix.html */
const RESERVED: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
  concurrently constraint create cross current_catalog current_date current_role current_schema current_time
  current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze from
  full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
  localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
  returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
  unique user using variadic verbose when where window with between bigint bit boolean char character coalesce dec decimal
  exists extract float greatest grouping inout int integer interval json least merge_action national nchar none normalize
  nullif numeric out overlay position precision real row setof smallint substring time timestamp treat trim values varchar
  xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces xmlparse xmlpi xmlroot xmlserialize xmltable`.split(
    /\s+/,
  ),
);
