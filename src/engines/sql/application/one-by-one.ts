/**
 * A non-transactional migration: statement by statement, and what it has done is written down before and after each
 * (contract, section 6).
 */
import type { PlannedMigration, Progress } from '../../../plan/plan.ts';
import { type Place, readServerError } from '../../../postgres/failure.ts';
import { GIVES_UP_LOCKS } from '../../../postgres/lock.ts';
import { BatchError, type BatchItem, type Session } from '../../../postgres/session.ts';
import { FIRE_CONSTRAINTS } from '../../../rehearsal/guard.ts';
import { Stop } from '../../../report/stop.ts';
import type { StatementEvent } from '../../../sql/script.ts';
import type { Leftover, Statement } from '../../../sql/statement.ts';
import { indexInTheWay, indexState, type Judgement, judge } from '../../shared/leftovers.ts';
import { changedOnDisk } from '../../shared/refusals.ts';
import { sourceLine, TextHash } from '../files.ts';
import { begunBy, ProgressKeeper, setsSession } from '../progress.ts';
import { scriptOf } from '../script-file.ts';
import type { ApplyInput } from './apply.ts';
import { progressPairs, recordDone } from './records.ts';
import { MigrationFailed, type Origin, type Pair, Sender, type StatementOrigin } from './sender.ts';
import { limitsOf, stopped, type Transactions } from './transactions.ts';

/** Duplicate table (an index is one), database, object (a tablespace). */
const IS_THERE = new Set(['42P07', '42P04', '42710']);

const LIMITS_LOCKS = /^set\s+(?:session\s+)?lock_timeout\b/i;

/** Whatever the file has set as the default of its session: the progress is written in it. */
const BEGIN: BatchItem = { text: 'begin read write' };

/** For our own rows, whatever role and path the file has set; until the end of the transaction. */
const OUR_ROLE: readonly BatchItem[] = [
  { text: 'set local session authorization default' },
  { text: 'set local role to default' },
];
const OUR_PATH: BatchItem = { text: 'set local search_path to default' };
/** What waits for COMMIT is done before, and what our rows set off is done at once: nothing changes them once they are proved. */
const AS_OURSELVES: readonly BatchItem[] = [...OUR_ROLE, FIRE_CONSTRAINTS, OUR_PATH];

export class OneByOne {
  private readonly input: ApplyInput;
  private readonly transactions: Transactions;
  /** The file at hand says for itself how long to wait for locks. */
  private limitsLocks = false;

  constructor(input: ApplyInput, transactions: Transactions) {
    this.input = input;
    this.transactions = transactions;
  }

  private get session(): Session {
    return this.input.bench.session;
  }

  async run(migration: PlannedMigration): Promise<void> {
    // Its statements commit as they go: that the file is the planned one must be known before the first of them.
    if (hashOf(migration) !== migration.checksum) throw changedOnDisk(migration);
    this.limitsLocks = false;
    const resumed = this.input.plan.resumed.get(migration.key)?.progress ?? null;
    if (resumed && resumed.done > 0)
      this.input.bench.log.line(`${migration.file}: going on after statement ${resumed.done}`);
    const progress = new ProgressKeeper(migration, resumed);
    const started = Date.now();
    await this.session.batch(this.sessionTimeouts(migration));
    let block: Pair[] | null = null;
    let gaveUp = false;
    for (const event of scriptOf(migration)) {
      if (event.kind === 'begin-unit') {
        block = event.begin === null ? null : [[{ text: event.begin }, null]];
      } else if (event.kind === 'end-unit') {
        const untouched = block?.every(([, origin]) => origin === null) ?? true;
        if (block && !untouched) await this.unit(migration, block, progress, event.end);
        block = null;
      } else {
        if (this.input.bench.signal.aborted) throw stopped();
        progress.pass(event.index, event.statement);
        gaveUp ||= GIVES_UP_LOCKS.test(event.statement.sql);
        if (event.facts.command === 'PREPARE') this.transactions.prepares = true;
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
              [BEGIN, null],
              [{ text: event.statement.sql }, { statement: event.statement, migration }],
            ],
            progress,
            'commit',
          );
      }
      if (gaveUp && block === null) {
        gaveUp = false;
        await this.transactions.keepLock(migration.file);
      }
    }
    progress.end();
    await this.finish(migration, Date.now() - started);
  }

  private runsAlone(migration: PlannedMigration, { index, facts }: StatementEvent): boolean {
    return facts.nonTransactional !== null || (this.input.nonTransactional.get(migration.key)?.has(index) ?? false);
  }

  /** Statements that commit together, and their progress with them. `pairs` opens with the BEGIN. */
  private async unit(
    migration: PlannedMigration,
    pairs: readonly Pair[],
    progress: ProgressKeeper,
    end: 'commit' | 'rollback',
  ): Promise<void> {
    await this.transactions.retrying(
      migration,
      async () => {
        const sender = new Sender(this.session);
        const [begin, ...statements] = pairs;
        if (begin) sender.add(...begin);
        for (const pair of statements) {
          sender.add(...pair);
          if (sender.isFull) await sender.flush();
        }
        if (end === 'rollback') for (const item of [{ text: 'rollback' }, BEGIN]) sender.add(item, null);
        for (const item of AS_OURSELVES) sender.add(item, null);
        for (const pair of this.progressPairs(migration, progress.done())) sender.add(...pair);
        sender.add({ text: 'commit' }, null);
        await sender.flush();
        await sender.drained();
      },
      { afterwards: [] },
    );
  }

  /** A statement that no transaction may hold: *started* is written before it, *done* after it. */
  private async alone(
    migration: PlannedMigration,
    progress: ProgressKeeper,
    { index, statement, facts }: StatementEvent,
    resumed: Progress | null,
  ): Promise<void> {
    const leftover = facts.nonTransactional?.leftover ?? null;
    // A lock timeout would also cut CONCURRENTLY's own waits for older snapshots, and leave an invalid index behind.
    const concurrently = /\bconcurrently\b/i.test(facts.nonTransactional?.what ?? '');
    const unlimited = concurrently && migration.script.directives.lockTimeoutMs === null && !this.limitsLocks;
    if (unlimited) await this.session.batch([{ text: 'set lock_timeout = 0' }]);
    if (resumed?.started === index) {
      if (await this.wasFinished(migration, statement, begunBy(resumed, statement, leftover), index)) {
        if (unlimited) await this.session.batch(this.sessionTimeouts(migration).slice(0, 1));
        return this.note(migration, progress.done());
      }
    } else {
      await this.refuseInvalidIndex({ statement, migration }, leftover);
    }
    await this.note(migration, progress.started(statement));
    try {
      await this.send({ statement, migration }, statement.sql);
    } catch (error) {
      // What is there already is not what it made: the next run must not take it for that.
      if (error instanceof MigrationFailed && IS_THERE.has(readServerError(error.error).code ?? ''))
        await this.note(migration, progress.notStarted());
      throw error;
    }
    if (unlimited) await this.session.batch(this.sessionTimeouts(migration).slice(0, 1));
    // IF NOT EXISTS over an index whose build failed succeeds and changes nothing.
    await this.refuseInvalidIndex({ statement, migration }, leftover);
    await this.note(migration, progress.done());
  }

  /** What an interrupted run has left of this statement is told and cleaned up. True: there is nothing more to do. */
  private async wasFinished(
    migration: PlannedMigration,
    statement: Statement,
    begun: ReturnType<typeof begunBy>,
    index: number,
  ): Promise<boolean> {
    const { log } = this.input.bench;
    const { runUrl = null } = this.input.plan.resumed.get(migration.key) ?? {};
    const by = runUrl === null ? 'the run that was interrupted' : `the run that was interrupted (${runUrl})`;
    const look = async (): Promise<Judgement> => {
      const judgement = await judge(this.session, begun.leftover);
      if (judgement.kind === 'unknown')
        throw new MigrationFailed({ statement, migration }, unjudgeable(migration, statement, index, judgement));
      return judgement;
    };
    const judgement = await look();
    if (judgement.kind === 'again') {
      const { found, cleanup } = judgement;
      log.line(`${migration.file}: statement ${index} was begun by ${by}: ${found ?? 'it was not finished'}`);
      for (const { sql } of cleanup) {
        log.line(`${migration.file}: cleaning up after ${by}: ${sql}`);
        await this.send({ statement, migration }, sql);
      }
      // FINALIZE leaves nothing to do.
      if (cleanup.length === 0 || (await look()).kind === 'again') return false;
    }
    if (begun.edited) throw new MigrationFailed({ statement, migration }, editedSince(migration, statement, index));
    const found = judgement.kind === 'done' && judgement.found ? `: ${judgement.found}` : '';
    log.line(`${migration.file}: statement ${index} was finished by ${by}${found}`);
    return true;
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
    const sender = new Sender(this.session);
    for (const item of [BEGIN, ...AS_OURSELVES]) sender.add(item, null);
    for (const pair of this.progressPairs(migration, progress)) sender.add(...pair);
    sender.add({ text: 'commit' }, null);
    await sender.flush();
    await sender.drained();
  }

  private progressPairs({ version, name, checksum }: PlannedMigration, progress: Progress): Pair[] {
    return progressPairs(this.input.stamp, {
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
    for (const item of [BEGIN, ...AS_OURSELVES]) sender.add(item, null);
    recordDone(sender, this.input.stamp, migration, ms);
    sender.add({ text: 'commit' }, null);
    for (const item of this.transactions.resetting()) sender.add(item, null);
    await sender.flush();
    await sender.drained();
  }

  /** For a file of many transactions: until it sets others, or ends. */
  private sessionTimeouts(migration: PlannedMigration): BatchItem[] {
    const { lockTimeoutMs, statementTimeoutMs } = limitsOf(this.input.bench, migration);
    return [{ text: `set lock_timeout = ${lockTimeoutMs}` }, { text: `set statement_timeout = ${statementTimeoutMs}` }];
  }
}

function hashOf(migration: PlannedMigration): string {
  const hash = new TextHash();
  for (const _event of scriptOf(migration, hash));
  return hash.digest();
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

function unjudgeable(
  migration: PlannedMigration,
  statement: Statement,
  index: number,
  { found, next }: Extract<Judgement, { kind: 'unknown' }>,
): Stop {
  return new Stop({
    result: 'failed',
    class: next ? 'lock-timeout' : 'tool',
    message: `statement ${index} of ${migration.file} was interrupted, and ${found ?? 'the catalog does not tell whether it was done'}`,
    next:
      next ??
      `Find out by hand, and undo what it did if it is not done; then run mode: repair with settle: ${migration.version}=done or ${migration.version}=again, and settle-reason.`,
    ...placeOf(migration, statement),
  });
}
