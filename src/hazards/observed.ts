/** What the dry run saw -> hazards. The rules that read the statement itself stand beside this one. */
import type { Observation, Rehearsal } from '../engines/engine.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import type { Effect, Hazard, MigrationReport, RelationSize, Severity, StatementReport } from '../report/outcome.ts';
import { bytes, cut, duration } from '../report/text.ts';

/** Locks under which nobody else writes; under the last one nobody reads either. */
const BLOCKS_WRITES = ['ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'];
/** A blocking statement on a relation of at least this size is worth a warning, however quick it was just now. */
const LARGE_BYTES = 64 * 1024 * 1024;
/** Blocking for at least this long is worth a warning, however small the relation is. */
const LONG_MS = 500;

export interface ObservedInput {
  readonly pending: readonly PlannedMigration[];
  readonly rehearsal: Pick<Rehearsal, 'migrations' | 'observations' | 'sizes' | 'error' | 'verdict' | 'reason'>;
}

export function observedHazards({ pending, rehearsal }: ObservedInput): Hazard[] {
  const hazards = [
    ...rehearsal.migrations.flatMap((migration) => ofMigration(migration, rehearsal.sizes)),
    ...rehearsal.observations.map(ofObservation),
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

function ofMigration(migration: MigrationReport, sizes: readonly RelationSize[]): Hazard[] {
  // Locks last until the migration's end: what comes after the statement that took one runs under it too.
  const held = new Map<string, string>();
  return migration.statements.flatMap((statement) => {
    const at = { migration, line: statement.line, sql: statement.sql };
    if (!migration.transactional) held.clear();
    for (const { relation, mode } of statement.locks) if (BLOCKS_WRITES.includes(mode)) held.set(relation, mode);
    if (statement.error !== null) return [hazard('statement-fails', 'danger', ['fails'], at, statement.error)];
    return [...notExecuted(statement, at), ...blocking(statement, at, held, sizes)];
  });
}

function notExecuted(statement: StatementReport, at: Seen): Hazard[] {
  if (statement.executed || statement.reason === null) return [];
  const plain = statement.reason.startsWith('rehearsed');
  return [hazard('not-executed', plain ? 'info' : 'warning', [], at, statement.reason)];
}

function blocking(
  statement: StatementReport,
  at: Seen,
  held: ReadonlyMap<string, string>,
  sizes: readonly RelationSize[],
): Hazard[] {
  const hazards: Hazard[] = [];
  for (const [relation, mode] of held) {
    const size = sizes.find((one) => one.relation === relation);
    const rewritten = statement.rewrites.includes(relation);
    const scanned = statement.scans.includes(relation);
    if (!rewritten && !scanned && (statement.ms ?? 0) < LONG_MS) continue;
    const readsToo = mode === 'AccessExclusiveLock';
    const effects: Effect[] = [readsToo ? 'blocks-reads' : 'blocks-writes'];
    if (readsToo) effects.push('blocks-writes');
    if (rewritten) effects.push('rewrites');
    if (scanned) effects.push('scans');
    const heavy = (size?.bytes ?? 0) >= LARGE_BYTES || (statement.ms ?? 0) >= LONG_MS;
    const what = rewritten ? 'rewrites' : scanned ? 'scans' : 'holds';
    const took = statement.ms === null ? '' : `, ${duration(statement.ms)} in the dry run`;
    hazards.push(
      hazard(
        rewritten ? 'rewrites-under-lock' : scanned ? 'scans-under-lock' : 'long-under-lock',
        heavy ? 'warning' : 'info',
        effects,
        at,
        `${what} ${relation}${size ? ` (${bytes(size.bytes)})` : ''} while nobody can ${readsToo ? 'read or write' : 'write'} it (${mode})${took}`,
        { relation },
      ),
    );
  }
  return hazards;
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
        `applied statement by statement, with recorded progress (${script.reason})`,
      );
  return [{ ...form, statement: null }];
}
