/** The statements that PostgreSQL 14 to 18 refuse inside of a transaction block (25001), told by their words. */
import type { Leftover, NonTransactional } from './statement.ts';
import { Cursor, splitAtCommas, type Token, tokenize, unquoteName } from './tokens.ts';

const REPEATABLE: Leftover = { kind: 'repeatable' };

export function nonTransactional(command: string, sql: string, tokens: readonly Token[]): NonTransactional | null {
  const cursor = new Cursor(sql, tokens);
  switch (command) {
    case 'CREATE INDEX':
      return createIndex(cursor);
    case 'DROP INDEX':
      return dropIndex(cursor);
    case 'REINDEX':
      return reindex(cursor);
    case 'ALTER TABLE':
      return detachPartition(cursor);
    case 'VACUUM':
    case 'ALTER SYSTEM':
    case 'DISCARD ALL':
      return never(command, REPEATABLE);
    case 'CLUSTER':
      return cluster(cursor);
    case 'CREATE DATABASE':
    case 'DROP DATABASE':
    case 'CREATE TABLESPACE':
    case 'DROP TABLESPACE':
      return globalObject(command, cursor);
    case 'ALTER DATABASE':
      return alterDatabase(cursor);
    case 'CREATE SUBSCRIPTION':
      return createSubscription(cursor);
    case 'DROP SUBSCRIPTION':
      return never(command, null);
    case 'ALTER SUBSCRIPTION':
      return alterSubscription(cursor);
    case 'COMMIT PREPARED':
    case 'ROLLBACK PREPARED':
      return never(command, null);
    default:
      return null;
  }
}

function never(what: string, leftover: Leftover | null): NonTransactional {
  return { what, plain: null, relation: null, leftover };
}

function createIndex(cursor: Cursor): NonTransactional | null {
  const head = indexHead(cursor);
  if (head.concurrently === null) return null;
  const { index, table, ifNotExists, concurrently } = head;
  const plain = without(cursor.sql, concurrently);
  return {
    what: 'CREATE INDEX CONCURRENTLY',
    plain,
    relation: table?.written ?? null,
    leftover: table && {
      kind: 'create-index',
      index,
      table: table.written,
      ifNotExists,
      around: [withoutBefore(cursor.sql.slice(0, table.from), concurrently), cursor.sql.slice(table.to)],
    },
  };
}

/** CREATE [UNIQUE] INDEX up to the table's name. */
function indexHead(cursor: Cursor) {
  cursor.at = cursor.tokens.findIndex((token) => token.word === 'INDEX') + 1;
  const concurrently = cursor.is('CONCURRENTLY') ? (cursor.peek() ?? null) : null;
  cursor.take('CONCURRENTLY');
  const ifNotExists = cursor.is('IF', 'NOT', 'EXISTS');
  cursor.skipIfExists();
  const index = cursor.is('ON') ? null : cursor.name();
  cursor.take('ON');
  cursor.take('ONLY');
  const from = cursor.peek()?.start ?? 0;
  const written = cursor.name();
  const table = written === null ? null : { written, from, to: cursor.peek(-1)?.end ?? from };
  return { concurrently, ifNotExists, index, table };
}

const IF_MISSING = /\bcreate\s+(?:unique\s+)?index\s+(?:concurrently\s+)?if\s+not\s+exists\b[^;]{0,500}/gi;

/** What `CREATE INDEX IF NOT EXISTS` names, as it is written; in a DO block wherever it is written. */
export function indexesIfMissing(sql: string): readonly { readonly index: string; readonly table: string }[] {
  if (/^do\b/i.test(sql)) return [...sql.matchAll(IF_MISSING)].flatMap(([text]) => indexesIfMissing(text));
  if (!/^create\s+(?:unique\s+)?index\b/i.test(sql)) return [];
  const { ifNotExists, index, table } = indexHead(new Cursor(sql, tokenize(sql)));
  return ifNotExists && index !== null && table !== null ? [{ index, table: table.written }] : [];
}

function dropIndex(cursor: Cursor): NonTransactional | null {
  cursor.at = 2;
  const concurrently = cursor.peek();
  if (concurrently === undefined || !cursor.take('CONCURRENTLY')) return null;
  cursor.skipIfExists();
  const indexes: string[] = [];
  do {
    const index = cursor.name();
    if (index !== null) indexes.push(index);
  } while (cursor.take(','));
  return {
    what: 'DROP INDEX CONCURRENTLY',
    plain: without(cursor.sql, concurrently),
    relation: indexes[0] ?? null,
    leftover: { kind: 'drop-index', indexes },
  };
}

const REINDEX_KINDS = {
  INDEX: 'index',
  TABLE: 'table',
  SCHEMA: 'schema',
  DATABASE: 'database',
  SYSTEM: 'system',
} as const;

function reindex(cursor: Cursor): NonTransactional | null {
  cursor.at = 1;
  const optionsFrom = cursor.at;
  const options = cursor.parenthesised();
  const optionsTo = cursor.at;
  const kind = cursor.word();
  if (!(kind in REINDEX_KINDS)) return null;
  const of = REINDEX_KINDS[kind as keyof typeof REINDEX_KINDS];
  cursor.at++;
  const word = cursor.is('CONCURRENTLY') ? cursor.peek() : undefined;
  if (word) cursor.at++;
  const target = cursor.name();
  const list = splitAtCommas(options ?? []);
  const asOption = list.some((option) => option[0]?.word === 'CONCURRENTLY' && isOn(cursor.sql, option));
  const whole = of !== 'index' && of !== 'table';
  if (!word && !asOption) return whole ? never(`REINDEX ${kind}`, REPEATABLE) : null;
  const leftover: Leftover = { kind: 'reindex', target: target ?? '', of };
  const what = `REINDEX ${kind} CONCURRENTLY`;
  if (whole) return never(what, leftover);
  const kept = list.filter((option) => option[0]?.word !== 'CONCURRENTLY');
  const plainOptions = asOption ? replaceOptions(cursor, optionsFrom, optionsTo, kept) : cursor.sql;
  // The word stands behind the options: it is taken out first, while its offsets still hold.
  const plain = word ? without(cursor.sql, word) : plainOptions;
  return {
    what,
    plain: word && asOption ? replaceOptions(new Cursor(plain, cursor.tokens), optionsFrom, optionsTo, kept) : plain,
    relation: target,
    leftover,
  };
}

/** The statement with `kept` for the option list that the tokens `from` to `to` are. */
function replaceOptions(cursor: Cursor, from: number, to: number, kept: readonly Token[][]): string {
  const open = cursor.tokens[from];
  const close = cursor.tokens[to - 1];
  if (open === undefined || close === undefined) return cursor.sql;
  const texts = kept.map((option) => cursor.sql.slice(option[0]?.start, option.at(-1)?.end));
  const list = texts.length === 0 ? '' : `(${texts.join(', ')})`;
  const after = cursor.sql.slice(close.end);
  return cursor.sql.slice(0, open.start) + (list === '' ? after.trimStart() : list + after);
}

function detachPartition(cursor: Cursor): NonTransactional | null {
  cursor.at = 2;
  cursor.skipIfExists();
  cursor.take('ONLY');
  const parent = cursor.name();
  cursor.take('*');
  if (parent === null || !cursor.take('DETACH', 'PARTITION')) return null;
  const partition = cursor.name();
  const concurrently = cursor.peek();
  if (partition === null || concurrently?.word !== 'CONCURRENTLY') return null;
  return {
    what: 'ALTER TABLE ... DETACH PARTITION CONCURRENTLY',
    plain: without(cursor.sql, concurrently),
    relation: partition,
    leftover: { kind: 'detach', parent, partition },
  };
}

function cluster(cursor: Cursor): NonTransactional | null {
  cursor.at = 1;
  cursor.parenthesised();
  cursor.take('VERBOSE');
  return cursor.peek() === undefined ? never('CLUSTER of every table', REPEATABLE) : null;
}

const GLOBAL_KINDS = {
  'CREATE DATABASE': 'create-database',
  'DROP DATABASE': 'drop-database',
  'CREATE TABLESPACE': 'create-tablespace',
  'DROP TABLESPACE': 'drop-tablespace',
} as const;

function globalObject(command: keyof typeof GLOBAL_KINDS, cursor: Cursor): NonTransactional {
  cursor.at = 2;
  const name = cursor.skipIfExists().name() ?? '';
  return never(command, { kind: GLOBAL_KINDS[command], name });
}

function alterDatabase(cursor: Cursor): NonTransactional | null {
  cursor.at = 2;
  cursor.name();
  return cursor.is('SET', 'TABLESPACE') ? never('ALTER DATABASE ... SET TABLESPACE', REPEATABLE) : null;
}

function createSubscription(cursor: Cursor): NonTransactional | null {
  const options = withOptions(cursor);
  const alone = isOff(options, 'connect') || isOff(options, 'create_slot');
  return alone ? null : never('CREATE SUBSCRIPTION that makes a slot', null);
}

function alterSubscription(cursor: Cursor): NonTransactional | null {
  cursor.at = 2;
  cursor.name();
  const verb = cursor.word();
  if (verb === 'REFRESH') return never('ALTER SUBSCRIPTION ... REFRESH', null);
  const publication = /^(SET|ADD|DROP)$/.test(verb) && cursor.word(1) === 'PUBLICATION';
  if (publication && !isOff(withOptions(cursor), 'refresh')) {
    return never(`ALTER SUBSCRIPTION ... ${verb} PUBLICATION`, null);
  }
  // Both reach the slot on the publisher.
  const set = verb === 'SET' ? readOptions(cursor, cursor.at + 1) : new Map<string, boolean>();
  const slotOption = ['failover', 'two_phase'].find((option) => set.has(option));
  return slotOption === undefined ? null : never(`ALTER SUBSCRIPTION ... SET (${slotOption})`, null);
}

/** `WITH ( name [= value], ... )` -> each name and whether it is on. */
function withOptions(cursor: Cursor): Map<string, boolean> {
  const at = cursor.tokens.findIndex((token, index) => token.word === 'WITH' && cursor.tokens[index + 1]?.word === '(');
  return at < 0 ? new Map() : readOptions(cursor, at + 1);
}

function readOptions(cursor: Cursor, open: number): Map<string, boolean> {
  const inside = new Cursor(cursor.sql, cursor.tokens, open).parenthesised() ?? [];
  const options = splitAtCommas(inside).filter((option) => option.length > 0);
  return new Map(
    options.map((option) => [
      unquoteName(cursor.sql.slice(option[0]?.start, option[0]?.end)),
      isOn(cursor.sql, option),
    ]),
  );
}

function isOff(options: ReadonlyMap<string, boolean>, name: string): boolean {
  return options.get(name) === false;
}

/** An option without a value is on; `= false` and `false` are the same. */
function isOn(sql: string, option: readonly Token[]): boolean {
  const value = option.slice(1).filter((token) => token.word !== '=')[0];
  return value === undefined || !/^'?(?:false|off|0)'?$/i.test(sql.slice(value.start, value.end));
}

/** The statement without one word; the space behind it goes too, so that what is left reads as it was written. */
function without(sql: string, token: Token): string {
  return withoutBefore(sql, token).trimEnd();
}

function withoutBefore(sql: string, token: Token): string {
  return sql.slice(0, token.start) + sql.slice(token.end).trimStart();
}
