/** One statement -> what its words say of it. No parser and no server: what the words do not show stays unsaid. */
import { alterTableWrite } from './alter-table.ts';
import { externalIn, runsFunctions, transactionWordIn } from './effects.ts';
import { nonTransactional } from './non-transactional.ts';
import type { MayWrite, StatementFacts, TransactionControl } from './statement.ts';
import {
  bareName,
  Cursor,
  copyEndpoint,
  literalText,
  outsideParens,
  readTokens,
  type Token,
  tokenize,
  unquoteName,
} from './tokens.ts';

export { bareName, splitQualifiedName, unquoteName } from './tokens.ts';

const NOTHING: StatementFacts = {
  command: '',
  control: null,
  nonTransactional: null,
  bulkInsertInto: null,
  createsTable: null,
  addsEnumValue: null,
  callsSetval: false,
  opaque: null,
  external: null,
  forbiddenInRehearsal: null,
  mayWrite: null,
  creates: [],
};

export function classify(sql: string): StatementFacts {
  return bulkInsert(sql) ?? dataStatement(sql) ?? utility(sql, tokenize(sql));
}

/** Bounded, as everything here: an endless name must not exhaust the matcher. What is longer takes the way of the tokens. */
const NAME_PART = '(?:"[^"]{1,128}"|[A-Za-z_\\x80-\\uffff][\\w$\\x80-\\uffff]{0,128})';
const BULK_INSERT = new RegExp(
  `INSERT\\s+INTO\\s+(${NAME_PART}(?:\\.${NAME_PART})*)\\s*(?:\\([^()'-]{1,9999}\\)\\s*)?(?:OVERRIDING\\s+(?:SYSTEM|USER)\\s+VALUE\\s+)?VALUES\\b`,
  'iy',
);

/** The usual form of a bulk INSERT is told by its head alone: files hold millions of them. */
function bulkInsert(sql: string): StatementFacts | null {
  BULK_INSERT.lastIndex = 0;
  const table = BULK_INSERT.exec(sql)?.[1];
  if (table === undefined) return null;
  return { ...NOTHING, command: 'INSERT', bulkInsertInto: table, ...functionFacts(sql, BULK_INSERT.lastIndex) };
}

function functionFacts(
  sql: string,
  from = 0,
): Pick<StatementFacts, 'callsSetval' | 'external' | 'forbiddenInRehearsal'> {
  const { callsSetval, external, forbidden } = externalIn(sql, from);
  return { callsSetval, external, forbiddenInRehearsal: forbidden };
}

/** SELECT, INSERT and their like may be very long: their tokens are read one by one and not kept. */
function dataStatement(sql: string): StatementFacts | null {
  const seen = new DataWords();
  for (const token of readTokens(sql)) {
    if (!seen.read(token, sql)) break;
  }
  if (seen.command === null) return null;
  return {
    ...NOTHING,
    command: seen.command,
    bulkInsertInto: seen.valuesInto,
    mayWrite: seen.writes ? { kind: 'dml' } : null,
    ...functionFacts(sql),
  };
}

const DATA_COMMANDS: ReadonlySet<string> = new Set([
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'MERGE',
  'WITH',
  'VALUES',
  'TABLE',
]);

/** Reads the tokens of a data statement until it is known whether it writes many rows. */
class DataWords {
  command: string | null = null;
  writes = false;
  valuesInto: string | null = null;
  private depth = 0;
  private previous = '';
  private into = '';
  private inTarget = false;

  /** False: there is nothing more to learn. */
  read(token: Token, sql: string): boolean {
    const previous = this.previous;
    this.previous = token.word;
    if (this.command === null) {
      if (token.word === '(') return true;
      if (!DATA_COMMANDS.has(token.word)) return false;
      this.command = token.word;
      this.writes = token.word === 'UPDATE' || token.word === 'DELETE' || token.word === 'MERGE';
      return !this.writes;
    }
    if (token.word === '(') this.depth++;
    else if (token.word === ')') this.depth--;
    if (this.command === 'INSERT') return this.readInsert(token, previous, sql);
    return this.readQuery(token, previous);
  }

  private readInsert(token: Token, previous: string, sql: string): boolean {
    if (previous === 'INTO') this.inTarget = true;
    else if (this.inTarget && previous !== '.' && token.word !== '.') this.inTarget = false;
    if (this.inTarget) {
      this.into += sql.slice(token.start, token.end);
      return true;
    }
    if (this.depth > 0) {
      // INSERT INTO t (SELECT ...) is a query; INSERT INTO t (select_, b) is a list of columns.
      if (previous === '(' && (token.word === 'SELECT' || token.word === 'WITH')) this.writes = true;
      return !this.writes;
    }
    if (token.word === 'VALUES' && previous !== 'DEFAULT') this.valuesInto = this.into;
    else if (token.word === 'SELECT' || token.word === 'WITH' || token.word === 'TABLE') this.writes = true;
    return !this.writes && token.word !== 'VALUES';
  }

  /** A query writes when it is SELECT ... INTO, or when one of its WITH parts or what follows them does. */
  private readQuery(token: Token, previous: string): boolean {
    const { word } = token;
    if (word === 'INTO' && this.depth === 0) this.writes = true;
    if (this.command !== 'WITH') return !this.writes;
    const begins = previous === '(' || previous === ')';
    if (begins && (word === 'INSERT' || word === 'UPDATE' || word === 'DELETE' || word === 'MERGE')) this.writes = true;
    return !this.writes;
  }
}

function utility(sql: string, tokens: readonly Token[]): StatementFacts {
  const command = commandOf(tokens);
  const facts: StatementFacts = {
    ...NOTHING,
    command,
    control: transactionControl(new Cursor(sql, tokens)),
    nonTransactional: nonTransactional(command, sql, tokens),
    addsEnumValue: addedEnumValue(command, sql, tokens),
    mayWrite: mayWrite(command, sql, tokens),
    creates: created(command, sql, tokens),
  };
  if (command === 'DO') return { ...facts, ...doFacts(sql, tokens) };
  if (command === 'CALL') return { ...facts, opaque: { what: 'CALL', commits: false }, ...functionFacts(sql) };
  if (command === 'COPY') return { ...facts, ...copyFacts(sql) };
  if (command === 'CREATE TABLE') return { ...facts, ...createTableFacts(sql, tokens) };
  if (runsFunctions(command, tokens)) return { ...facts, ...functionFacts(sql) };
  return { ...facts, external: externalCommand(command, facts) };
}

function createTableFacts(sql: string, tokens: readonly Token[]): Partial<StatementFacts> {
  const cursor = new Cursor(sql, tokens);
  cursor.take('CREATE');
  cursor.take('UNLOGGED');
  const lasts = cursor.take('TABLE');
  const functions = runsFunctions('CREATE TABLE', tokens) ? functionFacts(sql) : {};
  return { createsTable: lasts ? cursor.skipIfExists().name() : null, ...functions };
}

/** Words between CREATE and the kind of object that say how, not what. */
const MODIFIERS: ReadonlySet<string> = new Set([
  'OR',
  'REPLACE',
  'UNIQUE',
  'TEMP',
  'TEMPORARY',
  'UNLOGGED',
  'GLOBAL',
  'LOCAL',
  'RECURSIVE',
  'TRUSTED',
  'PROCEDURAL',
  'CONSTRAINT',
  'DEFAULT',
]);

/** Kinds of object that have more than one word. */
const LONG_KINDS: readonly (readonly string[])[] = [
  ['MATERIALIZED', 'VIEW'],
  ['FOREIGN', 'TABLE'],
  ['FOREIGN', 'DATA', 'WRAPPER'],
  ['FOREIGN', 'SCHEMA'],
  ['EVENT', 'TRIGGER'],
  ['ACCESS', 'METHOD'],
  ['OPERATOR', 'CLASS'],
  ['OPERATOR', 'FAMILY'],
  ['USER', 'MAPPING'],
  ['LARGE', 'OBJECT'],
  ['DEFAULT', 'PRIVILEGES'],
  ['TEXT', 'SEARCH', 'CONFIGURATION'],
  ['TEXT', 'SEARCH', 'DICTIONARY'],
  ['TEXT', 'SEARCH', 'PARSER'],
  ['TEXT', 'SEARCH', 'TEMPLATE'],
];

const TWO_WORDS: ReadonlySet<string> = new Set([
  'START TRANSACTION',
  'PREPARE TRANSACTION',
  'COMMIT PREPARED',
  'ROLLBACK PREPARED',
  'SET CONSTRAINTS',
  'SET TRANSACTION',
  'SECURITY LABEL',
  'REASSIGN OWNED',
  'DISCARD ALL',
]);

function commandOf(tokens: readonly Token[]): string {
  const words = tokens.slice(0, 10).map((token) => token.word);
  const first = words[0] ?? '';
  const cut = ['CREATE', 'ALTER', 'DROP', 'REFRESH', 'IMPORT'].includes(first);
  if (!cut) {
    const two = `${first} ${words[1] ?? ''}`;
    return TWO_WORDS.has(two) ? two : first;
  }
  let at = 1;
  const longAt = (): readonly string[] | undefined =>
    LONG_KINDS.find((kind) => kind.every((word, offset) => words[at + offset] === word));
  while (longAt() === undefined && MODIFIERS.has(words[at] ?? '')) at++;
  const kind = longAt() ?? [words[at] ?? ''];
  return `${first} ${kind.join(' ')}`.trim();
}

function transactionControl(cursor: Cursor): TransactionControl | null {
  const first = cursor.word();
  cursor.at++;
  if (first === 'BEGIN') return 'begin';
  if (first === 'START') return cursor.is('TRANSACTION') ? 'begin' : null;
  if (first === 'SAVEPOINT' || first === 'RELEASE') return 'savepoint';
  if (first === 'PREPARE') return cursor.is('TRANSACTION') && cursor.peek(1)?.kind === 'string' ? 'prepare' : null;
  const ends = first === 'COMMIT' || first === 'END';
  if (!ends && first !== 'ROLLBACK' && first !== 'ABORT') return null;
  if (cursor.is('PREPARED')) return 'prepare';
  cursor.skip('WORK', 'TRANSACTION');
  if (!ends && cursor.is('TO')) return 'savepoint';
  const chain = cursor.is('AND', 'CHAIN');
  if (ends) return chain ? 'commit-chain' : 'commit';
  return chain ? 'rollback-chain' : 'rollback';
}

function addedEnumValue(command: string, sql: string, tokens: readonly Token[]): string | null {
  if (command !== 'ALTER TYPE') return null;
  const cursor = new Cursor(sql, tokens, 2);
  if (cursor.name() === null || !cursor.take('ADD', 'VALUE')) return null;
  cursor.skipIfExists();
  const label = cursor.peek();
  return label?.kind === 'string' ? literalText(sql.slice(label.start, label.end)) : null;
}

function doFacts(sql: string, tokens: readonly Token[]): Partial<StatementFacts> {
  const language = tokens.findIndex((token) => token.word === 'LANGUAGE');
  const languageToken = language < 0 ? undefined : tokens[language + 1];
  const name = languageToken ? literalOrName(sql, languageToken) : 'plpgsql';
  const bodyToken = tokens.find((token) => token.kind === 'string' && token !== languageToken);
  const body = bodyToken ? literalText(sql.slice(bodyToken.start, bodyToken.end)) : '';
  const plpgsql = name === 'plpgsql';
  const commits = plpgsql ? transactionWordIn(body) : /(?:\b|_)(?:commit|rollback)\s*\(/i.test(body);
  const { callsSetval, external, forbidden } = externalIn(plpgsql ? body : '', 0, true);
  return {
    opaque: { what: 'DO', commits },
    callsSetval,
    nonTransactional: commits ? { what: 'DO that commits', plain: null, relation: null, leftover: null } : null,
    external,
    forbiddenInRehearsal: forbidden,
  };
}

function literalOrName(sql: string, token: Token): string {
  const written = sql.slice(token.start, token.end);
  return token.kind === 'string' ? literalText(written) : unquoteName(written);
}

function copyFacts(sql: string): Partial<StatementFacts> {
  const endpoint = copyEndpoint(sql);
  const functions = functionFacts(sql);
  if (endpoint === null || endpoint.kind === 'client') return functions;
  const program = endpoint.kind === 'program';
  const what = `COPY ${endpoint.direction === 'to' ? 'TO' : 'FROM'} ${program ? 'PROGRAM' : 'a file'}`;
  const harmless = !program && endpoint.direction === 'from';
  return { ...functions, external: what, forbiddenInRehearsal: harmless ? functions.forbiddenInRehearsal : what };
}

function externalCommand(command: string, facts: StatementFacts): string | null {
  if (command === 'IMPORT FOREIGN SCHEMA') return `${command}, which reads another server`;
  if (command.endsWith(' SUBSCRIPTION') && facts.nonTransactional !== null) {
    return `${command}, which reaches the publishing server`;
  }
  return null;
}

function mayWrite(command: string, sql: string, tokens: readonly Token[]): MayWrite | null {
  const cursor = new Cursor(sql, tokens);
  switch (command) {
    case 'CREATE TABLE':
    case 'CREATE MATERIALIZED VIEW':
      return makesRows(command, tokens) ? { kind: 'dml' } : null;
    case 'ALTER TABLE':
      return alterTableWrite(sql, tokens);
    case 'ALTER MATERIALIZED VIEW':
    case 'ALTER INDEX':
      return movedRelation(command, cursor);
    case 'CREATE INDEX': {
      cursor.at = tokens.findIndex((token) => token.word === 'ON') + 1;
      cursor.take('ONLY');
      return sized('index', cursor.name());
    }
    case 'REINDEX':
      return reindexed(cursor);
    case 'CLUSTER':
      return clustered(cursor);
    case 'REFRESH MATERIALIZED VIEW':
      cursor.at = 3;
      cursor.take('CONCURRENTLY');
      return withNoData(tokens) ? null : sized('rewrite', cursor.name());
    case 'VACUUM':
      return vacuumedFull(cursor);
    default:
      return null;
  }
}

function sized(kind: 'rewrite' | 'index', relation: string | null): MayWrite | null {
  return relation === null ? null : { kind, relation };
}

function withNoData(tokens: readonly Token[]): boolean {
  const words = tokens.slice(-3).map((token) => token.word);
  return words.join(' ') === 'WITH NO DATA';
}

function makesRows(command: string, tokens: readonly Token[]): boolean {
  return runsFunctions(command, tokens) && !withNoData(tokens);
}

function movedRelation(command: string, cursor: Cursor): MayWrite | null {
  cursor.at = command === 'ALTER INDEX' ? 2 : 3;
  const relation = cursor.skipIfExists().name();
  const words = outsideParens(cursor.rest()).map((token) => token.word);
  const moves = words[0] === 'SET' && (words[1] === 'TABLESPACE' || (words[1] === 'ACCESS' && words[2] === 'METHOD'));
  return moves ? sized('rewrite', relation) : null;
}

function reindexed(cursor: Cursor): MayWrite | null {
  cursor.at = 1;
  cursor.parenthesised();
  if (!cursor.take('INDEX') && !cursor.take('TABLE')) return null;
  cursor.take('CONCURRENTLY');
  return sized('index', cursor.name());
}

function clustered(cursor: Cursor): MayWrite | null {
  cursor.at = 1;
  cursor.parenthesised();
  cursor.take('VERBOSE');
  const name = cursor.name();
  // CLUSTER index ON table: the form of old.
  return sized('rewrite', cursor.take('ON') ? cursor.name() : name);
}

function vacuumedFull(cursor: Cursor): MayWrite | null {
  cursor.at = 1;
  const options = cursor.parenthesised();
  const full = options?.some((token) => token.word === 'FULL') ?? cursor.is('FULL');
  cursor.skip('FULL', 'FREEZE', 'VERBOSE', 'ANALYZE');
  return full ? sized('rewrite', cursor.name()) : null;
}

/** Kinds that CREATE makes under a name that stands right behind the words. */
const NAMED_KINDS =
  /^CREATE (TABLE|VIEW|MATERIALIZED VIEW|INDEX|SEQUENCE|SCHEMA|TYPE|DOMAIN|FUNCTION|PROCEDURE|AGGREGATE|TRIGGER|POLICY|RULE|EXTENSION|ROLE|USER|GROUP|DATABASE|TABLESPACE|SUBSCRIPTION|PUBLICATION|SERVER|FOREIGN TABLE|FOREIGN DATA WRAPPER|COLLATION|CONVERSION|STATISTICS|EVENT TRIGGER|LANGUAGE|ACCESS METHOD|OPERATOR CLASS|OPERATOR FAMILY|TEXT SEARCH \w+)$/;

function created(command: string, sql: string, tokens: readonly Token[]): string[] {
  if (command.startsWith('ALTER ')) return createdByAlter(command, sql, tokens);
  if (!NAMED_KINDS.test(command)) return [];
  const last = command.split(' ').at(-1) ?? '';
  const cursor = new Cursor(sql, tokens);
  cursor.at = tokens.findIndex((token) => token.word === last) + 1;
  cursor.take('CONCURRENTLY');
  cursor.skipIfExists();
  // An index, statistics and a schema may go without a name.
  if ((command === 'CREATE INDEX' || command === 'CREATE STATISTICS') && (cursor.is('ON') || cursor.is('ONLY')))
    return [];
  if (command === 'CREATE SCHEMA') cursor.take('AUTHORIZATION');
  const name = cursor.name();
  return name === null ? [] : [bareName(name)];
}

/** `ADD COLUMN c`, `ADD CONSTRAINT c`, `RENAME ... TO c`. */
function createdByAlter(command: string, sql: string, tokens: readonly Token[]): string[] {
  const cursor = new Cursor(sql, outsideParens(tokens));
  const names: string[] = [];
  for (cursor.at = 2; cursor.at < cursor.tokens.length; cursor.at++) {
    if (cursor.is('RENAME')) {
      const to = cursor.rest().findIndex((token) => token.word === 'TO');
      cursor.at += to < 0 ? cursor.tokens.length : to + 1;
    } else if (command === 'ALTER TABLE' && cursor.is('ADD') && (cursor.word(-1) === ',' || isAction(cursor))) {
      cursor.at++;
      const column = cursor.take('COLUMN');
      if (!column && cursor.is('CONSTRAINT')) cursor.at++;
      else if (!column && /^(PRIMARY|UNIQUE|EXCLUDE|CHECK|FOREIGN|NOT|GENERATED)$/.test(cursor.word())) continue;
      cursor.skipIfExists();
    } else continue;
    const name = cursor.name();
    if (name !== null) names.push(bareName(name));
    cursor.at--;
  }
  return names;
}

/** Whether the ADD at hand begins an action: it is the first one, behind the table's name. */
function isAction(cursor: Cursor): boolean {
  const table = new Cursor(cursor.sql, cursor.tokens, 2);
  table.skipIfExists();
  table.take('ONLY');
  table.name();
  table.take('*');
  return table.at === cursor.at;
}
