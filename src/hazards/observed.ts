/** What the dry run came upon, beside the work that `weigh.ts` judges -> hazards. */
import type { Finding, Observation, Rehearsal } from '../engines/engine.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import type { Effect, Hazard, MigrationReport, Severity, StatementReport } from '../report/outcome.ts';
import { cut } from '../report/text.ts';

export interface ObservedInput {
  readonly pending: readonly PlannedMigration[];
  readonly rehearsal: Pick<Rehearsal, 'migrations' | 'observations' | 'findings'>;
}

export function observedHazards({ pending, rehearsal }: ObservedInput): Hazard[] {
  const hazards = [
    ...rehearsal.migrations.flatMap((migration) => ofMigration(migration)),
    ...rehearsal.observations.map(ofObservation),
    ...rehearsal.findings.map(ofFinding),
    ...pending.flatMap(ofForm),
  ];
  return hazards;
}

interface Seen {
  readonly migration: Pick<MigrationReport, 'version' | 'file'>;
  readonly line: number;
  readonly sql: string;
}

function hazard(
  rule: string,
  severity: Severity,
  effects: readonly Effect[],
  at: Seen | null,
  message: string,
  more: { relation?: string; safer?: string } = {},
): Hazard {
  return {
    rule,
    severity,
    effects,
    version: at?.migration.version ?? null,
    file: at?.migration.file ?? null,
    line: at?.line ?? null,
    statement: at ? cut(at.sql, 200) : null,
    relation: more.relation ?? null,
    message,
    safer: more.safer ?? null,
    source: 'observed',
    allowed: null,
  };
}

function ofMigration(migration: MigrationReport): Hazard[] {
  return migration.statements.flatMap((statement) => {
    const at = { migration, line: statement.line, sql: statement.sql };
    if (statement.error !== null) return [hazard('statement-fails', 'danger', ['fails'], at, statement.error)];
    return notExecuted(statement, at);
  });
}

function notExecuted(statement: StatementReport, at: Seen): Hazard[] {
  if (statement.executed || statement.reason === null) return [];
  return [hazard('not-executed', isTold(statement.reason) ? 'info' : 'warning', [], at, statement.reason)];
}

/** What it does is known without it: rehearsed in another form, judged by its text, or one number of a sequence. */
function isTold(reason: string): boolean {
  return /^rehearsed|^setval\b|cannot run in a transaction$/.test(reason);
}

function ofObservation(seen: Observation): Hazard {
  if (seen.kind === 'external') {
    if (seen.withheld) {
      return hazard(
        'external-effects',
        'danger',
        ['external'],
        seen,
        `${seen.what}: it reaches out of this database, so it was not rehearsed and cannot be undone`,
      );
    }
    return hazard(
      'external-effects',
      'warning',
      ['external'],
      seen,
      `${seen.what}: its effect outside of this database is not undone by the dry run's rollback`,
    );
  }
  return hazard(
    'external-effects',
    'info',
    [],
    seen,
    `${seen.what} runs code that its text does not show in full; what such code does outside of this database a rollback does not undo`,
  );
}

function ofFinding({ sql, ...finding }: Finding): Hazard {
  return {
    ...finding,
    statement: sql,
    effects: finding.rule.endsWith('fails') ? ['may-fail'] : [],
    source: 'observed',
    allowed: null,
  };
}

function ofForm(migration: PlannedMigration): Hazard[] {
  const { script } = migration;
  if (script.transactional) return [];
  const at = { migration, line: 1, sql: '' };
  const form = script.ownTransactions
    ? hazard(
        'own-transactions',
        'warning',
        ['non-transactional'],
        at,
        'the file holds transactions of its own: they commit one by one, and a failure half way leaves the earlier ones',
        {
          safer: 'One file, one transaction: take BEGIN and COMMIT out, or split the file.',
        },
      )
    : hazard(
        'non-transactional',
        'info',
        ['non-transactional'],
        at,
        `applied outside of a transaction, statement by statement (${script.reason})`,
      );
  return [{ ...form, statement: null }];
}
