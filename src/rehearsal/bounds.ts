/** How long anything may take in the rehearsal's transaction, said to the server. */
import type { PlannedMigration } from '../plan/plan.ts';
import type { BatchItem } from '../postgres/session.ts';
import type { StatementFacts } from '../sql/statement.ts';
import type { AttemptInput } from './input.ts';

/** Our limits and the dead man's switch; said again wherever a file may have changed them. `migration`: whose directives hold. */
export function bounds({ bench, deadline }: AttemptInput, migration: PlannedMigration | null): BatchItem {
  const { request, serverMajor } = bench;
  const directives = migration?.script.directives;
  const own = directives?.statementTimeoutMs ?? request.statementTimeoutMs;
  const left = Number.isFinite(deadline) ? Math.max(1, deadline - performance.now()) : 0;
  const limits = [own, left].filter((ms) => ms > 0);
  const statement = limits.length === 0 ? 0 : Math.min(...limits);
  const values = [`${directives?.lockTimeoutMs ?? request.lockTimeoutMs}ms`, `${Math.round(statement)}ms`];
  const settings = [
    `pg_catalog.set_config('lock_timeout', $1, true)`,
    `pg_catalog.set_config('statement_timeout', $2, true)`,
    `pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', true)`,
  ];
  if (serverMajor >= 17 && left > 0) {
    settings.push(`pg_catalog.set_config('transaction_timeout', $3, true)`);
    values.push(`${Math.round(left) + 10_000}ms`);
  }
  return { name: `mgate_bounds_${settings.length}`, text: `select ${settings.join(', ')}`, values };
}

/** A statement whose text may leave our own bounds changed. */
export function mayChangeBounds(facts: StatementFacts, sql: string): boolean {
  if (facts.bulkInsertInto !== null) return false;
  return /^(SET|RESET|DISCARD)\b/.test(facts.command) || facts.opaque !== null || /set_config/i.test(sql);
}
