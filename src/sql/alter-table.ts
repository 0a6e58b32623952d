/** ALTER TABLE: which of its forms may write the whole table again, or build an index over it. */
import type { MayWrite } from './statement.ts';
import { Cursor, matchingParen, splitAtCommas, type Token } from './tokens.ts';

export function alterTableWrite(sql: string, tokens: readonly Token[]): MayWrite | null {
  const cursor = new Cursor(sql, tokens, 2);
  if (cursor.is('ALL', 'IN', 'TABLESPACE')) return null;
  cursor.skipIfExists();
  cursor.take('ONLY');
  const relation = cursor.name();
  if (relation === null) return null;
  cursor.take('*');
  const kinds = splitAtCommas(cursor.rest()).map((action) => actionWrites(new Cursor(sql, action)));
  if (kinds.includes('rewrite')) return { kind: 'rewrite', relation };
  return kinds.includes('index') ? { kind: 'index', relation } : null;
}

function actionWrites(action: Cursor): 'rewrite' | 'index' | null {
  if (action.take('ADD')) return additionWrites(action);
  if (action.take('ALTER')) return alterationWrites(action);
  if (!action.take('SET')) return null;
  const rewrites =
    action.is('LOGGED') || action.is('UNLOGGED') || action.is('TABLESPACE') || action.is('ACCESS', 'METHOD');
  return rewrites ? 'rewrite' : null;
}

function alterationWrites(action: Cursor): 'rewrite' | null {
  action.take('COLUMN');
  action.name();
  return action.is('TYPE') || action.is('SET', 'DATA', 'TYPE') || action.is('SET', 'EXPRESSION') ? 'rewrite' : null;
}

function additionWrites(action: Cursor): 'rewrite' | 'index' | null {
  const column = action.take('COLUMN');
  if (!column && action.take('CONSTRAINT')) action.name();
  else if (column || !/^(PRIMARY|UNIQUE|EXCLUDE|CHECK|FOREIGN|NOT)$/.test(action.word())) return columnWrites(action);
  return buildsIndex(action) ? 'index' : null;
}

/** `UNIQUE (a) USING INDEX TABLESPACE fast` builds one all the same; `UNIQUE USING INDEX i` takes one that is there. */
function buildsIndex(constraint: Cursor): boolean {
  if (constraint.take('EXCLUDE')) return true;
  return (constraint.take('PRIMARY', 'KEY') || constraint.take('UNIQUE')) && !constraint.is('USING', 'INDEX');
}

const SERIAL = /^(SMALLSERIAL|SERIAL|BIGSERIAL|SERIAL2|SERIAL4|SERIAL8)$/;

function columnWrites(action: Cursor): 'rewrite' | 'index' | null {
  action.skipIfExists();
  action.name();
  let index = false;
  if (SERIAL.test(action.word())) return 'rewrite';
  for (; action.at < action.tokens.length; action.at++) {
    if (action.is('(')) action.at = matchingParen(action.tokens, action.at);
    else if (action.is('STORED') || action.is('AS', 'IDENTITY')) return 'rewrite';
    else if (action.is('DEFAULT') && !isSteady(action)) return 'rewrite';
    else if (action.is('PRIMARY', 'KEY') || action.is('UNIQUE')) index = true;
  }
  return index ? 'index' : null;
}

/** Functions that give one value for a whole statement: their DEFAULT is kept in the catalog and no row is written. */
const STEADY_FUNCTIONS: ReadonlySet<string> = new Set(
  `NOW TRANSACTION_TIMESTAMP STATEMENT_TIMESTAMP CURRENT_TIMESTAMP CURRENT_TIME LOCALTIMESTAMP LOCALTIME
  TIMEZONE DATE_TRUNC MAKE_INTERVAL MAKE_DATE TO_TIMESTAMP TO_DATE AGE DATE_PART EXTRACT CURRENT_SETTING
  JSON_BUILD_OBJECT JSON_BUILD_ARRAY JSONB_BUILD_OBJECT JSONB_BUILD_ARRAY TO_JSON TO_JSONB ROW_TO_JSON COALESCE NULLIF
  GREATEST LEAST LOWER UPPER MD5 ABS CONCAT CAST TEXT DATE`.split(/\s+/),
);

/** Whether the expression behind DEFAULT is told by its words to be the same for every row: no function but the steady ones. */
function isSteady(action: Cursor): boolean {
  const { tokens } = action;
  let depth = 0;
  for (let at = action.at + 1; at < tokens.length; at++) {
    const token = tokens[at];
    if (token === undefined) break;
    if (depth === 0 && /^(NOT|CHECK|UNIQUE|PRIMARY|REFERENCES|CONSTRAINT|GENERATED|COLLATE)$/.test(token.word)) break;
    if (token.word === '(') {
      depth++;
      if (callsUnknown(tokens, at)) return false;
    } else if (token.word === ')') depth--;
  }
  return true;
}

/** Whether the parenthesis at `open` belongs to a call of a function that is not known to be steady; `::numeric(10, 2)` is a type. */
function callsUnknown(tokens: readonly Token[], open: number): boolean {
  const before = tokens[open - 1];
  if (before === undefined || (before.kind !== 'word' && before.kind !== 'quoted')) return false;
  if (open >= 2 && (before.word === 'DEFAULT' || /^(AND|OR|NOT|IN|THEN|ELSE|WHEN|CASE|ARRAY)$/.test(before.word)))
    return false;
  let start = open - 1;
  while (tokens[start - 1]?.word === '.') start -= 2;
  if (tokens[start - 1]?.word === ':' || tokens[start - 1]?.word === 'AS') return false;
  return !STEADY_FUNCTIONS.has(before.word);
}
