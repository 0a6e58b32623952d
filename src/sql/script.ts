/** The form of a migration file: which statements commit together, and whether the whole can. */
import type { Script, StatementText } from '../plan/plan.ts';
import { classify } from './classify.ts';
import { type Directives, SqlProblem, type Statement, type StatementFacts } from './statement.ts';
import { bareName, readTokens } from './tokens.ts';

/**
 * A file as it is read: units (a block from BEGIN to COMMIT, or one statement outside of any) and the statements in
 * them. `index` is 1-based; transaction control is not counted and not passed on.
 */
export type ScriptEvent =
  /** `begin`: the file's own BEGIN, or null for a statement outside of any block. */
  | { readonly kind: 'begin-unit'; readonly begin: string | null }
  | {
      readonly kind: 'statement';
      readonly index: number;
      readonly statement: Statement;
      readonly facts: StatementFacts;
    }
  | { readonly kind: 'end-unit'; readonly end: 'commit' | 'rollback' };

export type StatementEvent = Extract<ScriptEvent, { kind: 'statement' }>;

export interface ScriptProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/**
 * Pairs BEGIN with COMMIT or ROLLBACK. SAVEPOINT, RELEASE and ROLLBACK TO are statements like any other.
 * @throws SqlProblem for what does not pair, and for what ends a transaction that is not the file's own
 */
export function* readScript(statements: Iterable<Statement>): Generator<ScriptEvent> {
  let open: { readonly begin: string; readonly at: Statement } | null = null;
  let index = 0;
  for (const statement of statements) {
    const facts = classify(statement.sql);
    switch (facts.control) {
      case 'begin':
        if (open) throw problem(statement, `${facts.command} ${INSIDE_BLOCK(open.at.line)}`);
        if (isReadOnly(statement.sql)) throw problem(statement, `${facts.command} ${READ_ONLY}`);
        open = { begin: statement.sql, at: statement };
        yield { kind: 'begin-unit', begin: open.begin };
        continue;
      case 'commit':
      case 'rollback':
      case 'commit-chain':
      case 'rollback-chain': {
        if (!open) throw problem(statement, `${facts.command} ${WITHOUT_BEGIN}`);
        yield { kind: 'end-unit', end: facts.control.startsWith('commit') ? 'commit' : 'rollback' };
        open = facts.control.endsWith('-chain') ? { begin: open.begin, at: statement } : null;
        if (open) yield { kind: 'begin-unit', begin: open.begin };
        continue;
      }
      case 'prepare':
        throw problem(statement, `${facts.command} ${TWO_PHASE}`);
      default:
        index += 1;
        if (!open) yield { kind: 'begin-unit', begin: null };
        yield { kind: 'statement', index, statement, facts };
        if (!open) yield { kind: 'end-unit', end: 'commit' };
    }
  }
  if (open) throw problem(open.at, `a transaction block begins here ${NEVER_ENDS}`);
}

/** Of one file, kept for the rules. */
const MOST_CHARACTERS = 8 * 1024 * 1024;
/** The same of plain INSERTs of rows, which hold nothing but a secret, or an enum's new value. */
const MOST_CHARACTERS_OF_ROWS = 256 * 1024;

const INSIDE_BLOCK = (line: number): string =>
  `inside of the block that line ${line} begins: PostgreSQL would only warn, and the next COMMIT would end both; remove it, or COMMIT first`;
const WITHOUT_BEGIN =
  'without a BEGIN before it: it would end the transaction in which the migration and its record are written; remove it, or begin the block with BEGIN';
const TWO_PHASE =
  'belongs to two-phase commit, which outlives the session and no rollback reaches: it has no place in a migration; remove it';
const READ_ONLY =
  'READ ONLY: what a migration has done is recorded in its own transaction, which could not be written; leave READ ONLY out';
const NEVER_ENDS =
  'and the file ends before its COMMIT: what it does would be rolled back; add the COMMIT, or remove the BEGIN (each file has a transaction of its own)';

/** `BEGIN READ ONLY`, comments between the words or not. */
function isReadOnly(begin: string): boolean {
  const words = [...readTokens(begin)].map((token) => token.word);
  return words.some((word, at) => word === 'READ' && words[at + 1] === 'ONLY');
}

function problem({ line, column }: Statement, message: string): SqlProblem {
  return new SqlProblem(message, line, column);
}

/**
 * Reads a file to its end and says how it can be run.
 * `problems` are of statements that could never run where they stand; a SqlProblem of the events is passed on.
 */
export function scanScript(
  events: Iterable<ScriptEvent>,
  directives: Directives,
): Script & { readonly problems: readonly ScriptProblem[] } {
  const problems: ScriptProblem[] = [];
  const createsTables: string[] = [];
  const begins: string[] = [];
  const texts: StatementText[] = [];
  let characters = 0;
  let unread = 0;
  let rows = 0;
  let statements = 0;
  let outside = 0;
  let rolledBack = false;
  let block: string | null = null;
  let savepoint: Statement | null = null;
  let alone: { what: string; line: number } | null = null;
  for (const event of events) {
    if (event.kind === 'begin-unit') {
      block = event.begin;
      if (block !== null) begins.push(block);
    } else if (event.kind === 'end-unit') {
      if (event.end === 'rollback') rolledBack = true;
      block = null;
    } else {
      const { statement, facts } = event;
      statements += 1;
      if (block === null) outside += 1;
      if (block === null && facts.control === 'savepoint') savepoint ??= statement;
      if (facts.bulkInsertInto === null) {
        characters += statement.sql.length;
        if (characters > MOST_CHARACTERS) unread += 1;
        else texts.push({ index: event.index, line: statement.line, sql: copied(statement.sql) });
      } else if (rows < MOST_CHARACTERS_OF_ROWS) {
        rows += statement.sql.length;
        texts.push({ index: event.index, line: statement.line, sql: copied(statement.sql) });
      }
      if (facts.createsTable !== null) createsTables.push(bareName(facts.createsTable));
      const what = facts.nonTransactional?.what;
      if (what === undefined) continue;
      if (block === null) alone ??= { what, line: statement.line };
      // With its slot_name set to NONE it runs in a block too, which its own words don't say: the dry run will tell.
      else if (facts.command !== 'DROP SUBSCRIPTION')
        problems.push({
          message: `${what} cannot run in a transaction block: move it out of BEGIN ... COMMIT, best into a file of its own`,
          line: statement.line,
          column: statement.column,
        });
    }
  }
  const ownTransactions = begins.length > 1 || (begins.length === 1 && (outside > 0 || rolledBack));
  let reason: string | null = null;
  if (alone) reason = `${alone.what} at line ${alone.line}`;
  else if (directives.noTransaction) reason = '-- gate: no-transaction';
  else if (ownTransactions) reason = 'own transactions';
  if (savepoint && reason !== null) {
    const { line, column } = savepoint;
    problems.push({
      message: `${firstWord(savepoint)} outside of a transaction block: this file does not run in one transaction (${reason}); put it between BEGIN and COMMIT`,
      line,
      column,
    });
  }
  const wrapper = begins.length === 1 && !ownTransactions ? (begins[0] ?? null) : null;
  return {
    transactional: reason === null,
    reason,
    ownTransactions,
    wrapper,
    directives,
    statements,
    createsTables,
    texts,
    unread,
    problems,
  };
}

/** Without keeping alive the chunk of the file that it was cut from. */
function copied(text: string): string {
  return Buffer.from(text).toString();
}

function firstWord(statement: Statement): string {
  return (/^\w+/.exec(statement.sql)?.[0] ?? '').toUpperCase();
}
