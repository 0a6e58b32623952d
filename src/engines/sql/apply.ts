/**
 * Applying for real: a transactional migration and its record commit together or not at all; a non-transactional one
 * goes statement by statement, and what it has done is written down before and after each (contract, section 6).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedMigration, Progress } from '../../plan/plan.ts';
import type { Cancellation } from '../../postgres/cancel.ts';
import { failureFrom, type Place, readServerError } from '../../postgres/failure.ts';
import { BatchError, type BatchItem, type BatchResult, DEALLOCATE_ALL, type Session } from '../../postgres/session.ts';
import { clearItems, localTimeouts, RESET_ROLE, resetItems, type WorkSettings } from '../../postgres/settings.ts';
import type { Failure } from '../../report/outcome.ts';
import { redactor } from '../../report/redact.ts';
import { cancelled, Stop } from '../../report/stop.ts';
import { cut, duration } from '../../report/text.ts';
import type { ScriptEvent } from '../../sql/script.ts';
import type { Leftover, Statement } from '../../sql/statement.ts';
import type { Applied, Plan, Rehearsal } from '../engine.ts';
import { sourceLine, TextHash } from './files.ts';
import { indexInTheWay, indexState, judge } from './leftovers.ts';
import { begunBy, ProgressKeeper, setsSession } from './progress.ts';
import { backoff } from './rehearsal/rehearse.ts';
import { locate, scriptOf } from './script-file.ts';
import { createTrackingItems, failureItem, historyItem, type RunStamp, readRecords, recordItem } from './tracking.ts';
import { cancellationOf, type Workbench } from './workbench.ts';

const BATCH_ITEMS = 400;
const BATCH_CHARACTERS = 512 * 1024;
/** Files up to this size are held whole, and travel with others. */
const SMALL_BYTES = 64 * 1024;
const LONGEST_TRAIN = 100;
const RETRIABLE = new Set(['55P03', '40P01', '40001']);

interface StatementOrigin {
  readonly statement: Statement;
  readonly migration: PlannedMigration;
}

/** What an item of a batch is to us: a statement of the user's, or something that we wait to hear of. */
type Origin =
  | StatementOrigin
  /** Called with the first value of its row, or null. */
  | { readonly heard: (value: string | null) => void }
  | null;
type Pair = readonly [BatchItem, Origin];
type StatementEvent = Extract<ScriptEvent, { kind: 'statement' }>;

const LIMITS_LOCKS = /^set\s+(?:session\s+)?lock_timeout\b/i;

/** For our own rows, whatever role and path the file has set; until the end of the transaction. */
const AS_OURSELVES: readonly BatchItem[] = [
  { text: 'set local session authorization default' },
  { text: 'set local role to default' },
  { text: 'set local search_path = pg_catalog' },
];

/** A migration that failed for good, with the statement at fault where one is. */
class MigrationFailed extends Error {
  readonly statement: Statement | null;
  /** The statement's; null where none is at fault. */
  readonly migration: PlannedMigration | null;
  readonly error: unknown;
  constructor(origin: Origin, error: unknown) {
    super('a migration failed', { cause: error });
    const { statement = null, migration = null } = origin && 'statement' in origin ? origin : {};
    this.statement = statement;
    this.migration = migration;
    this.error = error;
  }
}

export interface ApplyInput {
  readonly bench: Workbench;
  readonly plan: Plan;
  readonly stamp: RunStamp;
  /** Statements that the dry run found the server to refuse in a transaction, by version key. */
  readonly nonTransactional: Rehearsal['nonTransactional'];
}

export async function apply(input: ApplyInput): Promise<Applied> {
  return new Application(input).run();
}

class Application {
  private readonly bench: Workbench;
  private readonly cancellation: Cancellation;
  private readonly plan: Plan;
  private readonly stamp: RunStamp;
  private readonly nonTransactional: Rehearsal['nonTransactional'];
  private readonly reset: BatchItem[];
  /** The same after a COMMIT that role and settings were reset before. */
  private readonly clear: BatchItem[];
  /** A file has prepared statements of its own, which are not to reach the next. */
  private prepares = false;
  /** The file at hand says for itself how long to wait for locks. */
  private limitsLocks = false;
  private readonly applied: { migration: PlannedMigration; ms: number }[] = [];
  /** Groups whose COMMIT the server has answered. */
  private committed = 0;
  /** It lost to somebody else's lock once, and is tried again by itself. */
  private travelsAlone: PlannedMigration | null = null;
  /** The pending migration that makes the tracking table; null: none does, or it is there. */
  private readonly creator: PlannedMigration | null;

  constructor({ bench, plan, stamp, nonTransactional }: ApplyInput) {
    this.bench = bench;
    this.cancellation = cancellationOf(bench);
    this.plan = plan;
    this.stamp = stamp;
    this.nonTransactional = nonTransactional;
    this.reset = resetItems(bench.armed);
    this.clear = clearItems(bench.armed);
    const creator = plan.pending.find((migration) => migration.script.createsTables.includes('schema_migrations'));
    this.creator = bench.tracking.exists ? null : (creator ?? null);
  }

  private get session(): Session {
    return this.bench.session;
  }

  async run(): Promise<Applied> {
    const { bench } = this;
    const onAbort = () => this.cancellation.begin();
    bench.signal.addEventListener('abort', onAbort);
    try {
      if (bench.signal.aborted) throw stopped();
      await this.ensureTracking();
      const groups = this.groups();
      for (let next = 0; next < groups.length; ) {
        if (bench.signal.aborted) throw stopped();
        const train = this.trainOf(groups.slice(next, next + LONGEST_TRAIN));
        const before = this.committed;
        const failed = train.length > 1 ? await this.sendTrain(train) : await this.group(groups[next] ?? []);
        if (failed) return { applied: this.applied, failed };
        next += this.committed - before;
      }
      return { applied: this.applied, failed: null };
    } finally {
      bench.signal.removeEventListener('abort', onAbort);
      await this.cancellation.end();
    }
  }

  /** Our tables, complete; unless a pending file is going to make them. */
  private async ensureTracking(): Promise<void> {
    const { tracking } = this.bench;
    if (tracking.complete || this.creator !== null) return;
    await this.session.batch([
      { text: 'begin' },
      ...localTimeouts(this.bench.request),
      ...createTrackingItems(tracking.schema),
      { text: 'commit' },
    ]);
  }

  /**
   * What commits together: each migration by itself, unless all are asked to; and where a pending file makes the
   * tracking table, everything up to it, as there is nowhere to record the ones before.
   */
  private groups(): PlannedMigration[][] {
    const { pending } = this.plan;
    if (this.bench.request.transactionMode === 'all') return [[...pending]];
    const creator = this.creator === null ? 0 : pending.indexOf(this.creator) + 1;
    const first = pending.slice(0, creator);
    const rest = pending.slice(creator).map((migration) => [migration]);
    return first.length > 0 ? [first, ...rest] : rest;
  }

  // -- many in one trip ---------------------------------------------------------------------------------------

  /**
   * Migrations that may travel together: small ones, a transaction each. The server works through their transactions
   * without waiting for us in between, and after an error it skips the rest: what is committed is exactly what it said.
   */
  private trainOf(groups: readonly PlannedMigration[][]): PlannedMigration[] {
    const train: PlannedMigration[] = [];
    for (const group of groups) {
      const [only] = group;
      if (!only || group.length > 1 || !this.isTransactional(only) || only.bytes > SMALL_BYTES) break;
      if (only === this.travelsAlone || !beginsPlainly(only)) break;
      train.push(only);
    }
    return train;
  }

  private async sendTrain(train: readonly PlannedMigration[]): Promise<Applied['failed']> {
    const before = this.committed;
    const started = Date.now();
    const sender = new Sender(this.session);
    let thrown: unknown = null;
    try {
      for (const migration of train) await this.load(sender, [migration], () => undefined);
    } catch (error) {
      thrown = error;
    }
    try {
      // A file that changed on the disk stops here; the ones before it are on their way.
      if (!(thrown instanceof MigrationFailed)) await sender.flush();
      await sender.drained();
    } catch (error) {
      thrown = error;
    }
    if (thrown === null) return null;
    const failed = train[this.committed - before];
    if (!failed) throw thrown;
    const code = thrown instanceof MigrationFailed ? readServerError(thrown.error).code : null;
    if (code === null || !RETRIABLE.has(code) || this.bench.request.lockRetries === 0 || this.bench.signal.aborted)
      return this.fail(failed, thrown, Date.now() - started);
    await this.again(failed, thrown, 1);
    this.travelsAlone = failed;
    return null;
  }

  private async group(group: readonly PlannedMigration[]): Promise<Applied['failed']> {
    const [only] = group;
    const started = Date.now();
    let at = only;
    try {
      if (group.length === 1 && only && !this.isTransactional(only)) {
        await this.nonTransactionally(only);
        this.done(only, Date.now() - started);
        this.committed += 1;
      } else {
        await this.retrying(only, async () => {
          const sender = new Sender(this.session);
          await this.load(sender, group, (migration) => {
            at = migration;
          });
          await sender.flush();
          await sender.drained();
        });
      }
      return null;
    } catch (error) {
      // Statements wait for their batch: the one that failed may be of a file before the one that is being read.
      const failed = (error instanceof MigrationFailed ? error.migration : null) ?? at;
      if (!failed) throw error;
      return this.fail(failed, error, Date.now() - started);
    }
  }

  private isTransactional(migration: PlannedMigration): boolean {
    // A file whose first part is done goes on statement by statement, even if its rest has become transactional.
    const begun = (this.plan.resumed.get(migration.key)?.progress?.done ?? 0) > 0;
    return migration.script.transactional && !begun && !this.nonTransactional.has(migration.key);
  }

  private done(migration: PlannedMigration, ms: number): void {
    this.applied.push({ migration, ms });
    this.bench.log.line(`applied ${migration.file} (${duration(ms)})`);
  }

  // -- in a transaction ---------------------------------------------------------------------------------------

  /**
   * Runs a transaction, again and whole when it lost to somebody else's lock. Rolled back when it throws. `then`: what
   * brings the session back to where it was before the transaction, if that is not where every file begins.
   */
  private async retrying(
    migration: PlannedMigration | undefined,
    transaction: () => Promise<void>,
    then?: readonly BatchItem[],
  ): Promise<void> {
    const { request, signal } = this.bench;
    for (let attempt = migration && migration === this.travelsAlone ? 2 : 1; ; attempt += 1) {
      try {
        return await transaction();
      } catch (error) {
        const code = error instanceof MigrationFailed ? readServerError(error.error).code : null;
        if (!code || !RETRIABLE.has(code) || attempt > request.lockRetries || signal.aborted) {
          await this.rollBack();
          throw error;
        }
        await this.again(migration, error, attempt, then);
        if (signal.aborted) throw stopped();
      }
    }
  }

  private async again(
    migration: PlannedMigration | undefined,
    error: unknown,
    attempt: number,
    then?: readonly BatchItem[],
  ): Promise<void> {
    const { request, log, signal } = this.bench;
    await this.rollBack(then);
    const { message, code } = readServerError(error instanceof MigrationFailed ? error.error : error);
    const pause = backoff(attempt);
    log.line(
      `${migration?.file}: ${message} (${code}); rolled back, trying again in ${duration(pause)} (${attempt} of ${request.lockRetries})`,
    );
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }

  /** One transaction: the files, their records, COMMIT, and the session as it was. Throws before COMMIT is said. */
  private async load(
    sender: Sender,
    group: readonly PlannedMigration[],
    at: (migration: PlannedMigration) => void,
  ): Promise<void> {
    const { creator } = this;
    const times = new Map<PlannedMigration, number>();
    const unrecorded: PlannedMigration[] = [];
    let recordable = creator === null || !group.includes(creator);
    let begin: string | null = group.length === 1 ? (group[0]?.script.wrapper ?? 'begin') : 'begin';
    for (const migration of group) {
      at(migration);
      await this.loadFile(sender, migration, begin);
      begin = null;
      // The file's role and settings must not reach our own rows, nor the next file.
      for (const item of RESET_ROLE) sender.add(item, null);
      sender.add({ text: 'reset all' }, null);
      unrecorded.push(migration);
      if (migration === creator) {
        for (const item of createTrackingItems(this.stamp.schema)) sender.add(item, null);
        recordable = true;
      }
      if (!recordable) continue;
      for (const one of unrecorded.splice(0)) {
        this.recordDone(sender, one, group.length === 1 ? null : 0, (ms) => times.set(one, ms));
      }
    }
    // Told at once: who watches a long run sees it go on.
    sender.add({ text: 'commit', flush: true }, { heard: () => this.hasCommitted(group, times) });
    for (const item of this.resetting(this.clear)) sender.add(item, null);
  }

  private hasCommitted(group: readonly PlannedMigration[], times: ReadonlyMap<PlannedMigration, number>): void {
    this.committed += 1;
    for (const migration of group) this.done(migration, times.get(migration) ?? 0);
  }

  /** Between two files. */
  private resetting(reset: readonly BatchItem[] = this.reset): readonly BatchItem[] {
    const items = this.prepares ? [...reset, DEALLOCATE_ALL] : reset;
    this.prepares = false;
    return items;
  }

  /** `heard` is told how long the transaction had taken until then, in milliseconds. */
  private recordDone(
    sender: Sender,
    migration: PlannedMigration,
    executionTimeMs: number | null,
    heard: (ms: number) => void = () => undefined,
  ): void {
    const { version, name, checksum } = migration;
    const done = { version, name, checksum, status: 'completed', progress: null, errorMessage: null } as const;
    sender.add(recordItem(this.stamp, { ...done, executionTimeMs }), { heard: (ms) => heard(Number(ms ?? 0)) });
    sender.add(historyItem(this.stamp, { version, status: 'success', errorMessage: null, executionTimeMs }), null);
  }

  /**
   * A file's statements, and the proof, before anything can commit, that they are the ones that were planned. Of a
   * small file nothing is added unless it is. `begin` goes first, where it opens the transaction.
   */
  private async loadFile(sender: Sender, migration: PlannedMigration, begin: string | null): Promise<void> {
    const hash = new TextHash();
    const statements = statementsOf(scriptOf(migration, hash));
    const small = migration.bytes <= SMALL_BYTES ? [...statements] : null;
    if (small && hash.digest() !== migration.checksum) throw changedOnDisk(migration);
    if (begin !== null) sender.add({ text: begin }, null);
    for (const item of localTimeouts(this.limits(migration))) sender.add(item, null);
    for (const { statement, facts } of small ?? statements) {
      if (facts.command === 'PREPARE') this.prepares = true;
      sender.add({ text: statement.sql }, { statement, migration });
      if (!sender.isFull) continue;
      if (this.bench.signal.aborted) throw stopped();
      await sender.flush();
    }
    if (!small && hash.digest() !== migration.checksum) throw changedOnDisk(migration);
  }

  private limits({ script }: PlannedMigration): WorkSettings {
    const { lockTimeoutMs, statementTimeoutMs } = script.directives;
    return {
      lockTimeoutMs: lockTimeoutMs ?? this.bench.request.lockTimeoutMs,
      statementTimeoutMs: statementTimeoutMs ?? this.bench.request.statementTimeoutMs,
    };
  }

  /** For a file of many transactions: until it sets others, or ends. */
  private sessionTimeouts(migration: PlannedMigration): BatchItem[] {
    const { lockTimeoutMs, statementTimeoutMs } = this.limits(migration);
    return [{ text: `set lock_timeout = ${lockTimeoutMs}` }, { text: `set statement_timeout = ${statementTimeoutMs}` }];
  }

  private async rollBack(then: readonly BatchItem[] = this.resetting()): Promise<void> {
    if (this.session.lost) return;
    await this.session.batch([{ text: 'rollback' }, ...then]).catch((error: Error) => {
      this.bench.log.detail(`rollback: ${error.message}`);
    });
  }

  // -- statement by statement ---------------------------------------------------------------------------------

  private async nonTransactionally(migration: PlannedMigration): Promise<void> {
    // Its statements commit as they go: that the file is the planned one must be known before the first of them.
    if (hashOf(migration) !== migration.checksum) throw changedOnDisk(migration);
    this.limitsLocks = false;
    const resumed = this.plan.resumed.get(migration.key)?.progress ?? null;
    if (resumed && resumed.done > 0) this.bench.log.line(`${migration.file}: going on after statement ${resumed.done}`);
    const progress = new ProgressKeeper(migration, resumed);
    const started = Date.now();
    await this.session.batch(this.sessionTimeouts(migration));
    let block: Pair[] | null = null;
    for (const event of scriptOf(migration)) {
      if (event.kind === 'begin-unit') {
        block = event.begin === null ? null : [[{ text: event.begin }, null]];
      } else if (event.kind === 'end-unit') {
        const untouched = block?.every(([, origin]) => origin === null) ?? true;
        if (block && !untouched) await this.unit(migration, block, progress, event.end);
        block = null;
      } else {
        if (this.bench.signal.aborted) throw stopped();
        progress.pass(event.index, event.statement);
        if (event.facts.command === 'PREPARE') this.prepares = true;
        if (LIMITS_LOCKS.test(event.statement.sql)) this.limitsLocks = true;
        if (event.index <= (resumed?.done ?? 0)) {
          // What the done part has set for its session, the rest counts on.
          if (setsSession(event.statement))
            await this.send({ statement: event.statement, migration }, event.statement.sql);
        } else if (block) block.push([{ text: event.statement.sql }, { statement: event.statement, migration }]);
        else if (this.runsAlone(migration, event)) await this.alone(migration, progress, event, resumed);
        else
          await this.unit(
            migration,
            [
              [{ text: 'begin' }, null],
              [{ text: event.statement.sql }, { statement: event.statement, migration }],
            ],
            progress,
            'commit',
          );
      }
    }
    progress.end();
    await this.finish(migration, Date.now() - started);
  }

  private runsAlone(migration: PlannedMigration, { index, facts }: StatementEvent): boolean {
    return facts.nonTransactional !== null || (this.nonTransactional.get(migration.key)?.has(index) ?? false);
  }

  /** Statements that commit together, and their progress with them. `pairs` opens with the BEGIN. */
  private async unit(
    migration: PlannedMigration,
    pairs: readonly Pair[],
    progress: ProgressKeeper,
    end: 'commit' | 'rollback',
  ): Promise<void> {
    await this.retrying(migration, async () => {
      const sender = new Sender(this.session);
      const [begin, ...statements] = pairs;
      if (begin) sender.add(...begin);
      for (const pair of statements) {
        sender.add(...pair);
        if (sender.isFull) await sender.flush();
      }
      if (end === 'rollback') for (const text of ['rollback', 'begin']) sender.add({ text }, null);
      for (const item of AS_OURSELVES) sender.add(item, null);
      sender.add(this.progressItem(migration, progress.done()), null);
      sender.add({ text: 'commit' }, null);
      await sender.flush();
      await sender.drained();
    }, []);
  }

  /** A statement that no transaction may hold: *started* is written before it, *done* after it. */
  private async alone(
    migration: PlannedMigration,
    progress: ProgressKeeper,
    { index, statement, facts }: StatementEvent,
    resumed: Progress | null,
  ): Promise<void> {
    const leftover = facts.nonTransactional?.leftover ?? null;
    if (resumed?.started === index) {
      const begun = begunBy(resumed, statement, leftover);
      const judgement = await judge(this.session, begun.leftover);
      if (judgement.kind === 'unknown')
        throw new MigrationFailed({ statement, migration }, unjudgeable(migration, statement, index));
      if (judgement.kind === 'done') {
        if (begun.edited) throw new MigrationFailed({ statement, migration }, editedSince(migration, statement, index));
        this.bench.log.line(`${migration.file}: statement ${index} was finished by the run that was interrupted`);
        return this.note(migration, progress.done());
      }
      for (const { sql } of judgement.cleanup) {
        this.bench.log.line(`${migration.file}: cleaning up after the run that was interrupted: ${sql}`);
        await this.send({ statement, migration }, sql);
      }
    } else {
      await this.refuseInvalidIndex({ statement, migration }, leftover);
    }
    await this.note(migration, progress.started(statement));
    // A lock timeout would also cut CONCURRENTLY's own waits for older snapshots, and leave an invalid index behind.
    const concurrently = /\bconcurrently\b/i.test(facts.nonTransactional?.what ?? '');
    const unlimited = concurrently && migration.script.directives.lockTimeoutMs === null && !this.limitsLocks;
    if (unlimited) await this.session.batch([{ text: 'set lock_timeout = 0' }]);
    await this.send({ statement, migration }, statement.sql);
    if (unlimited) await this.session.batch(this.sessionTimeouts(migration).slice(0, 1));
    // IF NOT EXISTS over an index whose build failed succeeds and changes nothing.
    await this.refuseInvalidIndex({ statement, migration }, leftover);
    await this.note(migration, progress.done());
  }

  /** One statement in a message of its own: beside another the server would take it for part of a transaction. */
  private async send(origin: Origin, sql: string): Promise<void> {
    try {
      await this.session.batch([{ text: sql }]);
    } catch (error) {
      throw new MigrationFailed(origin, error instanceof BatchError ? error.cause : error);
    }
  }

  private async refuseInvalidIndex(origin: StatementOrigin, leftover: Leftover | null): Promise<void> {
    if (leftover?.kind !== 'create-index' || leftover.index === null) return;
    const state = await indexState(this.session, leftover.index, leftover.table);
    if (state.exists && !state.valid)
      throw new MigrationFailed(origin, indexInTheWay(state, placeOf(origin.migration, origin.statement)));
  }

  private async note(migration: PlannedMigration, progress: Progress): Promise<void> {
    await this.session.batch([
      { text: 'begin' },
      ...AS_OURSELVES,
      this.progressItem(migration, progress),
      { text: 'commit' },
    ]);
  }

  private progressItem({ version, name, checksum }: PlannedMigration, progress: Progress): BatchItem {
    return recordItem(this.stamp, {
      version,
      name,
      checksum,
      status: 'running',
      progress,
      errorMessage: null,
      executionTimeMs: 0,
    });
  }

  private async finish(migration: PlannedMigration, ms: number): Promise<void> {
    const sender = new Sender(this.session);
    sender.add({ text: 'begin' }, null);
    for (const item of AS_OURSELVES) sender.add(item, null);
    this.recordDone(sender, migration, ms);
    sender.add({ text: 'commit' }, null);
    for (const item of this.resetting()) sender.add(item, null);
    await sender.flush();
    await sender.drained();
  }

  // -- failure ------------------------------------------------------------------------------------------------

  private async fail(
    migration: PlannedMigration,
    thrown: unknown,
    ms: number,
  ): Promise<NonNullable<Applied['failed']>> {
    const error = this.failure(migration, thrown);
    // Or it is the record that is cancelled.
    await this.cancellation.end();
    await this.rollBack();
    await this.recordFailure(migration, error, ms);
    return { migration, error };
  }

  private failure(migration: PlannedMigration, thrown: unknown): Failure {
    const failed = thrown instanceof MigrationFailed ? thrown : new MigrationFailed(null, thrown);
    if (this.bench.signal.aborted) {
      return failureFrom(stopped(), null, { phase: 'apply', showData: true });
    }
    const statement = failed.statement;
    const at = statement ? locate(statement, readServerError(failed.error).position) : null;
    const { request } = this.bench;
    const limited = (migration.script.directives.statementTimeoutMs ?? request.statementTimeoutMs) > 0;
    const failure = failureFrom(
      failed.error,
      at
        ? { file: migration.file, line: at.line, column: at.column, sourceLine: sourceLine(migration, at.line) }
        : null,
      { phase: 'apply', host: request.target.host, timedOut: limited ? 'statement' : null, showData: request.showData },
    );
    return failure.file === null ? { ...failure, file: migration.file } : failure;
  }

  private async isCompleted(session: Session, version: string): Promise<boolean> {
    const records = await readRecords(session, this.stamp.schema, false);
    return records.some((row) => row.version === version && row.status === 'completed');
  }

  /** The failure's row and event, in a transaction of their own; a database that is gone is told about and that is all. */
  private async recordFailure(migration: PlannedMigration, error: Failure, ms: number): Promise<void> {
    const { version, name, checksum } = migration;
    const redact = redactor(this.bench.request.secrets);
    const message = cut(redact(`${error.sqlstate ? `${error.sqlstate}: ` : ''}${error.message}`), 1_000);
    try {
      const session = await this.bench.witness();
      // The connection was lost while COMMIT was on its way, and the server finished it.
      if (session !== this.session && (await this.isCompleted(session, version))) return;
      await session.batch([
        { text: 'begin' },
        failureItem(this.stamp, { version, name, checksum, errorMessage: message }),
        historyItem(this.stamp, { version, status: 'failed', errorMessage: message, executionTimeMs: ms }),
        { text: 'commit' },
      ]);
    } catch (cause) {
      this.bench.log.line(`the failure could not be recorded in the database: ${(cause as Error).message}`);
      await this.rollBack();
    }
  }
}

/** Collects items and sends them in batches, one ahead: the next is read from the file while the server works. */
class Sender {
  private readonly session: Session;
  private items: BatchItem[] = [];
  private origins: Origin[] = [];
  private characters = 0;
  private inFlight: Promise<void> = Promise.resolve();

  constructor(session: Session) {
    this.session = session;
  }

  add(item: BatchItem, origin: Origin): void {
    this.items.push(item);
    this.origins.push(origin);
    this.characters += item.text.length;
  }

  get isFull(): boolean {
    return this.items.length >= BATCH_ITEMS || this.characters >= BATCH_CHARACTERS;
  }

  /** Waits for the batch before, then sends this one without waiting for it. */
  async flush(): Promise<void> {
    await this.inFlight;
    const [items, origins] = [this.items, this.origins];
    this.items = [];
    this.origins = [];
    this.characters = 0;
    if (items.length === 0) return;
    const hear = (index: number, result: BatchResult) => {
      const origin = origins[index];
      if (origin && 'heard' in origin) origin.heard(result.rows[0]?.[0] ?? null);
    };
    this.inFlight = this.session.batch(items, hear).then(
      () => undefined,
      (error) => {
        if (!(error instanceof BatchError)) throw error;
        throw new MigrationFailed(origins[error.completed.length] ?? null, error.cause);
      },
    );
    // Thrown where it is awaited; until then it must not count as unhandled.
    this.inFlight.catch(() => undefined);
  }

  async drained(): Promise<void> {
    await this.inFlight;
  }
}

function* statementsOf(events: Iterable<ScriptEvent>): Generator<StatementEvent> {
  for (const event of events) if (event.kind === 'statement') yield event;
}

/** In one trip with others a transaction begins with what reset the session before it: too late for an isolation level. */
function beginsPlainly({ script }: PlannedMigration): boolean {
  return script.wrapper === null || /^(begin|start)(\s+(work|transaction))?$/i.test(script.wrapper);
}

function hashOf(migration: PlannedMigration): string {
  const hash = new TextHash();
  for (const _event of scriptOf(migration, hash));
  return hash.digest();
}

function stopped(): Stop {
  return cancelled('while applying', 'Run it again: it goes on with what is still pending.');
}

function changedOnDisk(migration: PlannedMigration): Stop {
  return new Stop({
    result: 'refused',
    class: 'checksum',
    message: `${migration.file} changed between the dry run and apply`,
    next: 'Run again: the dry run must see the file as it is applied.',
    file: migration.file,
  });
}

function placeOf(migration: PlannedMigration, { line, column }: Statement): Place {
  return { file: migration.file, line, column, sourceLine: sourceLine(migration, line) };
}

function editedSince(migration: PlannedMigration, statement: Statement, index: number): Stop {
  return new Stop({
    result: 'refused',
    class: 'checksum',
    message: `${migration.file}: statement ${index} was finished by the run that was interrupted, and was edited since`,
    next: `Restore statement ${index} as it was (git log -- ${migration.file}) and put the change after it.`,
    ...placeOf(migration, statement),
  });
}

function unjudgeable(migration: PlannedMigration, statement: Statement, index: number): Stop {
  return new Stop({
    result: 'failed',
    class: 'tool',
    message: `statement ${index} of ${migration.file} was interrupted, and the catalog does not tell whether it was done`,
    next: `Find out by hand. If it is done, take it out of the file's rest by splitting the file; if not, undo what it did; then set progress accordingly in schema_migrations.`,
    ...placeOf(migration, statement),
  });
}
