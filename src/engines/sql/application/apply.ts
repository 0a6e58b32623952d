/**
 * Applying for real: a transactional migration and its record commit together or not at all; a non-transactional one
 * goes statement by statement, and what it has done is written down before and after each (contract, section 6).
 */
import type { PlannedMigration } from '../../../plan/plan.ts';
import type { Cancellation } from '../../../postgres/cancel.ts';
import { failureFrom, readServerError } from '../../../postgres/failure.ts';
import { GIVES_UP_LOCKS } from '../../../postgres/lock.ts';
import type { Session } from '../../../postgres/session.ts';
import { localTimeouts, RESET_ALL, RESET_ROLE } from '../../../postgres/settings.ts';
import { FIRE_CONSTRAINTS } from '../../../rehearsal/guard.ts';
import type { Failure } from '../../../report/outcome.ts';
import { duration } from '../../../report/text.ts';
import { locate } from '../../../sql/locate.ts';
import type { ScriptEvent, StatementEvent } from '../../../sql/script.ts';
import type { Applied, Plan, Rehearsal } from '../../engine.ts';
import { changedOnDisk } from '../../shared/refusals.ts';
import { createTrackingItems, makesTracking, type RunStamp } from '../../shared/tracking.ts';
import { cancellationOf, type Workbench } from '../../shared/workbench.ts';
import { sourceLine, TextHash } from '../files.ts';
import { scriptOf } from '../script-file.ts';
import { OneByOne } from './one-by-one.ts';
import { recordDone, recordFailure } from './records.ts';
import { MigrationFailed, Sender } from './sender.ts';
import { limitsOf, lostToALock, stopped, Transactions } from './transactions.ts';

/** Files up to this size are held whole, and travel with others. */
const SMALL_BYTES = 64 * 1024;
const LONGEST_TRAIN = 100;

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
  private readonly transactions: Transactions;
  private readonly oneByOne: OneByOne;
  private readonly applied: { migration: PlannedMigration; ms: number }[] = [];
  /** Groups whose COMMIT the server has answered. */
  private committed = 0;
  /** It lost to somebody else's lock once, and is tried again by itself. */
  private travelsAlone: PlannedMigration | null = null;
  /** The pending migration that makes the tracking table; null: none does, or it is there. */
  private readonly creator: PlannedMigration | null;

  constructor(input: ApplyInput) {
    const { bench, plan, stamp, nonTransactional } = input;
    this.bench = bench;
    this.cancellation = cancellationOf(bench);
    this.plan = plan;
    this.stamp = stamp;
    this.nonTransactional = nonTransactional;
    this.transactions = new Transactions(bench);
    this.oneByOne = new OneByOne(input, this.transactions);
    this.creator = bench.tracking.exists ? null : (plan.pending.find(makesTracking) ?? null);
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
        const last = groups[next - 1]?.at(-1);
        if (last && next < groups.length) await this.transactions.keepLock(last.file);
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
      if (only.script.texts.some(({ sql }) => GIVES_UP_LOCKS.test(sql))) break;
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
    // All of them are committed: it was the session that was lost.
    if (!failed) throw thrown instanceof MigrationFailed ? thrown.error : thrown;
    if (!lostToALock(thrown) || this.bench.request.lockRetries === 0 || this.bench.signal.aborted)
      return this.fail(failed, thrown, Date.now() - started);
    await this.transactions.again(failed, thrown, 1);
    this.travelsAlone = failed;
    return null;
  }

  private async group(group: readonly PlannedMigration[]): Promise<Applied['failed']> {
    const [only] = group;
    const started = Date.now();
    let at = only;
    try {
      if (group.length === 1 && only && !this.isTransactional(only)) {
        await this.oneByOne.run(only);
        this.done(only, Date.now() - started);
        this.committed += 1;
      } else {
        const transaction = async () => {
          const sender = new Sender(this.session);
          await this.load(sender, group, (migration) => {
            at = migration;
          });
          await sender.flush();
          await sender.drained();
        };
        const attempt = only && only === this.travelsAlone ? 2 : 1;
        await this.transactions.retrying(only, transaction, { attempt });
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
      if (migration === group.at(-1)) sender.add(FIRE_CONSTRAINTS, null);
      sender.add(RESET_ALL, null);
      unrecorded.push(migration);
      if (migration === creator) {
        for (const item of createTrackingItems(this.stamp.schema)) sender.add(item, null);
        recordable = true;
      }
      if (!recordable) continue;
      for (const one of unrecorded.splice(0)) {
        recordDone(sender, this.stamp, one, group.length === 1 ? null : 0, (ms) => times.set(one, ms));
      }
    }
    // Told at once: who watches a long run sees it go on.
    sender.add({ text: 'commit', flush: true }, { heard: () => this.hasCommitted(group, times) });
    for (const item of this.transactions.clearing()) sender.add(item, null);
  }

  private hasCommitted(group: readonly PlannedMigration[], times: ReadonlyMap<PlannedMigration, number>): void {
    this.committed += 1;
    for (const migration of group) this.done(migration, times.get(migration) ?? 0);
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
    for (const item of localTimeouts(limitsOf(this.bench, migration))) sender.add(item, null);
    for (const { statement, facts } of small ?? statements) {
      if (facts.command === 'PREPARE') this.transactions.prepares = true;
      sender.add({ text: statement.sql }, { statement, migration });
      if (!sender.isFull) continue;
      if (this.bench.signal.aborted) throw stopped();
      await sender.flush();
    }
    if (!small && hash.digest() !== migration.checksum) throw changedOnDisk(migration);
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
    await this.transactions.rollBack();
    try {
      await recordFailure(this.bench, this.stamp, migration, error, ms);
    } catch (cause) {
      // A database that is gone is told about, and that is all.
      this.bench.log.line(`the failure could not be recorded in the database: ${(cause as Error).message}`);
      await this.transactions.rollBack();
    }
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
}

function* statementsOf(events: Iterable<ScriptEvent>): Generator<StatementEvent> {
  for (const event of events) if (event.kind === 'statement') yield event;
}

/** In one trip with others a transaction begins with what reset the session before it: too late for an isolation level. */
function beginsPlainly({ script }: PlannedMigration): boolean {
  return script.wrapper === null || /^(begin|start)(\s+(work|transaction))?$/i.test(script.wrapper);
}
