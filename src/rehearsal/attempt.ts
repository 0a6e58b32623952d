/**
 * One attempt at the dry run, whoever sends the statements: one transaction that cannot commit, watched, looked at and
 * checked at its end; then ROLLBACK, and the server's own word that it is.
 */
import type { Check } from '../engines/engine.ts';
import { checkIndexes, checkTables, runSmokeTests } from '../engines/shared/checks.ts';
import { passedOver, passedOverCheck } from '../engines/shared/leftovers.ts';
import { cancellationOf, type Workbench } from '../engines/shared/workbench.ts';
import type { PlannedMigration } from '../plan/plan.ts';
import { changedGroups, groupsToDefine } from '../plan/schema-diff.ts';
import type { Cancellation } from '../postgres/cancel.ts';
import { readDefinitions } from '../postgres/catalog.ts';
import { readServerError } from '../postgres/failure.ts';
import { qualified } from '../postgres/qualified.ts';
import { type Alarm, Watchdog } from '../postgres/watchdog.ts';
import type { Blocked, Failure, MigrationReport } from '../report/outcome.ts';
import { placeOf } from '../report/places.ts';
import { bounds } from './bounds.ts';
import { CONTROL, Conversation, type Slot, type StatementSlot } from './conversation.ts';
import {
  Again,
  type Ending,
  Inconclusive,
  Interrupted,
  type Interruption,
  isContention,
  StatementFailed,
  wasTooMuch,
} from './endings.ts';
import { type Entry, wasRehearsed } from './entry.ts';
import { MAKE_GUARD } from './guard.ts';
import type { AttemptInput } from './input.ts';
import { type Inside, type LookedBack, lookBack, lookInside, type Made, withoutOthers } from './look-back.ts';
import { Looks, TIMED_FROM_HERE } from './looks.ts';
import { Notes } from './notes.ts';
import { rememberRelations } from './observe.ts';
import { Outside } from './outside.ts';
import type { SeenRehearsal } from './report.ts';
import { type Begun, type Proved, proveRolledBack, rollBack } from './rollback.ts';
import type { Undone } from './treatment.ts';

/** Node's timers fire at once when they are longer. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

export type AttemptReport = Omit<SeenRehearsal, 'verdict' | 'reason' | 'class' | 'next'>;

export abstract class Attempt {
  readonly blocked: Blocked[] = [];
  readonly notes: Notes;
  protected readonly input: AttemptInput;
  protected readonly bench: Workbench;
  protected readonly talk: Conversation;
  protected readonly looks: Looks;
  /** What was not executed, by which later failures are told from real ones. */
  protected abstract readonly undone: Undone;
  protected begun: Begun | null = null;
  protected interruption: Interruption | null = null;
  protected checks: readonly Check[] = [];
  protected failed: StatementFailed | null = null;
  protected seenBack: LookedBack = { schemaDiff: [], sizes: [], inTheWay: null };

  private readonly cancellation: Cancellation;
  /** The schema at the end of the transaction; null: it did not come to that. */
  private inside: Inside | null = null;
  private made: Made = { groups: { added: [], removed: [], changed: [] }, predicted: new Map() };
  private proved: Proved | null = null;

  constructor(input: AttemptInput) {
    this.input = input;
    this.bench = input.bench;
    this.cancellation = cancellationOf(input.bench);
    this.notes = new Notes(input.plan);
    this.talk = new Conversation(input.bench.session, {
      mayGoOn: () => {
        if (this.interruption) throw new Interrupted();
      },
      onLook: (look, entry) => this.looks.see(look, entry),
      meaningOf: (error, slot, last) => (this.interruption ? new Interrupted() : this.meaningOf(error, slot, last)),
    });
    this.looks = new Looks(this.talk, this.notes, input.knowledge);
  }

  /** What an error of the server's means; `last` is the last statement before it. */
  protected abstract meaningOf(error: unknown, slot: Slot, last: StatementSlot | null): Error;
  /** The transaction has begun. `deferrable`: there are constraints that begin as immediate and need not stay so. */
  protected abstract begin(deferrable: boolean): void;
  /** Sends the statements. */
  protected abstract work(): Promise<void>;
  /** Everything has passed: what else is to be tried in the same transaction. */
  protected async afterwards(): Promise<void> {}
  /** It was interrupted then, which the migrations have no part in. */
  protected interruptedAfterwards(_why: Exclude<Interruption, { kind: 'cancelled' }>): void {}
  /** It is rolled back: findings that only the committed state can tell, and what else is to be known by its size. */
  protected async beforeLookingBack(): Promise<void> {}
  protected abstract reportOf(migration: PlannedMigration, status: MigrationReport['status']): MigrationReport;
  protected abstract failure(failed: StatementFailed, inTheWay: string | null): Failure;
  /** The statement that the server is at, or was last, as far as it has told. */
  protected current(): Entry | null {
    return this.talk.current();
  }
  /** How many items the server has answered so far; null: it is at none. */
  protected answered(): number | null {
    return this.bench.session.busy ? this.talk.answered : null;
  }
  /** How many it had before this one that failed, or before the one that it is at. */
  protected answeredBefore(_failed: Entry | null): number {
    return this.talk.answered;
  }
  /** How many statements there are in all. */
  protected abstract statementCount(): number;

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
    const left = Math.min(LONGEST_TIMER_MS, Math.max(0, deadline - performance.now()));
    const timer = Number.isFinite(deadline) ? setTimeout(() => this.interrupt({ kind: 'deadline' }), left) : undefined;
    const onAbort = () => this.interrupt({ kind: 'cancelled' });
    bench.signal.addEventListener('abort', onAbort);
    const outside = new Outside(bench, () => this.answered());
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
    const traffic = await rollBack(bench, this.looks.wanted);
    await watchdog.stop();
    await outside.stop();
    this.seeFromOutside(outside, thrown);
    this.looks.giveUp();
    clearTimeout(timer);
    bench.signal.removeEventListener('abort', onAbort);
    if (this.begun) {
      this.proved = await proveRolledBack(bench, this.begun);
      // One that begins anew will look again.
      if (!bench.session.lost && !(thrown instanceof Again)) {
        await this.beforeLookingBack();
        if (this.inside) this.made = await withoutOthers(bench, this.made, this.input.before, this.inside);
        const failed = thrown instanceof StatementFailed ? thrown : null;
        this.seenBack = await lookBack(bench, this.notes, this.looks, { made: this.made, failed, traffic });
      }
    }
    return this.ending(thrown);
  }

  private seeFromOutside(outside: Outside, thrown: unknown): void {
    if (this.notes.phase !== 'up') return;
    const failed = thrown instanceof StatementFailed ? thrown.entry : null;
    const entry = failed ?? (this.interruption ? this.current() : null);
    if (entry) this.looks.seeFromOutside(outside.heldAt(this.answeredBefore(failed)), entry);
  }

  private ending(thrown: unknown): Ending {
    if (this.interruption) {
      if (this.interruption.kind === 'alarm') this.noteBlocked(this.interruption.alarm);
      if (this.notes.phase === 'up' || this.interruption.kind === 'cancelled') return this.interruption;
      // The migrations themselves had passed.
      this.interruptedAfterwards(this.interruption);
      return { kind: 'passed' };
    }
    if (thrown === null) return { kind: 'passed' };
    if (thrown instanceof Again) return { kind: 'again' };
    if (thrown instanceof Inconclusive) return { kind: 'inconclusive', reason: thrown.message, next: thrown.next };
    const error = readServerError(thrown instanceof StatementFailed ? thrown.error : thrown);
    if (wasTooMuch(error)) return { kind: 'inconclusive', class: 'resources', ...tooMuch(error.message) };
    if (!(thrown instanceof StatementFailed)) throw thrown;
    if (isContention(error)) return { kind: 'contention', at: thrown.entry, error };
    this.failed = thrown;
    return { kind: 'failed' };
  }

  protected interrupt(why: Interruption): void {
    if (this.interruption) return;
    this.interruption = why;
    // It does nothing to a transaction that is idle: the conversation asks before it sends more.
    this.cancellation.begin();
  }

  /** Stops what the server is at, for good. */
  protected cancelNow(): void {
    this.cancellation.begin();
  }

  private noteBlocked(alarm: Alarm): void {
    if (alarm.kind !== 'blocking') return;
    const current = this.current();
    for (const { pid, application, waitedMs } of alarm.waiters) {
      this.blocked.push({
        pid,
        application,
        waitedMs: Math.round(waitedMs),
        file: current && placeOf(current.migration),
        statementIndex: current?.index ?? null,
      });
    }
  }

  // -- the run ------------------------------------------------------------------------------------------------

  private async run(): Promise<void> {
    await this.beginTransaction();
    await this.work();
    this.looks.atTogether();
    await this.talk.exchange();
    await this.compareSchema();
    await this.check();
    if (this.checks.every((check) => check.passed)) await this.afterwards();
  }

  private async beginTransaction(): Promise<void> {
    const { talk } = this;
    const [, id] = await talk.exchange(
      [{ text: 'begin isolation level read committed read write' }, CONTROL],
      [
        {
          text: qualified('select pg_catalog.pg_current_xact_id()::text, pg_catalog.pg_current_wal_insert_lsn()::text'),
          keep: true,
        },
        CONTROL,
      ],
    );
    const [xid = null, lsn = null] = id?.rows[0] ?? [];
    if (xid === null) throw new Error('the server did not tell the id of the rehearsal transaction');
    this.begun = { xid, lsn };
    talk.control(bounds(this.input, null), ...MAKE_GUARD, ...rememberRelations(this.bench.leftOut));
    talk.say(...TIMED_FROM_HERE);
    const [row] = await talk.ask(
      qualified(`select pg_catalog.json_agg(distinct bare)::text,
              (exists (select 1 from pg_catalog.pg_constraint where condeferrable and not condeferred))::text from pg_temp.mgate_before`),
    );
    this.looks.begin(JSON.parse(row?.[0] ?? '[]') as string[]);
    this.begin(row?.[1] === 'true');
  }

  private async compareSchema(): Promise<void> {
    await this.talk.exchange();
    this.inside = await lookInside(this.bench);
    const groups = changedGroups(this.input.before, this.inside.fingerprints);
    this.made = { groups, predicted: await readDefinitions(this.bench.session, groupsToDefine(groups).inside) };
  }

  private async check(): Promise<void> {
    const { session, request } = this.bench;
    const checks = [
      ...(await checkTables(session, request.criticalTables)),
      ...(await checkIndexes(session, request.criticalIndexes, this.undone.names)),
    ];
    const over = await passedOver(
      session,
      this.notes.ofPending().map(({ sql }) => sql),
    );
    if (over.length > 0) checks.push(passedOverCheck(over));
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

  // -- the report ---------------------------------------------------------------------------------------------

  report(attempts: number, blocked: readonly Blocked[]): AttemptReport {
    const { notes, looks, made, proved, seenBack } = this;
    const { knowledge } = this.input;
    const { request } = this.bench;
    const entries = notes.ofPending();
    const executed = entries.filter((entry) => entry.executed);
    return {
      plan: null,
      migrations: notes.pending.map((migration) => this.reportOf(migration, this.statusOf(migration))),
      coverage: {
        statements: this.statementCount(),
        executed: executed.reduce((sum, entry) => sum + entry.ran, 0),
      },
      blocked,
      observations: notes.observations,
      findings: notes.findings,
      remarks: notes.remarks,
      sizes: seenBack.sizes,
      schemaDiff: seenBack.schemaDiff,
      // DETACH ... CONCURRENTLY leaves a CHECK constraint behind that its plain form does not.
      complete: entries.every((one) => wasRehearsed(one) && one.facts.nonTransactional?.leftover?.kind !== 'detach'),
      nonTransactional: knowledge.alone,
      proof: proved && {
        ...proved,
        attempts,
        on: request.rehearsalTarget ? 'copy' : 'target',
        deadTuples: looks.deadTuples,
        sequencesAdvanced: looks.sequencesAdvanced,
      },
      checks: this.checks,
      error: this.failed && this.failure(this.failed, seenBack.inTheWay),
      predicted: made.predicted,
      touched: new Set([...made.groups.added, ...made.groups.changed, ...made.groups.removed]),
    };
  }

  private statusOf(migration: PlannedMigration): MigrationReport['status'] {
    if (this.failed?.migration === migration) return 'failed';
    return this.notes.finished.has(migration.key) ? 'rehearsed' : 'not-executed';
  }
}

function tooMuch(message: string): { readonly reason: string; readonly next: string } {
  return {
    reason: `the server ran out of memory or of room for locks (53200: ${message})`,
    next: 'Apply in several runs with target-version, raise max_locks_per_transaction on the server, or rehearse on a copy with rehearsal-database-url.',
  };
}
