/** What was found and what the request allows -> go on, or not and why. */
import type { Check, Inspection, Plan, Rehearsal } from '../engines/engine.ts';
import type { PlanProblem } from '../plan/plan.ts';
import type { Hazard, Severity } from '../report/outcome.ts';
import { Stop, type StopReason } from '../report/stop.ts';
import { brief, plural } from '../report/text.ts';
import type { Request } from '../request/request.ts';

/** The strongest objection of the files and records, or null. `status` only reports them. */
export function objectionOf(problems: readonly PlanProblem[]): Stop | null {
  const first = (...kinds: readonly PlanProblem['kind'][]) => problems.find(({ kind }) => kinds.includes(kind));
  // A record that is wrong is the cause, where it makes an applied file look as one out of order.
  const worst = first('duplicate', 'target') ?? first('record') ?? problems[0];
  if (!worst) return null;
  const others = problems.length - 1;
  return new Stop({
    ...kindOf(worst),
    message: `${worst.message}${others > 0 ? ` (and ${plural(others, 'other problem')})` : ''}`,
    next: worst.next,
    file: worst.file,
    line: worst.file === null ? null : 1,
  });
}

function kindOf(
  problem: PlanProblem,
): Pick<StopReason, 'result' | 'class'> & { class: NonNullable<StopReason['class']> } {
  switch (problem.kind) {
    case 'duplicate':
      return { result: 'failed', class: 'order' };
    case 'target':
      return { result: 'failed', class: 'input' };
    case 'record':
      return { result: 'refused', class: 'order' };
    case 'edited':
      return { result: 'refused', class: 'checksum' };
    case 'missing':
    case 'out-of-order':
      return { result: 'refused', class: 'order' };
  }
}

/** What `status` alarms about: edited, missing, failed or interrupted. */
export function isAlarming(found: Inspection): boolean {
  return (
    found.problems.some((problem) => ['edited', 'missing', 'record'].includes(problem.kind)) ||
    found.recorded.some((row) => row.status === 'failed' || row.status === 'running')
  );
}

const LAXER: readonly string[] = ['staging', 'development'];

/** What was last migrated as production takes nothing laxer. Throws the refusal. */
export function refuseLaxer(request: Request, { lastEnvironment: last }: Inspection): void {
  // What is none of our words is not known to be laxer.
  if (last === null || LAXER.includes(last.environment) || request.environment === 'production') return;
  throw new Stop({
    result: 'refused',
    class: 'input',
    message: `this database was last migrated as ${brief(last.environment, 80)}, as ${last.table} tells, and cannot be migrated as ${request.environment}`,
    next: `If it is the production database, run with environment: production; if it is a copy of it, delete its rows of that environment from ${last.table}.`,
  });
}

/** Decided before anything is executed, when something is pending. Throws the refusal. */
export function refuseUnlessMeant(request: Request, found: Inspection, plan: Plan): void {
  refuseLaxer(request, found);
  if (request.confirmation === 'missing') throw unconfirmed(request.mode, null);
  if (request.mode === 'apply' && request.planDigest !== null && request.planDigest !== plan.digest)
    throw otherPlan(request.planDigest, plan.digest);
}

/** Writing in production without the typed phrase. `also`: what else went wrong while looking whether anything is pending. */
export function unconfirmed(mode: Request['mode'], also: string | null): Stop {
  return new Stop({
    result: 'refused',
    class: 'input',
    message: `${mode} in production needs confirm-token${also ? ` (and the database could not be inspected: ${also})` : ''}`,
    next:
      mode === 'apply'
        ? 'Set confirm-token: MIGRATE-PRODUCTION once you have read the dry run.'
        : 'Set confirm-token: MIGRATE-PRODUCTION once you have read what mode: status says.',
  });
}

export function otherPlan(expected: string, actual: string): Stop {
  return new Stop({
    result: 'refused',
    class: 'checksum',
    message: `the plan is not the one that was reviewed: plan-digest is ${expected.slice(0, 12)}…, now it is ${actual.slice(0, 12)}…`,
    next: 'Dry-run again and review that: files, applied migrations, server or settings have changed.',
  });
}

/** The digest names files, not how far a half-done one has come: another run may have gone on with it meanwhile. */
export function refuseOtherProgress(rehearsed: Plan, now: Plan): void {
  const progress = (plan: Plan) => JSON.stringify([...plan.resumed].map(([key, row]) => [key, row.progress]));
  if (progress(rehearsed) === progress(now)) return;
  throw new Stop({
    result: 'refused',
    class: 'order',
    message: 'another run has gone on with a half-done migration since the dry run',
    next: 'Run again: the dry run must see how far it has come.',
  });
}

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, danger: 2 };

export function atOrAbove(severity: Severity, failOn: Request['failOn']): boolean {
  return failOn !== 'none' && RANK[severity] >= RANK[failOn];
}

/** Marks what the user accepted: by `allow-hazards`, or in the file with a reason. */
export function markAllowed(
  hazards: readonly Hazard[],
  request: Pick<Request, 'allowHazards'>,
  plan: Plan,
): { hazards: Hazard[]; unused: string[] } {
  const used = new Set<string>();
  const marked = hazards.map((hazard) => {
    if (request.allowHazards.includes(hazard.rule)) return { ...hazard, allowed: 'allow-hazards' };
    const migration = plan.pending.find((one) => one.version === hazard.version);
    const allowance = migration?.script.directives.allow.find((one) => one.rule === hazard.rule);
    if (!migration || !allowance) return hazard;
    used.add(`${migration.file}:${allowance.line}`);
    return { ...hazard, allowed: allowance.reason };
  });
  const unused = plan.pending.flatMap((migration) =>
    migration.script.directives.allow
      .filter((one) => !used.has(`${migration.file}:${one.line}`))
      .map((one) => `${migration.file}:${one.line} allows ${one.rule}, which was not found there`),
  );
  return { hazards: marked, unused };
}

/** After the dry run: throws what speaks against going on. */
export function judge(request: Request, rehearsal: Rehearsal, hazards: readonly Hazard[]): void {
  if (rehearsal.verdict === 'inconclusive' && !request.allowHazards.includes('dry-run-inconclusive')) {
    throw new Stop({
      result: 'dry-run-inconclusive',
      class: rehearsal.class ?? 'resources',
      message: `the dry run is inconclusive: ${rehearsal.reason}`,
      ...(rehearsal.next === null ? {} : { next: rehearsal.next }),
    });
  }
  refuseLost(rehearsal.checks);
  const over = hazards
    .filter(
      (hazard) => hazard.allowed === null && (atOrAbove(hazard.severity, request.failOn) || isLoss(hazard, request)),
    )
    .sort((a, b) => RANK[b.severity] - RANK[a.severity]);
  const [first] = over;
  if (!first) return;
  const rules = [...new Set(over.map((hazard) => hazard.rule))];
  const comment = first.file?.endsWith('.py') ? '#' : '--';
  throw new Stop({
    result: 'refused',
    class: 'verification',
    message: `${plural(over.length, 'hazard')} ${isLoss(first, request) ? 'that nobody has accepted' : `at or above fail-on (${request.failOn})`}: ${rules.slice(0, 5).join(', ')}${rules.length > 5 ? ` and ${rules.length - 5} more` : ''}`,
    next: `Write it the safe way that the report shows, or accept it for this run with \`allow-hazards: ${rules.slice(0, 5).join(', ')}\`, or in the file with \`${comment} gate: allow ${first.rule} <reason>\`.`,
    file: first.file,
    line: first.line,
  });
}

/** Whatever fail-on says, production loses no data that nobody has agreed to lose. */
function isLoss(hazard: Hazard, request: Request): boolean {
  return request.environment === 'production' && hazard.severity !== 'info' && hazard.effects.includes('destroys');
}

function refuseLost(checks: readonly Check[]): void {
  const lost = checks.filter((check) => !check.passed);
  const [first] = lost;
  if (!first) return;
  throw new Stop({
    result: 'refused',
    class: 'verification',
    message: `in the dry run ${first.check} did not hold: ${first.detail ?? 'it failed'}${lost.length > 1 ? ` (and ${lost.length - 1} more)` : ''}`,
    next: 'Correct the migration, or the list of what is critical.',
  });
}
