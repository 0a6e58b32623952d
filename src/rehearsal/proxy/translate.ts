/** What a tool's statement means on a session that is inside one transaction already. Words in, words out. */
import { classify } from '../../sql/classify.ts';
import type { StatementFacts } from '../../sql/statement.ts';
import { type Token, tokenize, unquoteName } from '../../sql/tokens.ts';

export type Meaning =
  /** BEGIN, START TRANSACTION. */
  | { readonly kind: 'begin'; readonly tag: string; readonly readOnly: boolean; readonly isolation: string | null }
  | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
  /** As it is, but only inside of a block. */
  | { readonly kind: 'savepoint'; readonly command: SavepointCommand; readonly name: string }
  /** SET TRANSACTION, as far as the transaction here cannot be what is asked for. */
  | { readonly kind: 'set-transaction'; readonly isolation: string | null }
  /** About a session that the tool believes to be its own: DISCARD ALL, DISCARD TEMP, DEALLOCATE ALL. */
  | { readonly kind: 'discard'; readonly tag: 'DISCARD ALL' | 'DISCARD TEMP' | 'DEALLOCATE ALL' }
  | { readonly kind: 'statement'; readonly facts: StatementFacts };

export type SavepointCommand = 'SAVEPOINT' | 'RELEASE SAVEPOINT' | 'ROLLBACK TO SAVEPOINT';

export function meaningOf(sql: string): Meaning {
  const facts = classify(sql);
  switch (facts.control) {
    case 'begin': {
      const words = wordsOf(sql);
      return {
        kind: 'begin',
        tag: words[0] === 'START' ? 'START TRANSACTION' : 'BEGIN',
        readOnly: follows(words, 'READ', 'ONLY'),
        isolation: isolationIn(words),
      };
    }
    case 'commit':
    case 'commit-chain':
      return { kind: 'commit', chain: facts.control === 'commit-chain' };
    case 'rollback':
    case 'rollback-chain':
      return { kind: 'rollback', chain: facts.control === 'rollback-chain' };
    case 'savepoint':
      return savepoint(sql);
    default:
      return ofSession(sql, facts) ?? { kind: 'statement', facts };
  }
}

const ISOLATION_LEVELS = ['SERIALIZABLE', 'REPEATABLE READ', 'READ COMMITTED', 'READ UNCOMMITTED'];

function isolationIn(words: readonly string[]): string | null {
  const at = words.indexOf('LEVEL');
  const level = words.slice(at + 1, at + 3).join(' ');
  return at < 0 ? null : (ISOLATION_LEVELS.find((one) => level.startsWith(one)) ?? null);
}

function ofSession(sql: string, facts: StatementFacts): Meaning | null {
  if (!/^(?:SET|DISCARD|DEALLOCATE)\b/.test(facts.command)) return null;
  const words = wordsOf(sql);
  const [first, second, third] = words;
  // The server allows these only before anything was done in the transaction, and never below its first level.
  if (first === 'SET' && (second === 'TRANSACTION' || (second === 'LOCAL' && third === 'TRANSACTION'))) {
    const isAboutMore = words.includes('ISOLATION') || words.includes('SNAPSHOT') || follows(words, 'READ', 'WRITE');
    return isAboutMore ? { kind: 'set-transaction', isolation: isolationIn(words) } : null;
  }
  if (first === 'DISCARD' && second === 'ALL') return { kind: 'discard', tag: 'DISCARD ALL' };
  if (first === 'DISCARD' && (second === 'TEMP' || second === 'TEMPORARY'))
    return { kind: 'discard', tag: 'DISCARD TEMP' };
  const name = second === 'PREPARE' ? third : second;
  // Ours are among them.
  if (first === 'DEALLOCATE' && name === 'ALL') return { kind: 'discard', tag: 'DEALLOCATE ALL' };
  return null;
}

/** SAVEPOINT s, RELEASE [SAVEPOINT] s, ROLLBACK [WORK | TRANSACTION] TO [SAVEPOINT] s: the name stands last. */
function savepoint(sql: string): Meaning {
  const tokens = tokenize(sql);
  const [first, last] = [tokens[0], tokens.at(-1)];
  const name = last ? nameAsKept(sql.slice(last.start, last.end)) : '';
  if (first?.word === 'RELEASE') return { kind: 'savepoint', command: 'RELEASE SAVEPOINT', name };
  return { kind: 'savepoint', command: first?.word === 'SAVEPOINT' ? 'SAVEPOINT' : 'ROLLBACK TO SAVEPOINT', name };
}

/** The server keeps 63 bytes of a name. */
function nameAsKept(written: string): string {
  return Buffer.from(unquoteName(written)).subarray(0, 63).toString();
}

/** What the server says of a statement that needs a transaction block around it and has none. */
export interface OutOfPlace {
  readonly severity: 'ERROR' | 'WARNING';
  readonly message: string;
  /** It does nothing then. */
  readonly isIdle: boolean;
}

/** Null: it may stand by itself. */
export function outOfPlace(sql: string, { command }: StatementFacts): OutOfPlace | null {
  const needs = (severity: OutOfPlace['severity'], what: string): OutOfPlace => ({
    severity,
    message: `${what} can only be used in transaction blocks`,
    isIdle: what === 'SET CONSTRAINTS',
  });
  if (command.startsWith('LOCK')) return needs('ERROR', 'LOCK TABLE');
  if (command.startsWith('DECLARE')) {
    return follows(wordsOf(sql), 'WITH', 'HOLD') ? null : needs('ERROR', 'DECLARE CURSOR');
  }
  if (!command.startsWith('SET')) return null;
  const [, second, third] = wordsOf(sql);
  if (second === 'CONSTRAINTS') return needs('WARNING', 'SET CONSTRAINTS');
  if (second === 'TRANSACTION' || third === 'TRANSACTION') return needs('WARNING', 'SET TRANSACTION');
  return second === 'LOCAL' ? needs('WARNING', 'SET LOCAL') : null;
}

/**
 * The name of a prepared statement that a text speaks of, and the text with another in its place: PREPARE, EXECUTE and
 * DEALLOCATE, also behind EXPLAIN and CREATE TABLE ... AS. Null: it speaks of none.
 */
export function preparedName(sql: string): { readonly name: string; readonly renamed: (to: string) => string } | null {
  if (!/^[^'$]*\b(?:prepare|execute|deallocate)\b/i.test(sql.slice(0, 1_000))) return null;
  const tokens = tokenize(sql);
  const first = tokens[0]?.word ?? '';
  let at = -1;
  if (first === 'PREPARE' || first === 'EXECUTE') at = 1;
  else if (first === 'DEALLOCATE') at = tokens[1]?.word === 'PREPARE' ? 2 : 1;
  else if (first === 'EXPLAIN' || first === 'CREATE') at = tokens.findIndex(({ word }) => word === 'EXECUTE') + 1;
  const token = tokens[at];
  // CREATE TRIGGER ... EXECUTE FUNCTION is of another kind.
  if (at < 1 || !token || (first === 'CREATE' && tokens[at - 2]?.word !== 'AS')) return null;
  if (token.kind !== 'word' && token.kind !== 'quoted') return null;
  const name = unquoteName(sql.slice(token.start, token.end));
  const renamed = (to: string) => `${sql.slice(0, token.start)}"${to.replaceAll('"', '""')}"${sql.slice(token.end)}`;
  return { name, renamed };
}

function wordsOf(sql: string): string[] {
  return tokenize(sql.slice(0, 1_000)).map((token) => token.word || sql.slice(token.start, token.end));
}

function follows(words: readonly string[], first: string, second: string): boolean {
  return words.some((word, at) => word === first && words[at + 1] === second);
}

/** `setval` gives back what it was asked to set and sets nothing: a rollback would not undo it. Null: it is not called by name. */
export function withoutSetval(sql: string): string | null {
  const tokens = tokenize(sql);
  const cuts: { readonly from: number; readonly to: number }[] = [];
  for (const [at, token] of tokens.entries()) {
    const name = nameAt(sql, token);
    if (name !== 'setval' || tokens[at + 1]?.word !== '(') continue;
    const isQualified = tokens[at - 1]?.word === '.' && nameAt(sql, tokens[at - 2]) === 'pg_catalog';
    if (tokens[at - 1]?.word === '.' && !isQualified) continue;
    cuts.push({ from: (isQualified ? tokens[at - 2] : token)?.start ?? token.start, to: token.end });
  }
  if (cuts.length === 0) return null;
  let text = '';
  let end = 0;
  for (const { from, to } of cuts) {
    text += `${sql.slice(end, from)}${SETVAL}`;
    end = to;
  }
  return text + sql.slice(end);
}

const SETVAL = 'pg_temp.mgate_setval';

/** What stands in for it. */
export const MAKE_SETVAL: readonly string[] = [
  `create function ${SETVAL}(pg_catalog.regclass, bigint) returns bigint language sql immutable as 'select $2'`,
  `create function ${SETVAL}(pg_catalog.regclass, bigint, boolean) returns bigint language sql immutable as 'select $2'`,
];

function nameAt(sql: string, token: Token | undefined): string {
  if (!token) return '';
  if (token.kind === 'word') return sql.slice(token.start, token.end).toLowerCase();
  return token.kind === 'quoted' ? sql.slice(token.start + 1, token.end - 1) : '';
}

/** The command tag of a statement that is only said to be done. */
export function tagOf({ command }: StatementFacts): string {
  switch (command.split(' ')[0]) {
    case 'INSERT':
      return 'INSERT 0 0';
    case 'UPDATE':
    case 'DELETE':
    case 'MERGE':
    case 'COPY':
    case 'SELECT':
      return `${command.split(' ')[0]} 0`;
    default:
      return command
        .replace(/^(CREATE|DROP) (?:UNIQUE )?INDEX.*$/, '$1 INDEX')
        .replace(/^(REINDEX|VACUUM|CLUSTER)\b.*$/, '$1');
  }
}

/** Reads and settings: what a tool asks and says besides its migrations. */
export function isChatter({ command }: StatementFacts): boolean {
  return /^(?:SELECT|SHOW|SET|RESET|WITH|VALUES|TABLE|EXPLAIN|PREPARE|EXECUTE|DEALLOCATE|DISCARD|LISTEN|UNLISTEN|NOTIFY|DECLARE|FETCH|MOVE|CLOSE|SAVEPOINT|RELEASE|LOCK|CHECKPOINT|LOAD)\b/.test(
    command,
  );
}
