/** Everything that speaks against a plan: what its text claims, what the dry run saw of it and came upon. */
import type { Rehearsal } from '../engines/engine.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import type { Hazard, Severity } from '../report/outcome.ts';
import { plural } from '../report/text.ts';
import type { Request } from '../request/request.ts';
import type { Claim } from './claim.ts';
import { observedHazards } from './observed.ts';
import { weigh } from './weigh.ts';

export interface HazardInput {
  readonly pending: readonly PlannedMigration[];
  readonly claims: readonly Claim[];
  readonly rehearsal: Rehearsal;
  readonly request: Pick<Request, 'assumeRows' | 'transactionMode'>;
}

export function hazardsOf({ pending, claims, rehearsal, request }: HazardInput): Hazard[] {
  const weighed = weigh({
    claims,
    migrations: rehearsal.migrations,
    sizes: rehearsal.sizes,
    assumeRows: request.assumeRows,
    oneTransaction: request.transactionMode === 'all',
    schemaDiff: rehearsal.verdict === 'passed' ? rehearsal.schemaDiff : null,
  });
  const watched = new Set(rehearsal.migrations.filter((one) => one.status === 'rehearsed').map((one) => one.version));
  const unread = pending.flatMap((one) => notRead(one, watched.has(one.version) ? 'info' : 'danger'));
  const all = [...weighed, ...unread, ...observedHazards({ pending, rehearsal })];
  // Of a tool's migration the file may not be known.
  return all.map((hazard) => (hazard.file === '' ? { ...hazard, file: null, line: null } : hazard));
}

/** Statements of a file that no rule has read, because there were too many. */
export function notRead({ version, file, script }: PlannedMigration, severity: Severity): Hazard[] {
  if (script.unread === 0) return [];
  return [
    {
      rule: 'not-understood',
      severity,
      effects: [],
      version,
      file,
      line: null,
      statement: null,
      relation: null,
      message: `${plural(script.unread, 'statement')} of this file were not read by the rules: it is too long. Nothing is known of them but what the dry run saw.`,
      safer: 'Split the file.',
      source: 'static',
      allowed: null,
    },
  ];
}

/** That a migration cannot be run twice is a question of the checklist: it is not going to be. */
export function isHazard({ rule }: Hazard): boolean {
  return rule !== 'not-repeatable';
}
