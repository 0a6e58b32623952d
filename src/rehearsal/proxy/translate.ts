/** What a tool's statement means on a session that is inside one transaction already. Words in, words out. */
import { classify } from '../../sql/classify.ts';
import type { StatementFacts } from '../../sql/statement.ts';
import { type Token, tokenize } from '../../sql/tokens.ts';

export type Meaning =
  /** BEGIN, START TRANSACTION. */
  | { readonly kind: 'begin'; readonly tag: string; readonly readOnly: boolean; readonly isolation: string | null }
  | { readonly kind: 'commit' | 'rollback'; readonly chain: boolean }
  /** SAVEPOINT, RELEASE, ROLLBACK TO: as it is, but only inside of a block. */
  | { readonly kind: 'savepoint'; readonly command: string }
  /** Said to be done: it is about a transaction or a session that the tool believes to be its own. */
  | { readonly kind: 'pretended'; readonly tag: string; readonly also: 'nothing' | 'reset' | 'deallocate' }
  | { readonly kind: 'statement'; readonly facts: StatementFacts };

export function meaningOf(sql: string): Meaning {
  const facts = classify(sql);
  switch (facts.control) {
    case 'begin': {
      const words = wordsOf(sql);
      const level = words.indexOf('LEVEL');
      const isolation = level < 0 ? null : words.slice(level + 1, level + 3).join(' ');
      return {
        kind: 'begin',
        tag: words[0] === 'START' ? 'START TRANSACTION' : 'BEGIN',
        readOnly: follows(words, 'READ', 'ONLY'),
        isolation: isolation === null ? null : (ISOLATION_LEVELS.find((one) => isolation.startsWith(one)) ?? null),
      };
    }
    case 'commit':
    case 'commit-chain':
      return { kind: 'commit', chain: facts.control === 'commit-chain' };
    case 'rollback':
    case 'rollback-chain':
      return { kind: 'rollback', chain: facts.control === 'rollback-chain' };
    case 'savepoint':
      return { kind: 'savepoint', command: commandOfSavepoint(sql) };
    default:
      return pretended(sql, facts) ?? { kind: 'statement', facts };
  }
}

const ISOLATION_LEVELS = ['SERIALIZABLE', 'REPEATABLE READ', 'READ COMMITTED', 'READ UNCOMMITTED'];

function pretended(sql: string, facts: StatementFacts): Meaning | null {
  if (!/^(?:SET|DISCARD|DEALLOCATE)\b/.test(facts.command)) return null;
  const words = wordsOf(sql);
  const [first, second, third] = words;
  // The server allows these only before anything was done in the transaction, and never below its first level.
  if (first === 'SET' && (second === 'TRANSACTION' || (second === 'LOCAL' && third === 'TRANSACTION'))) {
    const isAboutMore = words.includes('ISOLATION') || words.includes('SNAPSHOT') || follows(words, 'READ', 'WRITE');
    return isAboutMore ? { kind: 'pretended', tag: 'SET', also: 'nothing' } : null;
  }
  if (first === 'DISCARD' && second === 'ALL') return { kind: 'pretended', tag: 'DISCARD ALL', also: 'reset' };
  if (first === 'DISCARD' && (second === 'TEMP' || second === 'TEMPORARY'))
    return { kind: 'pretended', tag: 'DISCARD TEMP', also: 'nothing' };
  const name = second === 'PREPARE' ? third : second;
  // Ours are among them.
  if (first === 'DEALLOCATE' && name === 'ALL') return { kind: 'pretended', tag: 'DEALLOCATE ALL', also: 'deallocate' };
  return null;
}

function commandOfSavepoint(sql: string): string {
  const [first] = wordsOf(sql);
  if (first === 'RELEASE') return 'RELEASE SAVEPOINT';
  return first === 'SAVEPOINT' ? 'SAVEPOINT' : 'ROLLBACK TO SAVEPOINT';
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
  `create function ${SETVAL}(regclass, bigint) returns bigint language sql immutable as 'select $2'`,
  `create function ${SETVAL}(regclass, bigint, boolean) returns bigint language sql immutable as 'select $2'`,
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
