/**
 * The story: inspect -> plan -> dry run -> review -> apply -> verify -> report.
 *
 * Whatever stops it is thrown as a Stop and caught once, below; what was found until then is in the draft, so that
 * every ending has the same report.
 */
import { Draft, RehearsalFailed, type Shared } from './draft.ts';
import type { Engine, Inspection, Plan, Rehearsal } from './engines/engine.ts';
import { asked } from './hazards/asked.ts';
import { checklist } from './hazards/checklist.ts';
import type { Claim } from './hazards/claim.ts';
import { hazardsOf, isHazard } from './hazards/hazards.ts';
import type { Log } from './log.ts';
import {
  isAlarming,
  judge,
  markAllowed,
  objectionOf,
  otherPlan,
  refuseLaxer,
  refuseOtherProgress,
  refuseUnlessMeant,
  unconfirmed,
} from './policy/verdict.ts';
import { renderText } from './report/log.ts';
import type { Hazard, Outcome } from './report/outcome.ts';
import { cancelled, Stop } from './report/stop.ts';
import { duration, plural } from './report/text.ts';
import type { Request } from './request/request.ts';

/** Everything with an effect that the story needs; tests pass plain objects. */
export interface Tools {
  readonly engine: Engine;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Aborted when a cancelled run must be over, whatever it is still waiting for. */
  readonly lastCall: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Waits; ends early when the signal is aborted. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** plan.sql: exactly what would run. */
  readonly writePlan: (pieces: Iterable<string>) => void;
  /** Puts what is known onto the disk: what a reviewer reads in the pause, and the truth for the case of a death. */
  readonly writeDown: (soFar: Outcome, ifKilled: Outcome) => void;
  /** Shows the plan to whoever reviews it elsewhere, as it was written down. */
  readonly sharePlan: () => Promise<Shared>;
}

export async function gate(request: Request, tools: Tools): Promise<Outcome> {
  const draft = new Draft(request, tools.engine.kind, tools.now, tools.signal);
  try {
    await Promise.race([story(request, tools, draft), overdue(tools.lastCall)]);
  } catch (error) {
    draft.stopped(error);
  }
  await tools.engine.close();
  return draft.outcome();
}

/** A cancelled run that waits for a server that does not answer is told of as it stands. */
function overdue(lastCall: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    lastCall.addEventListener('abort', () =>
      reject(cancelled('while waiting for the server, which did not answer in time')),
    );
  });
}

async function story(request: Request, tools: Tools, draft: Draft): Promise<void> {
  const { engine, log } = tools;
  const { target } = request;
  log.line(
    `${target.database} on ${target.host}:${target.port} as ${target.user} (${target.source}); ${request.environment} (${request.environmentSource}); ${request.mode}`,
  );

  noteUnchanged(tools, draft);

  log.chapter('Inspect');
  const found = await draft.stage('inspect', () => inspect(request, engine));
  draft.found(found);
  log.line(
    `PostgreSQL ${found.server.version}; version ${found.previousVersion ?? 'none'}; ${found.appliedCount} applied`,
  );
  for (const text of found.warnings) log.line(`warning: ${text}`);

  if (request.mode === 'repair') return repair(request, tools, draft, found);

  log.chapter('Plan');
  const plan = await draft.stage('plan', async () => {
    draft.planned(found.plan);
    if (request.mode === 'status') return found.plan;
    const objection = objectionOf(found.problems);
    if (objection) throw objection;
    return found.plan;
  });
  log.line(plan.isOpen ? 'what is pending shows in the dry run' : pendingLine(plan));
  for (const migration of plan.pending) log.line(`  ${migration.file}`);
  if (plan.pending.length > 0) tools.writePlan(engine.planText(plan));

  if (request.mode === 'status') return draft.ended('reported', { alarm: isAlarming(found) });
  if (request.mode === 'verify') return verifyOnly(tools, draft, plan);
  if (plan.pending.length === 0 && !plan.isOpen) return upToDate(request, tools, draft);

  // A tool that is asked by running it is run, for the dry run, before it is known what is pending.
  if (plan.isOpen) refuseLaxer(request, found);
  else refuseUnlessMeant(request, found, plan);
  draft.healthy(await engine.health());
  noteUnchanged(tools, draft);
  const rehearsal = await dryRun(request, tools, draft, found);
  const seen = rehearsal.plan ?? plan;
  if (seen.pending.length === 0) return upToDate(request, tools, draft);
  if (request.mode === 'dry-run') return draft.ended('dry-run-passed');

  await review(request, tools, draft);
  const again = await readAgain(engine, seen);
  if (again === 'up-to-date') return draft.ended('up-to-date');
  await apply(request, tools, draft, seen, rehearsal);
  await verify(tools, draft);
  draft.ended('applied');
}

function pendingLine({ pending, digest }: Plan): string {
  return `${plural(pending.length, 'pending migration')}${pending.length > 0 ? `; plan-digest ${digest}` : ''}`;
}

/** Should nothing more be heard of this run: nothing was changed by it. */
function noteUnchanged(tools: Tools, draft: Draft): void {
  const ifKilled = draft.ifKilled();
  tools.writeDown(ifKilled, ifKilled);
}

/** Without the typed confirmation nothing but "there is nothing to do" can come of looking. */
async function inspect(request: Request, engine: Engine): Promise<Inspection> {
  if (request.confirmation !== 'missing') return engine.inspect();
  try {
    return await engine.inspect();
  } catch (error) {
    if (error instanceof Stop && error.reason.badInput) throw error;
    throw unconfirmed(request.mode, error instanceof Error ? error.message : String(error));
  }
}

async function dryRun(request: Request, tools: Tools, draft: Draft, inspected: Inspection): Promise<Rehearsal> {
  const { engine, log } = tools;
  log.chapter('Dry run');
  return draft.stage('dry-run', async () => {
    const known = inspected.plan;
    // While the server is at work.
    const [knownClaims, rehearsal] = await Promise.all([readClaims(known), engine.rehearse(known)]);
    const plan = rehearsal.plan ?? known;
    const claims = rehearsal.plan ? await readClaims(plan) : knownClaims;
    if (rehearsal.plan) seePlan(request, tools, draft, inspected, rehearsal.plan);
    const found = hazardsOf({ pending: plan.pending, claims, rehearsal, request });
    const { hazards, unused } = markAllowed(found.filter(isHazard), request, plan);
    draft.rehearsed(rehearsal, hazards, unused, checklistOf(request, engine.kind, plan, rehearsal, found));
    const { statements, executed } = rehearsal.coverage;
    log.line(`${executed} of ${plural(statements, 'statement')} executed and rolled back`);
    if (rehearsal.error) throw new RehearsalFailed(rehearsal);
    judge(request, rehearsal, hazards);
    return rehearsal;
  });
}

/** What is pending, and what would be sent, was seen as it happened. */
function seePlan(
  request: Request,
  { engine, log, writePlan }: Tools,
  draft: Draft,
  found: Inspection,
  seen: Plan,
): void {
  draft.planSeen(seen);
  if (seen.pending.length === 0) return;
  if (found.plan.isOpen) {
    log.line(pendingLine(seen));
    for (const migration of seen.pending) log.line(`  ${migration.file || migration.version}`);
    refuseUnlessMeant(request, found, seen);
  }
  writePlan(engine.planText(seen));
}

function checklistOf(
  request: Request,
  kind: Engine['kind'],
  plan: Plan,
  rehearsal: Rehearsal,
  hazards: readonly Hazard[],
) {
  const passed = rehearsal.verdict === 'passed';
  return checklist({
    pending: plan.pending,
    downFiles: plan.downFiles,
    tool: kind === 'sql' ? null : kind,
    hazards,
    wentDown: kind === 'sql' && passed && request.rehearseRollback !== false,
    complete: passed && rehearsal.complete,
  });
}

/** The rules, and the parser that they read with, are loaded only where something is pending. */
async function readClaims(plan: Plan): Promise<readonly Claim[]> {
  const { claimsOf } = await import('./hazards/claims.ts');
  return claimsOf(asked(plan.pending), { major: plan.serverMajor });
}

/** The plan is on the disk and in the log; the lock is not held; cancelling changes nothing. */
async function review(request: Request, tools: Tools, draft: Draft): Promise<void> {
  const { engine, log, signal, sleep, writeDown } = tools;
  if (request.reviewDelayMs === 0) return draft.skipped('review');
  log.chapter('Review');
  await draft.stage('review', async () => {
    const soFar = draft.soFar();
    writeDown(soFar, draft.ifKilled());
    log.line(renderText(soFar));
    await engine.release();
    const shared = await tools.sharePlan();
    draft.planShared(shared);
    writeDown(draft.soFar(), draft.ifKilled());
    if (shared.link) log.line(`the plan: ${shared.link.url ?? shared.link.name}`);
    log.line(
      `applying in ${duration(request.reviewDelayMs)} unless this run is cancelled; cancelling now changes nothing`,
    );
    // Counted down, not read off a clock, which may be set meanwhile.
    for (let left = request.reviewDelayMs; left > 0 && !signal.aborted; left -= 1_000) {
      log.progress(`applying in ${duration(left)}`);
      await sleep(Math.min(left, 1_000), signal);
    }
    if (signal.aborted) {
      throw cancelled('during the review pause', 'Nothing was changed; run again when the migration is wanted.');
    }
  });
}

/** After the pause: the lock again, and the state again, which must be the one that was rehearsed. */
async function readAgain(engine: Engine, plan: Plan): Promise<'same' | 'up-to-date'> {
  const found = await engine.resume();
  const objection = objectionOf(found.problems);
  if (objection) throw objection;
  if (found.plan.pending.length === 0) return 'up-to-date';
  if (found.plan.digest !== plan.digest) throw otherPlan(plan.digest, found.plan.digest);
  refuseOtherProgress(plan, found.plan);
  return 'same';
}

async function apply(
  request: Request,
  { engine, log, writeDown }: Tools,
  draft: Draft,
  plan: Plan,
  rehearsal: Rehearsal,
): Promise<void> {
  if (request.backup === 'none') draft.skipped('backup');
  else {
    const marker = await draft.stage('backup', () => engine.mark());
    draft.marked(marker);
    log.line(
      `to restore to just before: ${marker.name === null ? 'WAL position' : `restore point ${marker.name},`} ${marker.lsn}, ${marker.at}`,
    );
  }
  log.chapter('Apply');
  await draft.stage('apply', async () => {
    draft.writing();
    const ifKilled = draft.ifKilled();
    writeDown(ifKilled, ifKilled);
    try {
      draft.appliedSoFar(await engine.apply(plan, rehearsal, draft.backup));
    } finally {
      draft.proved(await engine.prove(plan));
    }
    draft.refuseFailed();
  });
}

async function verify({ engine, log }: Tools, draft: Draft): Promise<void> {
  log.chapter('Verify');
  await draft.stage('verify', async () => {
    draft.verified(await engine.verify());
    draft.refuseUnverified();
  });
}

async function verifyOnly({ engine, log }: Tools, draft: Draft, plan: Plan): Promise<void> {
  log.chapter('Verify');
  await draft.stage('verify', async () => {
    draft.verified(await engine.verify());
    const [first] = plan.pending;
    if (first) {
      throw new Stop({
        result: 'failed',
        class: 'verification',
        message: `${plural(plan.pending.length, 'migration')} pending, the first is ${first.file}`,
        next: 'Apply them, then verify again.',
      });
    }
    draft.refuseUnverified();
  });
  draft.ended('verified');
}

/** What interrupted and failed runs have left in the records; what is there afterwards is what the report tells. */
async function repair(request: Request, { engine, log }: Tools, draft: Draft, found: Inspection): Promise<void> {
  refuseUnlessMeant(request, found, found.plan);
  log.chapter('Repair');
  const settled = await draft.stage('record', () => engine.repair());
  for (const one of settled) log.line(`${one.version} (${one.name}): ${one.became}; ${one.reason}`);
  const again = await engine.resume();
  draft.settled(settled, again);
  draft.ended('repaired');
}

/** Nothing to do is not yet nothing wrong: what was named critical must be there. */
async function upToDate(request: Request, tools: Tools, draft: Draft): Promise<void> {
  const named = request.criticalTables.length + request.criticalIndexes.length > 0 || request.smokeTests !== null;
  if (named) await verify(tools, draft);
  draft.ended('up-to-date');
}
