/** An oracle of our own for "nothing changed": what a database holds, as text, read without the product's code. */
import pg from 'pg';

export interface FingerprintOptions {
  /** Also the row versions: a row written again with the same content shows. */
  readonly rowVersions?: boolean;
}

/** Relations, columns, enum labels, functions, constraints, triggers, and every row of every table. Equal texts: unchanged. */
export async function fingerprint(url: string, options: FingerprintOptions = {}): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const lines: string[] = [];
    // All in one round trip, as there are several results: the types know of one.
    for (const { rows } of await many(client, CATALOG)) lines.push(...rows.map((row) => row.line));
    const tables = await client.query<{ name: string }>(
      `SELECT c.oid::regclass::text AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE c.relkind = 'r' AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1`,
    );
    const version = options.rowVersions ? "t.xmin::text || ' ' ||" : '';
    const queries = tables.rows.map(
      ({ name }) =>
        `SELECT '${name.replaceAll("'", "''")}: ' || ${version} t::text AS line FROM ${name} AS t ORDER BY 1`,
    );
    for (const { rows } of await many(client, queries)) lines.push(...rows.map((row) => row.line));
    return lines.join('\n');
  } finally {
    await client.end();
  }
}

async function many(client: pg.Client, queries: readonly string[]): Promise<pg.QueryResult<{ line: string }>[]> {
  if (queries.length === 0) return [];
  const results = await client.query(queries.join(';\n'));
  return [results].flat();
}

const OURS = `NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;

const CATALOG = [
  `SELECT format('relation %s %s %s file %s', n.nspname, c.relname, c.relkind, c.relfilenode) AS line
   FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname ${OURS} ORDER BY 1`,
  `SELECT format('column %s %s %s %s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull) AS line
   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE a.attnum > 0 AND n.nspname ${OURS} ORDER BY 1`,
  `SELECT format('label %s %s', e.enumtypid::regtype, e.enumlabel) AS line FROM pg_enum e ORDER BY 1`,
  `SELECT format('function %s %s', p.oid::regprocedure, md5(p.prosrc)) AS line
   FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname ${OURS} ORDER BY 1`,
  `SELECT format('constraint %s %s %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) AS line
   FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname ${OURS} ORDER BY 1`,
  `SELECT format('trigger %s %s', t.tgrelid::regclass, t.tgname) AS line FROM pg_trigger t WHERE NOT t.tgisinternal ORDER BY 1`,
  `SELECT format('comment %s %s %s', d.classoid::regclass, d.objoid, d.description) AS line
   FROM pg_description d WHERE d.objoid >= 16384 ORDER BY 1`,
];
