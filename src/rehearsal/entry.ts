/** The dry run's notes on one statement, filled in as it goes. */
import type { PlannedMigration } from '../plan/plan.ts';
import type { StatementReport } from '../report/outcome.ts';
import { cut } from '../report/text.ts';
import type { StatementEvent } from '../sql/script.ts';
import type { StatementFacts } from '../sql/statement.ts';
import type { GoneColumn } from './observe.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export type Entry = Mutable<StatementReport> & {
  /** Of a tool's statement known only when the tool records what it has done. */
  migration: PlannedMigration;
  readonly facts: StatementFacts;
  /** How many of its `count` statements were sent and answered, the failed one included. */
  ran: number;
  /** To be named, and to be told from rewrites, when the rollback has brought back what was. */
  goneColumns: readonly GoneColumn[];
  emptied: readonly string[];
};

/** What the reasons of statements that were rehearsed in another form begin with. */
const PLAIN_FORM = 'rehearsed in its plain form';

export function newEntry(migration: PlannedMigration, { statement, facts, index }: StatementEvent): Entry {
  // A statement's text keeps the whole chunk of the file alive: of a long one only a copy of what is shown is kept.
  const shown = Buffer.from(cut(statement.sql, 1_000)).toString();
  return {
    migration,
    facts,
    ran: 0,
    index,
    line: statement.line,
    sql: shown,
    count: 1,
    executed: false,
    error: null,
    reason: null,
    ms: null,
    rows: null,
    locks: [],
    rewrites: [],
    scans: [],
    watched: true,
    touched: [],
    dropped: [],
    droppedViews: [],
    droppedColumns: [],
    truncated: [],
    goneColumns: [],
    emptied: [],
  };
}

export function rehearsedPlainly(entry: Entry, what: string): void {
  entry.executed = false;
  entry.reason = `${PLAIN_FORM}: ${what} cannot run in a transaction`;
}

/** As written, or the same work in another form. */
export function wasRehearsed(entry: StatementReport): boolean {
  return entry.executed || (entry.reason?.startsWith(PLAIN_FORM) ?? false);
}

export function toReport(entry: Entry): StatementReport {
  const { migration: _m, facts: _f, ran: _r, goneColumns: _g, emptied: _e, ...report } = entry;
  return report;
}

/** By which one attempt tells the next about a statement. */
export function statementKey(migration: PlannedMigration, index: number): string {
  return `${migration.key}:${index}`;
}
