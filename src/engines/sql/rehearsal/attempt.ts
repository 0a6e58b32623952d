/**
 * One attempt at the dry run: every pending migration, statement by statement, in one transaction that cannot commit;
 * then ROLLBACK, and the server's own word that it is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlannedMigration } from '../../../plan/plan.ts';
import {
  changedGroups,
  type Definitions,
  diffDefinitions,
  type Fingerprints,
  groupsToDefine,
} from '../../../plan/schema-diff.ts';
import type { Cancellation } from '../../../postgres/cancel.ts';
import { readDefinitions, readFingerprints } from '../../../postgres/catalog.ts';
import { failureFrom, readServerError, type ServerError } from '../../../postgres/failure.ts';
import { freeOtherLocks, lockKey } from '../../../postgres/lock.ts';
import { BatchError, type BatchItem, DEALLOCATE_ALL } from '../../../postgres/session.ts';
import { RESET_ROLE } from '../../../postgres/settings.ts';
import { type Alarm, Watchdog } from '../../../postgres/watchdog.ts';
import {
  type Blocked,
  type Failure,
  LOCK_MODES,
  type MigrationReport,
  type RelationSize,
  type SchemaChange,
  type Touched,
} from '../../../report/outcome.ts';
import { hideMessage } from '../../../report/redact.ts';
import { Stop } from '../../../report/stop.ts';
import { cut } from '../../../report/text.ts';
import type { ScriptEvent } from '../../../sql/script.ts';
import type { Statement } from '../../../sql/statement.ts';
import type { Check, Finding, Observation, Plan, Rehearsal } from '../../engine.ts';
import { checkIndexes, checkTables, runSmokeTests, type SmokeTest } from '../checks.ts';
import { sourceLine } from '../files.ts';
import { type IndexState, indexInTheWay, indexState, judge } from '../leftovers.ts';
import { begunBy, ProgressKeeper, setsSession } from '../progress.ts';
import { locate, scriptOf } from '../script-file.ts';
import { createTrackingItems, historyItem, type RunStamp, recordItem, TRACKING_NAMES } from '../tracking.ts';
import { cancellationOf, type Workbench } from '../workbench.ts';
import {
  duplicateKeys,
  hiddenBy,
  missingTables,
  openTransactions,
  refusedConcurrently,
  type Tried,
  tryOnCopy,
} from './concurrently.ts';
import { CONTROL, Conversation, type Said, type Slot, type StatementSlot } from './conversation.ts';
import {
  type Entry,
  newEntry,
  rehearsedPlainly,
  type StatementEvent,
  statementKey,
  toReport,
  wasRehearsed,
} from './entry.ts';
import {
  LOOK_AT_CLOCK,
  LOOK_AT_COLUMNS,
  LOOK_AT_LOCKS,
  type Look,
  mayDropColumns,
  Observer,
  rememberRelations,
} from './observe.ts';
import { Outside } from './outside.ts';
import { readDropped, rowsInTheWay, withRows } from './questions.ts';
import { readSizes, readTraffic, type Traffic, trafficItem, type Wanted } from './sizes.ts';
import { mayChangeLimits, Undone, whyNot, whyTooLarge, whyTooSlow } from './treatment.ts';
import {
  type Before,
  differences,
  planDown,
  readBefore,
  readSchemaBefore,
  readUndone,
  type Undone as UndoneMigration,
  type WayBack,
  waysBack,
} from './way-back.ts';

/** Files up to this size are read while the server is busy. */
const SMALL_BYTES = 64 * 1024;
/** A run of INSERTs into one table is told one by one up to here, as one entry from here on. */
const INSERTS_TOLD = 20;
/** From this many locks on, reading all of them after every statement would be quadratic: only where one may have been added that matters. */
const MANY_LOCKS = 1_000;

/** The names of relations are looked for in no more than this of a statement that was not executed. */
const MENTIONED_CHARACTERS = 100_000;
/** How long all questions about the rows may take that are asked after the rollback. */
const QUESTIONS_MS = 5_000;

/** What one attempt taught the next. */
export interface Knowledge {
  /** Statements that need a savepoint before them, by statement key. */
  readonly suspects: Set<string>;
  /** Statements that fire constraints themselves: the guard must be out of their way. */
  readonly guardOut: Set<string>;
  /** Statements that the server will not have in a transaction, by version key. */
  readonly alone: Map<string, Set<number>>;
}

/** The rehearsed schema, beside what a report needs: what apply makes is compared with it. */
export interface SqlRehearsal extends Rehearsal {
  readonly predicted: Definitions;
  /** The catalog groups that the rehearsal made, changed or removed. */
  readonly touched: ReadonlySet<string>;
}

export interface AttemptInput {
  readonly bench: Workbench;
  readonly plan: Plan;
  readonly before: Fingerprints;
  readonly stamp: RunStamp;
  readonly smokeTests: readonly SmokeTest[];
  readonly knowledge: Knowledge;
  /** Milliseconds since the epoch; infinite: no limit. */
  readonly deadline: number;
}

export type Interruption =
  | { readonly kind: 'alarm'; readonly alarm: Alarm }
  | { readonly kind: 'deadline' }
  | { readonly kind: 'cancelled' };

export type Ending =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed' }
  /** Something was learned: once more from the start. */
  | { readonly kind: 'again' }
  /** It lost to somebody else's lock. */
  | { readonly kind: 'contention'; readonly at: Entry | null; readonly error: ServerError }
  | Interruption;

class Again extends Error {}
class Interrupted extends Error {}
/** The way back could not be tried to its end, for reasons that are not its own. */
class NotTried extends Error {}

/** A statement of the user's failed; `entry` null: what its file's COMMIT would check did, after the statement at `place`. */
class StatementFailed extends Error {
  readonly migration: PlannedMigration;
  readonly entry: Entry | null;
  readonly place: Statement | null;
  readonly error: unknown;
  constructor(migration: PlannedMigration, entry: Entry | null, place: Statement | null, error: unknown) {
    super('a statement failed', { cause: error });
    this.migration = migration;
    this.entry = entry;
    this.place = place;
    this.error = error;
  }
}

/** Node's timers fire at once when they are longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const RETRIABLE = new Set(['55P03', '40P01', '40001']);

/**
 * Two equal rows under a deferred unique constraint: whatever tries to commit the transaction fails (23505). They are
 * other rows each time, as the index keeps the dead ones until the end of the transaction and would look at them all.
 */
const GUARD_ROWS: BatchItem = {
  name: 'mgate_guard_in',
  text: `insert into pg_temp.mgate_guard select n from (select pg_catalog.nextval('pg_temp.mgate_guard_n') as n) one, (values (1), (2)) two`,
};
const GUARD_OUT: BatchItem = { name: 'mgate_guard_out', text: 'delete from pg_temp.mgate_guard' };
/** The guard is back, and so is the state of a transaction's start: deferred constraints wait. */
const GUARD_IN: readonly BatchItem[] = [{ text: 'set constraints all deferred' }, GUARD_ROWS];

/** What was done until here is no statement's time. */
const TIMED_FROM_HERE: Said = [LOOK_AT_CLOCK, { kind: 'look', entry: null }];

export class Attempt {
  readonly blocked: Blocked[] = [];
  private readonly input: AttemptInput;
  private readonly bench: Workbench;
  private readonly talk: Conversation;

  private xid: string | null = null;
  private startLsn: string | null = null;
  private readonly observer = new Observer();
  private anythingBefore = false;
  private namesBefore = new Set<string>();
  private locks = 0;
  /** There may be deferrable constraints: those that begin as immediate must be made so again. */
  private deferrable = false;
  /** A statement whose locks were not looked at yet. */
  private unseen: Entry | null = null;
  private lastStatement: Statement | null = null;
  /** The file at hand, for its session. */
  private takesAdvisoryLocks = false;

  private readonly entries = new Map<string, Entry[]>();
  private readonly finished = new Set<string>();
  private readonly observations: Observation[] = [];
  private readonly locked = new Set<string>();
  private readonly mentioned = new Set<string>();
  private traffic: ReadonlyMap<string, Traffic> = new Map();
  private readonly undone = new Undone();
  private highestEnum = '0';
  private unrecorded: PlannedMigration[] = [];
  private recordable: boolean;
  private readonly recordsMatter: boolean;
  /** The pending migration that makes the tracking table itself, where there is none yet. */
  private readonly creator: PlannedMigration | null;
  /** The next file, read while the server was at the end of this one. */
  private ahead: { readonly migration: PlannedMigration; readonly events: readonly ScriptEvent[] } | null = null;

  private interruption: Interruption | null = null;
  private readonly cancellation: Cancellation;
  private failed: StatementFailed | null = null;
  /** Down files are run after everything has gone up, and what they undo goes up again. */
  private phase: 'up' | 'down' | 'again' = 'up';
  private readonly ways: readonly WayBack[];
  private readonly before = new Map<PlannedMigration, Before>();
  private readonly undoneMigrations: UndoneMigration[] = [];
  private readonly findings: Finding[] = [];
  private deadTuples = 0;
  private readonly tried: Tried[] = [];
  /** How many rows it failed on, in a sentence. */
  private inTheWay: string | null = null;
  private xidStatus: string | null = null;
  private walBytes: number | null = null;
  private schemaDiff: readonly SchemaChange[] = [];
  private predicted: Definitions = new Map();
  private groups: ReturnType<typeof changedGroups> = { added: [], removed: [], changed: [] };
  private sizes: readonly RelationSize[] = [];
  private checks: readonly Check[] = [];

  constructor(input: AttemptInput) {
    this.input = input;
    this.bench = input.bench;
    this.recordable = input.bench.tracking.complete;
    this.recordsMatter = input.plan.pending.some((one) => one.namesTracking);
    const creator = input.plan.pending.find((one) => one.script.createsTables.includes('schema_migrations'));
    this.creator = input.bench.tracking.exists ? null : (creator ?? null);
    this.ways = input.bench.request.rehearseRollback === false ? [] : waysBack(input.plan);
    this.cancellation = cancellationOf(input.bench);
    this.talk = new Conversation(input.bench.session, {
      mayGoOn: () => {
        if (this.interruption) throw new Interrupted();
      },
      onLook: (look, entry) => this.see(look, entry),
      meaningOf: (error, slot, last) => this.meaningOf(error, slot, last),
    });
  }

  /** Runs it, rolls it back, proves that. Throws only what is no migration's doing. */
  async toItsEnd(): Promise<Ending> {
    const { bench } = this;
    const { deadline } = this.input;
    const watchdog = new Watchdog(bench.watcher, {
      watchedPid: bench.pid,
      maxBlockingMs: bench.request.maxBlockingMs,
      maxExclusiveMs: bench.standbys > 0 ? bench.request.maxExclusiveMs : null,
      lockLimit: Math.floor(bench.lockCapacity / 2),
      onAlarm: (alarm) => this.interrupt({ kind: 'alarm', alarm }),
    });
    const left = Math.min(LONGEST_TIMER_MS, Math.max(0, deadline - Date.now()));
    const timer = Number.isFinite(deadline) ? setTimeout(() => this.interrupt({ kind: 'deadline' }), left) : undefined;
    const onAbort = () => this.interrupt({ kind: 'cancelled' });
    bench.signal.addEventListener('abort', onAbort);
    const outside = new Outside(bench, () => (bench.session.busy ? this.talk.answered : null));
    let thrown: unknown = null;
    try {
      if (bench.signal.aborted) onAbort();
      await this.run();
    } catch (error) {
      thrown = error;
    }
    await this.talk.fallSilent();
    await this.cancellation.end();
    // Rolled back before the watch ends: until then somebody may be waiting.
    await this.rollBack();
    await watchdog.stop();
    await outside.stop();
    this.seeFromOutside(outside, thrown);
    clearTimeout(timer);
    bench.signal.removeEventListener('abort', onAbort);
    await this.prove(thrown);
    return this.ending(thrown);
  }

  /** What the statement held at which it ended: its own session cannot tell any more. */
  private seeFromOutside(outside: Outside, thrown: unknown): void {
    if (this.phase !== 'up') return;
    const entry = thrown instanceof StatementFailed ? thrown.entry : this.interruption ? this.talk.current() : null;
    if (!entry) return;
    for (const { relation, modes } of outside.heldAt(this.talk.answered)) {
      const strongest = Math.max(...modes.map((mode) => LOCK_MODES.indexOf(mode)));
      if (strongest <= this.observer.strengthSeen(relation)) continue;
      const lock = { relation, mode: LOCK_MODES[strongest] ?? 'unknown', preexisting: true };
      entry.locks = [...entry.locks, lock];
      this.locked.add(relation);
    }
  }

  private ending(thrown: unknown): Ending {
    if (this.interruption) {
      if (this.interruption.kind === 'alarm') this.noteBlocked(this.interruption.alarm);
      if (this.phase === 'up' || this.interruption.kind === 'cancelled') return this.interruption;
      // The migrations themselves had passed.
      this.notTried(inWords(this.interruption));
      return { kind: 'passed' };
    }
    if (thrown === null) return { kind: 'passed' };
    if (thrown instanceof Again) return { kind: 'again' };
    if (!(thrown instanceof StatementFailed)) throw thrown;
    const error = readServerError(thrown.error);
    if (error.code !== null && RETRIABLE.has(error.code)) return { kind: 'contention', at: thrown.entry, error };
    this.failed = thrown;
    return { kind: 'failed' };
  }

  private interrupt(why: Interruption): void {
    if (this.interruption) return;
    this.interruption = why;
    // It does nothing to a transaction that is idle: the conversation asks before it sends more.
    this.cancellation.begin();
  }

  private noteBlocked(alarm: Alarm): void {
    if (alarm.kind !== 'blocking') return;
    const current = this.talk.current();
    for (const { pid, application, waitedMs } of alarm.waiters) {
      this.blocked.push({
        pid,
        application,
        waitedMs: Math.round(waitedMs),
        file: current?.migration.file ?? null,
        statementIndex: current?.index ?? null,
      });
    }
  }

  // -- the run ------------------------------------------------------------------------------------------------

  private async run(): Promise<void> {
    const { pending } = this.input.plan;
    const all = this.bench.request.transactionMode === 'all';
    const readFirst = readBefore(this.ways);
    await this.begin();
    for (const [index, migration] of pending.entries()) {
      this.bench.log.progress(`dry run ${index + 1}/${pending.length} ${migration.file}`);
      if (readFirst.has(migration)) await this.readSchemaBefore(migration);
      await this.migration(migration, pending[index + 1] ?? null, !all || index === pending.length - 1);
      this.finished.add(migration.key);
    }
    await this.compareSchema();
    await this.check();
    if (this.ways.length > 0 && this.checks.every((check) => check.passed)) await this.downAndUpAgain();
  }

  private async begin(): Promise<void> {
    const { talk } = this;
    const { tracking } = this.bench;
    const [, id] = await talk.exchange(
      [{ text: 'begin isolation level read committed read write' }, CONTROL],
      [
        {
          text: 'select pg_catalog.pg_current_xact_id()::text, pg_catalog.pg_current_wal_insert_lsn()::text',
          keep: true,
        },
        CONTROL,
      ],
    );
    [this.xid = null, this.startLsn = null] = id?.rows[0] ?? [];
    if (this.xid === null) throw new Error('the server did not tell the id of the rehearsal transaction');
    talk.control(
      ...this.bounds(null),
      {
        text: 'create temporary table mgate_guard (k bigint constraint mgate_guard_key unique deferrable initially deferred) on commit drop',
      },
      { text: 'create temporary sequence mgate_guard_n' },
      // Whatever role a file takes on meanwhile.
      { text: 'grant all on pg_temp.mgate_guard, pg_temp.mgate_guard_n to public' },
      GUARD_ROWS,
      ...rememberRelations(tracking.schema),
    );
    talk.say(...TIMED_FROM_HERE);
    if (!tracking.exists && !this.creator) {
      this.talk.control(...createTrackingItems(tracking.schema));
      this.recordable = true;
    }
    // The first statement's time begins here.
    this.talk.say(LOOK_AT_CLOCK, { kind: 'look', entry: null });
    const [row] = await this.talk.ask(
      `select pg_catalog.count(*)::text, pg_catalog.json_agg(distinct bare)::text,
              (exists (select 1 from pg_catalog.pg_constraint where condeferrable and not condeferred))::text from pg_temp.mgate_before`,
    );
    this.deferrable = row?.[2] === 'true';
    this.anythingBefore = Number(row?.[0] ?? 0) > 0;
    this.namesBefore = new Set(JSON.parse(row?.[1] ?? '[]') as string[]);
  }

  /** Our limits and the dead man's switch; said again wherever a file may have changed them. */
  private bounds(migration: PlannedMigration | null): BatchItem[] {
    const { request, serverMajor } = this.bench;
    const { deadline } = this.input;
    const directives = migration?.script.directives;
    const own = directives?.statementTimeoutMs ?? request.statementTimeoutMs;
    const left = Number.isFinite(deadline) ? Math.max(1, deadline - Date.now()) : 0;
    const limits = [own, left].filter((ms) => ms > 0);
    const statement = limits.length === 0 ? 0 : Math.min(...limits);
    const values = [`${directives?.lockTimeoutMs ?? request.lockTimeoutMs}ms`, `${Math.round(statement)}ms`];
    const settings = [
      `pg_catalog.set_config('lock_timeout', $1, true)`,
      `pg_catalog.set_config('statement_timeout', $2, true)`,
      `pg_catalog.set_config('idle_in_transaction_session_timeout', '60s', true)`,
    ];
    if (serverMajor >= 17 && left > 0) {
      settings.push(`pg_catalog.set_config('transaction_timeout', $3, true)`);
      values.push(`${Math.round(left) + 10_000}ms`);
    }
    return [{ name: `mgate_bounds_${settings.length}`, text: `select ${settings.join(', ')}`, values }];
  }

  private async migration(migration: PlannedMigration, next: PlannedMigration | null, commits: boolean): Promise<void> {
    const entries: Entry[] = [];
    this.entries.set(migration.key, entries);
    this.lastStatement = null;
    this.takesAdvisoryLocks = false;
    if (this.input.knowledge.suspects.size > 0) {
      const [row] = await this.talk.ask('select coalesce(pg_catalog.max(oid), 0)::text from pg_catalog.pg_enum');
      this.highestEnum = row?.[0] ?? '0';
    }
    const { directives } = migration.script;
    if (directives.lockTimeoutMs !== null || directives.statementTimeoutMs !== null) {
      this.talk.control(...this.bounds(migration));
    }
    const resumed = this.input.plan.resumed.get(migration.key)?.progress ?? null;
    const progress = resumed ? new ProgressKeeper(migration, resumed) : null;
    const ends = migration.script.ownTransactions ? blockEnds(migration) : [];
    let unit = -1;
    const events = this.ahead?.migration === migration ? this.ahead.events : scriptOf(migration);
    for (const event of events) {
      if (event.kind === 'statement') {
        progress?.pass(event.index, event.statement);
        if (event.index > (resumed?.done ?? 0)) await this.statement(migration, entries, event);
        else if (setsSession(event.statement)) this.talk.control({ text: event.statement.sql });
      } else if (event.kind === 'begin-unit') {
        unit += 1;
        if (ends[unit] === 'rollback') this.talk.control({ text: 'savepoint mgate_block' });
      } else if (ends[unit] === 'rollback') {
        this.talk.control({ text: 'rollback to savepoint mgate_block' }, { text: 'release savepoint mgate_block' });
      } else if (ends[unit] === 'commit') {
        this.commit(migration);
      }
    }
    progress?.end();
    await this.endOfFile(migration, next, commits);
  }

  // -- one statement ------------------------------------------------------------------------------------------

  private async statement(migration: PlannedMigration, entries: Entry[], event: StatementEvent): Promise<void> {
    const { statement, facts } = event;
    const { talk } = this;
    const entry = this.entryFor(migration, entries, event);
    this.observe(migration, event);
    this.lastStatement = statement;
    if (facts.bulkInsertInto === null && /advisory_lock/i.test(statement.sql)) this.takesAdvisoryLocks = true;
    // The time of a long run of INSERTs is not the next statement's.
    if (this.unseen && this.unseen !== entry && this.unseen.count > 1) this.lookAtUnseen();

    if (facts.bulkInsertInto === null && /\bdeferrable\b/i.test(statement.sql)) this.deferrable = true;
    const refusal = await whyNot(talk, entry, statement);
    if (refusal !== null) {
      if (this.phase === 'up') this.findings.push(...(await missingTables(talk, entry, statement)));
      return this.skip(entry, statement, refusal);
    }
    if (facts.nonTransactional && migration.script.wrapper === null) return this.plainly(entry, statement);
    const key = statementKey(migration, event.index);
    const guardOut = this.input.knowledge.guardOut.has(key) || facts.command === 'SET CONSTRAINTS';
    if (guardOut) talk.control(GUARD_OUT);
    if (this.needsCare(key, event)) await this.carefully(entry, statement);
    else await this.asWritten(entry, statement);
    if (guardOut) talk.control({ text: 'set constraints pg_temp.mgate_guard_key deferred' }, GUARD_ROWS);
    if (mayChangeLimits(facts, statement.sql)) talk.control(...this.bounds(migration));
    if (facts.addsEnumValue !== null && !migration.script.transactional) {
      this.undone.labels.set(facts.addsEnumValue, migration);
    }
    if (talk.isFull) {
      // A run that goes on in the next batch is timed in this one all the same.
      this.lookAtUnseen();
      await talk.sendOn();
    }
  }

  private needsCare(key: string, { facts, statement }: StatementEvent): boolean {
    const { suspects } = this.input.knowledge;
    return suspects.has(key) || facts.opaque?.what === 'CALL' || this.undone.concerns(statement.sql);
  }

  private async asWritten(entry: Entry, statement: Statement): Promise<void> {
    const slot = { kind: 'statement', entry, statement, offset: 0, guarded: false } as const;
    const tooLarge = await whyTooLarge(this.talk, slot, this.limits());
    if (tooLarge !== null) return this.skip(entry, statement, tooLarge);
    this.talk.say({ text: statement.sql }, slot);
    this.lookAfter(entry, statement);
  }

  private limits() {
    const { request, databaseBytes } = this.bench;
    return { dryRunMaxBytes: request.dryRunMaxBytes, maxBlockingMs: request.maxBlockingMs, databaseBytes };
  }

  /** A new entry, or the last one where this statement goes on with a long run of INSERTs into the same table. */
  private entryFor(migration: PlannedMigration, entries: Entry[], event: StatementEvent): Entry {
    const last = entries.at(-1);
    const table = event.facts.bulkInsertInto;
    if (last && table !== null && last.facts.bulkInsertInto === table && last.reason === null) {
      const run = entries.slice(-INSERTS_TOLD);
      const isLong = run.length === INSERTS_TOLD && run.every((entry) => entry.facts.bulkInsertInto === table);
      if (last.count > 1 || isLong) {
        last.count += 1;
        return last;
      }
    }
    const entry = newEntry(migration, event);
    entries.push(entry);
    return entry;
  }

  private observe(migration: PlannedMigration, { statement, facts }: StatementEvent): void {
    if (this.phase !== 'up') return;
    const at = { migration, line: statement.line, sql: cut(statement.sql, 200) };
    if (facts.external !== null)
      this.observations.push({
        kind: 'external',
        what: facts.external,
        withheld: facts.forbiddenInRehearsal !== null,
        ...at,
      });
    if (facts.opaque !== null) this.observations.push({ kind: 'opaque', what: facts.opaque.what, ...at });
  }

  private skip(entry: Entry, statement: Statement, reason: string): void {
    entry.executed = false;
    entry.reason = reason;
    this.mention(statement.sql);
    this.undone.skip(entry.facts, statement.sql);
  }

  /** CONCURRENTLY and its kin: the same work in a form that a transaction allows, where that is quick enough. */
  private async plainly(entry: Entry, statement: Statement): Promise<void> {
    const { migration } = entry;
    const what = entry.facts.nonTransactional;
    if (!what?.plain) return;
    const { session } = this.bench;
    await this.talk.exchange();
    const resumed = this.input.plan.resumed.get(migration.key)?.progress;
    if (resumed?.started === entry.index) {
      const judgement = await judge(session, begunBy(resumed, statement, what.leftover).leftover);
      if (judgement.kind === 'done') return this.skip(entry, statement, 'done already by the run that was interrupted');
      if (judgement.kind === 'again') this.talk.control(...judgement.cleanup.map(({ plain }) => ({ text: plain })));
    } else if (what.leftover?.kind === 'create-index' && what.leftover.index !== null) {
      const state = await indexState(session, what.leftover.index, what.leftover.table);
      if (state.exists && !state.valid) throw this.blockedByIndex(entry, statement, state);
      if (state.qualified !== null && what.leftover.ifNotExists && this.phase === 'up') {
        const { key } = await this.tryOnCopy(entry, what.plain, what.leftover);
        this.findings.push(await hiddenBy(this.talk, entry, state.qualified, what.leftover, key));
      }
    }
    if (what.leftover !== null && this.phase === 'up') {
      const refused = await refusedConcurrently(this.talk, entry, what.leftover);
      if (refused) this.findings.push(refused);
    }
    const tooSlow = await whyTooSlow(this.talk, entry.facts, this.limits());
    if (tooSlow !== null) {
      if (what.leftover?.kind === 'create-index' && this.phase === 'up')
        this.tried.push(await this.tryOnCopy(entry, what.plain, what.leftover));
      return this.skip(entry, statement, tooSlow);
    }
    await this.carefully(entry, statement, padded(what.plain, statement.sql));
    if (entry.executed) rehearsedPlainly(entry, what.what);
  }

  private async tryOnCopy(entry: Entry, plain: string, leftover: Parameters<typeof tryOnCopy>[3]): Promise<Tried> {
    const { session } = this.bench;
    await this.talk.exchange();
    await session.batch([{ text: 'savepoint mgate' }]);
    const tried = await tryOnCopy(session, entry, plain, leftover);
    await session.batch([{ text: 'rollback to savepoint mgate' }, { text: 'release savepoint mgate' }]);
    return tried;
  }

  private blockedByIndex(entry: Entry, statement: Statement, state: IndexState): StatementFailed {
    const { migration } = entry;
    const { line, column } = statement;
    const stop = indexInTheWay(state, { file: migration.file, line, column, sourceLine: sourceLine(migration, line) });
    entry.error = stop.message;
    return new StatementFailed(migration, entry, statement, stop);
  }

  /** With a savepoint around it: where it fails only because of what was not done before, the dry run goes on. */
  private async carefully(entry: Entry, statement: Statement, sql = statement.sql): Promise<void> {
    const { talk } = this;
    const guarded = { kind: 'statement', entry, statement, offset: 0, guarded: true } as const;
    await talk.exchange([{ text: 'savepoint mgate' }, CONTROL]);
    try {
      const tooLarge = await whyTooLarge(talk, guarded, this.limits());
      if (tooLarge !== null) this.skip(entry, statement, tooLarge);
      else {
        await talk.exchange(
          [{ text: sql }, guarded],
          [this.anythingBefore ? lookAtAll(entry, sql) : LOOK_AT_CLOCK, { kind: 'look', entry }],
        );
      }
      talk.control({ text: 'release savepoint mgate' });
    } catch (error) {
      if (!(error instanceof StatementFailed) || error.entry !== entry) throw error;
      await talk.exchange(
        [{ text: 'rollback to savepoint mgate' }, CONTROL],
        [{ text: 'release savepoint mgate' }, CONTROL],
        TIMED_FROM_HERE,
      );
      const reason = await this.onlyFollows(entry, readServerError(error.error));
      if (reason === null) throw error;
      entry.error = null;
      this.skip(entry, statement, reason);
    }
  }

  /** The reason why a failure here is none of what apply would do, or null: it is one. */
  private async onlyFollows(entry: Entry, error: ServerError): Promise<string | null> {
    const { migration } = entry;
    const together = this.bench.request.transactionMode === 'all' || migration.script.wrapper !== null;
    if (error.code === '55P04' && this.bench.request.transactionMode === 'all') return null;
    if (error.code === '55P04') return this.undone.uncommittedLabel(this.talk, error, this.highestEnum);
    if (error.code !== '2D000' && error.code !== '25001') return this.undone.follows(error);
    if (together) return null;
    const { alone } = this.input.knowledge;
    alone.set(migration.key, (alone.get(migration.key) ?? new Set()).add(entry.index));
    return error.code === '2D000'
      ? 'it commits by itself, which no transaction allows'
      : `the server refuses it in a transaction (${error.message})`;
  }

  // -- looking ------------------------------------------------------------------------------------------------

  /** At the clock always, at the locks where the statement may have added one that matters. */
  private lookAfter(entry: Entry, statement: Statement): void {
    if (entry.count > 1) {
      this.unseen = entry;
      return;
    }
    const worthIt = this.locks < MANY_LOCKS || entry.facts.opaque !== null || this.mentionsRelation(statement.sql);
    this.unseen = this.anythingBefore && !worthIt ? entry : null;
    const look = this.anythingBefore && worthIt ? lookAtAll(entry, statement.sql) : LOOK_AT_CLOCK;
    this.talk.say(look, { kind: 'look', entry });
  }

  private lookAtUnseen(): void {
    if (!this.unseen) return;
    this.talk.say(this.anythingBefore ? LOOK_AT_LOCKS : LOOK_AT_CLOCK, { kind: 'look', entry: this.unseen });
    this.unseen = null;
  }

  private mentionsRelation(sql: string): boolean {
    return sql.length > 20_000 || this.namesMentioned(sql).next().done === false;
  }

  /** Bare names of relations that existed before and stand in a text. */
  private *namesMentioned(sql: string): Generator<string> {
    for (const [word] of sql.matchAll(/[\p{L}_][\p{L}\p{N}_$]*/gu)) {
      if (this.namesBefore.has(word)) yield word;
      else if (this.namesBefore.has(word.toLowerCase())) yield word.toLowerCase();
    }
    for (const [, quoted = ''] of sql.matchAll(/"((?:[^"]|""){1,200})"/g)) {
      const name = quoted.replaceAll('""', '"');
      if (this.namesBefore.has(name)) yield name;
    }
  }

  /** What was not executed is judged by what its text names: that must be known by its size too. */
  private mention(sql: string): void {
    for (const name of this.namesMentioned(sql.slice(0, MENTIONED_CHARACTERS))) this.mentioned.add(name);
  }

  private mentionUnreached(): void {
    for (const migration of this.input.plan.pending) {
      if (this.finished.has(migration.key)) continue;
      try {
        for (const event of scriptOf(migration)) {
          if (event.kind === 'statement' && event.facts.bulkInsertInto === null) this.mention(event.statement.sql);
        }
      } catch (error) {
        // What is wrong with a file was said when it was planned, or is when it is applied.
        if (!(error instanceof Stop)) throw error;
      }
    }
  }

  private see(look: Look, entry: Entry): void {
    if (look.held === null) return;
    this.locks = look.locks ?? this.locks;
    const seen = this.observer.newSince(look, entry.facts.command === 'TRUNCATE');
    entry.locks = [...entry.locks, ...seen.locks];
    entry.rewrites = [...entry.rewrites, ...seen.rewrites];
    entry.scans = [...entry.scans, ...seen.scans];
    entry.touched = addTouched(entry.touched, seen.touched);
    entry.dropped = [...entry.dropped, ...seen.dropped];
    entry.droppedViews = [...entry.droppedViews, ...seen.droppedViews];
    entry.truncated = [...entry.truncated, ...seen.truncated];
    entry.emptied = [...entry.emptied, ...seen.emptied];
    entry.goneColumns = [...entry.goneColumns, ...seen.goneColumns];
    for (const { inserted, updated } of seen.touched) this.deadTuples += inserted + updated;
    if (this.phase === 'up') for (const lock of seen.locks) this.locked.add(lock.relation);
  }

  /** An error: an interruption of ours, something to be learned, or a migration that fails. */
  private meaningOf(error: unknown, slot: Slot, last: StatementSlot | null): Error {
    if (this.interruption) return new Interrupted();
    const server = readServerError(error);
    if (slot.kind === 'commit') return new StatementFailed(slot.migration, null, slot.place, error);
    if (slot.kind !== 'statement') {
      const late = server.code !== null && (RETRIABLE.has(server.code) || server.code === '57014');
      if (late && last) return new StatementFailed(last.entry.migration, last.entry, last.statement, error);
      return error instanceof Error ? error : new Error(String(error));
    }
    const { entry, statement } = slot;
    const { suspects, guardOut } = this.input.knowledge;
    const key = statementKey(entry.migration, entry.index);
    if (server.constraint === 'mgate_guard_key' && !guardOut.has(key)) {
      guardOut.add(key);
      return new Again();
    }
    const refused = server.code === '55P04' || server.code === '2D000' || server.code === '25001';
    const learnable = refused || this.undone.follows(server) !== null;
    if (learnable && !slot.guarded && !suspects.has(key)) {
      suspects.add(key);
      return new Again();
    }
    this.mention(statement.sql);
    entry.executed = true;
    entry.ran += 1;
    entry.error = this.bench.request.showData ? server.message : hideMessage(server.code, server.message);
    return new StatementFailed(entry.migration, entry, statement, shifted(error, slot.offset));
  }

  // -- the end of a file --------------------------------------------------------------------------------------

  /** What COMMIT would check is checked: deferred constraints fire. Then they wait again. */
  private commit(migration: PlannedMigration, ...afterwards: readonly BatchItem[]): void {
    this.talk.control(...RESET_ROLE, GUARD_OUT);
    this.talk.say({ text: 'set constraints all immediate' }, { kind: 'commit', migration, place: this.lastStatement });
    this.talk.control(...afterwards, ...GUARD_IN);
  }

  /** Small files only: their statements are held. What is wrong with one is said when it is its turn. */
  private readAhead(next: PlannedMigration): void {
    if (next.bytes > SMALL_BYTES) return;
    try {
      this.ahead = { migration: next, events: [...scriptOf(next)] };
    } catch {
      this.ahead = null;
    }
  }

  private async endOfFile(migration: PlannedMigration, next: PlannedMigration | null, commits: boolean): Promise<void> {
    const { talk } = this;
    this.lookAtUnseen();
    // Settings first: under session_replication_role = replica the guard would not be armed.
    if (commits) this.commit(migration, { text: 'reset all' });
    talk.control(
      ...RESET_ROLE,
      { text: 'reset all' },
      { text: 'close all' },
      { text: 'unlisten *' },
      ...(this.takesAdvisoryLocks ? [freeOtherLocks(lockKey(this.bench.tracking.schema))] : []),
      ...this.bench.armed,
      ...this.bounds(null),
    );
    this.record(migration);
    const answer = talk.exchange([END_OF_FILE, CONTROL]);
    answer.catch(() => undefined);
    // It is on its way after this turn of the event loop; while the server is at it, the next file is read.
    await new Promise(setImmediate);
    if (next) this.readAhead(next);
    const results = await answer;
    const [xid, temporary, prepared] = results.at(-1)?.rows[0] ?? [];
    if (xid !== this.xid) throw escaped(migration, this.xid, xid ?? null);
    if (temporary) talk.control({ text: `drop table if exists ${temporary} cascade` });
    if (prepared === 'true') talk.control(DEALLOCATE_ALL);
    if (commits && this.deferrable) {
      const [row] = await talk.ask(INITIALLY_IMMEDIATE);
      if (row?.[0]) talk.control({ text: `set constraints ${row[0]} immediate` });
    }
    if (this.bench.request.transactionMode === 'all') return;
    for (const { facts } of this.entries.get(migration.key) ?? []) {
      if (facts.addsEnumValue !== null) this.undone.labels.set(facts.addsEnumValue, migration);
    }
  }

  /**
   * Our own rows are written as apply would write them: what speaks against that is found here. The first and the last
   * show that; the ones between are written only where some file may look at them.
   */
  private record(migration: PlannedMigration): void {
    if (this.phase !== 'up') return;
    const { pending } = this.input.plan;
    const shows = migration === pending[0] || migration === pending.at(-1) || migration === this.creator;
    if (shows || this.recordsMatter) this.unrecorded.push(migration);
    if (migration === this.creator) {
      this.talk.control(...createTrackingItems(this.bench.tracking.schema));
      this.recordable = true;
    }
    if (!this.recordable) return;
    const { stamp } = this.input;
    for (const { version, name, checksum } of this.unrecorded.splice(0)) {
      const none = { errorMessage: null, executionTimeMs: 0 };
      this.talk.control(
        recordItem(stamp, { version, name, checksum, status: 'completed', progress: null, ...none }),
        historyItem(stamp, { version, status: 'success', ...none }),
      );
    }
  }

  private leftOut() {
    return { schema: this.bench.tracking.schema, names: TRACKING_NAMES };
  }

  private async compareSchema(): Promise<void> {
    await this.talk.exchange();
    const { session } = this.bench;
    this.groups = changedGroups(this.input.before, await readFingerprints(session, this.leftOut()));
    this.predicted = await readDefinitions(session, groupsToDefine(this.groups).inside);
  }

  private async check(): Promise<void> {
    const { session, request } = this.bench;
    const checks = [
      ...(await checkTables(session, request.criticalTables)),
      ...(await checkIndexes(session, request.criticalIndexes, this.undone.names)),
    ];
    if (this.input.smokeTests.length > 0) {
      // Read-only as long as the savepoint stands.
      await session.query('savepoint mgate_smoke');
      await session.query('set transaction read only');
      checks.push(...(await runSmokeTests(session, this.input.smokeTests)));
      await session.query('rollback to savepoint mgate_smoke');
      await session.query('release savepoint mgate_smoke');
    }
    this.checks = checks;
  }

  // -- down, and up again -------------------------------------------------------------------------------------

  private async readSchemaBefore(migration: PlannedMigration): Promise<void> {
    const { before } = this.input;
    if (migration === this.input.plan.pending[0]) {
      this.before.set(migration, { fingerprints: before, changed: [], definitions: new Map() });
      return;
    }
    await this.talk.exchange();
    this.before.set(migration, await readSchemaBefore(this.bench.session, before, this.leftOut()));
  }

  /** In the same transaction, which ends with it. Whatever comes of it is a finding: the migrations have passed. */
  private async downAndUpAgain(): Promise<void> {
    const why = this.whyNotDown();
    this.phase = 'down';
    if (why !== null) return this.notTried(why);
    try {
      for (const way of this.ways) await this.down(way);
      this.phase = 'again';
      for (const { migration } of [...this.ways].reverse()) {
        await this.oneWay({ ...migration, key: `again:${migration.key}` });
      }
    } catch (error) {
      // Whether it was in the way of somebody, or out of time, is asked at the end.
      if (error instanceof Interrupted) throw error;
      if (error instanceof NotTried) return this.notTried(error.message);
      if (error instanceof StatementFailed) return this.failedBack(error);
      if (error instanceof Again) return this.notTried('a statement would need a treatment of its own');
      if (error instanceof Stop && error.reason.class === 'syntax') return this.unreadable(error);
      throw error;
    }
  }

  private whyNotDown(): string | null {
    const { plan } = this.input;
    const missed = this.upEntries().find((entry) => !wasRehearsed(entry));
    if (missed) return `${missed.migration.file}:${missed.line} was not executed`;
    const resumed = this.ways.find(({ migration }) => plan.resumed.has(migration.key));
    if (resumed) return `${resumed.migration.file} was half done already`;
    return this.creator ? `${this.creator.file} makes the tracking table itself` : null;
  }

  private async down(way: WayBack): Promise<void> {
    await this.oneWay(planDown(way, this.bench.request.workingDirectory));
    const before = this.before.get(way.migration);
    if (before) this.undoneMigrations.push(await readUndone(this.bench.session, way, before, this.leftOut()));
  }

  private async oneWay(migration: PlannedMigration): Promise<void> {
    this.bench.log.progress(`dry run, ${this.phase} ${migration.file}`);
    await this.migration(migration, null, this.bench.request.transactionMode !== 'all');
    await this.talk.exchange();
    const missed = this.entries.get(migration.key)?.find((entry) => !wasRehearsed(entry));
    if (missed) throw new NotTried(`${migration.file}:${missed.line} was not executed: ${missed.reason}`);
  }

  private notTried(why: string): void {
    const [newest] = this.ways;
    if (!newest) return;
    this.findings.push({
      rule: 'rollback-not-tried',
      severity: 'info',
      version: newest.migration.version,
      file: newest.downFile,
      line: null,
      sql: null,
      relation: null,
      message: `not tried: ${why}`,
      safer: null,
    });
  }

  private failedBack({ migration, entry, place, error }: StatementFailed): void {
    const server = readServerError(error);
    const message = this.bench.request.showData ? server.message : hideMessage(server.code, server.message);
    const { line } = place ? locate(place, entry ? server.position : null) : { line: 1 };
    if (server.code !== null && (RETRIABLE.has(server.code) || server.code === '57014')) {
      this.notTried(`${migration.file}:${line}: ${message}`);
      return;
    }
    const again = this.phase === 'again';
    this.findings.push({
      rule: again ? 'up-again-fails' : 'down-fails',
      severity: 'warning',
      version: migration.version,
      file: migration.file,
      line,
      sql: place ? cut(place.sql, 200) : null,
      relation: null,
      message: again
        ? `After the way back, it does not go up a second time: ${message}`
        : `The way back fails, after everything has gone up: ${message}`,
      safer: null,
    });
  }

  private unreadable({ reason, message }: Stop): void {
    const way = this.ways.find(({ downFile }) => downFile === reason.file) ?? this.ways[0];
    if (!way) return;
    const { version } = way.migration;
    const { downFile: file } = way;
    const at = { version, file, line: reason.line ?? null, sql: null, relation: null, safer: null };
    this.findings.push({ rule: 'down-fails', severity: 'warning', ...at, message: `It cannot be read: ${message}` });
  }

  // -- rolling back, and proving it ---------------------------------------------------------------------------

  private async rollBack(): Promise<void> {
    const { session, armed, log } = this.bench;
    if (session.lost) return;
    try {
      // Right in every state of the transaction; what the files had set goes with it.
      const results = await session.batch([{ text: 'rollback' }, ...armed, trafficItem(this.wanted())]);
      const last = results.at(-1);
      if (last) this.traffic = readTraffic(last);
    } catch (error) {
      log.detail(`rollback: ${(error as Error).message}`);
      if (error instanceof BatchError && error.completed.length > 0 && !session.lost) await session.batch(armed);
    }
  }

  /** The server's own word that the rehearsal's transaction is aborted; without it nothing may go on. */
  private async prove(thrown: unknown): Promise<void> {
    if (this.xid === null) return;
    const { session, watcher, log } = this.bench;
    const witness = session.lost ? (watcher.lost ? await this.bench.reconnect() : watcher) : session;
    const until = Date.now() + 10_000;
    do {
      const { rows } = await witness.query<{ status: string | null; wal: string | null }>(
        `select pg_catalog.pg_xact_status($1::pg_catalog.xid8) as status,
                pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), $2::pg_catalog.pg_lsn)::text as wal`,
        [this.xid, this.startLsn],
      );
      this.xidStatus = rows[0]?.status ?? null;
      this.walBytes = rows[0]?.wal == null ? null : Number(rows[0].wal);
      if (this.xidStatus !== 'in progress') break;
      await sleep(100);
    } while (Date.now() < until);
    if (this.xidStatus !== 'aborted') {
      throw new Stop({
        result: 'failed',
        class: 'internal',
        message: `the rehearsal transaction ${this.xid} could not be proved to be rolled back (the server says: ${this.xidStatus ?? 'nothing'})`,
        next: 'Compare the database with your last backup before going on, and report this.',
      });
    }
    log.detail(`rehearsal transaction ${this.xid}: aborted, by the server's own word`);
    // One that begins anew will look again.
    if (!session.lost && !(thrown instanceof Again)) await this.lookBack(thrown);
  }

  /** On the committed state again: what the changed objects were, and how large what was locked is. */
  private async lookBack(thrown: unknown): Promise<void> {
    const { session } = this.bench;
    const before = await readDefinitions(session, groupsToDefine(this.groups).outside);
    this.schemaDiff = diffDefinitions(before, this.predicted);
    this.findings.push(...(await differences(session, this.undoneMigrations)));
    await this.nameWhatIsBack();
    if (thrown instanceof StatementFailed) await this.askForRows(thrown);
    await this.askForIndexes();
    this.mentionUnreached();
    this.sizes = await readSizes(this.bench, this.wanted(), this.traffic);
  }

  /** Indexes that are to be built CONCURRENTLY: would their keys be unique, and who would they wait for? */
  private async askForIndexes(): Promise<void> {
    const { request } = this.bench;
    const bounds = { maxBytes: request.dryRunMaxBytes, until: Date.now() + QUESTIONS_MS };
    for (const tried of this.tried) {
      const found = tried.finding ?? (await duplicateKeys(this.bench, tried, bounds, request.showData));
      if (found) this.findings.push(found);
    }
    this.findings.push(...(await openTransactions(this.bench, this.upEntries())));
  }

  private async askForRows({ entry, place, error }: StatementFailed): Promise<void> {
    const { request } = this.bench;
    if (entry === null || place === null) return;
    const before = this.upEntries().filter((one) => one !== entry);
    const written = new Set(before.flatMap((one) => one.touched.map((touched) => touched.relation)));
    this.inTheWay = await rowsInTheWay(
      this.bench,
      { error: readServerError(error), facts: entry.facts, sql: place.sql, showData: request.showData, written },
      { maxBytes: request.dryRunMaxBytes, until: Date.now() + QUESTIONS_MS },
    );
  }

  private wanted(): Wanted {
    return { relations: [...this.locked], bare: [...this.mentioned] };
  }

  /** Columns that a statement dropped are there again, with their names; files that it emptied, with their rows. */
  private async nameWhatIsBack(): Promise<void> {
    const { request } = this.bench;
    const bounds = { maxBytes: request.dryRunMaxBytes, until: Date.now() + QUESTIONS_MS };
    for (const entry of this.upEntries()) {
      if (entry.goneColumns.length > 0) entry.droppedColumns = await readDropped(this.bench, entry.goneColumns, bounds);
      if (entry.emptied.length > 0) {
        const had = await withRows(this.bench, entry.emptied);
        const truncated = entry.emptied.filter((name) => had.has(name) || /\btruncate\b/i.test(entry.sql));
        entry.truncated = [...entry.truncated, ...truncated];
        entry.rewrites = entry.rewrites.filter((name) => !truncated.includes(name));
      }
    }
  }

  // -- the report ---------------------------------------------------------------------------------------------

  /** Of the pending migrations, in order; not of their ways back. */
  private upEntries(): Entry[] {
    return this.input.plan.pending.flatMap(({ key }) => this.entries.get(key) ?? []);
  }

  executedAnything(): boolean {
    const all = this.upEntries();
    return all.length === 0 || all.some(wasRehearsed);
  }

  report(attempts: number, blocked: readonly Blocked[]): Omit<SqlRehearsal, 'verdict' | 'reason' | 'class' | 'next'> {
    const { plan, knowledge } = this.input;
    const { request } = this.bench;
    const entries = this.upEntries();
    const executed = entries.filter((entry) => entry.executed);
    const statements = plan.pending.reduce((sum, migration) => sum + migration.script.statements, 0);
    const proof = this.xid !== null && this.xidStatus !== null ? { xid: this.xid, status: this.xidStatus } : null;
    return {
      migrations: plan.pending.map((migration) => this.migrationReport(migration)),
      coverage: { statements, executed: executed.reduce((sum, entry) => sum + entry.ran, 0) },
      blocked,
      observations: this.observations,
      findings: this.findings,
      sizes: this.sizes,
      schemaDiff: this.schemaDiff,
      // DETACH ... CONCURRENTLY leaves a CHECK constraint behind that its plain form does not.
      complete: entries.every((one) => wasRehearsed(one) && one.facts.nonTransactional?.leftover?.kind !== 'detach'),
      nonTransactional: knowledge.alone,
      proof: proof && {
        ...proof,
        attempts,
        walBytes: this.walBytes,
        on: request.rehearsalTarget ? 'copy' : 'target',
        deadTuples: this.deadTuples,
        sequencesAdvanced: [...this.observer.sequencesAdvanced].sort(),
      },
      checks: this.checks,
      error: this.failed ? this.failure(this.failed) : null,
      predicted: this.predicted,
      touched: new Set([...this.groups.added, ...this.groups.changed, ...this.groups.removed]),
    };
  }

  private migrationReport(migration: PlannedMigration): MigrationReport {
    const entries = this.entries.get(migration.key) ?? [];
    const times = entries.map((entry) => entry.ms).filter((ms) => ms !== null);
    const ended = this.finished.has(migration.key) ? 'rehearsed' : 'not-executed';
    return {
      version: migration.version,
      name: migration.name,
      file: migration.file,
      checksum: migration.checksum,
      transactional: migration.script.transactional && !this.input.knowledge.alone.has(migration.key),
      status: this.failed?.migration === migration ? 'failed' : ended,
      ms: times.length === 0 ? null : Math.round(times.reduce((sum, ms) => sum + ms, 0)),
      appliedMs: null,
      statements: entries.map(toReport),
    };
  }

  private failure({ migration, entry, place, error }: StatementFailed): Failure {
    const position = entry ? readServerError(error).position : null;
    const { line, column } = place ? locate(place, position) : { line: 1, column: 1 };
    const { request } = this.bench;
    const limited = (migration.script.directives.statementTimeoutMs ?? request.statementTimeoutMs) > 0;
    const failure = failureFrom(
      error,
      { file: migration.file, line, column, sourceLine: sourceLine(migration, line) },
      {
        phase: 'dry-run',
        host: request.target.host,
        timedOut: limited ? 'statement' : null,
        showData: request.showData,
      },
    );
    if (this.inTheWay === null) return failure;
    return { ...failure, hint: [this.inTheWay, failure.hint].filter((text) => text !== null).join(' ') };
  }
}

function inWords(interruption: Exclude<Interruption, { kind: 'cancelled' }>): string {
  if (interruption.kind === 'deadline') return 'dry-run-timeout was over';
  const { alarm } = interruption;
  switch (alarm.kind) {
    case 'blocking':
      return 'it kept somebody else waiting for max-blocking';
    case 'exclusive':
      return 'it held ACCESS EXCLUSIVE for max-exclusive';
    case 'lock-table':
      return 'it held too many locks';
    case 'blind':
      return 'the watching connection was lost';
  }
}

function lookAtAll({ facts }: Entry, sql: string): BatchItem {
  return mayDropColumns(sql, facts.opaque !== null) ? LOOK_AT_COLUMNS : LOOK_AT_LOCKS;
}

function addTouched(known: readonly Touched[], more: readonly Touched[]): readonly Touched[] {
  if (more.length === 0) return known;
  const sums = new Map(known.map((one) => [one.relation, one]));
  for (const one of more) {
    const before = sums.get(one.relation) ?? { inserted: 0, updated: 0, deleted: 0 };
    sums.set(one.relation, {
      relation: one.relation,
      inserted: before.inserted + one.inserted,
      updated: before.updated + one.updated,
      deleted: before.deleted + one.deleted,
    });
  }
  return [...sums.values()];
}

/** Asked at the end of each file: still our transaction? And what of the file's would end with its session. */
const END_OF_FILE: BatchItem = {
  name: 'mgate_end_of_file',
  keep: true,
  text: `
  select pg_catalog.pg_current_xact_id()::text,
    (select pg_catalog.string_agg(pg_catalog.format('pg_temp.%I', c.relname), ', ')
       from pg_catalog.pg_depend d join pg_catalog.pg_class c on c.oid = d.objid
      where d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass and d.refobjid = pg_catalog.pg_my_temp_schema()
        and d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
        and c.relkind in ('r', 'p') and not c.relispartition and c.relname not in ('mgate_guard', 'mgate_before')),
    (exists (select 1 from pg_catalog.pg_prepared_statements where from_sql))::text`,
};

/** SET CONSTRAINTS ALL DEFERRED makes those wait too that begin as immediate; these are they. */
const INITIALLY_IMMEDIATE = `
  select pg_catalog.string_agg(distinct pg_catalog.format('%I.%I', n.nspname, k.conname), ', ') from pg_catalog.pg_constraint k
    join pg_catalog.pg_namespace n on n.oid = k.connamespace where k.condeferrable and not k.condeferred`;

function escaped(migration: PlannedMigration, was: string | null, is: string | null): Stop {
  return new Stop({
    result: 'failed',
    class: 'internal',
    message: `${migration.file} ended the rehearsal transaction (it was ${was}, now it is ${is})`,
    next: 'Report this: nothing should be able to. Compare the database with your last backup before going on.',
    file: migration.file,
  });
}

/** How each unit of a script ends: a block of its own by its last word, a single statement: null. */
function blockEnds(migration: PlannedMigration): ('commit' | 'rollback' | null)[] {
  const ends: ('commit' | 'rollback' | null)[] = [];
  let isBlock = false;
  for (const event of scriptOf(migration)) {
    if (event.kind === 'begin-unit') isBlock = event.begin !== null;
    else if (event.kind === 'end-unit') ends.push(isBlock ? event.end : null);
  }
  return ends;
}

/** Spaces where a word was taken out, so that the server's positions are those of the file. */
function padded(plain: string, written: string): string {
  let at = 0;
  while (at < plain.length && plain[at] === written[at]) at += 1;
  while (at > 0 && !/\s/.test(plain[at - 1] ?? '')) at -= 1;
  return plain.slice(0, at) + ' '.repeat(Math.max(0, written.trimEnd().length - plain.length)) + plain.slice(at);
}

/** The server's error with its position counted in the user's text, before which we had put `by` characters. */
function shifted(error: unknown, by: number): unknown {
  const position = Number((error as { position?: string }).position);
  if (by === 0 || !Number.isInteger(position)) return error;
  return Object.assign(error as object, { position: String(Math.max(1, position - by)) });
}
