/** Everything that speaks against a plan: what its text claims, what the dry run saw of it and came upon. */
import type { Rehearsal } from '../engines/engine.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import type { Hazard } from '../report/outcome.ts';
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
  return [...weighed, ...observedHazards({ pending, rehearsal })];
}

/** That a migration cannot be run twice is a question of the checklist: it is not going to be. */
export function isHazard({ rule }: Hazard): boolean {
  return rule !== 'not-repeatable';
}
