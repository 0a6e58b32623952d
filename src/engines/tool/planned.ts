/** A tool's migration in the shape that plans, rules and reports read. */
import type { PlannedMigration, StatementText } from '../../plan/plan.ts';
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

/** What a tool did beside its records, or one that keeps none. */
export const UNRECORDED = 'unrecorded';

export function planned(migration: ToolMigration, texts: readonly StatementText[]): PlannedMigration {
  const { allow, ...file } = migration;
  const createsTables: string[] = [];
  let alone: string | null = null;
  for (const { sql } of texts) {
    const facts = classify(sql);
    if (facts.createsTable !== null) createsTables.push(bareName(facts.createsTable));
    alone ??= facts.nonTransactional?.what ?? null;
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
  const wanted = first.trim().slice(0, 80);
  if (wanted.length < 12) return otherwise;
  const at = lines.findIndex((line) => line.includes(wanted));
  return at < 0 ? otherwise : at + 1;
}
