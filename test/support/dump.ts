/**
 * All of a database as text, as a dump has it: the schema in the server's own words, then every row; values of sequences
 * aside. Read without the product's code. Nothing in it tells two databases apart that were made by the same statements.
 */
import pg from 'pg';

export interface DumpOptions {
  /** Also what shows that something was written again as it was: row versions, files, OIDs. */
  readonly versions?: boolean;
  /** Relations whose rows are not read, and columns that are left out of them: `public.t`, `public.t.applied_at`. */
  readonly without?: readonly string[];
}

/** Lines in a fixed order; equal texts: equal databases. */
export async function dump(url: string, { versions = false, without = [] }: DumpOptions = {}): Promise<string> {
  const client = new pg.Client({ connectionString: url, application_name: 'dump' });
  await client.connect();
  try {
    const lines: string[] = [];
    // One snapshot for all of it; every name qualified.
    await client.query(`begin isolation level repeatable read read only; set local search_path = ''`);
    for (const query of versions ? [...SCHEMA, FILES] : SCHEMA) lines.push(...(await linesOf(client, query)));
    const { rows } = await client.query<{ name: string }>(TABLES);
    for (const { name } of rows) {
      if (without.includes(name)) continue;
      const left = without.filter((one) => one.startsWith(`${name}.`)).map((one) => one.slice(name.length + 1));
      const row = left.length === 0 ? 't::text' : `(to_jsonb(t) - '{${left.join(',')}}'::text[])::text`;
      const version = versions ? `t.xmin::text || ' ' || t.ctid::text || ' ' ||` : '';
      const found = await linesOf(client, `select ${version} ${row} as line from only ${name} as t order by 1`);
      lines.push(`rows of ${name}: ${found.length}`, ...found.map((line) => `  ${line}`));
    }
    return lines.join('\n');
  } finally {
    await client.end();
  }
}

async function linesOf(client: pg.Client, query: string): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(query);
  return rows.map(({ line }) => line);
}

/** Of schema `n`: not the system's. */
const USERS = `n.nspname !~ '^pg_' and n.nspname <> 'information_schema'`;

const TABLES = `
  select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'm') and ${USERS} and (c.relkind = 'r' or c.relispopulated) order by 1`;

const FILES = `
  select format('file of %s: %s, oid %s', c.oid::regclass, c.relfilenode, c.oid) as line
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${USERS} order by 1`;

const SCHEMA = [
  `select format('schema %I of %s %s', n.nspname, n.nspowner::regrole, n.nspacl) as line from pg_namespace n
    where ${USERS} or n.nspacl is distinct from (select i.initprivs from pg_init_privs i where i.objoid = n.oid and i.classoid = 'pg_namespace'::regclass) order by 1`,
  `select format('extension %I %s in %s', e.extname, e.extversion, e.extnamespace::regnamespace) as line from pg_extension e order by 1`,
  `select format('relation %s %s%s of %s %s options %s security %s/%s identity %s partition of %s %s by %s inherits %s rules %s method %s space %s',
            c.oid::regclass, c.relkind, c.relpersistence, c.relowner::regrole, c.relacl, c.reloptions, c.relrowsecurity, c.relforcerowsecurity,
            c.relreplident, c.relispartition, pg_get_expr(c.relpartbound, c.oid), case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end,
            (select string_agg(format('%s%s', i.inhparent::regclass, case when i.inhdetachpending then ' leaving' end), ',' order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid),
            c.relhasrules, c.relam, c.reltablespace) as line
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${USERS} order by 1`,
  `select format('column %s.%I #%s %s not null %s default %s identity %s generated %s collation %s %s options %s storage %s%s statistics %s',
            a.attrelid::regclass, a.attname, row_number() over (partition by a.attrelid order by a.attnum), format_type(a.atttypid, a.atttypmod), a.attnotnull,
            pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, a.attcollation::regcollation, a.attacl, a.attoptions,
            a.attstorage, a.attcompression, nullif(a.attstattarget, -1)) as line
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where ${USERS} and a.attnum > 0 and not a.attisdropped order by 1`,
  `select format('constraint %I on %s %s: %s validated %s deferrable %s/%s', k.conname, nullif(k.conrelid, 0)::regclass, nullif(k.contypid, 0)::regtype,
            pg_get_constraintdef(k.oid), k.convalidated, k.condeferrable, k.condeferred) as line
     from pg_constraint k join pg_namespace n on n.oid = k.connamespace where ${USERS} order by 1`,
  `select format('index %s valid %s ready %s live %s clustered %s identity %s', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisready,
            i.indislive, i.indisclustered, i.indisreplident) as line
     from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace where ${USERS} order by 1`,
  `select format('view %s: %s', c.oid::regclass, pg_get_viewdef(c.oid)) as line
     from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm') and ${USERS} order by 1`,
  `select format('rule %s', pg_get_ruledef(r.oid)) as line
     from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace where ${USERS} order by 1`,
  `select format('routine %s of %s %s: %s', p.oid::regprocedure, p.proowner::regrole, p.proacl,
            case when p.prokind = 'a' then 'aggregate' else pg_get_functiondef(p.oid) end) as line
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where ${USERS} order by 1`,
  `select format('type %s %s of %s %s: %s not null %s default %s', t.oid::regtype, t.typtype, t.typowner::regrole, t.typacl,
            nullif(t.typbasetype, 0)::regtype, t.typnotnull, t.typdefault) as line
     from pg_type t join pg_namespace n on n.oid = t.typnamespace where ${USERS} order by 1`,
  `select format('labels of %s: %s', e.enumtypid::regtype, string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder)) as line
     from pg_enum e group by e.enumtypid order by 1`,
  `select format('trigger %s enabled %s', pg_get_triggerdef(t.oid), t.tgenabled) as line from pg_trigger t where not t.tgisinternal order by 1`,
  `select format('event trigger %I on %s %s enabled %s does %s', t.evtname, t.evtevent, t.evttags, t.evtenabled, t.evtfoid::regprocedure) as line
     from pg_event_trigger t order by 1`,
  `select format('policy %I on %s for %s to %s using %s check %s permissive %s', p.polname, p.polrelid::regclass, p.polcmd, p.polroles::regrole[],
            pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), p.polpermissive) as line from pg_policy p order by 1`,
  `select format('sequence %s %s start %s by %s from %s to %s cache %s cycle %s', s.seqrelid::regclass, s.seqtypid::regtype, s.seqstart,
            s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle) as line from pg_sequence s order by 1`,
  `select format('comment on %s: %s', pg_describe_object(d.classoid, d.objoid, d.objsubid), d.description) as line
     from pg_description d where d.objoid >= 16384 order by 1`,
  `select format('statistics %s', pg_get_statisticsobjdef(s.oid)) as line from pg_statistic_ext s order by 1`,
  `select format('setting of role %s: %s', nullif(s.setrole, 0)::regrole, s.setconfig) as line from pg_db_role_setting s
    where s.setdatabase = (select oid from pg_database where datname = current_database()) order by 1`,
  `select format('default privileges of %s in %s on %s: %s', a.defaclrole::regrole, nullif(a.defaclnamespace, 0)::regnamespace, a.defaclobjtype, a.defaclacl) as line
     from pg_default_acl a order by 1`,
  `select format('large object %s: %s', m.oid, md5(lo_get(m.oid))) as line from pg_largeobject_metadata m order by 1`,
  `select format('prepared transaction %s', x.gid) as line from pg_prepared_xacts x where x.database = current_database() order by 1`,
  // Whatever else there is: operators, casts, publications, servers...
  `select distinct format('there is %s', pg_describe_object(d.classid, d.objid, d.objsubid)) as line
     from pg_depend d where d.objid >= 16384 and d.classid <> 'pg_rewrite'::regclass and d.objid <> 0
      and pg_describe_object(d.classid, d.objid, d.objsubid) !~ 'pg_temp|pg_toast|RI_ConstraintTrigger' order by 1`,
];
