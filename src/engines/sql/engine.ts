/** The engine for plain SQL files: what the gate asks, answered through `pg`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { decide } from '../../plan/decide.ts';
import { planDigest } from '../../plan/digest.ts';
import type { MigrationFile, PlannedMigration } from '../../plan/plan.ts';
import { readFingerprints } from '../../postgres/catalog.ts';
import { holdsLock, lockKey, releaseLock, takeLock } from '../../postgres/lock.ts';
import type { Session } from '../../postgres/session.ts';
import { armDeadMansSwitch } from '../../postgres/settings.ts';
import { rehearse } from '../../rehearsal/rehearse.ts';
import type { SeenRehearsal } from '../../rehearsal/report.ts';
import type { BackupMarker, Health } from '../../report/outcome.ts';
import { PLAN_SECTION_END, renderPlanHeader, renderPlanSection } from '../../report/plan-sql.ts';
import { cancelled } from '../../report/stop.ts';
import { duration } from '../../report/text.ts';
import type { Request, Target } from '../../request/request.ts';
import type {
  Applied,
  Backend,
  Engine,
  Inspection,
  Plan,
  Rehearsal,
  Remains,
  StateProof,
  Verification,
} from '../engine.ts';
import { backendOf, endBackend } from '../shared/backend.ts';
import { Connections } from '../shared/connections.ts';
import { requireCopy } from '../shared/copy.ts';
import { readHealth, readServer, refuseServer, refuseTransactionPooler, type ServerFacts } from '../shared/inspect.ts';
import { invalidIndexes } from '../shared/leftovers.ts';
import { setMarker } from '../shared/marker.ts';
import {
  anothersTable,
  emptyFolder,
  lockHeldBy,
  lostLock,
  notTogether,
  refuseUnlessMayRecord,
  who,
} from '../shared/refusals.ts';
import {
  leftOut,
  makesTracking,
  type Recorded,
  type RunStamp,
  readLastEnvironment,
  readRecords,
  readTrackingState,
  type TrackingRow,
  trackingQuery,
} from '../shared/tracking.ts';
import { type StateBefore, verify } from '../shared/verify.ts';
import type { Workbench } from '../shared/workbench.ts';
import { apply } from './application/apply.ts';
import { findFolder, listMigrations, rawChecksum, readText, requireSqlProject, versionKey } from './files.ts';
import { SqlAttempt } from './rehearsal/attempt.ts';
import { planMigration } from './script-file.ts';
import { readBack } from './state-proof.ts';

/** `remember` is told which backend does the work, before it does any. */
export function sqlEngine(
  request: Request,
  log: Log,
  signal: AbortSignal,
  remember: (backend: Backend) => void,
): Engine {
  return new SqlEngine(request, log, signal, remember);
}

/** How long the lock is waited for when it is given back at the end. */
const RELEASE_MS = 500;

interface State {
  readonly facts: ServerFacts;
  readonly tracking: Workbench['tracking'];
}

class SqlEngine implements Engine {
  private readonly request: Request;
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private readonly remember: (backend: Backend) => void;
  private readonly connections: Connections;
  private readonly key: string;

  private session: Session | null = null;
  private watcher: Session | null = null;
  /** Stands in for the working session once that is lost. */
  private substitute: Session | null = null;
  private copy: Workbench | null = null;
  private state: State | null = null;
  private databaseBytes = 0;
  private locked = false;
  private armed: Workbench['armed'] | null = null;
  private rehearsal: SeenRehearsal | null = null;
  /** Just before apply: the schema, and the indexes that were invalid already. */
  private before: StateBefore | null = null;
  private plan: Plan | null = null;
  private readonly plannedFiles = new Map<string, PlannedMigration>();

  constructor(request: Request, log: Log, signal: AbortSignal, remember: (backend: Backend) => void) {
    this.request = request;
    this.log = log;
    this.signal = signal;
    this.remember = remember;
    this.connections = new Connections(request, log, signal);
    this.key = lockKey(request.trackingSchema);
  }

  private get executes(): boolean {
    return this.request.mode === 'dry-run' || this.request.mode === 'apply';
  }

  // -- inspect and plan ---------------------------------------------------------------------------------------

  inspect(): Promise<Inspection> {
    return this.connections.interruptible('while looking at the database', () => this.inspectNow());
  }

  private async inspectNow(): Promise<Inspection> {
    const { workingDirectory, engine, migrationsPath } = this.request;
    requireSqlProject(workingDirectory, engine, migrationsPath);
    const session = await this.connections.connectTo(this.request.target, this.signal);
    this.session = session;
    if (!this.executes) await session.query('set session characteristics as transaction read only');
    const facts = await readServer(session, this.request.trackingSchema);
    refuseServer(facts, this.executes);
    this.remember(backendOf(facts));
    if (this.executes) {
      if (session.startupPid !== facts.backendPid)
        await refuseTransactionPooler(session, () => this.connections.connectTo(this.request.target));
      await this.lock();
    }
    return this.look(facts);
  }

  resume(): Promise<Inspection> {
    return this.connections.interruptible('after the review pause', () => this.resumeNow());
  }

  private async resumeNow(): Promise<Inspection> {
    if (this.working().lost) {
      // Firewalls and idle timeouts end connections that are silent for the length of a review.
      this.session = await this.connections.connectTo(this.request.target, this.signal);
      this.locked = false;
      this.armed = null;
    }
    await this.lock();
    const facts = await readServer(this.working(), this.request.trackingSchema);
    refuseServer(facts, true);
    this.remember(backendOf(facts));
    return this.look(facts);
  }

  /** Files and records, and how they stand to each other. The lock, where one is needed, is held. */
  private async look(facts: ServerFacts): Promise<Inspection> {
    const { request } = this;
    const session = this.working();
    const tracked = session.query<TrackingRow>(trackingQuery(request.trackingSchema));
    // While the server answers, the files are read.
    tracked.catch(() => undefined);
    const listing = listMigrations(
      request.workingDirectory,
      findFolder(request.workingDirectory, request.migrationsPath),
    );
    const row = (await tracked).rows[0];
    const tracking = row ? readTrackingState(row, request.trackingSchema) : ({ kind: 'absent' } as const);
    const notes: string[] = [];
    if (tracking.kind === 'foreign') {
      if (row?.columns || !request.allowHazards.includes('another-tool'))
        throw anothersTable(tracking.table, tracking.tool, request.trackingSchema, Boolean(row?.columns));
      notes.push(`${tracking.table} (${tracking.tool}) is another tool's; accepted by allow-hazards: another-tool`);
    }
    const ours = tracking.kind === 'ours';
    this.state = {
      facts,
      tracking: {
        schema: request.trackingSchema,
        exists: ours,
        complete: tracking.kind === 'ours' && tracking.complete,
      },
    };
    const records = ours ? await readRecords(session, request.trackingSchema, this.state.tracking.complete) : [];
    const lastEnvironment =
      ours && row?.history_columns ? await readLastEnvironment(session, request.trackingSchema) : null;
    const decision = decide({
      files: listing.files,
      records,
      targetVersion: request.targetVersion,
      allowOutOfOrder: request.allowOutOfOrder,
      rawChecksum,
    });
    if (decision.gaps.length > 0) notes.push(`versions left out: ${decision.gaps.join(', ')}`);
    if (listing.files.length === 0) throw emptyFolder(listing.folder.shown, listing.warnings);
    const pending = decision.pending.map((file) => this.planned(file));
    if (this.executes && pending.length > 0)
      refuseUnlessMayRecord(facts, ours, pending.some(makesTracking), request.trackingSchema);
    const digest = planDigest({
      pending,
      applied: decision.applied,
      serverMajor: facts.major,
      database: facts.database,
      environment: request.environment,
      targetVersion: request.targetVersion,
      transactionMode: request.transactionMode,
    });
    this.plan = { digest, serverMajor: facts.major, pending, resumed: decision.resumed, downFiles: listing.downFiles };
    return {
      server: { version: facts.version, major: facts.major },
      previousVersion: decision.currentVersion,
      plan: this.plan,
      problems: decision.problems,
      warnings: listing.warnings,
      notes,
      // Where everything is well, thousands of rows that say so would bury the rest.
      recorded: shown(
        request.mode === 'status' ? records : records.filter((row) => row.status !== 'completed'),
        listing.files,
      ),
      lastEnvironment,
      appliedCount: decision.applied.length,
    };
  }

  *planText(plan: Plan): Generator<string> {
    const { facts } = this.found();
    const { request } = this;
    yield renderPlanHeader(
      {
        digest: plan.digest,
        database: facts.database,
        host: request.target.host,
        environment: request.environment,
        serverVersion: facts.version,
        transactionMode: request.transactionMode,
      },
      plan.pending,
    );
    for (const [index, migration] of plan.pending.entries()) {
      yield renderPlanSection(migration, index + 1, plan.pending.length);
      yield* readText(migration);
      yield PLAN_SECTION_END;
    }
  }

  /** A file is read for its statements once, as long as it stays the same. */
  private planned(file: MigrationFile): PlannedMigration {
    const known = this.plannedFiles.get(file.file);
    if (known?.checksum === file.checksum) return known;
    const planned = planMigration(file);
    this.plannedFiles.set(file.file, planned);
    return planned;
  }

  async health(): Promise<Health> {
    const health = await this.connections.interruptible('while looking at the database', () =>
      readHealth(this.working()),
    );
    this.databaseBytes = health.databaseBytes;
    return health;
  }

  // -- dry run ------------------------------------------------------------------------------------------------

  async rehearse(plan: Plan): Promise<Rehearsal> {
    const { request } = this;
    this.refuseApart(plan, (one) => (one.script.transactional ? null : one.script.reason));
    const left = leftOut(request.trackingSchema);
    const [bench, fingerprints] = await this.connections.interruptible('before the dry run', async () => {
      const bench = request.rehearsalTarget ? await this.copyBench(request.rehearsalTarget) : await this.bench();
      return [bench, await readFingerprints(bench.session, left)] as const;
    });
    const stamp = this.stamp(plan, null);
    this.rehearsal = await rehearse(bench, plan, fingerprints, (input) => new SqlAttempt(input, stamp));
    const { nonTransactional } = this.rehearsal;
    this.refuseApart(plan, ({ key }) =>
      nonTransactional.has(key) ? 'the dry run found that it commits by itself' : null,
    );
    return this.rehearsal;
  }

  /** `why`: the reason why a file cannot commit together with others, or null. */
  private refuseApart({ pending }: Plan, why: (migration: PlannedMigration) => string | null): void {
    const all = this.request.transactionMode === 'all';
    // Up to the file that makes the tracking table there is nowhere to record what was done.
    const creator = this.found().tracking.exists ? -1 : pending.findIndex(makesTracking);
    const apart = (all ? pending : pending.slice(0, creator + 1)).find((one) => why(one) !== null);
    if (apart) throw notTogether(apart.file, why(apart), all ? null : (pending[creator]?.file ?? null));
  }

  /** The copy's own sessions, once it is proved to be a copy: the same schema, the same migrations applied. */
  private async copyBench(target: Target): Promise<Workbench> {
    const { request } = this;
    const session = await this.connections.connectTo(target, this.signal);
    const watcher = await this.connections.connectTo(target, this.signal);
    const facts = await readServer(session, request.trackingSchema);
    refuseServer(facts, true);
    const tracking = await requireCopy(this.working(), this.found().tracking, session);
    this.copy = await this.benchOf(target, session, watcher, facts, tracking);
    return this.copy;
  }

  private async bench(): Promise<Workbench> {
    const { facts, tracking } = this.found();
    const { target } = this.request;
    if (!this.watcher || this.watcher.lost) this.watcher = await this.connections.connectTo(target, this.signal);
    return this.benchOf(target, this.working(), this.watcher, facts, tracking);
  }

  private async benchOf(
    target: Target,
    session: Session,
    watcher: Session,
    facts: ServerFacts,
    tracking: Workbench['tracking'],
  ): Promise<Workbench> {
    const armed = (session === this.session ? this.armed : null) ?? (await armDeadMansSwitch(session));
    if (session === this.session) this.armed = armed;
    return {
      request: this.request,
      log: this.log,
      signal: this.signal,
      session,
      pid: facts.backendPid,
      watcher,
      reconnect: () => this.connections.connectTo(target),
      witness: () => this.witness(),
      armed,
      serverMajor: facts.major,
      databaseBytes: this.databaseBytes,
      standbys: facts.standbys,
      lockCapacity: facts.lockCapacity,
      leftOut: leftOut(this.request.trackingSchema),
      tracking,
    };
  }

  // -- apply --------------------------------------------------------------------------------------------------

  mark(): Promise<BackupMarker> {
    return this.connections.interruptible('while setting the backup marker', () =>
      setMarker(this.working(), this.request.run),
    );
  }

  async apply(plan: Plan, rehearsal: Rehearsal, marker: BackupMarker | null): Promise<Applied> {
    const bench = await this.connections.interruptible('before anything was applied', async () => {
      const bench = await this.bench();
      if (!(await holdsLock(bench.session, this.key))) throw lostLock();
      const left = leftOut(this.request.trackingSchema);
      this.before = {
        fingerprints: await readFingerprints(bench.session, left),
        invalid: await invalidIndexes(bench.session),
      };
      return bench;
    });
    return apply({ bench, plan, stamp: this.stamp(plan, marker), nonTransactional: rehearsal.nonTransactional });
  }

  private stamp(plan: Plan, marker: BackupMarker | null): RunStamp {
    const { run, environment, trackingSchema } = this.request;
    return {
      schema: trackingSchema,
      actor: run.actor,
      environment,
      runUrl: run.runUrl,
      sha: run.sha,
      planDigest: plan.digest,
      backupMarker: marker === null ? null : `${marker.name ?? ''} ${marker.lsn} ${marker.at}`.trim(),
    };
  }

  verify(): Promise<Verification> {
    const { request, plan, before, rehearsal } = this;
    return this.connections.interruptible('during the verification', () =>
      verify(this.working(), request, before && { plan, before, rehearsal, onCopy: this.copy !== null }),
    );
  }

  // -- proof and end ------------------------------------------------------------------------------------------

  async prove(plan: Plan): Promise<StateProof> {
    for (let last = false; ; last = true) {
      const session = this.working();
      const wasLost = session.lost !== null;
      try {
        return await readBack(await this.witness(), this.request.trackingSchema, plan, this.before);
      } catch (error) {
        // It may be the asking that shows that the session is lost.
        if (!last && !wasLost && session.lost) continue;
        this.log.line(`the database could not be read back: ${(error as Error).message}`);
        return { state: 'unknown', currentVersion: null, applied: [] };
      }
    }
  }

  /** A session that can tell; when the working one was lost, its backend must be gone first, as it could still commit. */
  private async witness(): Promise<Session> {
    const session = this.working();
    if (!session.lost) return session;
    if (this.substitute && !this.substitute.lost) return this.substitute;
    const witness = await this.connections.connectAgain();
    this.substitute = witness;
    await endBackend(witness, backendOf(this.found().facts));
    return witness;
  }

  async settle({ backend, pending }: Remains): Promise<StateProof> {
    const session = await this.connections.connectTo(this.request.target);
    this.session = session;
    if (backend) await endBackend(session, backend);
    const planned = pending.map((one) => ({ ...one, key: versionKey(one.version) }));
    return readBack(session, this.request.trackingSchema, { pending: planned, resumed: new Map() }, null);
  }

  async release(): Promise<void> {
    if (!this.locked || !this.session || this.session.lost) return;
    this.locked = false;
    await releaseLock(this.session, this.key);
  }

  async close(): Promise<void> {
    // Whoever still waits for an answer was given up on; the lock goes with the connection.
    if (!this.session?.busy) {
      const released = this.release().catch((error: Error) =>
        this.log.detail(`the lock goes with the connection: ${error.message}`),
      );
      await Promise.race([released, sleep(RELEASE_MS, undefined, { ref: false })]);
    }
    await this.connections.close();
  }

  private async lock(): Promise<void> {
    // A session's advisory lock counts how often it was taken: once is enough, so that one release frees it.
    if (this.locked) return;
    const { request, log } = this;
    const holder = await takeLock(this.working(), this.key, request.lockWaitMs, this.signal, (other) =>
      log.line(`another gate holds the lock (${who(other)}); waiting up to ${duration(request.lockWaitMs)}`),
    );
    if (this.signal.aborted) throw cancelled('while waiting for the lock', 'Run it again: nothing was changed.');
    if (holder !== null) throw lockHeldBy(holder);
    this.locked = true;
  }

  private working(): Session {
    if (!this.session) throw new Error('not connected');
    return this.session;
  }

  private found(): State {
    if (!this.state) throw new Error('not inspected');
    return this.state;
  }
}

function shown(
  records: readonly Recorded[],
  files: readonly { version: string; file: string }[],
): Inspection['recorded'] {
  const fileOf = new Map(files.map((file) => [file.version, file.file]));
  return records
    .map((row) => ({
      version: row.version,
      name: row.name,
      file: fileOf.get(row.version) ?? '',
      status: row.status,
      appliedAt: row.appliedAt,
    }))
    .sort((a, b) => ((a.appliedAt ?? '') < (b.appliedAt ?? '') ? 1 : -1));
}
