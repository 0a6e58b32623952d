/** The outcome while it comes into being: each stage leaves here what it found, and any ending makes a whole Outcome of it. */
import type {
  Applied,
  Engine,
  Inspection,
  Plan,
  Rehearsal,
  Settled,
  StateProof,
  Verification,
} from './engines/engine.ts';
import { failureFrom } from './postgres/failure.ts';
import { exitCodeOf } from './report/exit.ts';
import type { FailureContext } from './report/failure.ts';
import {
  type ArtifactLink,
  type BackupMarker,
  type ChecklistItem,
  type DatabaseState,
  type Failure,
  type Hazard,
  type Health,
  type MigrationReport,
  type Outcome,
  type Result,
  STAGES,
  type Stage,
  type StageName,
} from './report/outcome.ts';
import { cancelled, Stop } from './report/stop.ts';
import { outcomeWithoutValues } from './report/values.ts';
import type { Request } from './request/request.ts';

/** The dry run's own failure is complete already: class, place and remedy. */
export class RehearsalFailed extends Error {
  readonly rehearsal: Rehearsal;
  constructor(rehearsal: Rehearsal) {
    super(rehearsal.error?.message ?? 'the dry run failed');
    this.rehearsal = rehearsal;
  }
}

const GO_ON = 'Run it again: it goes on with what is still pending.';

/** An artifact, or why there is none; neither where none is wanted. */
export interface Shared {
  readonly link: ArtifactLink | null;
  readonly warnings: readonly string[];
}

/** The failure itself is in the draft, with what reading the database back has proved. */
class ApplyFailed extends Error {}

export class Draft {
  backup: BackupMarker | null = null;
  private readonly request: Request;
  private readonly kind: Engine['kind'];
  private readonly now: () => number;
  private readonly signal: AbortSignal;
  private readonly startedAt: number;
  private readonly stages: Stage[] = [];
  private inspection: Inspection | null = null;
  private plan: Plan | null = null;
  private health: Health | null = null;
  private rehearsal: Rehearsal | null = null;
  private hazards: readonly Hazard[] = [];
  private checklist: readonly ChecklistItem[] = [];
  private readonly warnings: string[] = [];
  private applied: Applied | null = null;
  private proof: StateProof | null = null;
  private verification: Verification | null = null;
  private planArtifact: ArtifactLink | null = null;
  private current: { readonly stage: StageName; readonly from: number } | null = null;
  private isWriting = false;
  private end: { result: Result; alarm: boolean } | null = null;
  private failure: Failure | null = null;
  private stateUnknown = false;
  private lockHeld = false;
  private badInput = false;

  constructor(request: Request, kind: Engine['kind'], now: () => number, signal: AbortSignal) {
    this.request = request;
    this.kind = kind;
    this.now = now;
    this.signal = signal;
    this.startedAt = now();
  }

  async stage<T>(stage: StageName, work: () => Promise<T>): Promise<T> {
    if (this.signal.aborted) throw cancelled(`before the stage ${stage}`, this.isWriting ? GO_ON : undefined);
    this.current = { stage, from: this.now() };
    try {
      const result = await work();
      this.leave('passed');
      return result;
    } catch (error) {
      this.leave(this.signal.aborted ? 'cancelled' : 'failed');
      throw error;
    }
  }

  private leave(status: Stage['status']): void {
    if (this.current === null) return;
    const { stage, from } = this.current;
    this.current = null;
    this.stages.push({ stage, status, ms: this.now() - from });
  }

  skipped(stage: StageName): void {
    this.stages.push({ stage, status: 'skipped', ms: 0 });
  }

  found(inspection: Inspection): void {
    this.inspection = inspection;
    this.warnings.push(...inspection.warnings);
  }

  /** `again`: what was found after it. */
  settled(settled: readonly Settled[], again: Inspection): void {
    const notes = settled.map((one) => `migration ${one.version} (${one.name}) is ${one.became}: ${one.reason}`);
    this.inspection = {
      ...again,
      notes: [...(notes.length > 0 ? notes : ['no record was to be settled']), ...again.notes],
    };
    this.planned(again.plan);
  }

  planned(plan: Plan): void {
    this.plan = plan;
    // The first problem becomes the failure, in the modes that stop for it; the whole list belongs into every report.
    this.warnings.push(...(this.inspection?.problems ?? []).map((problem) => problem.message));
    for (const row of this.inspection?.recorded ?? []) {
      if (row.status === 'failed' || row.status === 'running')
        this.warnings.push(`migration ${row.version} (${row.name}) is recorded as ${row.status}`);
    }
  }

  /** The dry run has seen more of it than was known before. */
  planSeen(plan: Plan): void {
    this.plan = plan;
  }

  healthy(health: Health): void {
    this.health = health;
    for (const long of health.longTransactions) {
      this.warnings.push(
        `pid ${long.pid}${long.application ? ` (${long.application})` : ''} has had a transaction open for ${long.seconds} s: locks may be waited for`,
      );
    }
  }

  rehearsed(
    rehearsal: Rehearsal,
    hazards: readonly Hazard[],
    unusedAllowances: readonly string[],
    checklist: readonly ChecklistItem[],
  ): void {
    this.rehearsal = rehearsal;
    this.hazards = hazards;
    this.checklist = checklist;
    this.warnings.push(...rehearsal.remarks, ...unusedAllowances);
  }

  planShared({ link, warnings }: Shared): void {
    this.planArtifact = link;
    this.warnings.push(...warnings);
  }

  marked(marker: BackupMarker): void {
    this.backup = marker;
  }

  /** From here on a death leaves a state that only reading the database back can tell. */
  writing(): void {
    this.isWriting = true;
  }

  appliedSoFar(applied: Applied): void {
    this.applied = applied;
  }

  /** What reading the database back says; from now on nothing else is believed. */
  proved(proof: StateProof): void {
    this.proof = proof;
  }

  /** Applied is what reading the database back says is applied; that no error was heard of is not enough. */
  refuseFailed(): void {
    if (this.applied?.failed) throw new ApplyFailed(this.applied.failed.error.message);
    if (this.proof?.state === 'migrated') return;
    throw new Stop({
      result: 'failed',
      class: 'verification',
      message: 'every migration was applied without an error, and reading the database back does not show it',
      next: 'Run mode: status to see what is recorded, before anything else is deployed.',
    });
  }

  verified(verification: Verification): void {
    this.verification = verification;
    const names = verification.foreign.map((change) => `${change.kind} ${change.name}`);
    this.warnings.push(...verification.remarks);
    if (names.length > 0) this.warnings.push(`changed meanwhile by somebody else: ${names.slice(0, 10).join(', ')}`);
  }

  refuseUnverified(): void {
    const lost = this.verification?.checks.find((check) => !check.passed);
    const different = this.verification?.predictedEqualsActual === false ? this.verification.differences[0] : undefined;
    if (!lost && !different) return;
    throw new Stop({
      result: 'failed',
      class: 'verification',
      message: lost
        ? `${lost.check}: ${lost.detail ?? 'it does not hold'}`
        : `${different?.kind} ${different?.name} is not what the dry run said it would be`,
      next: this.isWriting
        ? 'The migrations are applied: put right what is named above by a new migration, then run mode: verify.'
        : 'Put right what is named above, then run mode: verify.',
    });
  }

  ended(result: Result, why: { alarm?: boolean } = {}): void {
    this.end = { result, alarm: why.alarm ?? false };
  }

  /** The one place where what was thrown becomes a result. */
  stopped(thrown: unknown): void {
    const { target, showData } = this.request;
    const context = { phase: this.phase(thrown), host: target.host, showData };
    const reason = thrown instanceof Stop ? thrown.reason : null;
    const failed = this.applied?.failed ?? null;
    if (thrown instanceof ApplyFailed && failed) this.failure = failed.error;
    else if (thrown instanceof RehearsalFailed) this.failure = thrown.rehearsal.error;
    else this.failure = failureFrom(thrown, null, context);
    if (this.failure && this.signal.aborted && isConsequence(this.failure)) this.failure = this.cancelledNow();
    this.leave(this.signal.aborted ? 'cancelled' : 'failed');
    this.lockHeld = reason?.lockHeld ?? false;
    this.stateUnknown = reason?.stateUnknown ?? false;
    this.badInput = reason?.badInput ?? false;
    const result = reason?.result ?? 'failed';
    this.end = {
      result: this.signal.aborted || this.failure?.class === 'cancelled' ? 'cancelled' : result,
      alarm: false,
    };
    if (this.failure?.class === 'checksum' && failed && result === 'failed' && this.proof?.state === 'unchanged')
      this.end = { result: 'refused', alarm: false };
  }

  private cancelledNow(): Failure {
    const stage = this.current?.stage ?? this.stages.at(-1)?.stage ?? 'inspect';
    const stop = cancelled(`in the stage ${stage}`, this.isWriting ? GO_ON : undefined);
    return failureFrom(stop, null, { phase: 'other', showData: true });
  }

  private phase(thrown: unknown): FailureContext['phase'] {
    const last = this.stages.at(-1)?.stage ?? 'inspect';
    // What could not connect is a Stop; a server that answers our questions with an error has let us in.
    if (this.inspection === null) return thrown instanceof Stop ? 'connect' : 'other';
    return last === 'dry-run' || last === 'apply' || last === 'verify' ? last : 'other';
  }

  /** What a reviewer is shown while the run waits or works. */
  soFar(): Outcome {
    return this.outcomeOf('dry-run-passed', 'unchanged', null, false);
  }

  /** What is true if the run dies now: it is on the disk before it can. */
  ifKilled(): Outcome {
    const stop = this.isWriting
      ? {
          message: 'the run was killed while applying',
          next: 'Run mode: status to see what is applied; the next run goes on from there.',
        }
      : { message: 'the run was killed before it applied anything', next: 'Nothing was changed; run again.' };
    const failure = failureFrom(new Stop({ result: 'failed', class: 'internal', ...stop }), null, {
      phase: 'other',
      showData: true,
    });
    return this.outcomeOf('failed', this.isWriting ? 'unknown' : 'unchanged', failure, false);
  }

  outcome(): Outcome {
    const end = this.end ?? { result: 'failed' as const, alarm: false };
    return this.outcomeOf(end.result, this.state(), this.failure, end.alarm);
  }

  private state(): DatabaseState {
    if (this.isWriting) return this.hasUnrecorded() ? 'unknown' : (this.proof?.state ?? 'unknown');
    return this.stateUnknown ? 'unknown' : 'unchanged';
  }

  /** The server has answered a COMMIT and what it was to record is not there: what is in the database nobody can tell. */
  private hasUnrecorded(): boolean {
    const proved = new Set(this.proof?.applied.map((one) => one.version));
    return this.applied?.applied.some(({ migration }) => !proved.has(migration.version)) ?? false;
  }

  private outcomeOf(result: Result, databaseState: DatabaseState, error: Failure | null, alarm: boolean): Outcome {
    const whole = this.wholeOutcomeOf(result, databaseState, error, alarm);
    // The text of an SQL file is the project's own; what a tool sends may hold rows.
    return this.kind === 'sql' || this.request.showData ? whole : outcomeWithoutValues(whole);
  }

  private wholeOutcomeOf(result: Result, databaseState: DatabaseState, error: Failure | null, alarm: boolean): Outcome {
    const { request, inspection, plan, rehearsal, verification } = this;
    const applied = this.proof?.applied ?? [];
    const ref = ({ version, name, file }: { version: string; name: string; file: string }) => ({ version, name, file });
    return {
      result,
      databaseState,
      exitCode: exitCodeOf(result, databaseState, { lockHeld: this.lockHeld, badInput: this.badInput, alarm }),
      mode: request.mode,
      environment: request.environment,
      environmentSource: request.environmentSource,
      engine: this.kind,
      server: {
        version: inspection?.server.version ?? null,
        host: request.target.host,
        port: request.target.port,
        database: request.target.database,
        user: request.target.user,
        source: request.target.source,
      },
      startedAt: new Date(this.startedAt).toISOString(),
      durationMs: this.now() - this.startedAt,
      planDigest: plan?.digest ?? null,
      previousVersion: inspection?.previousVersion ?? null,
      currentVersion: this.proof?.currentVersion ?? inspection?.previousVersion ?? null,
      pending: (plan?.pending ?? []).map(ref),
      applied: applied.map(ref),
      recorded: inspection?.recorded ?? [],
      stages: withSkipped(this.stages),
      migrations: this.migrations(),
      coverage: rehearsal?.coverage ?? {
        statements: (plan?.pending ?? []).reduce((sum, one) => sum + one.script.statements, 0),
        executed: 0,
      },
      blocked: rehearsal?.blocked ?? [],
      hazards: this.hazards,
      sizes: rehearsal?.sizes ?? [],
      schemaDiff: rehearsal?.schemaDiff ?? [],
      predictedEqualsActual: verification?.predictedEqualsActual ?? null,
      unpredicted: verification?.differences ?? [],
      health: this.health,
      backup: this.backup,
      rehearsal: rehearsal?.proof ?? null,
      checklist: this.checklist,
      verification: verification?.checks ?? rehearsal?.checks ?? [],
      warnings: this.warnings,
      notes: inspection?.notes ?? [],
      problems: [],
      error,
      downFiles: this.kind !== 'sql' ? [] : (plan?.pending ?? []).flatMap((one) => plan?.downFiles.get(one.key) ?? []),
      run: request.run,
      artifactName: request.publishing.artifactName,
      artifacts: { plan: this.planArtifact, log: null },
    };
  }

  /** One row for each pending migration from the start, whatever became of it. */
  private migrations(): MigrationReport[] {
    const rehearsed = new Map(this.rehearsal?.migrations.map((one) => [one.version, one]));
    const appliedMs = new Map(this.applied?.applied.map((one) => [one.migration.version, one.ms]));
    const proved = new Set(this.proof?.applied.map((one) => one.version));
    const failed = this.applied?.failed?.migration.version ?? null;
    return (this.plan?.pending ?? []).map((migration) => {
      const report: MigrationReport = rehearsed.get(migration.version) ?? {
        version: migration.version,
        name: migration.name,
        file: migration.file,
        checksum: migration.checksum,
        transactional: migration.script.transactional,
        status: this.request.mode === 'status' || this.request.mode === 'verify' ? 'pending' : 'not-executed',
        ms: null,
        appliedMs: null,
        statements: [],
      };
      const ms = appliedMs.get(migration.version) ?? null;
      if (proved.has(migration.version)) return { ...report, status: 'applied', appliedMs: ms };
      if (failed === migration.version) return { ...report, status: 'failed' };
      return this.isWriting ? { ...report, status: 'pending' } : report;
    });
  }
}

/** An error that being cancelled makes: the server ended the query or the session, or nothing but the connection was lost. */
function isConsequence({ class: kind, sqlstate }: Failure): boolean {
  if (kind === 'cancelled') return false;
  return sqlstate === null
    ? kind === 'connection' || kind === 'internal'
    : sqlstate === '57014' || sqlstate === '57P01';
}

/** The stages that a run did not come to are told too. */
function withSkipped(stages: readonly Stage[]): Stage[] {
  const done = new Map(stages.map((stage) => [stage.stage, stage]));
  const usual = STAGES.map((stage) => done.get(stage) ?? ({ stage, status: 'skipped', ms: 0 } as const));
  const others = stages.filter(({ stage }) => !STAGES.some((one) => one === stage));
  return [...usual, ...others];
}
