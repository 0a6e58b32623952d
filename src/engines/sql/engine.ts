/** The engine for plain SQL files: what the gate asks, answered through `pg`. */
import type { Log } from '../../log.ts';
import { appliedByHistory, decide } from '../../plan/decide.ts';
import { planDigest } from '../../plan/digest.ts';
import type { MigrationFile, PlannedMigration } from '../../plan/plan.ts';
import { type Fingerprints, isSameSchema, schemaPicture } from '../../plan/schema-diff.ts';
import { readFingerprints } from '../../postgres/catalog.ts';
import { holdsLock } from '../../postgres/lock.ts';
import { rehearse } from '../../rehearsal/rehearse.ts';
import type { SeenRehearsal } from '../../rehearsal/report.ts';
import type { BackupMarker, Health } from '../../report/outcome.ts';
import { PLAN_SECTION_END, renderPlanSection } from '../../report/plan-sql.ts';
import type { Request, Target } from '../../request/request.ts';
import type { Choosing } from '../choose.ts';
import type {
  Applied,
  Engine,
  Inspection,
  Outset,
  Plan,
  Rehearsal,
  Remains,
  Settled,
  StateProof,
  Verification,
} from '../engine.ts';
import { requireCopy } from '../shared/copy.ts';
import { Database, type Known } from '../shared/database.ts';
import { type ServerFacts, warningOfNew } from '../shared/inspect.ts';
import { invalidIndexes } from '../shared/leftovers.ts';
import { setMarker } from '../shared/marker.ts';
import { planHeader } from '../shared/plan-text.ts';
import {
  anothersTable,
  emptyFolder,
  lostLock,
  notTogether,
  nowhereToSettle,
  refuseUnlessConforming,
  refuseUnlessMayRecord,
  unfitTable,
  unreadable,
} from '../shared/refusals.ts';
import {
  leftOut,
  makesTracking,
  type Recorded,
  readAppliedByHistory,
  readLastEnvironment,
  readRecords,
  readTrackingState,
  stampOf,
  type TrackingRow,
  trackingQuery,
} from '../shared/tracking.ts';
import { type StateBefore, verify } from '../shared/verify.ts';
import type { Workbench } from '../shared/workbench.ts';
import { apply } from './application/apply.ts';
import { findFolder, listMigrations, rawChecksum, readText, versionKey } from './files.ts';
import { SqlAttempt } from './rehearsal/attempt.ts';
import { repair } from './repair.ts';
import { planMigration } from './script-file.ts';
import { checkRecords, readBack } from './state-proof.ts';

export function sqlEngine(choosing: Choosing): Engine {
  return new SqlEngine(choosing);
}

class SqlEngine implements Engine {
  readonly kind = 'sql';
  private readonly request: Request;
  private readonly log: Log;
  private readonly database: Database;
  private readonly noteOutset: Choosing['outset'];

  private copy: Workbench | null = null;
  private tracking: Workbench['tracking'] | null = null;
  private rehearsal: SeenRehearsal | null = null;
  /** Just before apply: the schema, and the indexes that were invalid already. */
  private before: StateBefore | null = null;
  /** The version of a non-transactional migration at which apply stopped. */
  private stoppedWithin: string | null = null;
  private plan: Plan | null = null;
  private files: readonly MigrationFile[] = [];
  private records: readonly Recorded[] = [];
  private readonly plannedFiles = new Map<string, PlannedMigration>();

  constructor({ request, log, signal, remember, outset }: Choosing) {
    this.request = request;
    this.log = log;
    this.database = new Database(request, log, signal, remember);
    this.noteOutset = outset;
  }

  // -- inspect and plan ---------------------------------------------------------------------------------------

  inspect(): Promise<Inspection> {
    return this.interruptible('while looking at the database', async () => this.look(await this.database.open()));
  }

  resume(): Promise<Inspection> {
    return this.interruptible('after the review pause', async () => this.look(await this.database.reopen()));
  }

  private interruptible<T>(when: string, work: () => Promise<T>): Promise<T> {
    return this.database.connections.interruptible(when, work);
  }

  /** Files and records, and how they stand to each other. The lock, where one is needed, is held. */
  private async look(facts: ServerFacts): Promise<Inspection> {
    const { request } = this;
    const { session } = this.database;
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
      if (row?.migrations || !request.allowHazards.includes('another-tool'))
        throw anothersTable(tracking.table, tracking.tool, request.trackingSchema, Boolean(row?.migrations));
      notes.push(`${tracking.table} (${tracking.tool}) is another tool's; accepted by allow-hazards: another-tool`);
    }
    if (tracking.kind === 'unfit') throw unfitTable(tracking.table, tracking.fault);
    const ours = tracking.kind === 'ours';
    const complete = tracking.kind === 'ours' && tracking.complete;
    this.tracking = { schema: request.trackingSchema, exists: ours, complete };
    const unread = (error: unknown): never => {
      throw unreadable(facts, request.trackingSchema, error);
    };
    const records = ours ? await readRecords(session, request.trackingSchema, complete).catch(unread) : [];
    [this.files, this.records] = [listing.files, records];
    const lastEnvironment = await readLastEnvironment(session, request.trackingSchema);
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
    const appliedBefore = row?.history
      ? await readAppliedByHistory(
          session,
          request.trackingSchema,
          pending.map((one) => one.key),
        ).catch(unread)
      : [];
    if (this.database.executes && pending.length > 0) {
      refuseUnlessConforming(facts);
      refuseUnlessMayRecord(facts, ours, pending.some(makesTracking), request.trackingSchema);
    }
    const digest = planDigest({
      pending,
      applied: decision.applied,
      serverMajor: facts.major,
      database: facts.database,
      environment: request.environment,
      targetVersion: request.targetVersion,
      transactionMode: request.transactionMode,
    });
    this.plan = {
      digest,
      isOpen: false,
      serverMajor: facts.major,
      pending,
      resumed: decision.resumed,
      downFiles: listing.downFiles,
    };
    return {
      server: { version: facts.version, major: facts.major },
      previousVersion: decision.currentVersion,
      plan: this.plan,
      problems: [...decision.problems, ...appliedByHistory(pending, appliedBefore, request.trackingSchema)],
      warnings: [...warningOfNew(facts), ...listing.warnings],
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
    yield planHeader(plan, this.database.facts, this.request);
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

  health(): Promise<Health> {
    return this.database.health();
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
    const stamp = stampOf(request, plan.digest, null);
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
    const creator = this.found().exists ? -1 : pending.findIndex(makesTracking);
    const apart = (all ? pending : pending.slice(0, creator + 1)).find((one) => why(one) !== null);
    if (apart) throw notTogether(apart.file, why(apart), all ? null : (pending[creator]?.file ?? null));
  }

  private async copyBench(target: Target): Promise<Workbench> {
    const { request } = this;
    this.copy = await this.database.copyBench(target, async (copy) => ({
      tracking: await requireCopy(this.database.session, this.found(), copy),
      leftOut: leftOut(request.trackingSchema),
    }));
    return this.copy;
  }

  private bench(): Promise<Workbench> {
    const known: Known = { tracking: this.found(), leftOut: leftOut(this.request.trackingSchema) };
    return this.database.bench(known);
  }

  // -- apply --------------------------------------------------------------------------------------------------

  mark(): Promise<BackupMarker> {
    return this.interruptible('while setting the backup marker', () =>
      setMarker(this.database.session, this.request.run),
    );
  }

  async apply(plan: Plan, rehearsal: Rehearsal, marker: BackupMarker | null): Promise<Applied> {
    const bench = await this.interruptible('before anything was applied', async () => {
      const bench = await this.bench();
      if (!(await holdsLock(bench.session, this.database.key))) throw lostLock();
      const left = leftOut(this.request.trackingSchema);
      this.before = {
        fingerprints: await readFingerprints(bench.session, left),
        invalid: await invalidIndexes(bench.session),
      };
      this.noteOutset({ picture: schemaPicture(this.before.fingerprints), resumed: progressOf(plan) });
      return bench;
    });
    const stamp = stampOf(this.request, plan.digest, marker);
    const applied = await apply({ bench, plan, stamp, nonTransactional: rehearsal.nonTransactional });
    const at = applied.failed?.migration;
    const isAlone = at !== undefined && (!at.script.transactional || rehearsal.nonTransactional.has(at.key));
    this.stoppedWithin = isAlone ? at.version : null;
    return applied;
  }

  verify(): Promise<Verification> {
    const { request, plan, before, rehearsal } = this;
    const { session } = this.database;
    return this.interruptible('during the verification', async () => {
      if (!before) return verify(session, request, null);
      const records = await checkRecords(session, request.trackingSchema, plan);
      const left = leftOut(request.trackingSchema);
      return verify(session, request, { records, leftOut: left, before, rehearsal, onCopy: this.copy !== null });
    });
  }

  async repair(): Promise<readonly Settled[]> {
    const { request, files, records, log } = this;
    const { session } = this.database;
    const { plan } = this;
    if (!plan) throw new Error('not inspected');
    if (!this.found().exists) {
      const creator = plan.pending.find(makesTracking);
      if (request.settle.words.size > 0 && creator) throw nowhereToSettle(creator.file);
    }
    const stamp = stampOf(request, plan.digest, null);
    const witness = () => this.database.witness();
    return this.interruptible('while settling the records', () =>
      repair({ session, request, stamp, files, records, witness, onLine: (text) => log.line(text) }),
    );
  }

  // -- proof and end ------------------------------------------------------------------------------------------

  async prove(plan: Plan): Promise<StateProof> {
    const { before, stoppedWithin } = this;
    const isAsBefore = before && ((now: Fingerprints) => isSameSchema(before.fingerprints, now));
    const planned = { ...plan, stoppedWithin };
    try {
      return await this.database.connections.readAgain(async () =>
        readBack(await this.database.witness(), this.request.trackingSchema, planned, isAsBefore),
      );
    } catch (error) {
      this.log.line(`the database could not be read back: ${(error as Error).message}`);
      return { state: 'unknown', currentVersion: null, applied: [] };
    }
  }

  settle({ backend, pending, outset }: Remains): Promise<StateProof> {
    return this.database.connections.readAgain(async () => {
      const session = await this.database.afterDeath(backend);
      // It is noted before the first write.
      if (outset === null) return { state: 'unchanged', currentVersion: null, applied: [] };
      const planned = {
        pending: pending.map((one) => ({ ...one, key: versionKey(one.version) })),
        resumed: new Map(outset.resumed.map(([key, progress]) => [key, { progress }])),
      };
      const isAsBefore = (now: Fingerprints) => schemaPicture(now) === outset.picture;
      return readBack(session, this.request.trackingSchema, planned, isAsBefore);
    });
  }

  release(): Promise<void> {
    return this.database.release();
  }

  close(): Promise<void> {
    return this.database.close();
  }

  private found(): Workbench['tracking'] {
    if (!this.tracking) throw new Error('not inspected');
    return this.tracking;
  }
}

function progressOf({ resumed }: Plan): Outset['resumed'] {
  return [...resumed].flatMap(([key, { progress }]) =>
    progress ? [[key, { done: progress.done, started: progress.started }] as const] : [],
  );
}

function shown(
  records: readonly Recorded[],
  files: readonly { version: string; file: string }[],
): Inspection['recorded'] {
  const fileOf = new Map(files.map((file) => [file.version, file.file]));
  return records
    .map((row) => ({
      // Somebody may have set them to NULL.
      version: row.version ?? 'NULL',
      name: row.name,
      file: fileOf.get(row.version) ?? '',
      status: row.status ?? 'NULL',
      appliedAt: row.appliedAt,
    }))
    .sort((a, b) => ((a.appliedAt ?? '') < (b.appliedAt ?? '') ? 1 : -1));
}
