/**
 * The query behind `readDefinitions`: what objects are, in words close to SQL. Every part gives rows of kind, name and
 * definition, by name and never by oid, and only of the oids asked for, so that each is an index look-up.
 * It runs with `search_path` pinned to pg_catalog: names of anything else come out qualified.
 */

type Select = string;

/** Groups of a fingerprint -> their oids. Something is asked for. */
export function definitionsSql(oids: ReadonlyMap<string, readonly number[]>, major: number): string {
  const selects: Select[] = [];
  for (const [group, list] of oids) {
    const define = DEFINE[group];
    if (define === undefined) throw new Error(`no such group of a fingerprint: ${group}`);
    selects.push(...define(`'{${list.join(',')}}'::oid[]`, major));
  }
  return `SELECT kind, name, definition FROM (${selects.join('\nUNION ALL\n')}) AS object (kind, name, definition)`;
}

/** Array of oids (SQL) -> what to read of them. */
type Define = (oids: string, major: number) => Select[];

const DEFINE: Readonly<Record<string, Define>> = {
  relation: (oids, major) => [
    ...tables(oids),
    ...columns(oids, major),
    ...constraints(oids),
    ...indexes(oids, major),
    ...triggers(oids),
    ...views(oids),
    ...sequences(oids),
    ...compositeTypes(oids),
    ...statistics(oids, major),
    ...relationGrants(oids),
  ],
  function: functions,
  type: types,
  schema: schemas,
  extension: (oids) => [
    `SELECT 'extension', quote_ident(e.extname),
            concat_ws(' ', 'version', e.extversion, 'schema', e.extnamespace::regnamespace, ${comment('pg_extension', 'e.oid')})
     FROM pg_extension e WHERE e.oid = ANY (${oids})`,
  ],
  'event-trigger': (oids) => [
    `SELECT 'event-trigger', quote_ident(t.evtname),
            concat_ws(' ', 'on', t.evtevent, 'when tag in (' || array_to_string(t.evttags, ', ') || ')',
              'execute', t.evtfoid::regprocedure, ${enabled('t.evtenabled')}, ${owner('t.evtowner')},
              ${comment('pg_event_trigger', 't.oid')})
     FROM pg_event_trigger t WHERE t.oid = ANY (${oids})`,
  ],
  publication: publications,
  'default-acl': (oids) => [
    `SELECT 'grant', concat_ws(' ', 'default privileges of', quote_ident(pg_get_userbyid(d.defaclrole)),
              'in schema ' || nullif(d.defaclnamespace, 0)::regnamespace, 'on',
              CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'f' THEN 'functions'
                WHEN 'T' THEN 'types' WHEN 'n' THEN 'schemas' ELSE d.defaclobjtype::text END),
            coalesce(${grants('d.defaclacl', 'd.defaclrole')}, 'nothing')
     FROM pg_default_acl d WHERE d.oid = ANY (${oids})`,
  ],
  operator: (oids) =>
    other(
      'operator',
      'pg_operator',
      oids,
      `'function', o.oprcode::regprocedure, 'result', format_type(o.oprresult, NULL),
       'commutator ' || nullif(o.oprcom, 0)::regoperator, 'negator ' || nullif(o.oprnegate, 0)::regoperator,
       'restrict ' || nullif(o.oprrest::oid, 0)::regproc, 'join ' || nullif(o.oprjoin::oid, 0)::regproc,
       CASE WHEN o.oprcanmerge THEN 'merges' END, CASE WHEN o.oprcanhash THEN 'hashes' END, ${owner('o.oprowner')}`,
    ),
  'operator-class': (oids) =>
    other(
      'operator class',
      'pg_opclass',
      oids,
      `'for type', format_type(o.opcintype, NULL), CASE WHEN o.opcdefault THEN 'default' END,
       'storage ' || format_type(nullif(o.opckeytype, 0), NULL), 'family', ${identity('pg_opfamily', 'o.opcfamily')},
       ${owner('o.opcowner')}`,
    ),
  'operator-family': (oids) =>
    other(
      'operator family',
      'pg_opfamily',
      oids,
      `(SELECT string_agg(concat_ws(' ', 'operator', a.amopstrategy, a.amopopr::regoperator), ', '
          ORDER BY a.amopstrategy, a.amopopr::regoperator::text) FROM pg_amop a WHERE a.amopfamily = o.oid),
       (SELECT string_agg(concat_ws(' ', 'function', p.amprocnum, p.amproc::oid::regprocedure), ', '
          ORDER BY p.amprocnum, p.amproc::oid::regprocedure::text) FROM pg_amproc p WHERE p.amprocfamily = o.oid),
       ${owner('o.opfowner')}`,
    ),
  collation: (oids) =>
    other(
      'collation',
      'pg_collation',
      oids,
      `${plainRow('oid,collname,collnamespace,collowner,collversion')}, ${owner('o.collowner')}`,
    ),
  conversion: (oids) =>
    other(
      'conversion',
      'pg_conversion',
      oids,
      `${plainRow('oid,conname,connamespace,conowner')}, ${owner('o.conowner')}`,
    ),
  cast: (oids) =>
    other(
      'cast',
      'pg_cast',
      oids,
      `'with', CASE o.castmethod WHEN 'f' THEN 'function ' || o.castfunc::regprocedure WHEN 'i' THEN 'inout'
         ELSE 'no function' END,
       CASE o.castcontext WHEN 'i' THEN 'as implicit' WHEN 'a' THEN 'as assignment' END`,
    ),
  language: (oids) =>
    other(
      'language',
      'pg_language',
      oids,
      `CASE WHEN o.lanpltrusted THEN 'trusted' END, 'handler ' || nullif(o.lanplcallfoid, 0)::regprocedure,
       'inline ' || nullif(o.laninline, 0)::regprocedure, 'validator ' || nullif(o.lanvalidator, 0)::regprocedure,
       ${owner('o.lanowner')}`,
    ),
  'access-method': (oids) =>
    other('access method', 'pg_am', oids, `'type', o.amtype::text, 'handler', o.amhandler::oid::regprocedure`),
  transform: (oids) =>
    other(
      'transform',
      'pg_transform',
      oids,
      `'from sql ' || nullif(o.trffromsql::oid, 0)::regprocedure, 'to sql ' || nullif(o.trftosql::oid, 0)::regprocedure`,
    ),
  'text-search-configuration': (oids) =>
    other(
      'text search configuration',
      'pg_ts_config',
      oids,
      `'parser', ${identity('pg_ts_parser', 'o.cfgparser')},
       (SELECT string_agg(concat_ws(' ', m.maptokentype, m.mapseqno, m.mapdict::regdictionary), ', '
          ORDER BY m.maptokentype, m.mapseqno) FROM pg_ts_config_map m WHERE m.mapcfg = o.oid), ${owner('o.cfgowner')}`,
    ),
  'text-search-dictionary': (oids) =>
    other(
      'text search dictionary',
      'pg_ts_dict',
      oids,
      `'template', ${identity('pg_ts_template', 'o.dicttemplate')}, '(' || o.dictinitoption || ')', ${owner('o.dictowner')}`,
    ),
  'text-search-parser': (oids) =>
    other('text search parser', 'pg_ts_parser', oids, plainRow('oid,prsname,prsnamespace')),
  'text-search-template': (oids) =>
    other('text search template', 'pg_ts_template', oids, plainRow('oid,tmplname,tmplnamespace')),
  'foreign-data-wrapper': (oids) => [
    ...other(
      'foreign data wrapper',
      'pg_foreign_data_wrapper',
      oids,
      `'handler ' || nullif(o.fdwhandler, 0)::regprocedure, 'validator ' || nullif(o.fdwvalidator, 0)::regprocedure,
       ${optionNames('o.fdwoptions')}, ${owner('o.fdwowner')}`,
    ),
    ...objectGrants(
      'pg_foreign_data_wrapper',
      'fdwacl',
      'fdwowner',
      'F',
      oids,
      `'foreign data wrapper ' || quote_ident(o.fdwname)`,
    ),
  ],
  server: (oids) => [
    ...other(
      'server',
      'pg_foreign_server',
      oids,
      `'type ' || o.srvtype, 'version ' || o.srvversion, 'foreign data wrapper',
       (SELECT quote_ident(f.fdwname) FROM pg_foreign_data_wrapper f WHERE f.oid = o.srvfdw),
       ${options('o.srvoptions')}, ${owner('o.srvowner')}`,
    ),
    ...objectGrants('pg_foreign_server', 'srvacl', 'srvowner', 'S', oids, `'server ' || quote_ident(o.srvname)`),
  ],
  'user-mapping': (oids) => [
    `SELECT 'other', concat_ws(' ', 'user mapping for', quote_ident(m.usename), 'server', quote_ident(m.srvname)),
            coalesce(${optionNames('m.umoptions')}, 'no options')
     FROM pg_user_mappings m WHERE m.umid = ANY (${oids})`,
  ],
  subscription: (oids) => [
    `SELECT 'other', 'subscription ' || quote_ident(s.subname),
            concat_ws(' ', 'publications', array_to_string(s.subpublications, ', '), 'slot ' || s.subslotname,
              CASE WHEN NOT s.subenabled THEN 'disabled' END, ${owner('s.subowner')})
     FROM pg_subscription s WHERE s.oid = ANY (${oids})`,
  ],
  'database-settings': () => [
    `SELECT 'other', 'settings of the database' || coalesce(' for ' || quote_ident(pg_get_userbyid(nullif(s.setrole, 0))), ''),
            array_to_string(ARRAY(SELECT unnest(s.setconfig) ORDER BY 1), ', ')
     FROM pg_db_role_setting s WHERE s.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())`,
  ],
};

// ---- pieces

const RELATION = `format('%I.%I', n.nspname, c.relname)`;
const FROM_RELATION = 'pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace';

function owner(column: string): string {
  return `'owner', quote_ident(pg_get_userbyid(${column}))`;
}

function comment(catalog: string, oid: string): string {
  return `'comment ' || quote_literal(obj_description(${oid}, '${catalog}'))`;
}

function columnComment(relation: string, column: string): string {
  return `'comment ' || quote_literal(col_description(${relation}, ${column}))`;
}

/** tgenabled, ev_enabled, evtenabled: nothing for the usual state. */
function enabled(column: string): string {
  return `CASE ${column} WHEN 'D' THEN 'disabled' WHEN 'R' THEN 'enabled for replica' WHEN 'A' THEN 'enabled always' END`;
}

function options(column: string, word = 'options'): string {
  return `'${word} (' || nullif(array_to_string(ARRAY(SELECT unnest(${column}) ORDER BY 1), ', '), '') || ')'`;
}

/** Options that may hold passwords: only what they are called. */
function optionNames(column: string): string {
  return `'options (' || nullif(array_to_string(
    ARRAY(SELECT split_part(o, '=', 1) FROM unnest(${column}) AS o ORDER BY 1), ', '), '') || ')'`;
}

function tablespace(column: string): string {
  return `'tablespace ' || (SELECT quote_ident(ts.spcname) FROM pg_tablespace ts WHERE ts.oid = ${column})`;
}

function identity(catalog: string, oid: string): string {
  return `(SELECT i.identity FROM pg_identify_object('${catalog}'::regclass, ${oid}, 0) AS i)`;
}

function plainRow(without: string): string {
  return `(to_jsonb(o) - '{${without}}'::text[])::text`;
}

function other(word: string, catalog: string, oids: string, parts: string): Select[] {
  return [
    `SELECT 'other', '${word} ' || ${identity(catalog, 'o.oid')}, concat_ws(' ', ${parts}, ${comment(catalog, 'o.oid')})
     FROM ${catalog} o WHERE o.oid = ANY (${oids})`,
  ];
}

/** `reader: INSERT, SELECT; public: SELECT`, sorted; the grantor is told only where it is not the owner. */
function grants(acl: string, ownerOid: string): string {
  return `(SELECT string_agg(line, '; ' ORDER BY line) FROM (
    SELECT CASE x.grantee WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(x.grantee)) END || ': '
      || string_agg(x.privilege_type || CASE WHEN x.is_grantable THEN ' with grant option' ELSE '' END, ', '
           ORDER BY x.privilege_type)
      || CASE WHEN x.grantor <> ${ownerOid} THEN ' by ' || quote_ident(pg_get_userbyid(x.grantor)) ELSE '' END AS line
    FROM aclexplode(${acl}) x GROUP BY x.grantee, x.grantor) lines)`;
}

/** One `grant` per object, where its grants are not those that every object of the kind has (GRANT, then REVOKE: none). */
function grantRow(name: string, acl: string, ownerOid: string, type: string, from: string): Select {
  return `SELECT 'grant', name, coalesce(given, 'nothing') FROM (
    SELECT ${name} AS name, ${grants(acl, ownerOid)} AS given, ${grants(`acldefault(${type}, ${ownerOid})`, ownerOid)} AS usual
    FROM ${from} AND ${acl} IS NOT NULL) g WHERE given IS DISTINCT FROM usual`;
}

function objectGrants(
  catalog: string,
  acl: string,
  ownerColumn: string,
  type: string,
  oids: string,
  name: string,
): Select[] {
  return [grantRow(name, `o.${acl}`, `o.${ownerColumn}`, `'${type}'`, `${catalog} o WHERE o.oid = ANY (${oids})`)];
}

// ---- relations

function tables(oids: string): Select[] {
  return [
    `SELECT 'table', ${RELATION}, concat_ws(' ',
       CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
       CASE c.relkind WHEN 'f' THEN 'foreign' END,
       'of ' || format_type(nullif(c.reloftype, 0), NULL),
       'partitioned by ' || CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END,
       CASE WHEN c.relispartition THEN 'partition of' ELSE 'inherits' END || ' ' ||
         (SELECT string_agg(i.inhparent::regclass::text || CASE WHEN i.inhdetachpending THEN ' (detach pending)' ELSE '' END,
            ', ' ORDER BY i.inhseqno) FROM pg_inherits i WHERE i.inhrelid = c.oid),
       CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END,
       'using ' || (SELECT quote_ident(a.amname) FROM pg_am a WHERE a.oid = c.relam AND a.amname <> 'heap'),
       ${options('c.reloptions', 'with')},
       (SELECT ${options('toast.reloptions', 'toast with')} FROM pg_class toast WHERE toast.oid = c.reltoastrelid),
       ${tablespace('c.reltablespace')},
       (SELECT 'server ' || quote_ident(s.srvname) || coalesce(' ' || ${options('f.ftoptions')}, '')
          FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid),
       CASE WHEN c.relrowsecurity THEN 'row level security' END,
       CASE WHEN c.relforcerowsecurity THEN 'forced row level security' END,
       CASE c.relreplident WHEN 'f' THEN 'replica identity full' WHEN 'n' THEN 'replica identity nothing'
         WHEN 'i' THEN 'replica identity using index' END,
       ${owner('c.relowner')}, ${comment('pg_class', 'c.oid')})
     FROM ${FROM_RELATION} WHERE c.oid = ANY (${oids}) AND c.relkind IN ('r', 'p', 'f')`,
  ];
}

/** Type, collation, NOT NULL, default: what makes a column of a table, a view or a composite type. */
function columnWords(major: number): string {
  // 18 keeps NOT NULL as a constraint with a name of its own; the name tells how the table came to be, not what it is.
  const notNull =
    major >= 18
      ? `(SELECT concat_ws(' ', CASE WHEN NOT k.convalidated THEN 'not valid' END, CASE WHEN k.connoinherit THEN 'no inherit' END)
          FROM pg_constraint k WHERE k.conrelid = a.attrelid AND k.contype = 'n' AND k.conkey[1] = a.attnum)`
      : 'NULL';
  return `format_type(a.atttypid, a.atttypmod),
    (SELECT 'collate ' || a.attcollation::regcollation FROM pg_type t
      WHERE t.oid = a.atttypid AND a.attcollation <> 0 AND a.attcollation <> t.typcollation),
    CASE WHEN a.attnotnull THEN concat_ws(' ', 'not null', nullif(${notNull}, '')) END,
    (SELECT CASE a.attgenerated WHEN 's' THEN 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') stored'
        WHEN 'v' THEN 'generated always as (' || pg_get_expr(d.adbin, d.adrelid) || ') virtual'
        ELSE 'default ' || pg_get_expr(d.adbin, d.adrelid) END
      FROM pg_attrdef d WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
    CASE a.attidentity WHEN 'a' THEN 'generated always as identity' WHEN 'd' THEN 'generated by default as identity' END`;
}

function columns(oids: string, major: number): Select[] {
  return [
    `SELECT 'column', ${RELATION} || '.' || quote_ident(a.attname), concat_ws(' ', ${columnWords(major)},
       (SELECT 'storage ' || CASE a.attstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'm' THEN 'main'
          ELSE 'extended' END FROM pg_type t WHERE t.oid = a.atttypid AND t.typstorage <> a.attstorage),
       CASE a.attcompression WHEN 'p' THEN 'compression pglz' WHEN 'l' THEN 'compression lz4' END,
       CASE WHEN a.attstattarget >= 0 THEN 'statistics ' || a.attstattarget END,
       ${options('a.attoptions', 'with')}, ${options('a.attfdwoptions')}, ${columnComment('c.oid', 'a.attnum')})
     FROM ${FROM_RELATION} JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.oid = ANY (${oids}) AND c.relkind IN ('r', 'p', 'f')`,
  ];
}

function constraints(oids: string): Select[] {
  return [
    `SELECT 'constraint', ${RELATION} || '.' || quote_ident(k.conname),
       concat_ws(' ', pg_get_constraintdef(k.oid), ${comment('pg_constraint', 'k.oid')})
     FROM ${FROM_RELATION} JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype NOT IN ('n', 't')
     WHERE c.oid = ANY (${oids})`,
  ];
}

function indexes(oids: string, major: number): Select[] {
  const target = major >= 17 ? 'a.attstattarget IS NOT NULL' : 'a.attstattarget >= 0';
  return [
    `SELECT 'index', format('%I.%I', n.nspname, c.relname), concat_ws(' ', pg_get_indexdef(i.indexrelid),
       'partition of ' || (SELECT h.inhparent::regclass::text FROM pg_inherits h WHERE h.inhrelid = i.indexrelid),
       ${tablespace('c.reltablespace')},
       (SELECT string_agg('statistics of column ' || a.attnum || ' ' || a.attstattarget, ' ' ORDER BY a.attnum)
          FROM pg_attribute a WHERE a.attrelid = c.oid AND ${target}),
       CASE WHEN i.indisclustered THEN 'clustered' END, CASE WHEN i.indisreplident THEN 'replica identity' END,
       CASE WHEN NOT i.indisvalid THEN 'INVALID' END, CASE WHEN NOT i.indisready THEN 'NOT READY' END,
       CASE WHEN NOT i.indislive THEN 'NOT LIVE' END, ${comment('pg_class', 'c.oid')})
     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE i.indrelid = ANY (${oids})`,
  ];
}

function triggers(oids: string): Select[] {
  return [
    `SELECT 'trigger', ${RELATION} || '.' || quote_ident(t.tgname),
       concat_ws(' ', pg_get_triggerdef(t.oid), ${enabled('t.tgenabled')}, ${comment('pg_trigger', 't.oid')})
     FROM ${FROM_RELATION} JOIN pg_trigger t ON t.tgrelid = c.oid AND NOT t.tgisinternal WHERE c.oid = ANY (${oids})`,
    `SELECT 'rule', ${RELATION} || '.' || quote_ident(r.rulename),
       concat_ws(' ', pg_get_ruledef(r.oid), ${enabled('r.ev_enabled')}, ${comment('pg_rewrite', 'r.oid')})
     FROM ${FROM_RELATION} JOIN pg_rewrite r ON r.ev_class = c.oid AND r.rulename <> '_RETURN' WHERE c.oid = ANY (${oids})`,
    `SELECT 'policy', ${RELATION} || '.' || quote_ident(p.polname),
       concat_ws(' ', CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, 'for',
         CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' ELSE 'all' END,
         'to', (SELECT string_agg(role, ', ' ORDER BY role) FROM (
           SELECT CASE r WHEN 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(r)) END AS role FROM unnest(p.polroles) r) roles),
         'using (' || pg_get_expr(p.polqual, p.polrelid) || ')',
         'with check (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ${comment('pg_policy', 'p.oid')})
     FROM ${FROM_RELATION} JOIN pg_policy p ON p.polrelid = c.oid WHERE c.oid = ANY (${oids})`,
  ];
}

function views(oids: string): Select[] {
  return [
    `SELECT 'view', ${RELATION}, concat_ws(' ', CASE c.relkind WHEN 'm' THEN 'materialized' END,
       '(' || (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
           (SELECT 'default ' || pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d
             WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum),
           ${columnComment('c.oid', 'a.attnum')}), ', ' ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) || ')',
       ${options('c.reloptions', 'with')}, ${tablespace('c.reltablespace')},
       'as ' || btrim(pg_get_viewdef(c.oid), ' ;'),
       CASE WHEN NOT c.relispopulated THEN 'with no data' END, ${owner('c.relowner')}, ${comment('pg_class', 'c.oid')})
     FROM ${FROM_RELATION} WHERE c.oid = ANY (${oids}) AND c.relkind IN ('v', 'm')`,
  ];
}

/** Its parameters; where it stands is data. */
function sequences(oids: string): Select[] {
  return [
    `SELECT 'sequence', ${RELATION}, concat_ws(' ', CASE c.relpersistence WHEN 'u' THEN 'unlogged' END,
       'as', format_type(s.seqtypid, NULL), 'start', s.seqstart, 'increment', s.seqincrement,
       'minvalue', s.seqmin, 'maxvalue', s.seqmax, 'cache', s.seqcache, CASE WHEN s.seqcycle THEN 'cycle' END,
       (SELECT 'owned by ' || d.refobjid::regclass || '.' || quote_ident(a.attname) FROM pg_depend d
          JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
          WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0
            AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')),
       ${owner('c.relowner')}, ${comment('pg_class', 'c.oid')})
     FROM ${FROM_RELATION} JOIN pg_sequence s ON s.seqrelid = c.oid WHERE c.oid = ANY (${oids})`,
  ];
}

function compositeTypes(oids: string): Select[] {
  return [
    `SELECT 'type', ${RELATION}, concat_ws(' ', 'composite (' || (
         SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
           (SELECT 'collate ' || a.attcollation::regcollation FROM pg_type t
             WHERE t.oid = a.atttypid AND a.attcollation <> 0 AND a.attcollation <> t.typcollation),
           ${columnComment('c.oid', 'a.attnum')}), ', ' ORDER BY a.attnum)
         FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) || ')',
       ${owner('c.relowner')}, ${comment('pg_type', 'c.reltype')})
     FROM ${FROM_RELATION} WHERE c.oid = ANY (${oids}) AND c.relkind = 'c'`,
    grantRow(
      RELATION,
      't.typacl',
      't.typowner',
      `'T'`,
      `${FROM_RELATION} JOIN pg_type t ON t.oid = c.reltype WHERE c.relkind = 'c' AND c.oid = ANY (${oids})`,
    ),
  ];
}

function statistics(oids: string, major: number): Select[] {
  const target = major >= 17 ? 's.stxstattarget' : 'nullif(s.stxstattarget, -1)';
  return [
    `SELECT 'statistics', format('%I.%I', n.nspname, s.stxname), concat_ws(' ', pg_get_statisticsobjdef(s.oid),
       'target ' || ${target}, ${owner('s.stxowner')}, ${comment('pg_statistic_ext', 's.oid')})
     FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE s.stxrelid = ANY (${oids})`,
  ];
}

function relationGrants(oids: string): Select[] {
  const type = `(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END)::"char"`;
  return [
    grantRow(
      RELATION,
      'c.relacl',
      'c.relowner',
      type,
      `${FROM_RELATION} WHERE c.relkind <> 'c' AND c.oid = ANY (${oids})`,
    ),
    grantRow(
      `${RELATION} || '.' || quote_ident(a.attname)`,
      'a.attacl',
      'c.relowner',
      `'c'`,
      `${FROM_RELATION} JOIN pg_attribute a ON a.attrelid = c.oid WHERE NOT a.attisdropped AND c.oid = ANY (${oids})`,
    ),
  ];
}

// ---- the rest

function functions(oids: string): Select[] {
  const name = `format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))`;
  const from = 'pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace';
  return [
    `SELECT 'function', ${name}, concat_ws(' ', rtrim(pg_get_functiondef(p.oid), E'\\n'), ${owner('p.proowner')},
       ${comment('pg_proc', 'p.oid')})
     FROM ${from} WHERE p.oid = ANY (${oids}) AND p.prokind <> 'a'`,
    `SELECT 'function', ${name}, concat_ws(' ', 'aggregate (' || pg_get_function_arguments(p.oid) || ')',
       'returns', pg_get_function_result(p.oid), 'kind', a.aggkind::text,
       'sfunc', a.aggtransfn::oid::regprocedure, 'stype', format_type(a.aggtranstype, NULL),
       'finalfunc ' || nullif(a.aggfinalfn::oid, 0)::regprocedure, 'combinefunc ' || nullif(a.aggcombinefn::oid, 0)::regprocedure,
       'serialfunc ' || nullif(a.aggserialfn::oid, 0)::regprocedure,
       'deserialfunc ' || nullif(a.aggdeserialfn::oid, 0)::regprocedure,
       'msfunc ' || nullif(a.aggmtransfn::oid, 0)::regprocedure, 'minvfunc ' || nullif(a.aggminvtransfn::oid, 0)::regprocedure,
       'initcond ' || quote_literal(a.agginitval), 'sortop ' || nullif(a.aggsortop, 0)::regoperator,
       'parallel', p.proparallel::text, ${owner('p.proowner')}, ${comment('pg_proc', 'p.oid')})
     FROM ${from} JOIN pg_aggregate a ON a.aggfnoid = p.oid WHERE p.oid = ANY (${oids}) AND p.prokind = 'a'`,
    grantRow(name, 'p.proacl', 'p.proowner', `'f'`, `${from} WHERE p.oid = ANY (${oids})`),
  ];
}

function types(oids: string): Select[] {
  const from = 'pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace';
  const name = `format('%I.%I', n.nspname, t.typname)`;
  return [
    `SELECT 'type', ${name}, concat_ws(' ', CASE t.typtype
       WHEN 'e' THEN 'enum (' || coalesce((SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)
         FROM pg_enum e WHERE e.enumtypid = t.oid), '') || ')'
       WHEN 'd' THEN concat_ws(' ', 'domain', format_type(t.typbasetype, t.typtypmod),
         (SELECT 'collate ' || t.typcollation::regcollation FROM pg_type b
           WHERE b.oid = t.typbasetype AND t.typcollation <> 0 AND t.typcollation <> b.typcollation),
         'default ' || t.typdefault, CASE WHEN t.typnotnull THEN 'not null' END,
         (SELECT string_agg(concat_ws(' ', 'constraint', quote_ident(k.conname), pg_get_constraintdef(k.oid),
             ${comment('pg_constraint', 'k.oid')}), ' ' ORDER BY k.conname)
           FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype <> 'n'))
       WHEN 'r' THEN (SELECT concat_ws(' ', 'range of', format_type(r.rngsubtype, NULL),
           'operator class ' || ${identity('pg_opclass', 'r.rngsubopc')},
           'collate ' || nullif(r.rngcollation, 0)::regcollation,
           'canonical ' || nullif(r.rngcanonical::oid, 0)::regprocedure,
           'subtype_diff ' || nullif(r.rngsubdiff::oid, 0)::regprocedure)
         FROM pg_range r WHERE r.rngtypid = t.oid)
       WHEN 'b' THEN concat_ws(' ', 'base input', t.typinput::regproc, 'output', t.typoutput::regproc,
         'length', t.typlen, 'align', t.typalign::text, 'storage', t.typstorage::text, 'category', t.typcategory::text)
       ELSE 'shell' END,
       ${owner('t.typowner')}, ${comment('pg_type', 't.oid')})
     FROM ${from} WHERE t.oid = ANY (${oids})`,
    grantRow(name, 't.typacl', 't.typowner', `'T'`, `${from} WHERE t.oid = ANY (${oids})`),
  ];
}

function schemas(oids: string): Select[] {
  return [
    `SELECT 'schema', quote_ident(o.nspname), concat_ws(' ', ${owner('o.nspowner')}, ${comment('pg_namespace', 'o.oid')})
     FROM pg_namespace o WHERE o.oid = ANY (${oids})`,
    ...objectGrants('pg_namespace', 'nspacl', 'nspowner', 'n', oids, 'quote_ident(o.nspname)'),
  ];
}

function publications(oids: string, major: number): Select[] {
  const rowsAndColumns =
    major >= 15
      ? `|| coalesce(' (' || (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname) FROM pg_attribute a
           WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', '')
         || coalesce(' where (' || pg_get_expr(r.prqual, r.prrelid) || ')', '')`
      : '';
  const schemasOf =
    major >= 15
      ? `'schemas ' || (SELECT string_agg(s.pnnspid::regnamespace::text, ', ' ORDER BY s.pnnspid::regnamespace::text)
           FROM pg_publication_namespace s WHERE s.pnpubid = o.oid),`
      : '';
  return [
    `SELECT 'publication', quote_ident(o.pubname), concat_ws(' ', ${plainRow('oid,pubname,pubowner')},
       'tables ' || (SELECT string_agg(entry, ', ' ORDER BY entry) FROM (
         SELECT r.prrelid::regclass::text ${rowsAndColumns} AS entry FROM pg_publication_rel r WHERE r.prpubid = o.oid) list),
       ${schemasOf} ${owner('o.pubowner')}, ${comment('pg_publication', 'o.oid')})
     FROM pg_publication o WHERE o.oid = ANY (${oids})`,
  ];
}
