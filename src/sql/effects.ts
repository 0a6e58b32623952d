/** What statements do that a ROLLBACK does not undo, as far as the names of functions tell. */
import { readTokens, type Token } from './tokens.ts';

export interface Effects {
  readonly callsSetval: boolean;
  /** In words, or null. */
  readonly external: string | null;
  /** External and harmful each time that it is run. In words, or null. */
  readonly forbidden: string | null;
}

const NONE: Effects = { callsSetval: false, external: null, forbidden: null };

/** Functions that write files of the server, stop other people's sessions, change the server at once, or command another. */
const HARMFUL =
  /^(?:lo_export|pg_file_\w+|pg_terminate_backend|pg_cancel_backend|pg_(?:create|copy|drop)_\w*replication_slot|pg_replication_slot_advance|pg_promote|pg_stat_reset\w*|dblink_exec|dblink_send_query)$/i;
const EXTERNAL =
  /^(?:dblink\w*|http|http_(?:get|post|put|patch|delete|head)|lo_import|pg_read_(?:binary_)?file|pg_ls_\w*dir|pg_stat_file|pg_create_restore_point|pg_switch_wal|pg_reload_conf|pg_rotate_logfile)$/i;

/** A cheap look before the tokens are read: data holds many an `http`, but seldom as a call. */
const PERHAPS = /(?:setval|dblink\w{0,60}|http\w{0,60}|lo_import|lo_export|pg_\w{1,60})"?\s*(?:\(|--|\/\*)/i;
const PERHAPS_PROGRAM = /program/i;

/**
 * @param from where in `sql` to begin; a bulk INSERT's head is left out
 * @param isBody `sql` is the body of a DO block, which may hold COPY too
 */
export function externalIn(sql: string, from = 0, isBody = false): Effects {
  const rest = from === 0 ? sql : sql.slice(from);
  if (!PERHAPS.test(rest) && !(isBody && PERHAPS_PROGRAM.test(rest))) return NONE;
  let callsSetval = false;
  let external: string | null = null;
  let forbidden: string | null = null;
  const last: Token[] = [];
  for (const token of readTokens(rest)) {
    const name = token.word === '(' ? calledName(rest, last) : null;
    if (name === 'setval') callsSetval = true;
    else if (name !== null && HARMFUL.test(name)) forbidden ??= `${name}()`;
    else if (name !== null && EXTERNAL.test(name)) external ??= `${name}()`;
    if (isBody && token.kind === 'string' && isCopyProgram(last)) forbidden ??= 'COPY with PROGRAM in a DO block';
    last.push(token);
    if (last.length > 4) last.shift();
  }
  return { callsSetval, external: forbidden ?? external, forbidden };
}

/** The function that the parenthesis behind these tokens calls. `INSERT INTO http (` names a table, `AS http (` an alias. */
function calledName(sql: string, before: readonly Token[]): string | null {
  const token = before.at(-1);
  if (token?.kind !== 'word' && token?.kind !== 'quoted') return null;
  const qualified = before.at(-2)?.word === '.';
  const lead = before.at(qualified ? -4 : -2)?.word ?? '';
  if (/^(INTO|TABLE|AS|UPDATE|WITH|REFERENCES)$/.test(lead) || lead === ')') return null;
  const written = sql.slice(token.start, token.end);
  return written.startsWith('"') ? written.slice(1, -1) : written.toLowerCase();
}

function isCopyProgram(before: readonly Token[]): boolean {
  return before.at(-1)?.word === 'PROGRAM' && /^(FROM|TO)$/.test(before.at(-2)?.word ?? '');
}

/** Whether a statement runs the functions that it names; a view, a function or a policy only keeps them. Data statements are not asked. */
export function runsFunctions(command: string, tokens: readonly Token[]): boolean {
  if (command === 'EXPLAIN' || command === 'EXECUTE' || command === 'DECLARE') return true;
  if (command !== 'CREATE TABLE' && command !== 'CREATE MATERIALIZED VIEW') return false;
  return hasQuery(tokens);
}

/** `AS SELECT`, `AS (WITH`: outside of the parentheses of columns, where `GENERATED ALWAYS AS (a)` may stand. */
function hasQuery(tokens: readonly Token[]): boolean {
  let depth = 0;
  for (let at = 0; at < tokens.length; at++) {
    const word = tokens[at]?.word;
    if (word === '(') depth++;
    else if (word === ')') depth--;
    else if (word === 'AS' && depth === 0) return true;
  }
  return false;
}

/** A word behind one of these begins a PL/pgSQL statement. */
const BEFORE_STATEMENT = /^(?:;|BEGIN|THEN|ELSE|LOOP|>)$/;

/** Whether a PL/pgSQL body holds a COMMIT or ROLLBACK statement. `ON COMMIT DROP` is none. */
export function transactionWordIn(body: string): boolean {
  if (!/commit|rollback/i.test(body)) return false;
  let previous = '';
  for (const token of readTokens(body)) {
    if ((token.word === 'COMMIT' || token.word === 'ROLLBACK') && BEFORE_STATEMENT.test(previous)) return true;
    previous = token.word;
  }
  return false;
}
