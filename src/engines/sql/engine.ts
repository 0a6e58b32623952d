/** The engine for plain SQL files: what the gate asks, answered through `pg`. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../../log.ts';
import { decide } from '../../plan/decide.ts';
import { planDigest } from '../../plan/digest.ts';
import type { MigrationFile, PlannedMigration } from '../../plan/plan.ts';
import { changedGroups, compareDefinitions } from '../../plan/schema-diff.ts';
import { Cancellation } from '../../postgres/cancel.ts';
import { readDefinitions, readFingerprints } from '../../postgres/catalog.ts';
import { holdsLock, lockKey, releaseLock, takeLock } from '../../postgres/lock.ts';
import { connect, RootCertificateError, type Session } from '../../postgres/session.ts';
import { armDeadMansSwitch } from '../../postgres/settings.ts';
import type { BackupMarker, Health, MigrationRef } from '../../report/outcome.ts';
import { PLAN_SECTION_END, renderPlanHeader, renderPlanSection } from '../../report/plan-sql.ts';
import { cancelled, Stop } from '../../report/stop.ts';
import { duration } from '../../report/text.ts';
import type { Request, Target } from '../../request/request.ts';
import { classify } from '../../sql/classify.ts';
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
import { apply } from './apply.ts';
import { findFolder, listMigrations, rawChecksum, readText, requireSqlProject, versionKey } from './files.ts';
import {
  applicationName,
  BACKEND_START,
  readHealth,
  readServer,
  refuseServer,
  refuseTransactionPooler,
  type ServerFacts,
} from './inspect.ts';
import { invalidIndexes } from './leftovers.ts';
import { anothersTable, emptyFolder, lostLock, refuseUnlessMayRecord, who } from './refusals.ts';
import { rehearse } from './rehearsal/rehearse.ts';
import type { SqlRehearsal } from './rehearsal/report.ts';
import { planMigration } from './script-file.ts';
import {
  leftOut,
  type Recorded,
  type RunStamp,
  readLastEnvironment,
  readRecords,
  readTrackingState,
  type TrackingRow,
  trackingQuery,
} from './tracking.ts';
import { type StateBefore, verify } from './verify.ts';
import type { Workbench } from './workbench.ts';

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

/** What reading back asks of a migration. */
type Planned = MigrationRef & { readonly key: string };

interface State {
  readonly facts: ServerFacts;
  readonly tracking: Workbench['tracking'];
}

class SqlEngine implements Engine {
  private readonly request: Request;
  private readonly log: Log;
  private readonly signal: AbortSignal;
  private readonly remember: (backend: Backend) => void;
  private readonly name: string;
  private readonly key: string;
  private readonly open = new Map<Session, Target>();

  private session: Session | null = null;
  private watcher: Session | null = null;
  /** Stands in for the working session once that is lost. */
  private substitute: Session | null = null;
  private copy: Workbench | null = null;
  private state: State | null = null;
  private databaseBytes = 0;
  private locked = false;
  private armed: Workbench['armed'] | null = null;
  private rehearsal: SqlRehearsal | null = null;
  /** Just before apply: the schema, and the indexes that were invalid already. */
  private before: StateBefore | null = null;
  private plan: Plan | null = null;
  private readonly plannedFiles = new Map<string, PlannedMigration>();

  constructor(request: Request, log: Log, signal: AbortSignal, remember: (backend: Backend) => void) {
    this.request = request;
    this.log = log;
    this.signal = signal;
    this.remember = remember;
    this.name = applicationName(request.run);
    this.key = lockKey(request.trackingSchema);
  }

  private get executes(): boolean {
    return this.request.mode === 'dry-run' || this.request.mode === 'apply';
  }

  // -- inspect and plan ---------------------------------------------------------------------------------------

  inspect(): Promise<Inspection> {
    return this.interruptible('while looking at the database', () => this.inspectNow());
  }

  private async inspectNow(): Promise<Inspection> {
    const { workingDirectory, engine, migrationsPath } = this.request;
    requireSqlProject(workingDirectory, engine, migrationsPath);
    const session = await this.connectTo(this.request.target, this.signal);
    this.session = session;
    if (!this.executes) await session.query('set session characteristics as transaction read only');
    const facts = await readServer(session, this.request.trackingSchema);
    refuseServer(facts, this.executes);
    this.remember(backendOf(facts));
    if (this.executes) {
      if (session.startupPid !== facts.backendPid)
        await refuseTransactionPooler(session, () => this.connectTo(this.request.target));
      await this.lock();
    }
    return this.look(facts);
  }

  resume(): Promise<Inspection> {
    return this.interruptible('after the review pause', () => this.resumeNow());
  }

  private async resumeNow(): Promise<Inspection> {
    if (this.working().lost) {
      // Firewalls and idle timeouts end connections that are silent for the length of a review.
      this.session = await this.connectTo(this.request.target, this.signal);
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
    const health = await this.interruptible('while looking at the database', () => readHealth(this.working()));
    this.databaseBytes = health.databaseBytes;
    return health;
  }

  // -- dry run ------------------------------------------------------------------------------------------------

  async rehearse(plan: Plan): Promise<Rehearsal> {
    const { request } = this;
    this.refuseApart(plan, (one) => (one.script.transactional ? null : one.script.reason));
    const left = leftOut(request.trackingSchema);
    const [bench, fingerprints] = await this.interruptible('before the dry run', async () => {
      const bench = request.rehearsalTarget ? await this.copyBench(request.rehearsalTarget) : await this.bench();
      return [bench, await readFingerprints(bench.session, left)] as const;
    });
    this.rehearsal = await rehearse(bench, plan, fingerprints, this.stamp(plan, null));
    const { nonTransactional } = this.rehearsal;
    this.refuseApart(plan, ({ key }) =>
      nonTransactional.has(key) ? 'the dry run found that it commits by itself' : null,
    );
    return this.rehearsal;
  }

  /** Files that must commit together, and one among them that cannot. `why`: its reason, or null. */
  private refuseApart(plan: Plan, why: (migration: PlannedMigration) => string | null): void {
    const { pending } = plan;
    const all = this.request.transactionMode === 'all';
    // Up to the file that makes the tracking table there is nowhere to record what was done.
    const creator = this.found().tracking.exists ? -1 : pending.findIndex(makesTracking);
    const apart = (all ? pending : pending.slice(0, creator + 1)).find((one) => why(one) !== null);
    if (!apart) return;
    throw new Stop({
      result: 'refused',
      class: 'not-in-transaction',
      message: all
        ? `${apart.file} cannot run in one transaction with the others (${why(apart)})`
        : `${apart.file} cannot run in one transaction (${why(apart)}), and until ${pending[creator]?.file} has made schema_migrations there is nowhere to record how far it came`,
      next: all
        ? 'Use transaction-mode: per-migration, or stop before this file with target-version.'
        : `Let the first file make schema_migrations, in one transaction; or leave it out there: the gate makes its own.`,
      file: apart.file,
    });
  }

  /** The copy's own sessions, once it is proved to be a copy: the same schema, the same migrations applied. */
  private async copyBench(target: Target): Promise<Workbench> {
    const { request } = this;
    const session = await this.connectTo(target, this.signal);
    const watcher = await this.connectTo(target, this.signal);
    const facts = await readServer(session, request.trackingSchema);
    refuseServer(facts, true);
    const left = leftOut(request.trackingSchema);
    const [ours, theirs] = [await readFingerprints(this.working(), left), await readFingerprints(session, left)];
    const differences = compareDefinitions(
      await readDefinitions(this.working(), ours.groups.keys()),
      await readDefinitions(session, theirs.groups.keys()),
    );
    const { rows } = await session.query<TrackingRow>(trackingQuery(request.trackingSchema));
    const state = rows[0] ? readTrackingState(rows[0], request.trackingSchema) : ({ kind: 'absent' } as const);
    const applied = async (from: Session, exists: boolean) =>
      exists
        ? (await readRecords(from, request.trackingSchema, false))
            .filter((row) => row.status === 'completed')
            .map((row) => `${row.version} ${row.checksum}`)
            .sort()
        : [];
    const here = await applied(this.working(), this.state?.tracking.exists ?? false);
    const there = await applied(session, state.kind === 'ours');
    const first = differences[0];
    if (first || here.join() !== there.join()) {
      throw new Stop({
        result: 'refused',
        class: 'verification',
        message: first
          ? `the copy's schema is not the target's: ${first.kind} ${first.name} ${first.change === 'changed' ? 'differs' : first.change === 'added' ? 'is only in the copy' : 'is only in the target'} (${differences.length} differences)`
          : `the copy has other migrations applied than the target (${there.length} against ${here.length})`,
        next: 'Refresh the copy from the target, then run again.',
      });
    }
    this.copy = await this.benchOf(target, session, watcher, facts, {
      schema: request.trackingSchema,
      exists: state.kind === 'ours',
      complete: state.kind === 'ours' && state.complete,
    });
    return this.copy;
  }

  private async bench(): Promise<Workbench> {
    const { facts, tracking } = this.found();
    const { target } = this.request;
    if (!this.watcher || this.watcher.lost) this.watcher = await this.connectTo(target, this.signal);
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
      reconnect: () => this.connectTo(target),
      witness: () => this.witness(),
      armed,
      serverMajor: facts.major,
      databaseBytes: this.databaseBytes,
      standbys: facts.standbys,
      lockCapacity: facts.lockCapacity,
      tracking,
    };
  }

  // -- apply --------------------------------------------------------------------------------------------------

  mark(): Promise<BackupMarker> {
    return this.interruptible('while setting the backup marker', () => this.markNow());
  }

  private async markNow(): Promise<BackupMarker> {
    const { run } = this.request;
    const name = `mgate-${run.runId ?? 'local'}-${run.attempt ?? '1'}`.slice(0, 63);
    const session = this.working();
    const { rows } = await session.query<{ lsn: string; at: string; snapshot: string; may: boolean }>(
      `select pg_catalog.pg_current_wal_lsn()::text as lsn, pg_catalog.clock_timestamp()::text as at, pg_catalog.pg_current_snapshot()::text as snapshot,
              pg_catalog.has_function_privilege('pg_catalog.pg_create_restore_point(text)', 'execute') and pg_catalog.current_setting('wal_level') <> 'minimal' as may`,
    );
    const position = rows[0];
    if (!position) throw new Error('the server did not tell its WAL position');
    const { lsn, at, snapshot, may } = position;
    if (!may) return { kind: 'wal-position', name: null, lsn, at, snapshot };
    const point = await session.query<{ lsn: string }>('select pg_catalog.pg_create_restore_point($1)::text as lsn', [
      name,
    ]);
    return { kind: 'restore-point', name, lsn: point.rows[0]?.lsn ?? lsn, at, snapshot };
  }

  async apply(plan: Plan, rehearsal: Rehearsal, marker: BackupMarker | null): Promise<Applied> {
    const bench = await this.interruptible('before anything was applied', async () => {
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
    return this.interruptible('during the verification', () =>
      verify(this.working(), request, before && { plan, before, rehearsal, onCopy: this.copy !== null }),
    );
  }

  /**
   * Our own questions, until we are asked to end: a connection that is being made is given up, and the server cancels what
   * it is at. The dry run and apply have their own way of stopping.
   */
  private async interruptible<T>(when: string, work: () => Promise<T>): Promise<T> {
    const cancellations: Cancellation[] = [];
    const onAbort = () => {
      for (const [session, target] of this.open) {
        if (!session.busy || session.backendPid === null) continue;
        const cancellation = new Cancellation({
          pid: session.backendPid,
          from: () => this.connectTo(target),
          onFailure: (error) => this.log.detail(`the running query could not be cancelled: ${error.message}`),
        });
        cancellation.begin();
        cancellations.push(cancellation);
      }
    };
    if (this.signal.aborted) throw cancelled(when);
    this.signal.addEventListener('abort', onAbort);
    try {
      const result = await work();
      // What was cancelled may have been taken for an answer.
      if (cancellations.length > 0) throw cancelled(when);
      return result;
    } catch (error) {
      if (this.signal.aborted && !(error instanceof Stop)) throw cancelled(when);
      throw error;
    } finally {
      this.signal.removeEventListener('abort', onAbort);
      await Promise.all(cancellations.map((cancellation) => cancellation.end()));
    }
  }

  // -- proof and end ------------------------------------------------------------------------------------------

  async prove(plan: Plan): Promise<StateProof> {
    for (let last = false; ; last = true) {
      const session = this.working();
      const wasLost = session.lost !== null;
      try {
        return await this.readBack(plan);
      } catch (error) {
        // It may be the asking that shows that the session is lost.
        if (!last && !wasLost && session.lost) continue;
        this.log.line(`the database could not be read back: ${(error as Error).message}`);
        return { state: 'unknown', currentVersion: null, applied: [] };
      }
    }
  }

  private async readBack(plan: Pick<Plan, 'resumed'> & { readonly pending: readonly Planned[] }): Promise<StateProof> {
    const session = await this.witness();
    const { rows } = await session.query<TrackingRow>(trackingQuery(this.request.trackingSchema));
    const tracked = rows[0]?.columns ? await readRecords(session, this.request.trackingSchema, false) : [];
    const records = new Map(tracked.map((row) => [row.version, row]));
    const applied = plan.pending.filter((one) => records.get(one.version)?.status === 'completed');
    const current = decide({
      files: [],
      records: tracked,
      targetVersion: null,
      allowOutOfOrder: true,
      rawChecksum: () => '',
    }).currentVersion;
    const begun = plan.pending.some((one) => {
      const row = records.get(one.version);
      const before = plan.resumed.get(one.key)?.progress?.done ?? 0;
      return row?.status !== 'completed' && (row?.progress?.done ?? 0) > before;
    });
    const state = await this.judgeState(session, plan, applied.length, begun, records);
    return { state, currentVersion: current, applied };
  }

  private async judgeState(
    session: Session,
    plan: Pick<Plan, 'resumed'> & { readonly pending: readonly Planned[] },
    applied: number,
    begun: boolean,
    records: ReadonlyMap<string, Recorded>,
  ): Promise<StateProof['state']> {
    if (applied === plan.pending.length) return 'migrated';
    if (applied > 0 || begun) return 'partially-migrated';
    // A non-transactional statement that failed may have left something that no progress tells of: an invalid index.
    const started = plan.pending.flatMap((one) => {
      const progress = records.get(one.version)?.progress;
      if (!progress || progress.started === null) return [];
      const again = plan.resumed.get(one.key)?.progress?.started === progress.started;
      return [{ again, sql: progress.startedSql ?? '' }];
    });
    if (started.length === 0) return 'unchanged';
    if (!this.before) return started.every(({ again }) => again) ? 'unchanged' : 'unknown';
    const after = await readFingerprints(session, leftOut(this.request.trackingSchema));
    const { added, removed, changed } = changedGroups(this.before.fingerprints, after);
    if (added.length + removed.length + changed.length > 0) return 'partially-migrated';
    // Code that commits may have changed rows, of which the catalog tells nothing; it is never begun a second time.
    const untold = started.some(({ again, sql }) => !again && !classify(sql).nonTransactional?.leftover);
    return untold ? 'unknown' : 'unchanged';
  }

  /** A session that can tell; when the working one was lost, its backend must be gone first, as it could still commit. */
  private async witness(): Promise<Session> {
    const session = this.working();
    if (!session.lost) return session;
    if (this.substitute && !this.substitute.lost) return this.substitute;
    const witness = await this.connectAgain();
    this.substitute = witness;
    await endBackend(witness, backendOf(this.found().facts));
    return witness;
  }

  async settle({ backend, pending }: Remains): Promise<StateProof> {
    const session = await this.connectTo(this.request.target);
    this.session = session;
    if (backend) await endBackend(session, backend);
    return this.readBack({
      pending: pending.map((one) => ({ ...one, key: versionKey(one.version) })),
      resumed: new Map(),
    });
  }

  /** After a loss: a server that restarts refuses connections for a moment. */
  private async connectAgain(): Promise<Session> {
    const until = Date.now() + 10_000;
    for (;;) {
      try {
        return await this.connectTo(this.request.target);
      } catch (error) {
        if (Date.now() > until || this.signal.aborted) throw error;
        await sleep(250);
      }
    }
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
    await Promise.all([...this.open.keys()].map((session) => (session.busy ? session.drop() : session.end())));
    this.open.clear();
  }

  private async lock(): Promise<void> {
    // A session's advisory lock counts how often it was taken: once is enough, so that one release frees it.
    if (this.locked) return;
    const { request, log } = this;
    const holder = await takeLock(this.working(), this.key, request.lockWaitMs, this.signal, (other) =>
      log.line(`another gate holds the lock (${who(other)}); waiting up to ${duration(request.lockWaitMs)}`),
    );
    if (this.signal.aborted)
      throw new Stop({
        result: 'cancelled',
        class: 'cancelled',
        message: 'cancelled while waiting for the lock',
        next: 'Run it again: nothing was changed.',
      });
    if (holder !== null) {
      throw new Stop({
        result: 'refused',
        class: 'lock-timeout',
        message: `another gate holds the lock: ${who(holder)}`,
        next: `Wait until that run is over, then run again; if it is dead: select pg_terminate_backend(${holder.pid});`,
        lockHeld: true,
      });
    }
    this.locked = true;
  }

  private async connectTo(target: Target, signal: AbortSignal | null = null): Promise<Session> {
    try {
      const session = await connect(target, this.name, this.request.connectTimeoutMs, signal);
      this.open.set(session, target);
      return session;
    } catch (cause) {
      if (signal?.aborted) throw cancelled('while connecting');
      const timedOut = (cause as Error).message === 'timeout expired';
      throw new Stop(
        {
          result: 'failed',
          ...(timedOut ? { class: 'connection' as const } : {}),
          ...(cause instanceof RootCertificateError ? { class: 'tls' as const } : {}),
          message: timedOut
            ? `no answer from ${target.host}:${target.port} within connect-timeout (${duration(this.request.connectTimeoutMs)})`
            : `could not connect to ${target.host}:${target.port}/${target.database}: ${(cause as Error).message || (cause as { code?: string }).code}`,
          ...(timedOut
            ? {
                next: 'Check that the runner can reach the host (firewall, private network, tunnel), or raise connect-timeout.',
              }
            : {}),
        },
        { cause },
      );
    }
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

function backendOf({ backendPid, backendStart }: ServerFacts): Backend {
  return { pid: backendPid, since: backendStart };
}

/** Ends the backend, and returns once it is gone: until then it could still commit. */
async function endBackend(session: Session, { pid, since }: Backend): Promise<void> {
  const until = Date.now() + 10_000;
  for (;;) {
    const { rows } = await session.query(
      `select pg_catalog.pg_terminate_backend(a.pid) from pg_catalog.pg_stat_activity a where a.pid = $1 and ${BACKEND_START} = $2`,
      [pid, since],
    );
    if (rows.length === 0) return;
    if (Date.now() > until) throw new Error(`the lost session's backend ${pid} is still at work`);
    await sleep(100);
  }
}

function makesTracking({ script }: PlannedMigration): boolean {
  return script.createsTables.includes('schema_migrations');
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
