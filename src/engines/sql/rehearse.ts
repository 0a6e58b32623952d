/**
 * The dry run: every pending migration, statement by statement, in one transaction that cannot commit and is rolled
 * back, watched from a second connection, with what each statement did read back. (Design: "The dry run".)
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { readDefinitions, readFingerprints } from '../../postgres/catalog.ts';
import { failureFrom, readServerError, type ServerError } from '../../postgres/failure.ts';
import { localTimeouts } from '../../postgres/settings.ts';
import { BatchError, type BatchItem, type BatchResult } from '../../postgres/session.ts';
import { type Alarm, cancelBackend, Watchdog } from '../../postgres/watchdog.ts';
import { changedGroups, type Definitions, diffDefinitions, type Fingerprints } from '../../plan/schema-diff.ts';
import type { PlannedMigration } from '../../plan/plan.ts';
import type {
  Blocked,
  Failure,
  MigrationReport,
  RelationSize,
  SchemaChange,
  StatementReport,
} from '../../report/outcome.ts';
import { Stop } from '../../report/stop.ts';
import { bytes, cut, duration } from '../../report/text.ts';
import type { ScriptEvent } from '../../sql/script.ts';
import type { Statement, StatementFacts } from '../../sql/statement.ts';
import type { Check, Observation, Plan, Rehearsal } from '../engine.ts';
import { checkIndexes, checkTables, readSmokeTests, runSmokeTests } from './checks.ts';
import { sourceLine } from './files.ts';
import { dropIndexAdvice, indexState, judge } from './leftovers.ts';
import { LOOK_AT_CLOCK, LOOK_AT_LOCKS, type Look, Observer, readLook, rememberRelations } from './observe.ts';
import { ProgressKeeper } from './progress.ts';
import { locate, scriptOf } from './script-file.ts';
import { createTrackingItems, historyItem, recordItem, type RunStamp, TRACKING_NAMES } from './tracking.ts';
import type { Workbench } from './workbench.ts';

/** The rehearsed schema, beside what a report needs: apply's result is compared with it. */
export interface SqlRehearsal extends Rehearsal {
  readonly predicted: Definitions;
  /** Groups of the catalog that the rehearsal changed or made: their names decide what is ours afterwards. */
  readonly touched: ReadonlySet<string>;
}

const BATCH_ITEMS = 400;
const BATCH_CHARACTERS = 512 * 1024;
/** A run of INSERTs into one table is told one by one up to here, as one entry from here on. */
const INSERTS_TOLD = 20;
/** From this many locks on, reading all of them after every statement would be quadratic: only where a statement may have added one of interest. */
const MANY_LOCKS = 1_000;
/** How fast an index is surely built, in bytes of its table a second: the plain form of a CONCURRENTLY is tried below max-blocking at this speed. */
const INDEX_BYTES_PER_SECOND = 25 * 1024 * 1024;
const EXPLAIN = 'explain (format json) ';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
type Entry = Mutable<StatementReport> & {
  readonly migration: PlannedMigration;
  readonly statement: Statement;
  readonly facts: StatementFacts;
};
type Slot =
  /** `offset`: characters of ours before the user's text. `guarded`: a savepoint stands before it. */
  | { readonly kind: 'statement'; readonly entry: Entry; readonly offset: number; readonly guarded: boolean }
  | { readonly kind: 'look'; readonly entry: Entry | null }
  | { readonly kind: 'commit'; readonly migration: PlannedMigration }
  | { readonly kind: 'control' };
const CONTROL: Slot = { kind: 'control' };

/** What one attempt taught the next: statements that need a savepoint, or the guard out of their way. */
interface Knowledge {
  readonly suspects: Set<string>;
  readonly guardOut: Set<string>;
  /** Statements that the server will not have in a transaction, by version key. */
  readonly nonTransactional: Map<string, Set<number>>;
}

/** The attempt is over and another one, knowing more, starts. */
class Again extends Error {}
/** An alarm, the deadline or the user ended it. */
class Interrupted extends Error {}
/** A statement of the user's failed for good. */
class StatementFailed extends Error {
  readonly migration: PlannedMigration;
  readonly entry: Entry | null;
  readonly error: unknown;
  constructor(migration: PlannedMigration, entry: Entry | null, error: unknown) {
    super('a statement failed', { cause: error });
    this.migration = migration;
    this.entry = entry;
    this.error = error;
  }
}

type Ending =
  | { readonly kind: 'passed' }
  | { readonly kind: 'again' }
  | { readonly kind: 'failed'; readonly failed: StatementFailed }
  | { readonly kind: 'contention'; readonly failed: StatementFailed; readonly error: ServerError }
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'cancelled' };

const RETRIABLE = new Set(['55P03', '40P01', '40001']);
/** "There is no such ...": what follows when a statement that would have made it was not executed. And "there is already". */
const FOLLOWS = new Set(['42P01', '42703', '42704', '42883', '3F000', '42P07', '42710', '42701', '42809', '42804', '55000']);
const MOST_RESTARTS = 50;

export async function rehearse(bench: Workbench, plan: Plan, before: Fingerprints, stamp: RunStamp): Promise<SqlRehearsal> {
  const { request, log } = bench;
  const smokeTests = readSmokeTests(request.workingDirectory, request.smokeTests);
  const knowledge: Knowledge = { suspects: new Set(), guardOut: new Set(), nonTransactional: new Map() };
  const deadline = request.dryRunTimeoutMs === 0 ? Number.POSITIVE_INFINITY : Date.now() + request.dryRunTimeoutMs;
  const blocked: Blocked[] = [];
  let restarts = 0;
  for (let attempt = 1; ; attempt += 1) {
    const run = new Attempt(bench, plan, before, stamp, smokeTests, knowledge, deadline);
    const ending = await run.toItsEnd();
    blocked.push(...run.blocked);
    const finish = (verdict: Rehearsal['verdict'], reason: string | null, next: string | null) =>
      run.report(verdict, reason, next, attempt - restarts, blocked);
    switch (ending.kind) {
      case 'passed':
        return run.executedAnything()
          ? finish('passed', null, null)
          : finish('inconclusive', 'nothing at all could be executed', 'Look at each statement\'s reason below; rehearse on a copy with rehearsal-database-url, or accept it with allow-hazards: dry-run-inconclusive.');
      case 'failed':
        return finish('failed', null, null);
      case 'cancelled':
        throw new Stop({ result: 'cancelled', class: 'cancelled', message: 'cancelled during the dry run; it was rolled back', next: 'Run it again when you are ready: nothing was changed.' });
      case 'deadline':
        return finish(
          'inconclusive',
          `the dry run took longer than dry-run-timeout (${duration(request.dryRunTimeoutMs)})`,
          'Raise dry-run-timeout, or rehearse on a copy with rehearsal-database-url.',
        );
      case 'again':
        restarts += 1;
        if (restarts > MOST_RESTARTS) {
          return finish('inconclusive', `more than ${MOST_RESTARTS} statements cannot be executed in a transaction`, 'Split these migrations into several runs with target-version.');
        }
        log.detail('the dry run starts over: a statement needs another treatment');
        continue;
      case 'contention':
      case 'alarm':
        break;
    }
    const { reason, next, again } = explainContention(ending, request.maxBlockingMs, request.maxExclusiveMs);
    if (!again || attempt - restarts > request.lockRetries || Date.now() >= deadline) return finish('inconclusive', reason, next);
    const pause = backoff(attempt - restarts);
    log.line(`dry run: ${reason}; rolled back, trying again in ${duration(pause)} (${attempt - restarts} of ${request.lockRetries})`);
    await sleep(pause, undefined, { signal: bench.signal }).catch(() => undefined);
  }
}

/** Doubling from 200 ms to 5 s, each between a half and the whole of it, so that two gates do not meet again. */
export function backoff(attempt: number): number {
  const ceiling = Math.min(5_000, 200 * 2 ** (attempt - 1));
  return Math.round(ceiling / 2 + (Math.random() * ceiling) / 2);
}

function explainContention(
  ending: Extract<Ending, { kind: 'contention' | 'alarm' }>,
  maxBlockingMs: number,
  maxExclusiveMs: number,
): { reason: string; next: string; again: boolean } {
  if (ending.kind === 'contention') {
    const at = ending.failed.entry;
    return {
      reason: `${at ? `${at.migration.file}:${at.line}` : 'the dry run'} could not get its lock (${ending.error.code}: ${ending.error.message})`,
      next: 'Find who holds the lock (pg_stat_activity, pg_blocking_pids) or run at a quieter time; lock-timeout and lock-retries decide how long to try.',
      again: true,
    };
  }
  const { alarm } = ending;
  switch (alarm.kind) {
    case 'blocking': {
      const longest = alarm.waiters.reduce((a, b) => (a.waitedMs > b.waitedMs ? a : b));
      return {
        reason: `it kept ${alarm.waiters.length === 1 ? 'another session' : `${alarm.waiters.length} other sessions`} waiting (pid ${longest.pid}${longest.application ? `, ${longest.application}` : ''}) for max-blocking (${duration(maxBlockingMs)})`,
        next: 'Run at a quieter time, rewrite the statement so that it does not block, raise max-blocking, or rehearse on a copy with rehearsal-database-url.',
        again: true,
      };
    }
    case 'exclusive':
      return {
        reason: `it held ACCESS EXCLUSIVE for ${duration(alarm.heldMs)}, and a standby follows whose readers would wait (max-exclusive ${duration(maxExclusiveMs)})`,
        next: 'Raise max-exclusive, or rehearse on a copy with rehearsal-database-url.',
        again: false,
      };
    case 'lock-table':
      return {
        reason: `it held ${alarm.locks} locks, more than half of what the server's lock table is sized for (${alarm.limit * 2})`,
        next: 'Apply in several runs with target-version, raise max_locks_per_transaction on the server, or rehearse on a copy with rehearsal-database-url.',
        again: false,
      };
    case 'blind':
      return {
        reason: `the watching connection was lost (${alarm.error.message})`,
        next: 'Run again; nothing was changed.',
        again: true,
      };
  }
}

const keyOf = (migration: PlannedMigration, index: number) => `${migration.key}:${index}`;

class Attempt {
  private readonly bench: Workbench;
  private readonly plan: Plan;
  private readonly before: Fingerprints;
  private readonly stamp: RunStamp;
  private readonly smokeTests: ReturnType<typeof readSmokeTests>;
  private readonly knowledge: Knowledge;
  private readonly deadline: number;

  private items: BatchItem[] = [];
  private slots: Slot[] = [];
  private characters = 0;
  private inFlight: Promise<void> | null = null;
  private sent: { slots: Slot[]; done: number } = { slots: [], done: 0 };

  private xid: string | null = null;
  private startLsn: string | null = null;
  private lastEnd: number | null = null;
  private readonly observer = new Observer();
  private anythingBefore = false;
  private names = new Set<string>();
  private locks = 0;
  private unseen: Entry | null = null;

  private readonly entries = new Map<string, Entry[]>();
  private readonly finished = new Set<string>();
  private readonly observations: Observation[] = [];
  private readonly sizesWanted = new Set<string>();
  /** Names that were to be made by statements not executed, and enum labels not yet committed. */
  private readonly unmade = new Set<string>();
  private readonly labels = new Map<string, PlannedMigration>();
  private highestEnum = '0';

  private trackingThere: boolean;
  private readonly createdBy: PlannedMigration | null;
  private unrecorded: PlannedMigration[] = [];

  private interruption: { kind: 'alarm'; alarm: Alarm } | { kind: 'deadline' } | { kind: 'cancelled' } | null = null;
  private failed: StatementFailed | null = null;
  private rolledBack: string | null = null;
  private walBytes: number | null = null;
  private schemaDiff: readonly SchemaChange[] = [];
  private predicted: Definitions = new Map();
  private touched: ReadonlySet<string> = new Set();
  private sizes: readonly RelationSize[] = [];
  private checks: Check[] = [];
  readonly blocked: Blocked[] = [];

  constructor(
    bench: Workbench,
    plan: Plan,
    before: Fingerprints,
    stamp: RunStamp,
    smokeTests: ReturnType<typeof readSmokeTests>,
    knowledge: Knowledge,
    deadline: number,
  ) {
    this.bench = bench;
    this.plan = plan;
    this.before = before;
    this.stamp = stamp;
    this.smokeTests = smokeTests;
    this.knowledge = knowledge;
    this.deadline = deadline;
    this.trackingThere = bench.tracking.exists && bench.tracking.complete;
    this.createdBy = bench.tracking.exists
      ? null
      : (plan.pending.find((migration) => migration.script.createsTables.includes('schema_migrations')) ?? null);
  }

  /** Runs it, rolls it back, proves that. Throws only what is nobody's migration's fault. */
  async toItsEnd(): Promise<Ending> {
    const { bench } = this;
    const watchdog = new Watchdog(bench.watcher, {
      watchedPid: bench.pid,
      maxBlockingMs: bench.request.maxBlockingMs,
      maxExclusiveMs: bench.standbys > 0 ? bench.request.maxExclusiveMs : null,
      lockLimit: Math.floor(bench.lockCapacity / 2),
      onAlarm: (alarm) => this.interrupt({ kind: 'alarm', alarm }),
    });
    const timer =
      this.deadline === Number.POSITIVE_INFINITY
        ? undefined
        : setTimeout(() => this.interrupt({ kind: 'deadline' }), Math.max(0, this.deadline - Date.now()));
    const onAbort = () => this.interrupt({ kind: 'cancelled' });
    bench.signal.addEventListener('abort', onAbort);
    let thrown: unknown = null;
    try {
      if (bench.signal.aborted) onAbort();
      await this.run();
    } catch (error) {
      thrown = error;
    }
    await this.inFlight?.catch(() => undefined);
    // Rolled back before the watch ends: until then somebody may be waiting.
    await this.rollBack();
    await watchdog.stop();
    clearTimeout(timer);
    bench.signal.removeEventListener('abort', onAbort);
    await this.prove();
    return this.ending(thrown);
  }

  private ending(thrown: unknown): Ending {
    if (this.interruption?.kind === 'alarm') {
      this.noteBlocked(this.interruption.alarm);
      return this.interruption;
    }
    if (this.interruption) return this.interruption;
    if (thrown === null) return { kind: 'passed' };
    if (thrown instanceof Again) return { kind: 'again' };
    if (thrown instanceof StatementFailed) {
      const error = readServerError(thrown.error);
      if (error.code !== null && RETRIABLE.has(error.code)) return { kind: 'contention', failed: thrown, error };
      this.failed = thrown;
      return { kind: 'failed', failed: thrown };
    }
    throw thrown;
  }

  private noteBlocked(alarm: Alarm): void {
    if (alarm.kind !== 'blocking') return;
    const current = this.running();
    for (const waiter of alarm.waiters) {
      this.blocked.push({
        pid: waiter.pid,
        application: waiter.application,
        waitedMs: Math.round(waiter.waitedMs),
        file: current?.migration.file ?? null,
        statementIndex: current?.index ?? null,
      });
    }
  }

  /** The statement that the server is at, as far as it has told. */
  private running(): Entry | null {
    for (const slot of [...this.sent.slots.slice(this.sent.done), ...[...this.sent.slots].reverse()]) {
      if ((slot.kind === 'statement' || slot.kind === 'look') && slot.entry) return slot.entry;
    }
    return null;
  }

  private interrupt(why: NonNullable<Attempt['interruption']>): void {
    if (this.interruption) return;
    this.interruption = why;
    // A cancel does nothing to a transaction that is idle: run() sees the interruption before it sends more.
    cancelBackend(this.bench.watcher, this.bench.pid).catch((error: Error) =>
      this.bench.log.detail(`the running statement could not be cancelled: ${error.message}`),
    );
  }

  // -- the run ------------------------------------------------------------------------------------------------

  private async run(): Promise<void> {
    const { pending } = this.plan;
    await this.begin();
    const all = this.bench.request.transactionMode === 'all';
    for (const [index, migration] of pending.entries()) {
      this.bench.log.progress(`dry run ${index + 1}/${pending.length} ${migration.file}`);
      await this.migration(migration, !all || index === pending.length - 1);
      this.finished.add(migration.key);
    }
    await this.afterAll();
  }

  private async begin(): Promise<void> {
    const { request, tracking } = this.bench;
    this.control(
      { text: 'begin isolation level read committed read write' },
      { text: 'select pg_catalog.pg_current_xact_id()::text, pg_catalog.pg_current_wal_lsn()::text', keep: true },
      ...this.limits(),
      {
        // Two equal rows under a deferred unique constraint: whatever tries to commit this transaction fails (23505).
        text: 'create temporary table mgate_guard (k int constraint mgate_guard_key unique deferrable initially deferred) on commit drop',
      },
      { text: 'insert into pg_temp.mgate_guard values (1), (1)' },
      ...rememberRelations(tracking.schema),
      { text: 'select pg_catalog.count(*)::text, pg_catalog.json_agg(distinct bare)::text from pg_temp.mgate_before', keep: true },
    );
    if (!tracking.exists && this.createdBy === null) {
      this.control(...createTrackingItems(tracking.schema));
      this.trackingThere = true;
    }
    const results = await this.flushControl();
    [this.xid = null, this.startLsn = null] = results[1]?.rows[0] ?? [];
    const remembered = results.find((result) => result.rows[0]?.length === 2 && result !== results[1])?.rows[0];
    this.anythingBefore = Number(remembered?.[0] ?? 0) > 0;
    this.names = new Set(JSON.parse(remembered?.[1] ?? '[]') as string[]);
    if (this.xid === null) throw new Error('the server did not tell the id of the rehearsal transaction');
    if (request.verbose) this.bench.log.detail(`rehearsal transaction ${this.xid}`);
  }

  /** The dead man's switch and our bounds; asserted again whenever a file may have changed them. */
  private limits(migration: PlannedMigration | null = null): BatchItem[] {
    const { request, serverMajor } = this.bench;
    const directives = migration?.script.directives;
    const own = directives?.statementTimeoutMs ?? request.statementTimeoutMs;
    const left = this.deadline === Number.POSITIVE_INFINITY ? 0 : Math.max(1, this.deadline - Date.now());
    const bounds = [own, left].filter((ms) => ms > 0);
    return [
      ...localTimeouts({
        lockTimeoutMs: directives?.lockTimeoutMs ?? request.lockTimeoutMs,
        statementTimeoutMs: bounds.length === 0 ? 0 : Math.min(...bounds),
      }),
      { text: `set local idle_in_transaction_session_timeout = '60s'` },
      ...(serverMajor >= 17 && left > 0 ? [{ text: `set local transaction_timeout = ${Math.round(left + 10_000)}` }] : []),
    ];
  }

  private async migration(migration: PlannedMigration, commits: boolean): Promise<void> {
    const entries: Entry[] = [];
    this.entries.set(migration.key, entries);
    if (this.knowledge.suspects.size > 0) await this.noteEnums();
    const resumed = this.plan.resumed.get(migration.key)?.progress ?? null;
    const progress = resumed ? new ProgressKeeper(migration, resumed) : null;
    const blocks = migration.script.ownTransactions ? blockEnds(migration) : [];
    let unit = -1;
    for (const event of scriptOf(migration)) {
      if (event.kind === 'begin-unit') {
        unit += 1;
        if (blocks[unit] === 'rollback') this.control({ text: 'savepoint mgate_block' });
      } else if (event.kind === 'end-unit') {
        if (blocks[unit] === 'rollback') this.control({ text: 'rollback to savepoint mgate_block' }, { text: 'release savepoint mgate_block' });
        else if (blocks[unit] === 'commit') this.commitItems(migration);
      } else {
        progress?.pass(event.index, event.statement);
        if (event.index > (resumed?.done ?? 0)) await this.statement(migration, entries, event);
      }
    }
    progress?.end();
    await this.endOfFile(migration, commits);
  }

  private async noteEnums(): Promise<void> {
    this.control({ text: 'select coalesce(pg_catalog.max(oid), 0)::text from pg_catalog.pg_enum', keep: true });
    const results = await this.flushControl();
    this.highestEnum = results.at(-1)?.rows[0]?.[0] ?? '0';
  }

  // -- one statement ------------------------------------------------------------------------------------------

  private async statement(
    migration: PlannedMigration,
    entries: Entry[],
    event: Extract<ScriptEvent, { kind: 'statement' }>,
  ): Promise<void> {
    const { statement, facts } = event;
    const entry = this.entryFor(migration, entries, event);
    this.observe(migration, event);

    const suspect = this.isSuspect(migration, entry, statement);
    const refusal = await this.whyNot(migration, entry, statement, suspect);
    if (refusal !== null) return this.skip(entry, refusal);
    if (facts.nonTransactional && !migration.script.wrapper) return this.plainForm(migration, entry);
    if (suspect) return this.carefully(entry, statement.sql);

    const guardOut = this.knowledge.guardOut.has(keyOf(migration, event.index)) || facts.command === 'SET CONSTRAINTS';
    if (guardOut) this.control({ text: 'delete from pg_temp.mgate_guard' });
    this.add({ text: statement.sql }, { kind: 'statement', entry, offset: 0, guarded: false });
    this.look(entry, statement, facts);
    if (guardOut) this.control(...GUARD_IN);
    if (mayChangeLimits(facts, statement.sql)) this.control(...this.limits(migration));
    if (facts.addsEnumValue !== null && !migration.script.transactional) this.labels.set(facts.addsEnumValue, migration);
    if (this.items.length >= BATCH_ITEMS || this.characters >= BATCH_CHARACTERS) await this.flush(false);
  }

  /** A new entry, or the last one where this statement continues a long run of INSERTs into the same table. */
  private entryFor(
    migration: PlannedMigration,
    entries: Entry[],
    event: Extract<ScriptEvent, { kind: 'statement' }>,
  ): Entry {
    const { statement, facts, index } = event;
    const last = entries.at(-1);
    if (last && facts.bulkInsertInto !== null && last.facts.bulkInsertInto === facts.bulkInsertInto && last.reason === null) {
      const run = entries.slice(-INSERTS_TOLD);
      if (last.count > 1 || run.length === INSERTS_TOLD && run.every((entry) => entry.facts.bulkInsertInto === facts.bulkInsertInto)) {
        last.count += 1;
        return last;
      }
    }
    const sql = cut(statement.sql, 1_000);
    const entry: Entry = {
      migration,
      // A long statement's text keeps the whole chunk of the file alive: only what is shown is kept, as a copy.
      statement: { ...statement, sql: statement.sql.length > 10_000 ? Buffer.from(sql).toString() : statement.sql },
      facts,
      index,
      line: statement.line,
      sql: Buffer.from(sql).toString(),
      count: 1,
      executed: false,
      error: null,
      reason: null,
      ms: null,
      rows: null,
      locks: [],
      rewrites: [],
      scans: [],
    };
    entries.push(entry);
    return entry;
  }

  private observe(migration: PlannedMigration, { statement, facts }: Extract<ScriptEvent, { kind: 'statement' }>): void {
    const at = { migration, line: statement.line, sql: cut(statement.sql, 200) };
    if (facts.external !== null) this.observations.push({ kind: 'external', what: facts.external, ...at });
    if (facts.opaque !== null) this.observations.push({ kind: 'opaque', what: facts.opaque.what, ...at });
  }

  /** Why a statement is not to be executed here at all, or null. */
  private async whyNot(
    migration: PlannedMigration,
    entry: Entry,
    statement: Statement,
    suspect: boolean,
  ): Promise<string | null> {
    const { facts } = entry;
    if (facts.forbiddenInRehearsal !== null) return `${facts.forbiddenInRehearsal}: a rollback would not undo it`;
    if (facts.callsSetval) return this.whyNoSetval(statement);
    if (facts.nonTransactional && facts.nonTransactional.plain === null && !migration.script.wrapper) {
      return `${facts.nonTransactional.what} cannot run in a transaction`;
    }
    return suspect ? null : this.whyTooLarge(entry, statement);
  }

  /** setval is not undone by a rollback; on a sequence that this transaction made it goes with the sequence. */
  private async whyNoSetval(statement: Statement): Promise<string | null> {
    const argument = /\bsetval\s*\(\s*((?:pg_catalog\s*\.\s*)?pg_get_serial_sequence\s*\(\s*'[^']*'\s*,\s*'[^']*'\s*\)|'[^']*')/i.exec(statement.sql)?.[1];
    const calls = statement.sql.match(/\bsetval\s*\(/gi)?.length ?? 0;
    const reason = 'setval on a sequence that exists is not undone by a rollback';
    if (argument === undefined || calls !== 1) return reason;
    const rows = await this.ask(`select 1 from pg_temp.mgate_before where oid = pg_catalog.to_regclass(${argument})`);
    return rows.length > 0 ? reason : null;
  }

  private async whyTooLarge(entry: Entry, statement: Statement): Promise<string | null> {
    const { dryRunMaxBytes } = this.bench.request;
    const write = entry.facts.mayWrite;
    if (write === null || dryRunMaxBytes === 0) return null;
    if (write.kind === 'dml') {
      const results = await this.sendNow([
        [{ text: EXPLAIN + statement.sql, keep: true }, { kind: 'statement', entry, offset: EXPLAIN.length, guarded: false }],
      ]);
      const estimate = bytesWritten(JSON.parse(results.at(-1)?.rows.map((row) => row[0]).join('\n') ?? '[]'));
      if (estimate <= dryRunMaxBytes) return null;
      return `it would write about ${bytes(estimate)} on the target, more than dry-run-max-bytes (${bytes(dryRunMaxBytes)})`;
    }
    if (this.bench.databaseBytes <= dryRunMaxBytes) return null;
    const rows = await this.ask(
      `select coalesce(pg_catalog.sum(${write.kind === 'rewrite' ? 'pg_catalog.pg_total_relation_size' : 'pg_catalog.pg_table_size'}(t.relid)), 0)::text
         from pg_catalog.pg_partition_tree(pg_catalog.to_regclass($1)) t where t.isleaf`,
      [write.relation],
    );
    const whole = await this.ask('select coalesce(pg_catalog.pg_total_relation_size(pg_catalog.to_regclass($1)), 0)::text', [write.relation]);
    const size = Math.max(Number(rows[0]?.[0] ?? 0), Number(whole[0]?.[0] ?? 0));
    if (size <= dryRunMaxBytes) return null;
    const verb = write.kind === 'rewrite' ? 'may rewrite' : 'would build an index over';
    return `it ${verb} ${write.relation} (${bytes(size)}), more than dry-run-max-bytes (${bytes(dryRunMaxBytes)})`;
  }

  private skip(entry: Entry, reason: string): void {
    entry.executed = false;
    entry.reason = reason;
    for (const name of entry.facts.creates) this.unmade.add(name.toLowerCase());
    const touched = entry.facts.mayWrite && 'relation' in entry.facts.mayWrite ? entry.facts.mayWrite.relation : null;
    if (touched !== null) this.unmade.add(touched.split('.').at(-1)?.replaceAll('"', '').toLowerCase() ?? touched);
  }

  /** CONCURRENTLY and its kin: the same work in a form that a transaction allows, where that is quick enough. */
  private async plainForm(migration: PlannedMigration, entry: Entry): Promise<void> {
    const what = entry.facts.nonTransactional;
    if (!what?.plain) return;
    const { leftover } = what;
    await this.flush(true);
    const resumed = this.plan.resumed.get(migration.key)?.progress;
    if (resumed?.started === entry.index) {
      const judgement = await judge(this.bench.session, leftover);
      if (judgement.kind === 'done') return this.skip(entry, 'done already by the run that was interrupted');
      if (judgement.kind === 'again') this.control(...judgement.cleanup.map(({ plain }) => ({ text: plain })));
    } else if (leftover?.kind === 'create-index' && leftover.index !== null) {
      const state = await indexState(this.bench.session, leftover.index, leftover.table);
      if (state.exists && !state.valid && state.qualified !== null) throw invalidInTheWay(entry, state.qualified, state.building);
    }
    const builds = leftover?.kind === 'create-index' || leftover?.kind === 'reindex';
    if (builds && what.relation !== null) {
      const limit = (this.bench.request.maxBlockingMs / 1_000) * INDEX_BYTES_PER_SECOND;
      const rows = await this.ask('select coalesce(pg_catalog.pg_table_size(pg_catalog.to_regclass($1)), 0)::text', [what.relation]);
      const size = Number(rows[0]?.[0] ?? 0);
      if (limit > 0 && size > limit) {
        return this.skip(entry, `${what.what} cannot run in a transaction, and ${what.relation} (${bytes(size)}) is too large to try its plain form within max-blocking`);
      }
    }
    await this.carefully(entry, what.plain, `rehearsed in its plain form: ${what.what} cannot run in a transaction`);
  }

  private isSuspect(migration: PlannedMigration, entry: Entry, statement: Statement): boolean {
    if (this.knowledge.suspects.has(keyOf(migration, entry.index))) return true;
    if (entry.facts.opaque?.what === 'CALL') return true;
    for (const label of this.labels.keys()) if (statement.sql.includes(label)) return true;
    if (this.unmade.size === 0) return false;
    const lower = statement.sql.toLowerCase();
    for (const name of this.unmade) if (lower.includes(name)) return true;
    return false;
  }

  /** With a savepoint around it: where it fails only because of what was not executed before, the dry run goes on. */
  private async carefully(entry: Entry, sql: string, plainReason: string | null = null): Promise<void> {
    await this.flush(true);
    try {
      await this.sendNow([
        [{ text: 'savepoint mgate' }, CONTROL],
        [{ text: sql }, { kind: 'statement', entry, offset: 0, guarded: true }],
        [this.lookItem(), { kind: 'look', entry }],
        [{ text: 'release savepoint mgate' }, CONTROL],
      ]);
      if (plainReason !== null) {
        entry.executed = false;
        entry.reason = plainReason;
      }
    } catch (error) {
      if (!(error instanceof StatementFailed) || error.entry !== entry || this.interruption) throw error;
      await this.sendNow([
        [{ text: 'rollback to savepoint mgate' }, CONTROL],
        [{ text: 'release savepoint mgate' }, CONTROL],
      ]);
      const reason = await this.onlyFollows(entry, readServerError(error.error));
      if (reason === null) throw error;
      entry.error = null;
      this.skip(entry, reason);
    }
  }

  /** The reason why a failure is no failure of what apply would do, or null: it is one. */
  private async onlyFollows(entry: Entry, error: ServerError): Promise<string | null> {
    const { migration } = entry;
    const together = this.bench.request.transactionMode === 'all' || migration.script.wrapper !== null;
    switch (error.code) {
      case '55P04': {
        const known = [...this.labels].find(([label]) => error.message.includes(label));
        if (known) return `it uses the enum value '${known[0]}' that ${known[1].file} adds: PostgreSQL allows that only once it is committed`;
        const quoted = [...error.message.matchAll(/["'«„“]([^"'»“”]+)["'»“”]/g)].map((match) => match[1]);
        const rows = await this.ask('select enumlabel from pg_catalog.pg_enum where enumlabel = any ($1::text[]) and oid <= $2::oid', [
          arrayLiteral(quoted.filter((text) => text !== undefined)),
          this.highestEnum,
        ]);
        return rows.length > 0 ? `it uses the enum value '${rows[0]?.[0]}' that an earlier pending migration adds: PostgreSQL allows that only once it is committed` : null;
      }
      case '2D000':
        if (together) return null;
        this.learnAlone(entry);
        return 'it commits by itself, which no transaction allows';
      case '25001':
        if (together) return null;
        this.learnAlone(entry);
        return `the server refuses it in a transaction (${error.message})`;
      default: {
        if (error.code === null || !FOLLOWS.has(error.code)) return null;
        const message = error.message.toLowerCase();
        const name = [...this.unmade].find((unmade) => message.includes(unmade));
        return name === undefined ? null : `it needs ${name}, which a statement not executed would have made`;
      }
    }
  }

  private learnAlone(entry: Entry): void {
    const { key } = entry.migration;
    this.knowledge.nonTransactional.set(key, (this.knowledge.nonTransactional.get(key) ?? new Set()).add(entry.index));
  }

  // -- the end of a file --------------------------------------------------------------------------------------

  /** What COMMIT would check is checked: deferred constraints fire. Then they wait again, as at a transaction's start. */
  private commitItems(migration: PlannedMigration): void {
    this.control({ text: 'reset session authorization' }, { text: 'delete from pg_temp.mgate_guard' });
    this.add({ text: 'set constraints all immediate' }, { kind: 'commit', migration });
    this.control(...GUARD_IN);
  }

  private async endOfFile(migration: PlannedMigration, commits: boolean): Promise<void> {
    if (this.unseen) this.add(LOOK_AT_LOCKS, { kind: 'look', entry: this.unseen });
    this.unseen = null;
    if (commits) this.commitItems(migration);
    else this.control({ text: 'reset session authorization' });
    this.control(
      { text: 'reset all' },
      { text: 'close all' },
      { text: 'unlisten *' },
      ...this.bench.armed,
      ...this.limits(),
    );
    this.record(migration);
    this.control({ text: END_OF_FILE, keep: true });
    const results = await this.flushControl();
    const [xid, temporary, immediate, prepared] = results.at(-1)?.rows[0] ?? [];
    if (xid !== this.xid) {
      throw new Stop({
        result: 'failed',
        class: 'internal',
        message: `${migration.file} ended the rehearsal transaction (it was ${this.xid}, it is ${xid})`,
        next: 'Report this: nothing should be able to. Compare the database with your last backup before going on.',
        file: migration.file,
      });
    }
    if (temporary) this.control({ text: `drop table if exists ${temporary} cascade` });
    if (immediate && commits) this.control({ text: `set constraints ${immediate} immediate` });
    if (prepared) this.control({ text: 'deallocate all' });
    for (const entry of this.entries.get(migration.key) ?? []) {
      if (entry.facts.addsEnumValue !== null && this.bench.request.transactionMode !== 'all') this.labels.set(entry.facts.addsEnumValue, migration);
    }
  }

  /** Our own rows are written as apply would write them: what speaks against that is found here. */
  private record(migration: PlannedMigration): void {
    this.unrecorded.push(migration);
    if (this.createdBy === migration) {
      this.control(...createTrackingItems(this.bench.tracking.schema));
      this.trackingThere = true;
    }
    if (!this.trackingThere) return;
    for (const { version, name, checksum } of this.unrecorded) {
      this.control(
        recordItem(this.stamp, { version, name, checksum, status: 'completed', progress: null, errorMessage: null, executionTimeMs: 0 }),
        historyItem(this.stamp, { version, status: 'success', errorMessage: null, executionTimeMs: 0 }),
      );
    }
    this.unrecorded = [];
  }

  private async afterAll(): Promise<void> {
    await this.flush(true);
    const { session, request } = this.bench;
    const after = await readFingerprints(session, { schema: request.trackingSchema, names: TRACKING_NAMES });
    const groups = changedGroups(this.before, after);
    const there = [...groups.added, ...groups.changed];
    this.predicted = await readDefinitions(session, there);
    this.touched = new Set([...there, ...groups.removed]);
    const unbuilt = new Set(this.unmade);
    this.checks = [
      ...(await checkTables(session, request.criticalTables)),
      ...(await checkIndexes(session, request.criticalIndexes, unbuilt)),
    ];
    if (this.smokeTests.length > 0) {
      await session.query('savepoint mgate_smoke');
      await session.query('set transaction read only');
      this.checks.push(...(await runSmokeTests(session, this.smokeTests)));
      await session.query('rollback to savepoint mgate_smoke');
    }
  }

  // -- rolling back, and proving it ---------------------------------------------------------------------------

  private async rollBack(): Promise<void> {
    const { session, log } = this.bench;
    if (session.lost) return;
    try {
      // The transaction may have failed already; ROLLBACK is right in every state.
      await session.batch([{ text: 'rollback' }, ...this.bench.armed]);
    } catch (error) {
      log.detail(`rollback: ${(error as Error).message}`);
    }
  }

  /** The server's own word that the rehearsal's transaction is aborted; without it nothing may go on. */
  private async prove(): Promise<void> {
    const { session, watcher, log } = this.bench;
    if (this.xid === null) return;
    const witness = session.lost ? watcher : session;
    const until = Date.now() + 10_000;
    for (;;) {
      const { rows } = await witness.query<{ status: string | null; wal: string | null }>(
        'select pg_catalog.pg_xact_status($1::pg_catalog.xid8) as status, pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), $2::pg_catalog.pg_lsn)::text as wal',
        [this.xid, this.startLsn],
      );
      this.rolledBack = rows[0]?.status ?? null;
      this.walBytes = rows[0]?.wal === undefined || rows[0].wal === null ? null : Number(rows[0].wal);
      if (this.rolledBack !== 'in progress' || Date.now() > until) break;
      await sleep(100);
    }
    if (this.rolledBack !== 'aborted') {
      throw new Stop({
        result: 'failed',
        class: 'internal',
        message: `the rehearsal transaction ${this.xid} could not be proved to be rolled back (the server says: ${this.rolledBack ?? 'nothing'})`,
        next: 'Compare the database with your last backup before going on, and report this.',
      });
    }
    if (!session.lost) await this.afterwards();
    log.detail(`rehearsal transaction ${this.xid}: aborted, by the server's own word`);
  }

  /** On the committed state again: what the changed objects were, and how large what was locked is. */
  private async afterwards(): Promise<void> {
    const { session } = this.bench;
    if (this.touched.size > 0) this.schemaDiff = diffDefinitions(await readDefinitions(session, [...this.touched]), this.predicted);
    if (this.sizesWanted.size === 0) return;
    const { rows } = await session.query<{ relation: string; bytes: string; rows: number }>(
      `select w.name as relation, pg_catalog.pg_total_relation_size(c.oid)::text as bytes, c.reltuples::float8 as rows
         from pg_catalog.unnest($1::text[]) as w(name) join pg_catalog.pg_class c on c.oid = pg_catalog.to_regclass(w.name)`,
      [[...this.sizesWanted]],
    );
    this.sizes = rows.map((row) => ({ relation: row.relation, bytes: Number(row.bytes), rows: row.rows < 0 ? null : row.rows }));
  }

  // -- sending and reading ------------------------------------------------------------------------------------

  private add(item: BatchItem, slot: Slot): void {
    if (this.items.length === 0 && this.lastEnd !== null) {
      // Time spent between batches is nobody's.
      this.items.push(LOOK_AT_CLOCK);
      this.slots.push({ kind: 'look', entry: null });
    }
    this.items.push(item);
    this.slots.push(slot);
    this.characters += item.text.length;
  }

  private control(...items: BatchItem[]): void {
    for (const item of items) this.add(item, CONTROL);
  }

  /** Looks after a statement: at the clock always, at the locks where it may have added one of interest. */
  private look(entry: Entry, statement: Statement, facts: StatementFacts): void {
    if (entry.count > 1) {
      this.unseen = entry;
      return;
    }
    if (!this.anythingBefore) return this.add(LOOK_AT_CLOCK, { kind: 'look', entry });
    if (this.locks < MANY_LOCKS || facts.opaque !== null || this.mentionsRelation(statement.sql)) {
      this.unseen = null;
      return this.add(LOOK_AT_LOCKS, { kind: 'look', entry });
    }
    this.unseen = entry;
    return this.add(LOOK_AT_CLOCK, { kind: 'look', entry });
  }

  private lookItem(): BatchItem {
    return this.anythingBefore ? LOOK_AT_LOCKS : LOOK_AT_CLOCK;
  }

  private mentionsRelation(sql: string): boolean {
    if (sql.length > 20_000) return true;
    for (const [word] of sql.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)) if (this.names.has(word) || this.names.has(word.toLowerCase())) return true;
    return false;
  }

  /** Sends what is waiting; `wait` until it is through, else only until what was sent before is. */
  private async flush(wait: boolean): Promise<void> {
    const earlier = this.inFlight;
    this.inFlight = null;
    await earlier;
    if (this.items.length === 0) return;
    const [items, slots] = [this.items, this.slots];
    this.items = [];
    this.slots = [];
    this.characters = 0;
    const sending = this.send(items, slots).then(() => undefined);
    // Its error is thrown where it is awaited; until then it must not count as unhandled.
    sending.catch(() => undefined);
    this.inFlight = sending;
    if (!wait) return;
    this.inFlight = null;
    await sending;
  }

  /** Sends what is waiting and returns its results, one for each item. */
  private async flushControl(): Promise<readonly BatchResult[]> {
    const earlier = this.inFlight;
    this.inFlight = null;
    await earlier;
    const [items, slots] = [this.items, this.slots];
    this.items = [];
    this.slots = [];
    this.characters = 0;
    return this.send(items, slots);
  }

  private async sendNow(pairs: readonly (readonly [BatchItem, Slot])[]): Promise<readonly BatchResult[]> {
    for (const [item, slot] of pairs) this.add(item, slot);
    return this.flushControl();
  }

  /** A question of ours within the transaction; what waits to be sent goes first. */
  private async ask(text: string, values: readonly string[] = []): Promise<BatchResult['rows']> {
    const results = await this.sendNow([[{ text, values, keep: true }, CONTROL]]);
    return results.at(-1)?.rows ?? [];
  }

  private async send(items: BatchItem[], slots: Slot[]): Promise<readonly BatchResult[]> {
    if (this.interruption) throw new Interrupted();
    this.sent = { slots, done: 0 };
    try {
      const results = await this.bench.session.batch(items, (index) => {
        this.sent.done = index + 1;
      });
      this.read(results, slots);
      return results;
    } catch (error) {
      if (!(error instanceof BatchError)) throw error;
      this.read(error.completed, slots);
      throw this.explain(error, slots[error.completed.length] ?? CONTROL, slots);
    }
  }

  private read(results: readonly BatchResult[], slots: readonly Slot[]): void {
    for (const [index, result] of results.entries()) {
      const slot = slots[index];
      if (slot?.kind === 'statement') {
        if (slot.offset > 0) continue;
        slot.entry.executed = true;
        const rows = / (\d+)$/.exec(result.tag ?? '')?.[1];
        if (rows !== undefined) slot.entry.rows = (slot.entry.rows ?? 0) + Number(rows);
      } else if (slot?.kind === 'look') {
        this.readLook(readLook(result), slot.entry);
      }
    }
  }

  private readLook(look: Look, entry: Entry | null): void {
    if (entry && this.lastEnd !== null) {
      entry.ms = Math.round(((entry.ms ?? 0) + Math.max(0, look.statementEndedAt - this.lastEnd)) * 1_000) / 1_000;
    }
    this.lastEnd = look.endedAt;
    if (!entry || look.held === null) return;
    this.locks = look.locks ?? this.locks;
    const seen = this.observer.newSince(look, entry.facts.command === 'TRUNCATE');
    entry.locks = [...entry.locks, ...seen.locks];
    entry.rewrites = [...entry.rewrites, ...seen.rewrites];
    entry.scans = [...entry.scans, ...seen.scans];
    for (const lock of seen.locks) this.sizesWanted.add(lock.relation);
  }

  /** What an error means: an interruption of ours, something to be learned, or a migration that fails. */
  private explain(error: BatchError, slot: Slot, slots: readonly Slot[]): Error {
    if (this.interruption) return new Interrupted();
    const server = readServerError(error);
    if (slot.kind === 'commit') return new StatementFailed(slot.migration, null, error.cause);
    if (slot.kind !== 'statement') {
      const entry = [...slots.slice(0, error.completed.length)].reverse().find((one) => one.kind === 'statement')?.entry;
      if (server.code !== null && (RETRIABLE.has(server.code) || server.code === '57014') && entry) {
        return new StatementFailed(entry.migration, entry, error.cause);
      }
      return error.cause instanceof Error ? error.cause : error;
    }
    const { entry } = slot;
    const key = keyOf(entry.migration, entry.index);
    if (server.constraint === 'mgate_guard_key' && !this.knowledge.guardOut.has(key)) {
      this.knowledge.guardOut.add(key);
      return new Again();
    }
    const learnable = server.code === '55P04' || server.code === '2D000' || server.code === '25001';
    if (learnable && !slot.guarded && !this.knowledge.suspects.has(key)) {
      this.knowledge.suspects.add(key);
      return new Again();
    }
    entry.executed = true;
    entry.error = server.message;
    return new StatementFailed(entry.migration, entry, shifted(error.cause, slot.offset));
  }

  // -- the report ---------------------------------------------------------------------------------------------

  executedAnything(): boolean {
    const all = [...this.entries.values()].flat();
    return all.length === 0 || all.some((entry) => entry.executed || (entry.reason?.startsWith('rehearsed') ?? false));
  }

  report(verdict: Rehearsal['verdict'], reason: string | null, next: string | null, attempts: number, blocked: readonly Blocked[]): SqlRehearsal {
    const migrations = this.plan.pending.map((migration) => this.migrationReport(migration));
    const entries = [...this.entries.values()].flat();
    const statements = this.plan.pending.reduce((sum, migration) => sum + migration.script.statements, 0);
    return {
      verdict,
      reason,
      next,
      migrations,
      coverage: { statements, executed: entries.filter((entry) => entry.executed).reduce((sum, entry) => sum + entry.count, 0) },
      blocked,
      observations: this.observations,
      sizes: this.sizes,
      schemaDiff: verdict === 'passed' ? this.schemaDiff : [],
      complete: entries.every((entry) => entry.executed || (entry.reason?.startsWith('rehearsed') ?? false)),
      nonTransactional: this.knowledge.nonTransactional,
      proof:
        this.xid === null || this.rolledBack === null
          ? null
          : { xid: this.xid, status: this.rolledBack, attempts, walBytes: this.walBytes, on: this.bench.request.rehearsalTarget ? 'copy' : 'target' },
      checks: this.checks,
      error: this.failed ? this.failure(this.failed) : null,
      predicted: this.predicted,
      touched: this.touched,
    };
  }

  private migrationReport(migration: PlannedMigration): MigrationReport {
    const entries = this.entries.get(migration.key) ?? [];
    const failed = this.failed?.migration === migration;
    const times = entries.map((entry) => entry.ms).filter((ms) => ms !== null);
    return {
      version: migration.version,
      name: migration.name,
      file: migration.file,
      checksum: migration.checksum,
      transactional: migration.script.transactional && !this.knowledge.nonTransactional.has(migration.key),
      status: failed ? 'failed' : this.finished.has(migration.key) ? 'rehearsed' : 'not-executed',
      ms: times.length === 0 ? null : Math.round(times.reduce((sum, ms) => sum + ms, 0)),
      appliedMs: null,
      statements: entries.map(({ migration: _m, statement: _s, facts: _f, ...statement }) => statement),
    };
  }

  private failure(failed: StatementFailed): Failure {
    const { migration, entry } = failed;
    const last = entry ?? this.entries.get(migration.key)?.at(-1) ?? null;
    const position = entry ? readServerError(failed.error).position : null;
    const at = last ? locate(last.statement, position) : { line: 1, column: 1 };
    const timedOut = this.bench.request.statementTimeoutMs > 0 || migration.script.directives.statementTimeoutMs !== null;
    return failureFrom(
      failed.error,
      { file: migration.file, line: at.line, column: at.column, sourceLine: sourceLine(migration, at.line) },
      { phase: 'dry-run', host: this.bench.request.target.host, timedOut: timedOut ? 'statement' : null },
    );
  }
}

const GUARD_IN: readonly BatchItem[] = [
  { text: 'set constraints all deferred' },
  { text: 'insert into pg_temp.mgate_guard values (1), (1)' },
];

/**
 * Asked at the end of each file: still our transaction? Temporary tables that its end would drop, constraints that are
 * to be immediate again (SET CONSTRAINTS ALL DEFERRED has made them wait too), prepared statements.
 */
const END_OF_FILE = `
  select pg_catalog.pg_current_xact_id()::text,
    (select pg_catalog.string_agg(pg_catalog.format('pg_temp.%I', c.relname), ', ') from pg_catalog.pg_class c
      where c.relnamespace = pg_catalog.pg_my_temp_schema() and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('mgate_guard', 'mgate_before')),
    (select pg_catalog.string_agg(distinct pg_catalog.format('%I.%I', n.nspname, k.conname), ', ') from pg_catalog.pg_constraint k
      join pg_catalog.pg_namespace n on n.oid = k.connamespace where k.condeferrable and not k.condeferred),
    (select pg_catalog.count(*) from pg_catalog.pg_prepared_statements where from_sql)::int::bool::text`;

function mayChangeLimits(facts: StatementFacts, sql: string): boolean {
  if (facts.bulkInsertInto !== null) return false;
  return facts.command.startsWith('SET') || facts.command.startsWith('RESET') || facts.opaque !== null || /set_config/i.test(sql);
}

/** How each unit of a script ends: explicit blocks by their word, single statements null. */
function blockEnds(migration: PlannedMigration): ('commit' | 'rollback' | null)[] {
  const ends: ('commit' | 'rollback' | null)[] = [];
  let block = false;
  for (const event of scriptOf(migration)) {
    if (event.kind === 'begin-unit') block = event.begin !== null;
    else if (event.kind === 'end-unit') ends.push(block ? event.end : null);
  }
  return ends;
}

function invalidInTheWay(entry: Entry, index: string, building: boolean): Stop {
  return new Stop({
    result: 'failed',
    class: 'duplicate-object',
    message: building
      ? `the index ${index} is being built right now by another session`
      : `an invalid index ${index} is in the way: a build of it failed earlier, and no query uses it`,
    next: building ? 'Wait until that build is over, then run again.' : `Run: ${dropIndexAdvice(index)}; then run again.`,
    file: entry.migration.file,
    line: entry.line,
    column: entry.statement.column,
    sourceLine: sourceLine(entry.migration, entry.line),
  });
}

/** Rows times width of what a plan would insert or update, with what each tuple and its index entries cost on top. */
function bytesWritten(plan: unknown): number {
  const TUPLE_AND_INDEXES = 60;
  const top = (plan as [{ Plan?: Record<string, unknown> }])[0]?.Plan ?? {};
  const children = Array.isArray(top.Plans) ? (top.Plans as Record<string, unknown>[]) : [];
  const nodes = top['Node Type'] === 'ModifyTable' ? children : [top];
  return nodes.reduce((sum, node) => sum + Number(node['Plan Rows'] ?? 0) * (Number(node['Plan Width'] ?? 0) + TUPLE_AND_INDEXES), 0);
}

/** A position in a text that we put a prefix before, as a position in the user's own. */
function shifted(error: unknown, by: number): unknown {
  if (by === 0 || typeof error !== 'object' || error === null) return error;
  const position = Number((error as { position?: string }).position);
  if (!Number.isInteger(position)) return error;
  const copy = Object.assign(Object.create(Object.getPrototypeOf(error)), error, { position: String(Math.max(1, position - by)) });
  Object.defineProperty(copy, 'message', { value: (error as Error).message });
  return copy;
}

function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
