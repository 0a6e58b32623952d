/** The form of a migration file: which statements commit together, and whether the whole can. */
import type { Script } from '../plan/plan.ts';
import { classify } from './classify.ts';
import { type Directives, SqlProblem, type Statement, type StatementFacts } from './statement.ts';

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

export interface ScriptProblem {
  readonly message: string;
  readonly line: number;
  readonly column: number;
}

/** Pairs BEGIN with COMMIT. Throws a SqlProblem for what does not pair, and for what ends somebody else's transaction. */
export function* readScript(statements: Iterable<Statement>): Generator<ScriptEvent> {
  let open: Statement | null = null;
  let index = 0;
  for (const statement of statements) {
    const facts = classify(statement.sql);
    switch (facts.control) {
      case 'begin':
        if (open) throw problem(statement, `BEGIN inside of the block that line ${open.line} begins`);
        open = statement;
        yield { kind: 'begin-unit', begin: statement.sql };
        continue;
      case 'commit':
      case 'rollback':
        if (!open) throw problem(statement, `${facts.command} without a BEGIN before it`);
        open = null;
        yield { kind: 'end-unit', end: facts.control };
        continue;
      case 'commit-chain':
      case 'rollback-chain':
        if (!open) throw problem(statement, `${facts.command} without a BEGIN before it`);
        yield { kind: 'end-unit', end: facts.control === 'commit-chain' ? 'commit' : 'rollback' };
        yield { kind: 'begin-unit', begin: open.sql };
        continue;
      case 'prepare':
        throw problem(statement, `${facts.command} outlives the session: two-phase commit has no place in a migration`);
      case 'savepoint':
      case null:
        index += 1;
        if (open) {
          yield { kind: 'statement', index, statement, facts };
        } else {
          yield { kind: 'begin-unit', begin: null };
          yield { kind: 'statement', index, statement, facts };
          yield { kind: 'end-unit', end: 'commit' };
        }
    }
  }
  if (open) throw problem(open, 'BEGIN without a COMMIT: what follows it would be rolled back');
}

function problem({ line, column }: Statement, message: string): SqlProblem {
  return new SqlProblem(message, line, column);
}

export function scanScript(
  events: Iterable<ScriptEvent>,
  directives: Directives,
): Script & { readonly problems: readonly ScriptProblem[] } {
  const problems: ScriptProblem[] = [];
  const createsTables: string[] = [];
  const begins: string[] = [];
  let statements = 0;
  let outside = 0;
  let rolledBack = false;
  let block: string | null = null;
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
      if (facts.createsTable !== null) createsTables.push(bareName(facts.createsTable));
      const what = facts.nonTransactional?.what;
      if (what === undefined) continue;
      if (block === null) alone ??= { what, line: statement.line };
      else
        problems.push({
          message: `${what} cannot run between BEGIN and COMMIT`,
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
  const wrapper = begins.length === 1 && !ownTransactions ? (begins[0] ?? null) : null;
  return {
    transactional: reason === null,
    reason,
    ownTransactions,
    wrapper,
    directives,
    statements,
    createsTables,
    problems,
  };
}

/** `public."Orders"` -> `Orders`; unquoted names fold to lower case, as the server folds them. */
function bareName(written: string): string {
  const quoted = /"((?:[^"]|"")*)"\s*$/.exec(written);
  if (quoted) return (quoted[1] ?? '').replaceAll('""', '"');
  return (written.split('.').at(-1) ?? written).trim().toLowerCase();
}
