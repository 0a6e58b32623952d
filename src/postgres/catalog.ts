/** Reads the schema out of the catalog: cheaply as fingerprints of all of it, exactly as definitions of what changed. */
import type { Definitions, Fingerprints, RelationName, SchemaObject } from '../plan/schema-diff.ts';
import { definitionsSql } from './definitions.ts';
import { quoteLiteral } from './identifier.ts';
import type { Queryable } from './queryable.ts';

/** Objects that are left out of the fingerprints, by their names: the gate's own, and those of the tool that it runs. */
export interface LeftOut {
  readonly schema: string;
  readonly names: readonly string[];
}

/**
 * The whole schema in numbers, read from catalog rows alone: no lock on any user relation is taken or waited for. Sees
 * the uncommitted work of the transaction it is called in; works on a standby; ANALYZE and VACUUM change nothing in it.
 * Members of extensions are part of their extension. The session's settings are as before when it returns.
 */
export async function readFingerprints(client: Queryable, leftOut: readonly LeftOut[] = []): Promise<Fingerprints> {
  const pinned = await pin(client);
  const [row] = await pinned.query(fingerprintsSql(leftOut, pinned.major));
  const { groups, relations, names } = row as { groups: string | null; relations: string | null; names: string | null };
  return { groups: parseGroups(groups ?? ''), relations: parseRelations(relations ?? '', names ?? '[]') };
}

/**
 * What the groups of these keys are, object by object, by name. Keys of what is no longer there give nothing.
 * Asking for a view's or an index's text takes ACCESS SHARE for a moment: where others may hold ACCESS EXCLUSIVE, the
 * caller's `lock_timeout` bounds the wait. The session's settings are as before when it returns.
 */
export async function readDefinitions(client: Queryable, keys: Iterable<string>): Promise<Definitions> {
  const oids = new Map<string, number[]>();
  for (const key of keys) {
    const [, group, oid] = /^([a-z-]+):(\d+)$/.exec(key) ?? [];
    if (group === undefined) throw new Error(`not a key of a fingerprint: ${JSON.stringify(key)}`);
    const known = oids.get(group);
    if (known === undefined) oids.set(group, [Number(oid)]);
    else known.push(Number(oid));
  }
  if (oids.size === 0) return new Map();
  const pinned = await pin(client);
  const rows = await pinned.query(definitionsSql(oids, pinned.major));
  return new Map((rows as SchemaObject[]).map((object) => [`${object.kind} ${object.name}`, object]));
}

/** What a definition's text, or the time to read it, would otherwise depend on. */
const PINNED: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog, pg_temp',
  quote_all_identifiers: 'off',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  extra_float_digits: '3',
  bytea_output: 'hex',
  lc_monetary: 'C',
  // Compiling the query costs more than running it, and workers are no help to a reading of catalogs this size.
  jit: 'off',
  max_parallel_workers_per_gather: '0',
  work_mem: '64MB',
};

/**
 * Runs a query with those settings and leaves no trace of them. Set and query go as one string: outside a transaction
 * block that string is one transaction and SET LOCAL ends with it; inside a block the second call restores.
 */
async function pin(client: Queryable) {
  const settings = Object.keys(PINNED);
  const current = settings.map((name) => `pg_catalog.current_setting('${name}')`);
  const { rows } = await client.query(
    `SELECT pg_catalog.current_setting('server_version_num') AS version, ARRAY[${current.join(', ')}] AS settings`,
  );
  const { version, settings: before } = rows[0] as { version: string; settings: string[] };
  const setting = (name: string, value: string) => `pg_catalog.set_config('${name}', ${quoteLiteral(value)}, true)`;
  const set = settings.map((name) => setting(name, PINNED[name] ?? ''));
  const restore = settings.map((name, at) => setting(name, before[at] ?? ''));
  return {
    major: Math.trunc(Number(version) / 10_000),
    async query(sql: string): Promise<unknown[]> {
      const result: unknown = await client.query(`SELECT ${set.join(', ')};\n${sql}`);
      await client.query(`SELECT ${restore.join(', ')}`);
      // For several statements `pg` itself gives an array of results, which its types do not say.
      const last: unknown = Array.isArray(result) ? result.at(-1) : result;
      return (last as { rows: unknown[] }).rows;
    },
  };
}

/** Groups of one catalog row each (beside their comments): class, catalog, and the column that holds the schema. */
const SIMPLE: readonly (readonly [group: string, catalog: string, namespace: string | null])[] = [
  ['function', 'pg_proc', 'pronamespace'],
  ['type', 'pg_type', 'typnamespace'],
  ['schema', 'pg_namespace', null],
  ['extension', 'pg_extension', null],
  ['event-trigger', 'pg_event_trigger', null],
  ['publication', 'pg_publication', null],
  ['default-acl', 'pg_default_acl', null],
  ['operator', 'pg_operator', 'oprnamespace'],
  ['operator-class', 'pg_opclass', 'opcnamespace'],
  ['operator-family', 'pg_opfamily', 'opfnamespace'],
  ['collation', 'pg_collation', 'collnamespace'],
  ['conversion', 'pg_conversion', 'connamespace'],
  ['cast', 'pg_cast', null],
  ['language', 'pg_language', null],
  ['access-method', 'pg_am', null],
  ['transform', 'pg_transform', null],
  ['text-search-configuration', 'pg_ts_config', 'cfgnamespace'],
  ['text-search-dictionary', 'pg_ts_dict', 'dictnamespace'],
  ['text-search-parser', 'pg_ts_parser', 'prsnamespace'],
  ['text-search-template', 'pg_ts_template', 'tmplnamespace'],
  ['foreign-data-wrapper', 'pg_foreign_data_wrapper', null],
  ['server', 'pg_foreign_server', null],
];

/** Rows that belong to a group of another catalog: group, catalog, the column that holds the group's oid, which rows. */
function parts(major: number): readonly (readonly [group: string, catalog: string, owner: string, where: string])[] {
  const all = [
    ['type', 'pg_enum', 'enumtypid', 'true'],
    ['type', 'pg_range', 'rngtypid', 'true'],
    ['type', 'pg_constraint', 'contypid', 'part.contypid <> 0'],
    ['function', 'pg_aggregate', 'aggfnoid', 'part.aggfnoid >= 16384'],
    ['publication', 'pg_publication_rel', 'prpubid', 'true'],
    ['operator-family', 'pg_amop', 'amopfamily', 'part.amopfamily >= 16384'],
    ['operator-family', 'pg_amproc', 'amprocfamily', 'part.amprocfamily >= 16384'],
    ['text-search-configuration', 'pg_ts_config_map', 'mapcfg', 'part.mapcfg >= 16384'],
  ] as const;
  return major >= 15 ? [...all, ['publication', 'pg_publication_namespace', 'pnpubid', 'true']] : all;
}

/** Rows that belong to a relation: catalog, the column that holds the relation's oid, which rows. */
const RELATION_PARTS: readonly (readonly [catalog: string, relation: string, where: string])[] = [
  ['pg_attribute', 'attrelid', 'part.attnum > 0'],
  ['pg_attrdef', 'adrelid', 'true'],
  ['pg_constraint', 'conrelid', 'part.conrelid <> 0'],
  ['pg_trigger', 'tgrelid', 'NOT part.tgisinternal'],
  ['pg_rewrite', 'ev_class', 'part.ev_class >= 16384'],
  ['pg_policy', 'polrelid', 'true'],
  ['pg_inherits', 'inhrelid', 'true'],
  ['pg_partitioned_table', 'partrelid', 'true'],
  ['pg_statistic_ext', 'stxrelid', 'true'],
  ['pg_sequence', 'seqrelid', 'true'],
  ['pg_foreign_table', 'ftrelid', 'true'],
];

/** Objects with an oid and a comment of their own that belong to a relation: catalog, the relation's column. */
const COMMENTED: readonly (readonly [catalog: string, relation: string])[] = [
  ['pg_constraint', 'conrelid'],
  ['pg_trigger', 'tgrelid'],
  ['pg_rewrite', 'ev_class'],
  ['pg_policy', 'polrelid'],
  ['pg_statistic_ext', 'stxrelid'],
];

/**
 * One row: `groups` = `class:oid=number ...`, `relations` = `oid kind ...`, `names` = a JSON array in the same order.
 * Every catalog row counts as a hash of who wrote it last (xmin, which ANALYZE's and VACUUM's updates in place leave
 * alone) and of where it is; a group is the XOR of its rows. Objects of users have oids from 16384 on. Hashing records
 * is what makes this cheap: xmin has no cast to a number but through text.
 */
function fingerprintsSql(leftOut: readonly LeftOut[], major: number): string {
  const isLeftOut = (name: string) =>
    leftOut
      .filter(({ names }) => names.length > 0)
      .map(
        ({ schema, names }) =>
          `space.plain = ${quoteLiteral(schema)} AND ${name} IN (${names.map(quoteLiteral).join(', ')})`,
      )
      .join(' OR ') || 'false';
  const simple = SIMPLE.map(
    ([group, catalog, namespace]) => `
      SELECT '${group}', '${catalog}'::regclass::oid, part.oid, hash_record_extended(ROW(part.oid, part.xmin), 0)
      FROM ${catalog} part ${namespace === null ? '' : `JOIN space ON space.oid = part.${namespace}`}
      WHERE ${simpleFilter(group)}
        AND part.oid NOT IN (SELECT objid FROM member WHERE classid = '${catalog}'::regclass)
        ${group === 'function' ? `AND NOT (${isLeftOut('part.proname')})` : ''}`,
  );
  const partOf = parts(major).map(
    ([group, catalog, owner, where]) => `
      SELECT '${group}', owner.classid, owner.objid,
             hash_record_extended(ROW('${catalog}'::regclass, part.ctid, part.xmin), 0)
      FROM ${catalog} part JOIN simple owner ON owner.objid = part.${owner} AND owner.class = '${group}' WHERE ${where}`,
  );
  const partOfRelation = RELATION_PARTS.map(
    ([catalog, relation, where], at) => `
      SELECT rel.root, hash_record_extended(ROW(part.ctid, part.xmin), ${at + 1})
      FROM ${catalog} part JOIN rel ON rel.oid = part.${relation} WHERE ${where} AND NOT rel.hidden`,
  );
  const commented = COMMENTED.map(
    ([catalog, relation]) => `
      SELECT rel.root, remark.hash FROM remark JOIN ${catalog} part ON part.oid = remark.objoid
      JOIN rel ON rel.oid = part.${relation} WHERE remark.classoid = '${catalog}'::regclass AND NOT rel.hidden`,
  );
  return `
  WITH member AS MATERIALIZED (
    SELECT classid, objid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
    -- The constructors and the cast that come with a range type.
    UNION ALL SELECT classid, objid FROM pg_depend
      WHERE classid IN ('pg_proc'::regclass, 'pg_cast'::regclass) AND deptype = 'i'
  ), space AS MATERIALIZED (
    SELECT oid, nspname AS plain, quote_ident(nspname) AS name FROM pg_namespace
    WHERE left(nspname, 3) <> 'pg_' AND nspname <> 'information_schema'
  ), named AS MATERIALIZED (
    SELECT c.oid FROM pg_class c JOIN space ON space.oid = c.relnamespace
    WHERE ${isLeftOut('c.relname')}
  ), hidden AS MATERIALIZED (
    SELECT oid FROM named
    UNION SELECT d.objid FROM pg_depend d JOIN named ON named.oid = d.refobjid -- the sequences of their columns
      WHERE d.refclassid = 'pg_class'::regclass AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
    UNION SELECT objid FROM member WHERE classid = 'pg_class'::regclass
  ), rel AS MATERIALIZED (
    SELECT c.oid, coalesce(i.indrelid, c.oid) AS root, c.relkind AS kind, c.xmin AS x, i.xmin AS ix, c.reltype,
           coalesce(i.indrelid, c.oid) IN (SELECT oid FROM hidden) AS hidden,
           space.name || '.' || quote_ident(c.relname) AS name
    FROM pg_class c JOIN space ON space.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
    WHERE c.relkind <> 't'
  ), remark AS MATERIALIZED (
    SELECT classoid, objoid, bit_xor(hash_record_extended(ROW(classoid, objoid, objsubid, xmin), 99)) AS hash
    FROM pg_description WHERE objoid >= 16384 OR classoid IN ('pg_namespace'::regclass, 'pg_extension'::regclass)
    GROUP BY classoid, objoid
  ), relation_row (root, hash) AS (
    SELECT root, hash_record_extended(ROW(oid, x, ix), 0) FROM rel WHERE NOT hidden
    UNION ALL ${partOfRelation.join(' UNION ALL ')}
    UNION ALL SELECT rel.root, remark.hash FROM remark JOIN rel ON rel.oid = remark.objoid
      WHERE remark.classoid = 'pg_class'::regclass AND NOT rel.hidden
    UNION ALL ${commented.join(' UNION ALL ')}
    -- A composite type is a relation; its comment and its grants are on the type.
    UNION ALL SELECT rel.root, hash_record_extended(ROW(t.xmin, remark.hash), 98)
      FROM rel JOIN pg_type t ON t.oid = rel.reltype
      LEFT JOIN remark ON remark.classoid = 'pg_type'::regclass AND remark.objoid = t.oid
      WHERE rel.kind = 'c' AND NOT rel.hidden
  ), simple (class, classid, objid, hash) AS MATERIALIZED (
    ${simple.join(' UNION ALL ')}
  ), simple_row (class, classid, objid, hash) AS (
    SELECT class, classid, objid, hash FROM simple
    UNION ALL ${partOf.join(' UNION ALL ')}
    UNION ALL SELECT simple.class, simple.classid, simple.objid, remark.hash
      FROM simple JOIN remark ON remark.classoid = simple.classid AND remark.objoid = simple.objid
    -- Of these a plain role cannot read the row itself.
    UNION ALL SELECT 'user-mapping', 0, umid, hash_record_extended(ROW(srvname, umuser, umoptions), 0)
      FROM pg_user_mappings
    UNION ALL SELECT 'subscription', 0, oid,
        hash_record_extended(ROW(subname, subowner, subenabled, subslotname, subpublications), 0)
      FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    UNION ALL SELECT 'database-settings', 0, 0, hash_record_extended(ROW(setrole, setconfig), 0)
      FROM pg_db_role_setting WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
  ), grouped AS (
    SELECT 'relation:' || root || '=' || bit_xor(hash) AS entry FROM relation_row GROUP BY root
    UNION ALL SELECT class || ':' || objid || '=' || bit_xor(hash) FROM simple_row GROUP BY class, objid
  )
  SELECT (SELECT string_agg(entry, ' ') FROM grouped) AS groups,
         (SELECT string_agg(oid::text || kind::text, ' ' ORDER BY oid) FROM rel WHERE kind <> 'c') AS relations,
         (SELECT json_agg(name ORDER BY oid)::text FROM rel WHERE kind <> 'c') AS names`;
}

function simpleFilter(group: string): string {
  // A user can change the public schema and the languages' extension, which come with the database.
  if (group === 'schema') return 'part.oid IN (SELECT oid FROM space)';
  if (group === 'extension') return 'true';
  // Row types and composite types go with their relation, array and multirange types with their element.
  if (group === 'type') {
    return `part.oid >= 16384 AND part.typtype NOT IN ('c', 'm') AND part.typinput <> 'array_in'::regproc`;
  }
  return 'part.oid >= 16384';
}

function parseGroups(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  if (text === '') return groups;
  for (const entry of text.split(' ')) {
    const at = entry.indexOf('=');
    groups.set(entry.slice(0, at), entry.slice(at + 1));
  }
  return groups;
}

function parseRelations(text: string, names: string): Map<number, RelationName> {
  const relations = new Map<number, RelationName>();
  const name: string[] = JSON.parse(names);
  if (text === '') return relations;
  for (const [at, entry] of text.split(' ').entries()) {
    relations.set(Number(entry.slice(0, -1)), { name: name[at] ?? '', kind: entry.slice(-1) });
  }
  return relations;
}
