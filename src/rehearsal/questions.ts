/**
 * Questions to the rows themselves, asked of the committed state after the rollback: how many break the constraint that
 * a statement failed on, how many values go with a column. Each is bounded; one without an answer is left out.
 */
import type { ServerError } from '../postgres/failure.ts';
import { quoteIdentifier } from '../postgres/identifier.ts';
import { qualified } from '../postgres/qualified.ts';
import type { DroppedColumn } from '../report/outcome.ts';
import { plural } from '../report/text.ts';
import type { StatementFacts } from '../sql/statement.ts';
import { Cursor, matchingParen, type Token, tokenize, unquoteName } from '../sql/tokens.ts';
import type { GoneColumn } from './observe.ts';
import { type Asker, arrayLiteral, askWithin } from './sizes.ts';

const QUESTION_MS = 2_000;
/** Rows that are shown by their key, where that is allowed. */
const SHOWN = 3;
const COUNTED = 'pg_catalog.count(*)::pg_catalog.text';

export interface Bounds {
  /** Of a relation that is read from end to end; 0: no limit. */
  readonly maxBytes: number;
  /** Milliseconds since the epoch: none is begun later. */
  readonly until: number;
}

/** Which of these have rows, by what their files hold. */
export async function withRows(asker: Asker, relations: readonly string[]): Promise<Set<string>> {
  const rows = await askWithin(
    asker,
    QUESTION_MS,
    'select w.name from pg_catalog.unnest($1::text[]) as w(name) where pg_catalog.pg_relation_size(pg_catalog.to_regclass(w.name)) > 0',
    [arrayLiteral(relations)],
  );
  return new Set((rows ?? []).map(([name]) => name ?? ''));
}

/** The names of dropped columns, and how many values went with them. What had been dropped before the run has no name. */
export async function readDropped(asker: Asker, gone: readonly GoneColumn[], bounds: Bounds): Promise<DroppedColumn[]> {
  const rows = await askWithin(
    asker,
    QUESTION_MS,
    `select w.relation, a.attname from rows from (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::oid[]), pg_catalog.unnest($3::int2[])) as w(relation, oid, number)
       join pg_catalog.pg_attribute a on a.attrelid = w.oid and a.attnum = w.number and not a.attisdropped order by 1, w.number`,
    [
      arrayLiteral(gone.map((one) => one.relation)),
      arrayLiteral(gone.map((one) => one.oid)),
      arrayLiteral(gone.map((one) => String(one.number))),
    ],
  );
  const dropped: DroppedColumn[] = [];
  for (const [relation = null, column = null] of rows ?? []) {
    if (relation === null || column === null) continue;
    const counted = `select pg_catalog.count(${quoteIdentifier(column)})::text from ${relation}`;
    const values = await count(asker, relation, counted, bounds);
    dropped.push({ relation, column, values });
  }
  return dropped;
}

/** The one number that `sql` gives; null where the relation is too large, or the answer takes too long. */
async function count(
  asker: Asker,
  relation: string,
  sql: string,
  { maxBytes, until }: Bounds,
  names: 'ours' | 'theirs' = 'ours',
): Promise<number | null> {
  const left = Math.min(QUESTION_MS, until - performance.now());
  if (left <= 0) return null;
  if (maxBytes > 0) {
    const size = await askWithin(asker, left, 'select pg_catalog.pg_table_size(pg_catalog.to_regclass($1))::text', [
      relation,
    ]);
    if (size === null || Number(size[0]?.[0] ?? 0) > maxBytes) return null;
  }
  const rows = await askWithin(asker, left, sql, [], names);
  return rows?.[0]?.[0] == null ? null : Number(rows[0][0]);
}

export interface FailedOnData {
  readonly error: ServerError;
  readonly facts: StatementFacts;
  readonly sql: string;
  readonly showData: boolean;
  /** Tables that statements before it wrote to: what is there without them says nothing. */
  readonly written: ReadonlySet<string>;
}

interface Question {
  readonly relation: string;
  readonly count: string;
  readonly words: (count: number) => string;
  /** Gives texts, each naming one of them. */
  readonly sample: string | null;
  /** Whether the project's own SQL is part of it: that is read by the role's search_path. */
  readonly names: 'ours' | 'theirs';
}

/** How many rows are in the way of a statement that failed on them, in a sentence; null: not asked, or not answered. */
export async function rowsInTheWay(asker: Asker, failed: FailedOnData, bounds: Bounds): Promise<string | null> {
  const { error, facts, sql, showData } = failed;
  if (error.code === null || !/^(?:ALTER|CREATE)/.test(facts.command)) return null;
  const question = await questionOf(asker, error, sql);
  if (question === null || failed.written.has(question.relation)) return null;
  return answer(asker, question, bounds, showData);
}

async function answer(asker: Asker, question: Question, bounds: Bounds, showData: boolean): Promise<string | null> {
  const { names } = question;
  const found = await count(asker, question.relation, question.count, bounds, names);
  if (found === null || found === 0) return null;
  const sentence = `${question.words(found)} (as the table is without this run).`;
  if (!showData || question.sample === null) return sentence;
  const left = Math.min(QUESTION_MS, Math.max(1, bounds.until - performance.now()));
  const rows = await askWithin(asker, left, `${question.sample} limit ${SHOWN}`, [], names);
  const shown = (rows ?? []).map(([text]) => text ?? 'null');
  return shown.length === 0 ? sentence : `${sentence} Among them: ${shown.join('; ')}.`;
}

async function questionOf(asker: Asker, error: ServerError, sql: string): Promise<Question | null> {
  const relation = await tableOf(asker, error, sql);
  if (relation === null) return null;
  const { name, key } = relation;
  const rowsWhere: RowsWhere = (condition, words, names = 'theirs') => ({
    relation: name,
    count: `select ${COUNTED} from ${name} t where ${condition}`,
    words,
    sample: key === null ? null : `select ${textOf(key)} from ${name} t where ${condition}`,
    names,
  });
  switch (error.code) {
    case '23502': {
      const column = error.column;
      if (column === null) return null;
      if (relation.columns.includes(column)) {
        return rowsWhere(
          `t.${quoteIdentifier(column)} is null`,
          (n) => `${plural(n, 'row')} of ${name} ${n === 1 ? 'has' : 'have'} no ${column}`,
          'ours',
        );
      }
      return rowsWhere('true', (n) => `${name} has ${plural(n, 'row')}, and each needs a value for ${column}`, 'ours');
    }
    case '23505':
      return duplicates(name, sql, error);
    case '23503':
    case '23514': {
      const definition = (await constraintOf(asker, name, error)) ?? sql;
      return error.code === '23503'
        ? orphans(asker, name, definition, error)
        : brokenCheck(definition, error, rowsWhere, name);
    }
    default:
      return error.code?.startsWith('22') ? unreadable(sql, rowsWhere, name) : null;
  }
}

type RowsWhere = (condition: string, words: Question['words'], names?: Question['names']) => Question;

/** Equal keys: the server names the key's expressions, whatever its language. */
function duplicates(name: string, sql: string, error: ServerError): Question | null {
  const key = /\((.+?)\)=\(/s.exec(error.detail ?? '')?.[1];
  if (key === undefined) return null;
  return equalKeys(name, splitKey(key), lastWhere(sql, tokenize(sql)), !/\bnulls\s+not\s+distinct\b/i.test(sql));
}

function equalKeys(name: string, parts: readonly string[], where: string | null, nullsDistinct: boolean): Question {
  const conditions = [
    ...(where === null ? [] : [`(${where})`]),
    ...(nullsDistinct ? parts.map((part) => `(${part}) is not null`) : []),
  ];
  const groups = `from ${name}${conditions.length > 0 ? ` where ${conditions.join(' and ')}` : ''} group by ${parts.join(', ')} having pg_catalog.count(*) operator(pg_catalog.>) 1`;
  return {
    relation: name,
    count: `select ${COUNTED} from (select 1 ${groups}) g`,
    words: (n) =>
      `${plural(n, 'key')} (${parts.join(', ')}) of ${name} ${n === 1 ? 'stands' : 'stand'} there more than once`,
    sample: `select pg_catalog.concat_ws(', ', ${parts.map((part) => `(${part})::pg_catalog.text`).join(', ')}) ${groups}`,
    names: 'theirs',
  };
}

/** The key of an index, as the server writes it. */
export interface KeyOfIndex {
  readonly relation: string;
  readonly parts: readonly string[];
  readonly predicate: string | null;
  readonly isUnique: boolean;
  readonly nullsDistinct: boolean;
  /** All of it but its name and its table's. */
  readonly form: string;
}

/** How many keys stand more than once in a table, in a sentence; null: none, or no answer. */
export async function keysTwice(
  asker: Asker,
  { relation, parts, predicate, nullsDistinct }: KeyOfIndex,
  bounds: Bounds,
  showData: boolean,
): Promise<string | null> {
  return answer(asker, equalKeys(relation, parts, predicate, nullsDistinct), bounds, showData);
}

function splitKey(key: string): string[] {
  const tokens = tokenize(key);
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (const token of tokens) {
    if (token.word === '(' || token.word === '[') depth += 1;
    else if (token.word === ')' || token.word === ']') depth -= 1;
    else if (token.word === ',' && depth === 0) {
      parts.push(key.slice(from, token.start).trim());
      from = token.end;
    }
  }
  parts.push(key.slice(from).trim());
  return parts;
}

/** The predicate of a CREATE INDEX. */
export function lastWhere(sql: string, tokens: readonly Token[]): string | null {
  if (tokens[0]?.word !== 'CREATE') return null;
  let depth = 0;
  for (const token of tokens) {
    if (token.word === '(') depth += 1;
    else if (token.word === ')') depth -= 1;
    else if (token.word === 'WHERE' && depth === 0) return sql.slice(token.end).trim();
  }
  return null;
}

/** `FOREIGN KEY (a, b) REFERENCES p [(c, d)]` in a definition, or `a int REFERENCES p` where the key is one column. */
async function orphans(asker: Asker, name: string, definition: string, error: ServerError): Promise<Question | null> {
  const key = /\((.+?)\)=\(/s.exec(error.detail ?? '')?.[1];
  const cursor = at(definition, error.constraint, 'FOREIGN') ?? at(definition, error.constraint, 'REFERENCES');
  if (cursor === null || key === undefined) return null;
  while (cursor.peek() && !cursor.is('REFERENCES')) cursor.at += 1;
  if (!cursor.take('REFERENCES')) return null;
  const parent = cursor.name();
  if (parent === null) return null;
  const inside = cursor.parenthesised();
  const columns = splitKey(key);
  const known = await parentOf(asker, parent);
  if (known === null) return null;
  const referenced = inside ? splitKey(textBetween(definition, inside)) : known.primaryKey;
  if (referenced.length !== columns.length || !referenced.every((one) => known.comparable.has(one))) return null;
  const match = columns.map((column, n) => `p.${referenced[n]} = t.${column}`).join(' and ');
  const condition = `${columns.map((column) => `t.${column} is not null`).join(' and ')} and not exists (select 1 from ${known.name} p where ${match})`;
  return {
    relation: name,
    count: `select ${COUNTED} from ${name} t where ${condition}`,
    words: (n) => `${plural(n, 'row')} of ${name} ${n === 1 ? 'refers' : 'refer'} by (${key}) to no row of ${parent}`,
    sample: `select distinct ${textOf(columns.map((column) => ({ quoted: column, shown: column })))} from ${name} t where ${condition}`,
    names: 'ours',
  };
}

interface Parent {
  /** Qualified and quoted. */
  readonly name: string;
  readonly primaryKey: readonly string[];
  /** Columns whose `=` is the server's own; what another type's is, its schema would have to be asked. */
  readonly comparable: ReadonlySet<string>;
}

async function parentOf(asker: Asker, written: string): Promise<Parent | null> {
  const rows = await askWithin(
    asker,
    QUESTION_MS,
    qualified(`select pg_catalog.format('%I.%I', n.nspname, c.relname), pg_catalog.quote_ident(a.attname),
            (t.typnamespace = 'pg_catalog'::regnamespace or t.typtype = 'e')::text, coalesce(a.attnum = any (i.indkey), false)::text
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
       join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
       join pg_catalog.pg_type d on d.oid = a.atttypid
       join pg_catalog.pg_type t on t.oid = case when d.typtype = 'd' then d.typbasetype else d.oid end
       left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
      where c.oid = pg_catalog.to_regclass($1) order by pg_catalog.array_position(i.indkey, a.attnum), a.attnum`),
    [written],
    'theirs',
  );
  const name = rows?.[0]?.[0];
  if (!rows || name == null) return null;
  const columns = (at: number) => rows.filter((row) => row[at] === 'true').map((row) => row[1] ?? '');
  return { name, primaryKey: columns(3), comparable: new Set(columns(2)) };
}

function brokenCheck(definition: string, error: ServerError, rowsWhere: RowsWhere, name: string): Question | null {
  const cursor = at(definition, error.constraint, 'CHECK');
  if (!cursor?.take('CHECK')) return null;
  const inside = cursor.parenthesised();
  if (inside === null || inside.length === 0) return null;
  const text = textBetween(definition, inside);
  return rowsWhere(
    `not (${text})`,
    (n) => `${plural(n, 'row')} of ${name} ${n === 1 ? 'does' : 'do'} not satisfy (${text})`,
  );
}

/** `ALTER c TYPE integer`: what the new type's input would refuse (from PostgreSQL 16 on; before, there is no answer). */
function unreadable(sql: string, rowsWhere: RowsWhere, name: string): Question | null {
  const tokens = tokenize(sql);
  const types = tokens.flatMap((token, index) => (token.word === 'TYPE' && index > 2 ? [index] : []));
  const [type] = types;
  if (type === undefined || types.length > 1) return null;
  const setData = tokens[type - 1]?.word === 'DATA' && tokens[type - 2]?.word === 'SET';
  const column = tokens[type - (setData ? 3 : 1)];
  const first = tokens[type + 1];
  if (!column || !first) return null;
  let end = type + 1;
  while (end < tokens.length && !/^(?:,|USING|COLLATE)$/.test(tokens[end]?.word ?? '')) {
    end = tokens[end]?.word === '(' ? matchingParen(tokens, end) + 1 : end + 1;
  }
  // An expression of the user's own decides there.
  if (tokens[end]?.word === 'USING') return null;
  const wanted = sql.slice(first.start, tokens[end - 1]?.end);
  const written = sql.slice(column.start, column.end);
  return rowsWhere(
    `not pg_catalog.pg_input_is_valid(t.${written}::pg_catalog.text, '${wanted.replaceAll("'", "''")}')`,
    (n) =>
      `${plural(n, 'row')} of ${name} ${n === 1 ? 'has' : 'have'} a ${unquoteName(written)} that ${wanted} does not hold`,
  );
}

/** Where the constraint of this name begins, or the only one of its kind. */
function at(definition: string, constraint: string | null, word: string): Cursor | null {
  const tokens = tokenize(definition);
  const places = tokens.flatMap((token, index) => (token.word === word ? [index] : []));
  const named = places.find((place) => {
    const token = tokens[place - 1];
    return (
      token &&
      tokens[place - 2]?.word === 'CONSTRAINT' &&
      unquoteName(definition.slice(token.start, token.end)) === constraint
    );
  });
  const place = named ?? (places.length === 1 ? places[0] : undefined);
  return place === undefined ? null : new Cursor(definition, tokens, place);
}

function textBetween(sql: string, tokens: readonly Token[]): string {
  return sql.slice(tokens[0]?.start, tokens.at(-1)?.end);
}

interface KeyColumn {
  readonly quoted: string;
  readonly shown: string;
}

function textOf(columns: readonly KeyColumn[]): string {
  const parts = columns.map(({ quoted, shown }) => `'${shown.replaceAll("'", "''")} = ', t.${quoted}::pg_catalog.text`);
  return `pg_catalog.concat(${parts.join(`, ', ', `)})`;
}

interface FailedTable {
  /** Qualified and quoted. */
  readonly name: string;
  readonly columns: readonly string[];
  readonly key: readonly KeyColumn[] | null;
}

/** The table that the error is about; the server names it but for class 22, where the statement does. */
async function tableOf(asker: Asker, error: ServerError, sql: string): Promise<FailedTable | null> {
  const named = error.table === null ? altered(sql) : null;
  if (error.table === null && named === null) return null;
  const rows = await askWithin(
    asker,
    QUESTION_MS,
    qualified(`select pg_catalog.format('%I.%I', n.nspname, c.relname),
            (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text,
            (select pg_catalog.json_agg(a.attname order by pg_catalog.array_position(i.indkey, a.attnum)) from pg_catalog.pg_index i
               join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = any (i.indkey) where i.indrelid = c.oid and i.indisprimary)::text
       from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where case when $3 = '' then n.nspname = $1 and c.relname = $2 else c.oid = pg_catalog.to_regclass($3) end and c.relkind = any ('{r,p}')`),
    [error.schema ?? '', error.table ?? '', named ?? ''],
    'theirs',
  );
  const [name, columns, key] = rows?.[0] ?? [];
  if (name == null) return null;
  const keys = key == null ? null : (JSON.parse(key) as string[]);
  return {
    name,
    columns: JSON.parse(columns ?? '[]') as string[],
    key: keys === null ? null : keys.map((column) => ({ quoted: quoteIdentifier(column), shown: column })),
  };
}

function altered(sql: string): string | null {
  const cursor = new Cursor(sql, tokenize(sql));
  if (!cursor.take('ALTER', 'TABLE')) return null;
  cursor.skipIfExists().skip('ONLY');
  return cursor.name();
}

/** A constraint that is there already and was only to be validated. */
async function constraintOf(asker: Asker, relation: string, error: ServerError): Promise<string | null> {
  if (error.constraint === null) return null;
  const rows = await askWithin(
    asker,
    QUESTION_MS,
    `select pg_catalog.format('CONSTRAINT %I %s', conname, pg_catalog.pg_get_constraintdef(oid)) from pg_catalog.pg_constraint
      where conrelid = pg_catalog.to_regclass($1) and conname = $2`,
    [relation, error.constraint],
  );
  return rows?.[0]?.[0] ?? null;
}
