/**
 * What a migration does, as the server's own catalogs show it: a second, plain look beside the gate's, which shares no
 * code with it. Statements run in a transaction that is rolled back; what refuses one runs on a database to be thrown away.
 */
import pg from 'pg';
import type { Case } from './oracle-cases.ts';

const MODES = [
  'AccessShareLock',
  'RowShareLock',
  'RowExclusiveLock',
  'ShareUpdateExclusiveLock',
  'ShareLock',
  'ShareRowExclusiveLock',
  'ExclusiveLock',
  'AccessExclusiveLock',
];
const rank = (mode: string | undefined) => (mode === undefined ? -1 : MODES.indexOf(mode));

/** Of one statement; relations as `schema.name`, quoted where they must be, and only those that were there before. */
export interface StatementShown {
  /** Strongest lock of tables and materialized views held after it, since the transaction began. */
  readonly locks: Readonly<Record<string, string>>;
  readonly rewritten: readonly string[];
  readonly scanned: readonly string[];
  /** An index of it was built. */
  readonly built: readonly string[];
}

export interface Shown {
  readonly error: string | null;
  /** By file; empty where it could not run in a transaction. */
  readonly statements: readonly (readonly StatementShown[])[];
  /** `work relation`: done while nobody else could write. */
  readonly long: readonly string[];
  /** Tables, columns, and values of columns that are gone. */
  readonly lost: readonly string[];
  /** What a client could name or do before and cannot now. */
  readonly broken: readonly string[];
}

interface Relation {
  readonly oid: string;
  readonly name: string;
  readonly kind: string;
  readonly filenode: string | null;
  readonly bytes: number;
  readonly scans: number;
  /** An index's table. */
  readonly table: string | null;
}

/** What was there before. */
export interface Baseline {
  readonly relations: ReadonlyMap<string, Relation>;
  readonly values: ReadonlyMap<string, ReadonlyMap<string, readonly string[]>>;
  readonly clients: ReadonlySet<string>;
}

const OURS = `n.nspname <> 'information_schema' and n.nspname !~ '^pg_'`;

async function relationsOf(client: pg.Client): Promise<Map<string, Relation>> {
  const { rows } = await client.query<Relation>(
    `select c.oid::text, format('%I.%I', n.nspname, c.relname) as name, c.relkind as kind, pg_relation_filenode(c.oid)::text as filenode,
            case when c.relkind in ('r', 'm', 'i') then pg_relation_size(c.oid)::int else 0 end as bytes,
            pg_stat_get_xact_numscans(c.oid)::int as scans,
            (select indrelid::text from pg_index where indexrelid = c.oid) as "table"
       from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${OURS} and c.relkind in ('r', 'p', 'm', 'i')`,
  );
  return new Map(rows.map((row) => [row.oid, row]));
}

/** Values of a table by column number, as text that is the same for what is the same. */
async function valuesOf(client: pg.Client, { oid, name }: Relation): Promise<Map<string, string[]>> {
  const { rows: columns } = await client.query<{ attnum: string; attname: string }>(
    `select attnum::text, quote_ident(attname) as attname from pg_attribute where attrelid = $1 and attnum > 0 and not attisdropped and attgenerated = ''`,
    [oid],
  );
  if (columns.length === 0) return new Map();
  const { rows } = await client.query<(string | null)[]>({
    text: `select ${columns.map((column) => `${column.attname}::text`).join(', ')} from only ${name}`,
    rowMode: 'array',
  });
  return new Map(
    columns.map(({ attnum }, at) => [attnum, rows.flatMap((row) => (row[at] == null ? [] : [plain(row[at])])).sort()]),
  );
}

/** The same value of another type reads the same: 1.50 and 1.5, a zone of +00, padding, spaces in JSON. */
function plain(text: string): string {
  if (/^-?\d+(\.\d+)?$/.test(text)) return String(Number(text));
  if (/^\s*[{[]/.test(text)) return text.replace(/\s+/g, '');
  return text.replace(/( 00:00:00)?\+00$|\/\d+$/, '').trimEnd();
}

async function clientsView(client: pg.Client): Promise<Set<string>> {
  const { rows } = await client.query<{ line: string }>(
    `select format('relation %s.%s', n.nspname, c.relname) as line from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${OURS} and relkind in ('r', 'p', 'v', 'm', 'S', 'f') and relpersistence <> 't'
     union all
     select format('column %s.%s.%s', n.nspname, c.relname, attname) from pg_attribute a join pg_class c on c.oid = attrelid
       join pg_namespace n on n.oid = c.relnamespace
      where ${OURS} and relkind in ('r', 'p', 'v', 'm', 'f', 'c') and attnum > 0 and not attisdropped
     union all
     select format('function %s.%s(%s)', n.nspname, proname, pg_get_function_identity_arguments(p.oid)) from pg_proc p
       join pg_namespace n on n.oid = pronamespace where ${OURS}
     union all
     select format('type %s.%s', n.nspname, typname) from pg_type t join pg_namespace n on n.oid = typnamespace where ${OURS} and typtype in ('e', 'd', 'r', 'c')
     union all
     select format('label %s.%s', enumtypid::regtype, enumlabel) from pg_enum
     union all
     select format('schema %s', nspname) from pg_namespace n where ${OURS}
     union all
     select format('every row of %s', c.oid::regclass) from pg_class c join pg_namespace n on n.oid = c.relnamespace where ${OURS} and relkind in ('r', 'p') and not relrowsecurity
     union all
     select format('privilege of %s on %s.%s: %s', grantee::regrole, n.nspname, c.relname, privilege_type) from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(relacl) where ${OURS}
       and grantee <> grantor
     union all
     select format('publication %s of %s.%s', pubname, schemaname, tablename) from pg_publication_tables
     union all
     select format('insert into %s without %s', attrelid::regclass, attname) from pg_attribute a join pg_class c on c.oid = attrelid
       join pg_namespace n on n.oid = c.relnamespace
      where ${OURS} and relkind in ('r', 'p') and attnum > 0 and not attisdropped and (not attnotnull or atthasdef or attidentity <> '')
     union all
     select format('partition %s of %s', inhrelid::regclass, inhparent::regclass) from pg_inherits join pg_class c on c.oid = inhrelid join pg_namespace n on n.oid = c.relnamespace
      where ${OURS} and relispartition`,
  );
  return new Set(rows.map(({ line }) => line));
}

export async function baselineOf(client: pg.Client): Promise<Baseline> {
  const relations = await relationsOf(client);
  const values = new Map<string, ReadonlyMap<string, readonly string[]>>();
  for (const relation of relations.values())
    if (relation.kind === 'r') values.set(relation.oid, await valuesOf(client, relation));
  return { relations, values, clients: await clientsView(client) };
}

/** Leaves the database as it is: what must be committed is done on a copy, which `copy` makes. */
export async function ask(
  client: pg.Client,
  baseline: Baseline,
  one: Case,
  copy: () => Promise<{ readonly url: string; drop(): Promise<void> }>,
): Promise<Shown> {
  const own = one.files.flat().some((sql) => /^\s*BEGIN\s*$/i.test(sql));
  if (one.files.length === 1 && !own) {
    const shown = await inTransaction(client, baseline, one.files[0] ?? [], 'rollback');
    if (shown.state !== '25001') return shown;
  }
  const place = await copy();
  const there = new pg.Client({ connectionString: place.url });
  there.on('error', () => undefined);
  await there.connect();
  try {
    // A copy has the same oids, and other statistics.
    const before = { ...(await baselineOf(there)), values: baseline.values };
    if (own) return await asWritten(there, one.files.flat());
    let shown: Shown & { state: string | null } = { ...NOTHING, state: null };
    for (const file of one.files) {
      let next = await inTransaction(there, before, file, 'commit');
      if (next.state === '25001') next = await alone(there, place.url, before, file);
      shown = {
        error: shown.error ?? next.error,
        state: next.state,
        statements: [...shown.statements, ...next.statements],
        long: [...shown.long, ...next.long],
        lost: next.lost,
        broken: next.broken,
      };
      if (next.error !== null) break;
    }
    return shown;
  } finally {
    await there.end();
    await place.drop();
  }
}

const NOTHING: Shown = { error: null, statements: [], long: [], lost: [], broken: [] };

async function asWritten(client: pg.Client, statements: readonly string[]): Promise<Shown> {
  for (const sql of statements) {
    try {
      await client.query(sql);
    } catch (error) {
      return { ...NOTHING, error: (error as Error).message };
    }
  }
  return NOTHING;
}

async function inTransaction(
  client: pg.Client,
  baseline: Baseline,
  statements: readonly string[],
  end: 'commit' | 'rollback',
): Promise<Shown & { state: string | null }> {
  const seen: StatementShown[] = [];
  const long = new Set<string>();
  await client.query('begin');
  try {
    let last = await relationsOf(client);
    for (const sql of statements) {
      await client.query(sql);
      const { shown, now } = await look(client, baseline, last);
      last = now;
      seen.push(shown);
      for (const work of longIn(shown, baseline)) long.add(work);
    }
    await client.query('set constraints all immediate');
    const end_ = await ends(client, baseline);
    return { error: null, state: null, statements: [seen], long: [...long], ...end_ };
  } catch (error) {
    const { message, code } = error as pg.DatabaseError;
    return { ...NOTHING, error: message, state: code ?? null, statements: [seen], long: [...long] };
  } finally {
    const failed = client.query(end === 'commit' ? 'commit' : 'rollback');
    await failed;
    await client.query('reset all');
  }
}

async function look(client: pg.Client, { relations }: Baseline, last: ReadonlyMap<string, Relation>) {
  const { rows } = await client.query<{ relation: string; mode: string }>(
    `select relation::text, mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation' and granted`,
  );
  const now = await relationsOf(client);
  const locks: Record<string, string> = {};
  for (const { relation, mode } of rows) {
    const before = relations.get(relation);
    if (before && before.kind !== 'i' && rank(mode) > rank(locks[before.name])) locks[before.name] = mode;
  }
  const files = new Set([...last.values()].map(({ filenode }) => filenode));
  const shown = { locks, rewritten: [] as string[], scanned: [] as string[], built: [] as string[] };
  for (const [oid, relation] of now) {
    const earlier = last.get(oid);
    const table = relation.table === null ? undefined : relations.get(relation.table);
    if (relation.kind === 'i') {
      // Built before and under another number now: kept, for a new type that sorts alike.
      const attached = files.has(relation.filenode);
      const emptied = table !== undefined && now.get(table.oid)?.bytes === 0;
      if (table && !attached && !emptied) shown.built.push(table.name);
      continue;
    }
    const before = relations.get(oid);
    if (!before || !earlier) continue;
    const emptied = relation.bytes === 0 && earlier.bytes > 0;
    if (relation.filenode !== earlier.filenode && !emptied) shown.rewritten.push(before.name);
    if (relation.scans > earlier.scans && !emptied) shown.scanned.push(before.name);
  }
  return { shown, now };
}

/** Nobody writes a materialized view but its refresh: there only a lock against readers counts, or an index build. */
function longIn({ locks, rewritten, scanned: read, built }: StatementShown, { relations }: Baseline): string[] {
  // Of one page everything is read, whatever is looked for: that is no work.
  const pages = new Map([...relations.values()].map(({ name, bytes }) => [name, bytes]));
  const scanned = read.filter((name) => (pages.get(name) ?? 0) > 8192);
  const views = new Set([...relations.values()].filter(({ kind }) => kind === 'm').map(({ name }) => name));
  const least = (name: string, work: string) =>
    views.has(name) && work !== 'built' ? 'AccessExclusiveLock' : 'ShareLock';
  return Object.entries({ rewritten, scanned, built }).flatMap(([work, names]) =>
    names.filter((name) => rank(locks[name]) >= rank(least(name, work))).map((name) => `${work} ${name}`),
  );
}

async function ends(client: pg.Client, baseline: Baseline): Promise<Pick<Shown, 'lost' | 'broken'>> {
  const now = await relationsOf(client);
  const { rows } = await client.query<{ relation: string; mode: string }>(
    `select relation::text, mode from pg_locks where pid = pg_backend_pid() and locktype = 'relation'`,
  );
  const written = new Set(rows.filter(({ mode }) => rank(mode) >= rank('RowExclusiveLock')).map((row) => row.relation));
  const lost: string[] = [];
  for (const relation of baseline.relations.values()) {
    if (relation.kind !== 'r' && relation.kind !== 'm') continue;
    const after = now.get(relation.oid);
    if (after === undefined) lost.push(`all of ${relation.name}`);
    else if (relation.kind === 'r' && written.has(relation.oid))
      lost.push(...lostBetween(relation.name, baseline.values.get(relation.oid), await valuesOf(client, after)));
  }
  await client.query('reset search_path');
  const clients = await clientsView(client);
  const broken = [...baseline.clients].filter((line) => !clients.has(line) && !line.startsWith('insert into'));
  for (const line of clients) {
    // A column that is new, of a relation that is not, and without which nobody can insert.
    const column = /^column (.*)\.([^.]+)$/.exec(line);
    if (!column || baseline.clients.has(line) || !baseline.clients.has(`relation ${column[1]}`)) continue;
    const table = column[1]?.replace(/^public\./, '');
    if (baseline.clients.has(`every row of ${table}`) && !clients.has(`insert into ${table} without ${column[2]}`))
      broken.push(`insert into ${table}: ${column[2]} is required`);
  }
  return { lost, broken };
}

function lostBetween(
  table: string,
  before: ReadonlyMap<string, readonly string[]> | undefined,
  after: ReadonlyMap<string, readonly string[]>,
): string[] {
  return [...(before ?? [])].flatMap(([number, values]) => {
    const left = after.get(number);
    if (left === undefined) return [`column ${number} of ${table}`];
    const counts = new Map<string, number>();
    for (const value of left) counts.set(value, (counts.get(value) ?? 0) + 1);
    const gone = values.filter((value) => {
      const count = counts.get(value) ?? 0;
      counts.set(value, count - 1);
      return count <= 0;
    }).length;
    return gone === 0 ? [] : [`${gone} values of column ${number} of ${table}`];
  });
}

/** What refuses a transaction: whether it waits for somebody who writes, and what it leaves. */
async function alone(
  client: pg.Client,
  url: string,
  baseline: Baseline,
  statements: readonly string[],
): Promise<Shown & { state: string | null }> {
  const { processID: pid } = client as unknown as { processID: number };
  const writer = new pg.Client({ connectionString: url });
  writer.on('error', () => undefined);
  await writer.connect();
  const tables = [...baseline.relations.values()].filter(({ kind }) => kind === 'r' || kind === 'p');
  const waitedFor = new Set<string>();
  const worked = new Set<string>();
  let last = await relationsOf(client);
  try {
    for (const sql of statements) {
      for (const { oid, name } of mentioned(tables, sql)) {
        if (!last.has(oid)) continue;
        await writer.query(`begin; lock table only ${name} in row exclusive mode`);
        const outcome = client.query(sql).then(
          () => null,
          (error: pg.DatabaseError) => error,
        );
        let waits: boolean | null = null;
        for (let settled = false; !settled && waits === null; ) {
          // It waits until the writer has ended, or until it is cancelled, and for nothing else before.
          const { rows } = await writer.query<{ on_it: boolean }>(
            `select locktype = 'relation' and relation = $2 as on_it from pg_locks where pid = $1 and not granted`,
            [pid, oid],
          );
          waits = rows[0]?.on_it ?? null;
          settled = await Promise.race([
            outcome.then(() => true),
            new Promise<false>((go) => setTimeout(go, 3, false)),
          ]);
        }
        if (waits === false) {
          await writer.query('select pg_cancel_backend($1)', [pid]);
          await outcome;
        }
        await writer.query('rollback');
        await outcome;
        if (waits) waitedFor.add(name);
        // What was refused or waited for is undone or done again below; a half-built index goes.
        await dropInvalid(client);
      }
      const error = await client.query(sql).then(
        () => null,
        (reason: pg.DatabaseError) => reason,
      );
      if (error !== null && !/already exists|does not exist/.test(error.message))
        return { ...NOTHING, error: error.message, state: error.code ?? null };
      const now = await relationsOf(client);
      for (const [oid, relation] of now) {
        const earlier = baseline.relations.get(oid);
        const table = relation.table === null ? undefined : baseline.relations.get(relation.table);
        if (relation.filenode === earlier?.filenode) continue;
        if (table) worked.add(table.name);
        else if (earlier) worked.add(earlier.name);
      }
      last = now;
    }
    const long = [...worked].filter((name) => waitedFor.has(name)).map((name) => `rewritten or built ${name}`);
    return { error: null, state: null, statements: [[]], long, ...(await ends(client, baseline)) };
  } finally {
    await writer.end();
  }
}

/** The tables whose names stand in the text, and their partitions; all where none does. */
function mentioned(tables: readonly Relation[], sql: string): readonly Relation[] {
  const bare = ({ name }: Relation) => (name.split('.').at(-1) ?? '').replaceAll('"', '');
  const named = tables.map(bare).filter((name) => sql.includes(name));
  return named.length === 0 ? tables : tables.filter((table) => named.some((name) => bare(table).startsWith(name)));
}

async function dropInvalid(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index i where not indisvalid
        and exists (select from pg_class where oid = indexrelid and relkind = 'i')`,
  );
  for (const { name } of rows) await client.query(`drop index ${name}`);
}
