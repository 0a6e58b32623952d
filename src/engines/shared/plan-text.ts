import { renderPlanHeader } from '../../report/plan-sql.ts';
import type { Request } from '../../request/request.ts';
import type { Plan } from '../engine.ts';
import type { ServerFacts } from './inspect.ts';

/** The head of plan.sql, whichever engine writes the rest. */
export function planHeader({ digest, pending }: Plan, { database, version }: ServerFacts, request: Request): string {
  const { environment, transactionMode, target } = request;
  return renderPlanHeader(
    { digest, database, host: target.host, environment, serverVersion: version, transactionMode },
    pending,
  );
}
