/** A tool's migration in the shape that plans, rules and reports read. */
import { readFileSync, statSync } from 'node:fs';
import type { PlannedMigration, StatementText } from '../../plan/plan.ts';
import { UNRECORDED } from '../../report/places.ts';
import { classify } from '../../sql/classify.ts';
import type { Directives } from '../../sql/statement.ts';
import { bareName } from '../../sql/tokens.ts';

export interface ToolMigration {
  readonly version: string;
  readonly name: string;
  /** Relative to the working directory, with `/`; empty: none is known. */
  readonly file: string;
  /** Absolute, or empty. */
  readonly path: string;
  readonly bytes: number;
  readonly checksum: string;
  readonly allow: Directives['allow'];
}

export { UNRECORDED } from '../../report/places.ts';

/** It is one that the tool keeps on record. */
export function hasRecorded({ version }: PlannedMigration): boolean {
  return version !== UNRECORDED;
}

export function planned(migration: ToolMigration, texts: readonly StatementText[]): PlannedMigration {
  const { allow, ...file } = migration;
  const createsTables: string[] = [];
  let alone: string | null = null;
  for (const { sql, line } of texts) {
    const facts = classify(sql);
    if (facts.createsTable !== null) createsTables.push(bareName(facts.createsTable));
    if (facts.nonTransactional) alone ??= `${facts.nonTransactional.what} at line ${line}`;
  }
  return {
    ...file,
    key: migration.version,
    namesTracking: false,
    script: {
      transactional: alone === null,
      reason: alone,
      ownTransactions: false,
      wrapper: null,
      directives: { noTransaction: false, batch: false, allow, lockTimeoutMs: null, statementTimeoutMs: null },
      statements: texts.length,
      createsTables,
      texts,
      unread: 0,
    },
  };
}

/** A line of the file that begins with what a statement begins with; else where it is said to begin. */
export function lineOf(sql: string, lines: readonly string[], otherwise: number): number {
  const [first = ''] = sql.trim().split('\n');
  // Values may have been put in where the file has a variable.
  for (const beginning of [first.slice(0, 80), first.split(/['$\d]/)[0] ?? '']) {
    const wanted = beginning.trim();
    const at = wanted.length < SHORTEST ? -1 : lines.findIndex((line) => line.includes(wanted));
    if (at >= 0) return at + 1;
  }
  return otherwise;
}

const SHORTEST = 12;
const LONGEST_FILE_BYTES = 1 << 20;

/** A file's text; empty where there is none, or where it is too large to look through. */
export function textOf(path: string): string {
  const { size } = statSync(path, { throwIfNoEntry: false }) ?? { size: 0 };
  return size === 0 || size > LONGEST_FILE_BYTES ? '' : readFileSync(path, 'utf8').replace(/\r\n?/g, '\n');
}

export interface Found {
  /** 1-based; the column in code points. */
  readonly line: number;
  readonly column: number;
  /** In UTF-16 units. */
  readonly end: number;
  readonly source: string;
}

/** Where a statement stands in a text exactly as it was sent, `from` a place on. */
export function findStatement(sent: string, source: string, from = 0): Found | null {
  const sql = sent.replace(/\r\n?/g, '\n');
  const at = sql.length < SHORTEST ? standingAlone(sql, source, from) : source.indexOf(sql, from);
  if (at < 0) return null;
  const before = source.slice(0, at);
  const column = [...before.slice(before.lastIndexOf('\n') + 1)].length + 1;
  return { line: before.split('\n').length, column, end: at + sql.length, source };
}

/** A short text could be a part of anything. */
function standingAlone(sql: string, source: string, from: number): number {
  for (let at = source.indexOf(sql, from); at >= 0 && sql !== ''; at = source.indexOf(sql, at + 1)) {
    if (
      /(?:^|[\n;'"`])[ \t]*$/.test(source.slice(Math.max(0, at - 200), at)) &&
      /^\s*(?:[;'"`]|$)/.test(source.slice(at + sql.length, at + sql.length + 200))
    )
      return at;
  }
  return -1;
}

/** The lines of statements that come one after another in a file; `otherwise`: of those that it does not show as they were sent. */
export function linesOf(statements: readonly string[], source: string, otherwise: number): number[] {
  const lines = source.split('\n');
  let from = 0;
  return statements.map((sql) => {
    const found = findStatement(sql, source, from) ?? findStatement(sql, source);
    if (found === null) return lineOf(sql, lines, otherwise);
    from = found.end;
    return found.line;
  });
}
